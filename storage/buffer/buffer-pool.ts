import { assert, AssertionError } from '../base/assert.js';
import { ArgumentRangeError } from '../base/errors.js';
import type { Probe } from '../probe/probe.js';

/** Sizes that are kept and given out again, in bytes. */
export const BUFFER_SIZE_CLASSES = [1024, 64 * 1024, 1024 * 1024] as const;
const LARGEST_CLASS = 1024 * 1024;

/** Memory that the free lists may hold unless the pool is told otherwise, in bytes. */
export const DEFAULT_POOL_BYTES = 8 * 1024 * 1024;

/** Counters of group `buffers`. `outstanding` is a level: taken and not yet returned. */
export interface BufferCounters extends Record<string, number> {
  taken: number;
  returned: number;
  /** Served from a free list. */
  reused: number;
  /** Made new. */
  allocated: number;
  /** Larger than the largest class: made new, never kept. */
  oversize: number;
  /** Returned when the free lists were full. */
  dropped: number;
  outstanding: number;
}

export interface BufferPoolOptions {
  /** Most bytes that lie free. Default 8 MB; 0 keeps nothing. */
  readonly limitBytes?: number | undefined;
  readonly probe: Probe;
}

/**
 * Buffers to use again, in three size classes. A buffer is lent: whoever takes it gives the same object
 * back, once, and no longer touches it. Its content is whatever its last user left.
 *
 * @example
 * const buffer = pool.take(100); // 1024 bytes long
 * try { use(buffer.subarray(0, 100)); } finally { pool.giveBack(buffer); }
 */
export class BufferPool {
  readonly #limitBytes: number;
  readonly #counters: BufferCounters;
  readonly #free: readonly Buffer[][] = BUFFER_SIZE_CLASSES.map(() => []);
  readonly #lent = new Set<Uint8Array>();
  #freeBytes = 0;

  constructor({ limitBytes = DEFAULT_POOL_BYTES, probe }: BufferPoolOptions) {
    if (!Number.isSafeInteger(limitBytes) || limitBytes < 0) {
      throw new ArgumentRangeError('OPTION', `bufferPool must be a number of bytes >= 0, got ${limitBytes}`);
    }
    this.#limitBytes = limitBytes;
    this.#counters = probe.counters('buffers', {
      taken: 0, returned: 0, reused: 0, allocated: 0, oversize: 0, dropped: 0, outstanding: 0,
    });
  }

  /** Bytes in the free lists. */
  get freeBytes(): number { return this.#freeBytes; }

  /** A buffer as long as the least size class that holds `sizeBytes`; above the largest class exactly `sizeBytes` long. */
  take(sizeBytes: number): Buffer {
    assert(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0, 'the size of a buffer is an integer >= 0');
    const buffer = sizeBytes > LARGEST_CLASS ? this.#oversize(sizeBytes) : this.#pooled(sizeBytes);
    this.#lent.add(buffer);
    this.#counters.taken++;
    this.#counters.outstanding++;
    return buffer;
  }

  /** Ends the loan. A buffer that is not on loan from this pool (given back twice, a part of one, a stranger) is an AssertionError. */
  giveBack(buffer: Buffer): void {
    assert(this.#lent.delete(buffer), 'only a buffer on loan from this pool is given back, and once');
    const counters = this.#counters;
    counters.returned++;
    counters.outstanding--;
    if (buffer.length > LARGEST_CLASS) return;
    if (this.#freeBytes + buffer.length > this.#limitBytes) {
      counters.dropped++;
      return;
    }
    this.#free[classOf(buffer.length)]?.push(buffer);
    this.#freeBytes += buffer.length;
  }

  /** For the end of tests and of a database: AssertionError when a buffer was not given back. */
  assertAllReturned(): void {
    if (this.#lent.size === 0) return;
    const sizes = [...this.#lent].slice(0, 5).map((buffer) => buffer.length).join(', ');
    throw new AssertionError(`invariant broken: ${this.#lent.size} buffers were not given back (bytes: ${sizes}${this.#lent.size > 5 ? ', …' : ''})`);
  }

  #pooled(sizeBytes: number): Buffer {
    const index = classOf(sizeBytes);
    const kept = this.#free[index]?.pop();
    if (kept !== undefined) {
      this.#freeBytes -= kept.length;
      this.#counters.reused++;
      return kept;
    }
    this.#counters.allocated++;
    return Buffer.allocUnsafeSlow(BUFFER_SIZE_CLASSES[index] ?? LARGEST_CLASS);
  }

  #oversize(sizeBytes: number): Buffer {
    this.#counters.oversize++;
    this.#counters.allocated++;
    return Buffer.allocUnsafeSlow(sizeBytes);
  }
}

function classOf(sizeBytes: number): number {
  return sizeBytes <= BUFFER_SIZE_CLASSES[0] ? 0 : sizeBytes <= BUFFER_SIZE_CLASSES[1] ? 1 : 2;
}
