import { applyJournal, FieldstoneError, JournalWriter, readJournalInSlices, type ApplyStep, type Environment, type Probe } from '#storage';
import type { CatalogState } from '../catalog-state.js';
import type { CommitPipeline } from '../commit/commit-pipeline.js';
import type { SnapshotRegistry } from '../commit/snapshot-registry.js';
import type { StoreWrites, VersionedStore } from '../commit/versioned-store.js';
import type { WalChain } from '../commit/wal-chain.js';
import type { CatalogKeeper } from '../recovery/catalog-keeper.js';
import type { FolderChange } from './folder-change.js';
import { FoldTarget } from './fold-target.js';
import { serializeNote } from './journal-note.js';
import { SYNC_FOLDER, syncStep, WORK, type Step, type Steps } from './step.js';

export const JOURNAL_NAME = 'fieldstone.journal';

/** Why a checkpoint runs: by the size of the log, at its limit, by a call, for a replacement of files, after recovery, at close. */
export type CheckpointCause = 'log size' | 'log full' | 'asked' | 'files' | 'opening' | 'close';

export interface CheckpointContext {
  readonly env: Environment;
  readonly probe: Probe;
  readonly folder: string;
  readonly databaseId: Uint8Array;
  readonly fence: Uint8Array;
  readonly wal: WalChain;
  readonly pipeline: CommitPipeline;
  readonly snapshots: SnapshotRegistry<CatalogState>;
  readonly catalog: CatalogKeeper;
  /** Stores that may have something to fold. */
  readonly stores: () => readonly VersionedStore[];
  /** What the log must say of loads that are under way: the next log too, since recovery cuts off what they left. */
  readonly runningLoads: () => readonly StoreWrites[];
  /** Throws when a base file was changed by another program. */
  readonly assertUndisturbed: () => void;
  /** Throws when the lock was lost. */
  readonly assertLocked: () => void;
  /** After this nothing may be written with the handle. */
  readonly poison: (cause: unknown) => void;
}

/**
 * One checkpoint, as steps. `change` is the one replacement of table files that may ride in it; `cause` is for reports.
 * Until the journal is synced everything can be taken back; after that there is no way but forward,
 * and a failure poisons the handle (opening again applies the journal).
 */
export function* checkpointSteps(c: CheckpointContext, cause: CheckpointCause, change?: FolderChange): Steps<boolean> {
  const counters = c.probe.counters('checkpoint', { runs: 0, empty: 0, abandoned: 0, journalBytes: 0, growthBytes: 0 });
  const startNs = c.env.clock.monotonicNs();
  yield* syncLog(c);
  c.assertLocked();
  c.assertUndisturbed();
  const sequence = c.pipeline.publishedSequence;
  change?.begin?.();
  const stores = c.stores().filter((store) => store !== change?.replaces && store.freeze(sequence));
  if (stores.length === 0 && change === undefined && c.wal.isEmpty) {
    counters.empty++;
    return false;
  }
  c.probe.traces.checkpoint?.({ event: 'begin', cause, stores: stores.length, sequence, logBytes: c.wal.liveBytes });
  const bytesBefore = counters.journalBytes + counters.growthBytes;
  let firstSegment = 0;
  try {
    c.catalog.ensureWritten();
    c.wal.rotate();
    firstSegment = c.wal.segment;
    const loads = c.runningLoads();
    if (loads.length > 0) c.pipeline.commitSync(loads, 'commit');
    yield* writeJournal(c, stores, sequence, firstSegment, counters, change);
  } catch (e) {
    counters.abandoned++;
    c.probe.traces.checkpoint?.({ event: 'abandon', sequence });
    for (const store of stores) unfreeze(c, store);
    throw e;
  }
  try {
    yield* applyAndSwitch(c, stores, sequence, firstSegment, change);
  } catch (e) {
    c.poison(e);
    throw stopped(change, e);
  }
  counters.runs++;
  const ns = c.env.clock.monotonicNs() - startNs;
  if (c.probe.level !== 'off') c.probe.histogram('checkpoint.durationNs').record(ns);
  const bytesWritten = counters.journalBytes + counters.growthBytes - bytesBefore;
  c.probe.traces.checkpoint?.({ event: 'end', cause, stores: stores.length, sequence, ns, bytesWritten });
  return true;
}

/** A disk that does not even say how the files look now gets no more writes: they could not be told from a stranger's. */
function unfreeze(c: CheckpointContext, store: VersionedStore): void {
  try {
    store.unfreeze();
  } catch (e) {
    c.poison(e);
  }
}

/** All that is published is in the log and on disk before the log may be retired. */
function* syncLog(c: CheckpointContext): Steps {
  c.pipeline.drainSync();
  const writer = c.wal.current;
  if (writer !== undefined && writer.syncedBytes < writer.flushedBytes) c.pipeline.syncAll();
  yield WORK;
  c.pipeline.syncAll(); // commits of the meantime, in the same turn as the freeze
}

function* writeJournal(
  c: CheckpointContext, stores: readonly VersionedStore[], sequence: number, firstSegment: number,
  counters: { journalBytes: number; growthBytes: number }, change: FolderChange | undefined,
): Steps {
  const journal = JournalWriter.create(c.env.vfs, `${c.folder}/${JOURNAL_NAME}`, {
    databaseId: c.databaseId, checkpoint: c.catalog.checkpoint + 1, sequence, firstSegment, fence: c.fence,
    note: serializeNote({ sizes: plannedSizes(stores, change), tables: change?.tables ?? {} }),
  });
  try {
    const target = new FoldTarget(journal, c.snapshots, new Date(c.env.clock.nowMs()), change?.renamed);
    for (const operation of change?.operations ?? []) {
      if (operation.kind === 'rename') journal.rename(operation.from, operation.to);
      else journal.unlink(operation.file);
    }
    for (const store of stores) {
      yield* store.fold(target);
      yield WORK;
    }
    target.writeHeaders();
    for (const file of target.grownFiles) yield* durably(c, syncStep(file));
    journal.flush(); // a full disk is found here, where it can be taken back, not in the sync
    yield* durably(c, syncStep(journal)); // the entries are on disk before the trailer says so
    c.assertLocked();
    journal.finish();
    yield* durably(c, syncStep(journal));
    yield* durably(c, SYNC_FOLDER);
    c.probe.traces.checkpoint?.({ event: 'journal', bytes: target.journalBytes, growthBytes: target.growthBytes });
    counters.journalBytes += target.journalBytes;
    counters.growthBytes += target.growthBytes;
    journal.close();
  } catch (e) {
    throw forgetJournal(c, journal) ? e : stopped(change, e);
  }
}

/** A crash must not bring an abandoned journal back; false when it may. */
function forgetJournal(c: CheckpointContext, journal: JournalWriter): boolean {
  try {
    journal.abandon();
    c.env.vfs.syncFolder(c.folder);
    return true;
  } catch (e) {
    c.poison(e); // the error before is the one to report
    return false;
  }
}

/** A sync that fails poisons the handle (I5): trying again would only seem to help. */
function* durably(c: CheckpointContext, step: Step): Steps {
  try {
    yield step;
  } catch (e) {
    c.poison(e);
    throw stopped(undefined, e);
  }
}

/** What a checkpoint that cannot be taken back says: of the commits nothing is lost, of a change of files the next opening tells. */
function stopped(change: FolderChange | undefined, cause: unknown): unknown {
  if (cause instanceof FieldstoneError && (cause.code === 'EXTERNAL_CHANGE' || cause.code === 'LOCKED')) return cause;
  if (change === undefined) return new FieldstoneError('POISONED', 'the disk failed amid a checkpoint; close and open the database again', { cause });
  return new FieldstoneError('COMMIT_UNKNOWN', 'the disk failed while the files of a table were replaced; close and open the database again', { cause });
}

function plannedSizes(stores: readonly VersionedStore[], change: FolderChange | undefined): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const store of stores) for (const [file, sizeBytes] of store.publishedSizes()) sizes[change?.renamed?.get(file) ?? file] = sizeBytes;
  return sizes;
}

function* applyAndSwitch(
  c: CheckpointContext, stores: readonly VersionedStore[], sequence: number, firstSegment: number, change: FolderChange | undefined,
): Steps {
  const path = `${c.folder}/${JOURNAL_NAME}`;
  const reading = readJournalInSlices(c.env.vfs, path, c.databaseId);
  let slice = reading.next();
  for (; slice.done !== true; slice = reading.next()) yield WORK;
  const journal = slice.value;
  if (journal === undefined) throw new FieldstoneError('IO', 'the checkpoint journal can not be read back', { file: path });
  for (const store of stores) store.journalComplete?.(path);
  yield* applySteps(applyJournal(c.env.vfs, c.folder, journal));
  for (const store of stores) if (store.followBase !== undefined) yield* store.followBase();
  // The switch: one synchronous step from here to the new state (nobody reads in between).
  const oldest = c.snapshots.oldestSequence();
  for (const store of stores) {
    store.switchOver(oldest);
    store.pruneHistory(oldest);
  }
  change?.installed();
  c.catalog.afterCheckpoint(sequence, firstSegment);
  c.env.vfs.unlink(path);
  c.env.vfs.syncFolder(c.folder);
  c.wal.retireOlder();
}

/** The journal's own steps are ours but for the type. */
export function* applySteps(apply: Iterator<ApplyStep, void, void>): Steps {
  try {
    for (let next = apply.next(); next.done !== true; next = apply.next()) {
      const step: Step = next.value;
      yield step;
    }
  } finally {
    apply.return?.();
  }
}
