import { assert, Histogram, type HistogramSnapshot } from '#storage';
import { LockQueue } from './lock-queue.js';
import type { LockItem } from './lock-types.js';

/** What one shard counted since the start, and what it holds now. */
export interface LockShardStats {
  /** Locks granted on a resource that the owner did not hold; the intention lock on a space counts as one. */
  readonly acquisitions: number;
  /** Held locks made stronger. */
  readonly conversions: number;
  /** Requests that had to wait. */
  readonly waits: number;
  readonly timeouts: number;
  /** Waits ended by their AbortSignal or by the end of their transaction. */
  readonly aborts: number;
  /** Waits ended as the victim of a deadlock. */
  readonly deadlocks: number;
  /** The longest queue seen. */
  readonly maxQueue: number;
  /** How long ended waits took, in nanoseconds. */
  readonly waitNs: HistogramSnapshot;
  readonly held: number;
  readonly waiting: number;
  /** Resources in the tables of the shard: 0 when nothing is held or awaited. */
  readonly resources: number;
}

/** The numbers of LockShardStats that only grow. */
export interface LockCounters extends Record<string, number> {
  acquisitions: number;
  conversions: number;
  waits: number;
  timeouts: number;
  aborts: number;
  deadlocks: number;
  maxQueue: number;
}

export function zeroLockCounters(): LockCounters {
  return { acquisitions: 0, conversions: 0, waits: 0, timeouts: 0, aborts: 0, deadlocks: 0, maxQueue: 0 };
}

const EMPTY_HISTOGRAM = new Histogram().snapshot();

/** The queues of those resources whose hash leads here, and their counts. */
export class LockShard {
  readonly counters = zeroLockCounters();
  held = 0;
  waiting = 0;
  readonly #spaces = new Map<string, LockQueue>();
  readonly #items = new Map<string, Map<LockItem, LockQueue>>();
  /** An empty map for the next space: a lone row lock comes and goes without making one. */
  #spareItems: Map<LockItem, LockQueue> | undefined = undefined;
  #waitNs: Histogram | undefined = undefined;

  constructor(readonly number: number) {}

  find(space: string, item: LockItem | undefined): LockQueue | undefined {
    return item === undefined ? this.#spaces.get(space) : this.#items.get(space)?.get(item);
  }

  create(space: string, item: LockItem | undefined): LockQueue {
    const queue = new LockQueue(space, item, this.number);
    if (item === undefined) { this.#spaces.set(space, queue); return queue; }
    let items = this.#items.get(space);
    if (items === undefined) {
      items = this.#spareItems ?? new Map<LockItem, LockQueue>();
      this.#spareItems = undefined;
      this.#items.set(space, items);
    }
    items.set(item, queue);
    return queue;
  }

  /** Forgets a queue without holders and waiters. */
  drop(queue: LockQueue): void {
    const { space, item } = queue;
    assert(queue.isUnused, 'only an unused lock queue is dropped');
    if (item === undefined) { this.#spaces.delete(space); return; }
    const items = this.#items.get(space);
    items?.delete(item);
    if (items?.size !== 0) return;
    this.#items.delete(space);
    this.#spareItems = items;
  }

  recordWait(waitNs: number): void {
    this.#waitNs ??= new Histogram();
    this.#waitNs.record(waitNs);
  }

  stats(): LockShardStats {
    let resources = this.#spaces.size;
    for (const items of this.#items.values()) resources += items.size;
    return {
      ...this.counters, waitNs: this.#waitNs?.snapshot() ?? EMPTY_HISTOGRAM,
      held: this.held, waiting: this.waiting, resources,
    };
  }
}

/** FNV-1a over the characters, then the finalizer of MurmurHash3, so that near record numbers spread over shards. 31 bits. */
export function lockHash(space: string, item: LockItem | undefined): number {
  let h = hashText(0x811c9dc5, space);
  if (typeof item === 'number') h = Math.imul(h ^ item ^ Math.floor(item / 0x100000000), 0x01000193);
  else if (item !== undefined) h = hashText(h ^ 0x2f, item);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 1; // a small integer for the engine: its remainder costs no division of doubles
}

/** At most this many characters at either end of a key are hashed: a long key costs no more than a short one. */
const HASHED_CHARS = 32;

function hashText(seed: number, text: string): number {
  let h = seed;
  const n = text.length;
  for (let i = 0; i < n; i++) {
    if (i === HASHED_CHARS && n > 2 * HASHED_CHARS) i = n - HASHED_CHARS;
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  return h ^ n;
}
