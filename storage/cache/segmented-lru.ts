import type { CachePolicy } from './cache-policy.js';

// Three circular lists share the arrays: nodes 0, 1 and 2 are their heads, slot s is node s + HEADS.
const SCAN = 0;
const PROBATION = 1;
const PROTECTED = 2;
const HEADS = 3;

/** Share of the cache for pages that were found again. */
const PROTECTED_SHARE = 0.8;
/** Share that pages of scans may take from others. */
const SCAN_SHARE = 1 / 16;

/**
 * Segmented LRU (Karedla, Love, Wherry 1994) with a queue for scans as in 2Q (Johnson, Shasha 1994). A page
 * begins on probation and is protected once it is found again; what the protected part cannot hold goes back on
 * probation. Pages of a scan pass through a short queue of their own, first in, first out, in which being found changes nothing.
 * So a scan of any length, or many pages that are read once, leave the protected part as it was.
 *
 * Typed arrays only: no call allocates, except reserve().
 */
export class SegmentedLru implements CachePolicy {
  #next = new Int32Array(HEADS);
  #previous = new Int32Array(HEADS);
  #segment = new Uint8Array(HEADS);
  #sizes = new Float64Array(HEADS);
  readonly #bytes = new Float64Array(HEADS);
  #protectedLimit = 0;
  #scanLimit = 0;

  constructor() { this.clear(); }

  reserve(slotCount: number): void {
    this.#next = grown(this.#next, new Int32Array(slotCount + HEADS));
    this.#previous = grown(this.#previous, new Int32Array(slotCount + HEADS));
    this.#segment = grown(this.#segment, new Uint8Array(slotCount + HEADS));
    this.#sizes = grown(this.#sizes, new Float64Array(slotCount + HEADS));
  }

  setLimit(limitBytes: number): void {
    this.#protectedLimit = limitBytes * PROTECTED_SHARE;
    this.#scanLimit = limitBytes * SCAN_SHARE;
    this.#demote();
  }

  add(slot: number, sizeBytes: number, scan: boolean): void {
    const node = slot + HEADS;
    this.#sizes[node] = sizeBytes;
    this.#push(node, scan ? SCAN : PROBATION);
  }

  replace(slot: number, sizeBytes: number, scan: boolean): void {
    const node = slot + HEADS;
    const segment = this.#segment[node] ?? 0;
    if (segment === SCAN && !scan) {
      this.#pull(node);
      this.#sizes[node] = sizeBytes;
      this.#push(node, PROBATION);
      return;
    }
    this.#bytes[segment] = (this.#bytes[segment] ?? 0) + sizeBytes - (this.#sizes[node] ?? 0);
    this.#sizes[node] = sizeBytes;
    this.#demote();
  }

  hit(slot: number): void {
    const node = slot + HEADS;
    const segment = this.#segment[node];
    if (segment === SCAN || this.#next[PROTECTED] === node) return;
    this.#pull(node);
    this.#push(node, PROTECTED);
    if (segment === PROBATION) this.#demote();
  }

  remove(slot: number): void { this.#pull(slot + HEADS); }

  victim(): number {
    const scanned = this.#previous[SCAN] ?? SCAN;
    const onProbation = this.#previous[PROBATION] ?? PROBATION;
    if (scanned !== SCAN && (onProbation === PROBATION || (this.#bytes[SCAN] ?? 0) > this.#scanLimit)) return scanned - HEADS;
    if (onProbation !== PROBATION) return onProbation - HEADS;
    const oldest = this.#previous[PROTECTED] ?? PROTECTED;
    return oldest === PROTECTED ? -1 : oldest - HEADS;
  }

  clear(): void {
    for (const head of [SCAN, PROBATION, PROTECTED]) {
      this.#next[head] = head;
      this.#previous[head] = head;
      this.#bytes[head] = 0;
    }
  }

  #demote(): void {
    while ((this.#bytes[PROTECTED] ?? 0) > this.#protectedLimit) {
      const oldest = this.#previous[PROTECTED] ?? PROTECTED;
      this.#pull(oldest);
      this.#push(oldest, PROBATION);
    }
  }

  #push(node: number, segment: number): void {
    const first = this.#next[segment] ?? segment;
    this.#next[node] = first;
    this.#previous[node] = segment;
    this.#previous[first] = node;
    this.#next[segment] = node;
    this.#segment[node] = segment;
    this.#bytes[segment] = (this.#bytes[segment] ?? 0) + (this.#sizes[node] ?? 0);
  }

  #pull(node: number): void {
    const next = this.#next[node] ?? 0;
    const previous = this.#previous[node] ?? 0;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    const segment = this.#segment[node] ?? 0;
    this.#bytes[segment] = (this.#bytes[segment] ?? 0) - (this.#sizes[node] ?? 0);
  }
}

function grown<Ints extends Int32Array | Uint8Array | Float64Array>(from: Ints, to: Ints): Ints {
  to.set(from);
  return to;
}
