import type { OrderedSource, SkipList, SortedRun } from '#index';

/** The entries of one index as of the last checkpoint. */
export interface IndexBase {
  /** Entries, about. */
  readonly entryCount: number;
  source(): OrderedSource;
  /** Some entries, evenly spread over all of them: at most `count`. */
  sampleKeys(count: number): Buffer[];
  /** Entries with low <= entry < high, about; reads one or two paths. */
  estimate(low: Buffer | undefined, high: Buffer | undefined): number;
  /** False when the base surely holds no entry of this key (the key without record number). */
  mayHold(hash: number): boolean;
}

/** A frozen generation of an index: what a checkpoint folds. */
export interface FrozenEntries {
  readonly list: SkipList;
  readonly sequence: number;
  /** Sorted keys of large loads. */
  readonly runs: readonly SortedRun[];
}

/** At most `count` numbers below `total`, evenly spread. */
export function placesIn(total: number, count: number): number[] {
  const n = Math.min(total, count);
  return Array.from({ length: n }, (_, i) => Math.floor(((i + 0.5) * total) / n));
}
