import type { SortedChanges } from '#index';
import { FieldstoneError, type VfsFile } from '#storage';
import type { FoldTarget } from '../checkpoint/fold-target.js';
import { WORK, type Steps } from '../checkpoint/step.js';
import type { SnapshotHold } from '../commit/snapshot-registry.js';
import type { Engine } from '../engine.js';
import { discardFiles, newGenerationFile, type NewFile } from '../folder-changes.js';
import { keeperOf, ListChanges } from './key-fold.js';
import type { KeyGeneration, KeyStore } from './key-store.js';
import { KeySuccessor } from './key-successor.js';

/** A new file for a store, and who fills it when. */
export interface StoreRebuild {
  readonly store: KeyStore;
  readonly expectedKeys: number;
  /** The entries as a snapshot sees them, copied while commits and checkpoints go on. */
  readonly live?: { readonly hold: SnapshotHold<unknown>; readonly entries: SortedChanges; readonly turn: () => Promise<void> };
  /** For a tree that cannot be folded into: fills the file amid the checkpoint, when nobody else writes the old one. */
  readonly still?: (successor: KeySuccessor, old: VfsFile) => Steps;
}

/** Sizes before and after. */
export interface StoreRebuilt { readonly bytesBefore: number; readonly bytesAfter: number; readonly keys: number }

/**
 * Writes the tree of a store anew, densely, and swaps the file in one checkpoint whose synced journal is the commit. Commits go on
 * meanwhile; snapshots go on reading what they saw. Run it inside engine.exclusively().
 * Throws ABORTED when so much was committed meanwhile that the snapshot of the copy was ended.
 */
export async function rebuildStore(engine: Engine, r: StoreRebuild): Promise<StoreRebuilt> {
  const { store } = r;
  const base = store.base;
  if (base === undefined) return { bytesBefore: 0, bytesAfter: 0, keys: 0 };
  const bytesBefore = base.publishedBytes;
  const made = newGenerationFile(engine, store.options.file);
  try {
    engine.options.env.vfs.syncFolder(engine.options.folder);
    const successor = successorFor(engine, made.file, base.pageSizeBytes, r.expectedKeys);
    if (r.live !== undefined) {
      const { entries, hold, turn } = r.live;
      for (const steps = successor.apply(entries, hold.sequence); steps.next().done !== true;) await turn();
      await turn(); // the last moment to cancel
    }
    await engine.writeSide.checkpoint({
      operations: [{ kind: 'rename', from: made.temporary, to: made.name }], replaces: undefined, tables: {},
      begin: () => store.succeed((_store, frozen, target) => takeOver(r, made.file, successor, frozen, target)), installed: () => undefined,
    });
    made.file.close();
    return { bytesBefore, bytesAfter: successor.pageCount * successor.pageSizeBytes, keys: successor.keyCount };
  } catch (e) {
    abandon(engine, made);
    throw e;
  }
}

/** A journal that may be there still names the file. */
function abandon(engine: Engine, made: NewFile): void {
  if (engine.writeSide.isPoisoned) made.file.close();
  else discardFiles(engine, [made]);
}

function successorFor(engine: Engine, file: VfsFile, pageSizeBytes: number, expectedKeys: number): KeySuccessor {
  return new KeySuccessor({ ...engine.keyStores.treeOptions(), file, treeId: engine.keyStores.newTreeId(), pageSizeBytes, expectedKeys });
}

/** Amid the checkpoint: what was committed since the copy began, then what the checkpoint folds. */
function* takeOver(r: StoreRebuild, file: VfsFile, successor: KeySuccessor, frozen: KeyGeneration, target: FoldTarget): Steps {
  const { store, live, still } = r;
  if (still !== undefined && store.base !== undefined) yield* still(successor, store.base.file);
  if (live !== undefined) {
    if (live.hold.ended) throw new FieldstoneError('ABORTED', `too much was written to store "${store.name}" while it was copied; try again, or raise snapshotMemory`, { details: { store: store.name } });
    for (const { list, sequence } of store.history) if (sequence > live.hold.sequence) yield* working(successor.apply(new ListChanges(list), sequence));
  }
  const changes = new ListChanges(frozen.list);
  const keep = keeperOf(frozen.list, changes, target.snapshots.oldestSequence());
  // The copy holds newer values than the tree: what old snapshots read stands in the old file, which nobody changes now.
  const before = keep === undefined || live === undefined ? keep : () => keep(inTree(store, changes));
  yield* working(successor.apply(changes, frozen.sequence, before));
  yield* working(successor.finish(frozen.sequence, store.ownerFlags));
  target.grew(file);
}

/** The value that the tree of the last checkpoint has for the key of a change; undefined = none. */
function inTree(store: KeyStore, { keyBytes, keyStart, keyLength }: ListChanges): (() => Buffer) | undefined {
  const tree = store.base?.tree;
  if (tree?.find(keyBytes.subarray(keyStart, keyStart + keyLength), keyLength) !== true) return undefined;
  return () => tree.foundBytes.subarray(tree.foundStart, tree.foundEnd);
}

/** Slices as steps of a checkpoint. */
export function* working(slices: Iterator<unknown, void, void>): Steps {
  for (let slice = slices.next(); slice.done !== true; slice = slices.next()) yield WORK;
}

/**
 * Makes a whole new file for a store whose file cannot even be opened, and puts it in the place of that one.
 * Run it inside engine.exclusively(); nobody can have the store open.
 */
export async function replaceStoreFile(
  engine: Engine, store: { readonly name: string; readonly file: string; readonly pageSizeBytes: number; readonly ownerFlags: number },
  entries: SortedChanges, beforeSwap: () => Promise<void>, turn: () => Promise<void>,
): Promise<void> {
  const made = newGenerationFile(engine, store.file);
  try {
    const successor = successorFor(engine, made.file, store.pageSizeBytes, 0);
    const { sequence } = engine;
    for (const steps = successor.apply(entries, sequence); steps.next().done !== true;) await turn();
    for (const steps = successor.finish(sequence, store.ownerFlags); steps.next().done !== true;) await turn();
    await beforeSwap();
    await made.file.syncAsync();
    engine.options.env.vfs.syncFolder(engine.options.folder);
    await engine.writeSide.checkpoint({
      operations: [{ kind: 'rename', from: made.temporary, to: made.name }], replaces: undefined, tables: {},
      installed: () => { engine.keyStores.store(store.name); },
    });
    made.file.close();
  } catch (e) {
    abandon(engine, made);
    throw e;
  }
}
