import { compareBytes } from './bytes.js';
import type { SortedKeys } from './sorted-key-changes.js';

/** Keys of one piece of memory: about a megabyte. */
const SEGMENT_BYTES = 1 << 20;
/** Fewer keys than these are sorted by insertion. */
const SMALL = 24;
/** Keys between two looks at the clock. */
const SLICE = 65_536;

/**
 * Collects entries in any order and gives them back sorted. Keys have one length and sort as bytes; entries that are added by
 * ascending record number keep that order
 * among equal keys. Memory: the length of a key and 12 bytes an entry.
 *
 * @example
 * const sorter = new KeySorter(20);
 * for (const row of rows) sorter.add(keyOf(row), 0, row.recno);
 * yield* update.addTag(spec, sorter.sorted());
 */
export class KeySorter {
  readonly #keyLength: number;
  readonly #perSegment: number;
  readonly #segments: Buffer[] = [];
  #recnos = new Uint32Array(1024);
  #ascending = true;
  count = 0;

  constructor(keyLength: number) {
    this.#keyLength = keyLength;
    this.#perSegment = Math.max(1, Math.floor(SEGMENT_BYTES / keyLength));
  }

  add(bytes: Uint8Array, start: number, recno: number): void {
    const i = this.count++;
    const within = i % this.#perSegment;
    if (within === 0) this.#segments.push(Buffer.allocUnsafe(this.#perSegment * this.#keyLength));
    const segment = this.#segments.at(-1) ?? EMPTY;
    const at = within * this.#keyLength;
    for (let k = 0; k < this.#keyLength; k++) segment[at + k] = bytes[start + k] ?? 0;
    if (i === this.#recnos.length) {
      const grown = new Uint32Array(i * 2);
      grown.set(this.#recnos);
      this.#recnos = grown;
    }
    if (i > 0 && (this.#recnos[i - 1] ?? 0) > recno) this.#ascending = false;
    this.#recnos[i] = recno;
  }

  /** All entries in order. Sorts in one go. */
  sorted(): SortedKeys {
    const work = this.sort();
    for (;;) {
      const step = work.next();
      if (step.done === true) return step.value;
    }
  }

  /** The same in slices: it yields now and then; the caller decides when others run. */
  *sort(): Generator<void, SortedKeys, void> {
    const order = new Uint32Array(this.count);
    for (let i = 0; i < order.length; i++) order[i] = i;
    const scratch = new Uint32Array(this.count);
    // Buckets still to be sorted: from, to, byte of the key.
    const stack: number[] = [0, order.length, 0];
    let worked = 0;
    while (stack.length > 0) {
      const byte = stack.pop() ?? 0;
      const to = stack.pop() ?? 0;
      const from = stack.pop() ?? 0;
      worked += to - from;
      if (to - from <= SMALL) this.#insertion(order, from, to);
      else if (byte < this.#keyLength) this.#divide(order, scratch, from, to, byte, stack);
      else if (!this.#ascending) order.subarray(from, to).sort((a, b) => (this.#recnos[a] ?? 0) - (this.#recnos[b] ?? 0));
      if (worked < SLICE) continue;
      worked = 0;
      yield;
    }
    return this.#reader(order);
  }

  #byteOf(i: number, byte: number): number {
    const segment = this.#segments[Math.floor(i / this.#perSegment)];
    return segment?.[(i % this.#perSegment) * this.#keyLength + byte] ?? 0;
  }

  /** By one byte, stable; the buckets go on the stack. */
  #divide(order: Uint32Array, scratch: Uint32Array, from: number, to: number, byte: number, stack: number[]): void {
    const ends = new Uint32Array(257);
    for (let i = from; i < to; i++) {
      const bucket = this.#byteOf(order[i] ?? 0, byte) + 1;
      ends[bucket] = (ends[bucket] ?? 0) + 1;
    }
    const first = this.#byteOf(order[from] ?? 0, byte);
    if (ends[first + 1] === to - from) {
      stack.push(from, to, byte + 1);
      return;
    }
    for (let bucket = 1; bucket <= 256; bucket++) ends[bucket] = (ends[bucket] ?? 0) + (ends[bucket - 1] ?? 0);
    const next = ends.slice();
    for (let i = from; i < to; i++) {
      const entry = order[i] ?? 0;
      const bucket = this.#byteOf(entry, byte);
      const at = next[bucket] ?? 0;
      next[bucket] = at + 1;
      scratch[from + at] = entry;
    }
    order.set(scratch.subarray(from, to), from);
    for (let bucket = 0; bucket < 256; bucket++) {
      const begins = from + (ends[bucket] ?? 0);
      const stops = from + (ends[bucket + 1] ?? 0);
      if (stops - begins > 1) stack.push(begins, stops, byte + 1);
    }
  }

  #compare(a: number, b: number): number {
    const per = this.#perSegment;
    const length = this.#keyLength;
    const first = this.#segments[Math.floor(a / per)] ?? EMPTY;
    const second = this.#segments[Math.floor(b / per)] ?? EMPTY;
    return compareBytes(first, (a % per) * length, second, (b % per) * length, length) || (this.#recnos[a] ?? 0) - (this.#recnos[b] ?? 0);
  }

  #insertion(order: Uint32Array, from: number, to: number): void {
    for (let i = from + 1; i < to; i++) {
      const entry = order[i] ?? 0;
      let at = i;
      while (at > from && this.#compare(order[at - 1] ?? 0, entry) > 0) {
        order[at] = order[at - 1] ?? 0;
        at--;
      }
      order[at] = entry;
    }
  }

  #reader(order: Uint32Array): SortedKeys {
    const segments = this.#segments;
    const recnos = this.#recnos;
    const per = this.#perSegment;
    const length = this.#keyLength;
    let at = 0;
    const reader = {
      keyBytes: EMPTY as Uint8Array, keyStart: 0, recno: 0,
      next(): boolean {
        if (at >= order.length) return false;
        const i = order[at++] ?? 0;
        const segment = Math.floor(i / per);
        reader.keyBytes = segments[segment] ?? EMPTY;
        reader.keyStart = (i - segment * per) * length;
        reader.recno = recnos[i] ?? 0;
        return true;
      },
    };
    return reader;
  }
}

const EMPTY = Buffer.alloc(0);
