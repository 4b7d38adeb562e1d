import type { ByteWriter } from '#storage';
import type { LiveSnapshots } from './live-snapshots.js';
import type { FoldTarget } from '../checkpoint/fold-target.js';
import type { Steps } from '../checkpoint/step.js';

/**
 * Something that takes part in transactions and checkpoints: a table, later a key-value store.
 * The commit pipeline and the checkpoint know stores only through this.
 */
export interface VersionedStore {
  /** Unique in the database, for logs and reports: `t:people`. */
  readonly id: string;
  /** Bytes of committed changes that are not in the base files. */
  readonly deltaBytes: number;
  /** Bytes of old images kept for live snapshots. */
  readonly historyBytes: number;

  /** Takes the active generation for folding. False when there is nothing to fold. */
  freeze(sequence: number): boolean;
  /** File sizes that count after this checkpoint, by file name; for recovery from the journal. */
  publishedSizes(): readonly (readonly [file: string, sizeBytes: number])[];
  /** Gives the frozen generation back: the checkpoint was abandoned. */
  unfreeze(): void;
  /** Writes growth directly, everything else to the journal. Captures what live snapshots still need. */
  fold(target: FoldTarget): Steps;
  /** The journal is complete but not yet applied: a store that can not read half-applied files reads through it from now on. */
  journalComplete?(journalPath: string): void;
  /** The base files hold the folded state: what is cached of them follows, before the switch. */
  followBase?(): Steps;
  /** The synchronous end of a checkpoint: base = folded state, frozen generation dropped. */
  switchOver(oldestSnapshot: number): void;
  /** Forgets what no snapshot at or after `oldestSnapshot` can see. */
  pruneHistory(oldestSnapshot: number): void;
}

/** The private writes of one transaction in one store. */
export interface StoreWrites {
  readonly store: VersionedStore;
  readonly isEmpty: boolean;
  readonly sizeBytes: number;
  /** Throws CONFLICT when somebody committed (or is committing) a change to the same data after `sequence`. */
  checkConflicts(sequence: number): void;
  /** Final placement of values, then the logical redo. Called once, right before the log. */
  encode(writer: ByteWriter): void;
  /** From now until published or withdrawn, other commits of the same data conflict. */
  markInFlight(): void;
  /** Makes the writes visible at `sequence`. */
  publish(sequence: number, snapshots: LiveSnapshots): void;
  /** The commit failed: nothing of it may remain. */
  withdraw(): void;
}
