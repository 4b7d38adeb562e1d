import type { DbfLayout } from '#storage';
import type { CountVersions } from './count-versions.js';
import type { RecordBase } from './record-base.js';
import type { RecordDelta } from './record-delta.js';
import type { RecordHistory } from './record-history.js';

/** Rows that a large load wrote straight into the table file; `head` = their bytes below the then published end. */
export interface Extent {
  readonly firstRecno: number;
  readonly lastRecno: number;
  readonly head: Uint8Array;
  readonly headOffset: number;
  /** End of the memo bytes it refers to; 0 = none. */
  readonly memoEndBytes: number;
}

/** A generation that is being folded into the base files. */
export interface FrozenRecords {
  readonly delta: RecordDelta;
  readonly sequence: number;
  /** Records of the table at `sequence`. */
  readonly count: number;
  /** How many of the store's extents (the oldest ones) belong to it. */
  readonly extents: number;
  /** Base images from before the fold, for live snapshots. */
  readonly preImages: Map<number, Uint8Array>;
  /** Record numbers that the fold wrote, ascending. */
  recnos: Float64Array;
  /** What it put into the table file besides rows; the cache follows at the switch. */
  writes: { offset: number; bytes: Uint8Array }[];
  /** The table grows and nobody is appending behind it: it gets an end mark. */
  readonly endsHere: boolean;
  /** Published ends after the checkpoint. */
  readonly publishedBytes: number;
  readonly memoPublishedBytes: number;
}

/** What folding needs of a store. */
export interface FoldableRecords {
  readonly base: RecordBase;
  readonly layout: DbfLayout;
  readonly counts: CountVersions;
  readonly history: RecordHistory;
  readonly autoNext: ReadonlyMap<string, number>;
  readonly active: RecordDelta;
  readonly frozen: FrozenRecords | undefined;
  /** Committed extents that the header does not count yet. */
  readonly extents: Extent[];
  readonly appendLease: Promise<void> | undefined;
  pendingTableFlags: number | undefined;
  baseSequence: number;
}
