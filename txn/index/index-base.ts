import type { OrderedSource, SkipList, SortedRun } from '#index';

/** The entries of one index as of the last checkpoint. */
export interface IndexBase {
  /** Entries, about. */
  readonly entryCount: number;
  source(): OrderedSource;
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
