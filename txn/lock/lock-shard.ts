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

const LEAST_BUCKETS = 16;
/** The table shrinks when it is emptier than this, so a large transaction leaves no large table behind. */
const SHRINK_BELOW = 1 / 8;

/**
 * The queues of those resources whose hash leads here, and their counts. A chained hash table: locks come and go
 * all the time, which costs a Map much more (see docs/locking.md).
 */
export class LockShard {
  readonly counters = zeroLockCounters();
  held = 0;
  waiting = 0;
  #resources = 0;
  #buckets = emptyBuckets(LEAST_BUCKETS);
  #shift = Math.clz32(LEAST_BUCKETS) + 1;
  #waitNs: Histogram | undefined = undefined;

  constructor(readonly number: number) {}

  find(space: string, item: LockItem | undefined, hash: number): LockQueue | undefined {
    let queue = this.#buckets[this.#bucketOf(hash)];
    while (queue !== undefined && (queue.hash !== hash || queue.item !== item || queue.space !== space)) queue = queue.nextInBucket;
    return queue;
  }

  create(space: string, item: LockItem | undefined, hash: number): LockQueue {
    if (this.#resources >= this.#buckets.length) this.#resize(this.#buckets.length * 2);
    const queue = new LockQueue(space, item, hash, this.number);
    this.#link(queue);
    this.#resources++;
    return queue;
  }

  /** Forgets a queue without holders and waiters. */
  drop(queue: LockQueue): void {
    assert(queue.isUnused, 'only an unused lock queue is dropped');
    const bucket = this.#bucketOf(queue.hash);
    const first = this.#buckets[bucket];
    if (first === queue) this.#buckets[bucket] = queue.nextInBucket;
    else {
      let before = first;
      while (before !== undefined && before.nextInBucket !== queue) before = before.nextInBucket;
      assert(before !== undefined, 'a dropped lock queue is in its table');
      before.nextInBucket = queue.nextInBucket;
    }
    this.#resources--;
    const size = this.#buckets.length;
    if (size > LEAST_BUCKETS && this.#resources < size * SHRINK_BELOW) this.#resize(size / 2);
  }

  /** The upper bits of a product (Fibonacci hashing): the remainder of the hash is the same for all in a shard. */
  #bucketOf(hash: number): number { return Math.imul(hash, 0x9e3779b1) >>> this.#shift; }

  #link(queue: LockQueue): void {
    const bucket = this.#bucketOf(queue.hash);
    queue.nextInBucket = this.#buckets[bucket];
    this.#buckets[bucket] = queue;
  }

  /** `size` is a power of two. */
  #resize(size: number): void {
    const old = this.#buckets;
    this.#buckets = emptyBuckets(size);
    this.#shift = Math.clz32(size) + 1;
    for (const first of old) {
      for (let queue = first; queue !== undefined;) {
        const next: LockQueue | undefined = queue.nextInBucket;
        this.#link(queue);
        queue = next;
      }
    }
  }

  recordWait(waitNs: number): void {
    this.#waitNs ??= new Histogram();
    this.#waitNs.record(waitNs);
  }

  /** How long ended waits took together, in nanoseconds. */
  get waitedNs(): number { return this.#waitNs?.sum ?? 0; }

  stats(): LockShardStats {
    const waitNs = this.#waitNs?.snapshot() ?? EMPTY_HISTOGRAM;
    return { ...this.counters, waitNs, held: this.held, waiting: this.waiting, resources: this.#resources };
  }
}

/** FNV-1a over the characters, then the finalizer of MurmurHash3, so that near record numbers spread over shards. 31 bits. */
export function lockHash(space: string, item: LockItem | undefined): number {
  let h = hashText(0x811c9dc5, space);
  if (typeof item === 'number') h = Math.imul(h ^ item, 0x01000193) + Math.floor(item / 0x100000000);
  else if (item !== undefined) h = hashText(h ^ 0x2f, item);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 1; // a small integer for the engine: its remainder costs no division of doubles
}

function hashText(seed: number, text: string): number {
  let h = seed;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h ^ text.length;
}

function emptyBuckets(size: number): (LockQueue | undefined)[] {
  return new Array<LockQueue | undefined>(size).fill(undefined);
}
