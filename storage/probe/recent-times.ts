/** Summary of the last times of an operation, in nanoseconds. */
export interface RecentTimesSnapshot {
  /** How many it is of: at most the capacity of the window. */
  readonly count: number;
  readonly minNs: number;
  readonly maxNs: number;
  readonly meanNs: number;
  readonly p95Ns: number;
  readonly p99Ns: number;
}

/** The last times of an operation, exactly: a ring of 1,000. Memory is taken at the first one. */
export class RecentTimes {
  readonly #capacity: number;
  #ring: Float64Array | undefined;
  #seen = 0;

  constructor(capacity = 1000) { this.#capacity = capacity; }

  record(ns: number): void {
    this.#ring ??= new Float64Array(this.#capacity);
    this.#ring[this.#seen++ % this.#capacity] = ns;
  }

  /** Quantiles by the nearest rank: the least time that so many are not above. */
  snapshot(): RecentTimesSnapshot {
    const count = Math.min(this.#seen, this.#capacity);
    if (this.#ring === undefined || count === 0) return { count: 0, minNs: 0, maxNs: 0, meanNs: 0, p95Ns: 0, p99Ns: 0 };
    const sorted = this.#ring.slice(0, count).sort();
    const rank = (q: number): number => sorted[Math.max(0, Math.ceil(q * count) - 1)] ?? 0;
    let sum = 0;
    for (const ns of sorted) sum += ns;
    return { count, minNs: rank(0), maxNs: rank(1), meanNs: sum / count, p95Ns: rank(0.95), p99Ns: rank(0.99) };
  }
}
