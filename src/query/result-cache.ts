import { lruMap, type BoundedMap, type Clock } from '#storage';

/** What the rows of a source are at one moment: the same object and number mean the same rows. */
export interface RowsVersion {
  readonly of: object;
  readonly change: number;
}

export interface ResultCacheOptions {
  /** Results that are kept; 0 = none. */
  readonly entries: number;
  readonly ttlMs: number;
  readonly sizeBytes: number;
  readonly clock: Clock;
}

interface Result { readonly version: RowsVersion; readonly expiresNs: number; readonly recnos: Float64Array }

const NS_PER_MS = 1e6;
const NUMBER_BYTES = 8;

/**
 * Which rows a query found, to be read again without searching as long as nothing was written to the table. Record numbers are kept,
 * not rows: so what callers do to their rows does no harm, and memory is 8 bytes a row.
 */
export class ResultCache {
  readonly #options: ResultCacheOptions;
  readonly #results: BoundedMap<string, Result>;
  hits = 0;
  misses = 0;
  /** Misses because something was written since, or the time was up. */
  stale = 0;

  constructor(options: ResultCacheOptions) {
    this.#options = options;
    this.#results = lruMap(Math.max(1, options.entries));
  }

  get isOn(): boolean { return this.#options.entries > 0; }
  /** Results with more rows are not kept: so that all together stay within the size. */
  get mostRows(): number { return Math.floor(this.#options.sizeBytes / Math.max(1, this.#options.entries) / NUMBER_BYTES); }

  /** Record numbers in the order of the result. */
  get(key: string, version: RowsVersion): Float64Array | undefined {
    const result = this.#results.get(key);
    if (result !== undefined && result.version.of === version.of && result.version.change === version.change
      && this.#options.clock.monotonicNs() < result.expiresNs) {
      this.hits++;
      return result.recnos;
    }
    if (result !== undefined) this.stale++;
    this.misses++;
    return undefined;
  }

  put(key: string, version: RowsVersion, recnos: readonly number[]): void {
    if (recnos.length > this.mostRows) return;
    this.#results.set(key, { version, expiresNs: this.#options.clock.monotonicNs() + this.#options.ttlMs * NS_PER_MS, recnos: Float64Array.from(recnos) });
  }

  clear(): void { this.#results.clear(); }
}
