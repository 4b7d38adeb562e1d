import { TreeFile, TreeSalvage, type SalvageReport, type SortedChanges, type TreeHeader } from '#index';
import { FieldstoneError, hasCode, readUpTo, writeFully, type VfsFile } from '#storage';
import { kindsOf, rebuildStore, replaceStoreFile, syncStep, WORK, working, type CatalogState, type Engine, type KeyStore, type KeySuccessor, type SnapshotHold, type Steps } from '#txn';
import { PARTS_SUFFIX, partsId } from '../kv/parts.js';
import { assertNotAborted } from '../long-work.js';
import { checkStore, usedParts, valueProblem } from './check-store.js';
import { backupNames, keepOriginals, removeCopies } from './keep-originals.js';

const CHUNK_BYTES = 1 << 20;
const ENTRIES_PER_STEP = 1024;

export interface StoreRepair {
  readonly engine: Engine;
  readonly name: string;
  readonly signal: AbortSignal | undefined;
  /** Keys done. */
  readonly onProgress: (done: number) => void;
}

/** What was done to a store, and the names of the kept originals. undefined = nothing was wrong. */
export interface StoreMended { readonly actions: readonly string[]; readonly kept: readonly string[] }

type KeepEntry = (key: Buffer, value: Buffer) => boolean;

/** Builds the file of a damaged store anew from what can be read of it, keeps the original under another name, and swaps. */
export async function repairStore(job: StoreRepair): Promise<StoreMended | undefined> {
  const { engine, name } = job;
  const hold = engine.takeSnapshot('repair');
  try {
    const { findings } = await checkStore({ ...job, hold });
    if (findings.every((finding) => finding.severity === 'note')) return undefined;
    const store = opened(engine, name);
    return await engine.exclusively(async () => (store === undefined ? replaceUnopened(job) : mendOpened(job, store, hold)));
  } finally {
    engine.releaseSnapshot(hold);
  }
}

function opened(engine: Engine, name: string): KeyStore | undefined {
  try {
    return engine.keyStores.store(name);
  } catch (e) {
    if (hasCode(e, 'CORRUPT_PAGE') || hasCode(e, 'VERSION')) return undefined;
    throw e;
  }
}

/** Amid one checkpoint: nobody else writes the file then. Commits go on; those that are not in the file yet are taken over. */
async function mendOpened(job: StoreRepair, store: KeyStore, hold: SnapshotHold<CatalogState>): Promise<StoreMended> {
  const { engine } = job;
  const { env, folder } = engine.options;
  const { file } = store.options;
  const keeps = await entryFilter(job, store, hold);
  const [copy = ''] = backupNames(env, folder, [file]);
  let actions: string[] = [];
  try {
    await rebuildStore(engine, {
      store, expectedKeys: store.base?.tree.keyCount ?? 0,
      * still(successor: KeySuccessor, old: VfsFile): Steps {
        yield* copySteps(engine, old, `${folder}/${copy}`, job.signal);
        const pages = new TreeFile(old, store.base?.pageSizeBytes ?? 0, store.base?.treeId ?? 0, engine.keyStores.treeOptions().codecCounters);
        const header = store.base?.state.header;
        const salvage = new TreeSalvage(pages, header);
        yield* working(salvage.find(header !== undefined));
        const entries = mended(job, salvage, keeps);
        yield* working(successor.apply(entries, header?.sequence ?? 0));
        actions = actionsOf(salvage.report, entries);
      },
    });
  } catch (e) {
    if (!engine.writeSide.isPoisoned) removeCopies(env, folder, [copy]);
    throw e;
  }
  return { actions, kept: [copy] };
}

function* copySteps(engine: Engine, from: VfsFile, to: string, signal: AbortSignal | undefined): Steps {
  const { env, folder } = engine.options;
  const copy = env.vfs.open(to, 'exclusive');
  try {
    const chunk = new Uint8Array(Math.max(1, Math.min(CHUNK_BYTES, from.stat().sizeBytes)));
    for (let at = 0, n = readUpTo(from, chunk, 0); n > 0; n = readUpTo(from, chunk, at)) {
      writeFully(copy, chunk.subarray(0, n), at);
      at += n;
      assertNotAborted(signal, 'the repair');
      yield WORK;
    }
    yield syncStep(copy);
    env.vfs.syncFolder(folder);
  } finally {
    copy.close();
  }
}

/** A store whose first page is damaged: nobody can have it open. */
async function replaceUnopened(job: StoreRepair): Promise<StoreMended> {
  const { engine, name } = job;
  const { env, folder } = engine.options;
  const known = engine.keyStores.fileOf(name);
  if (known === undefined) throw new FieldstoneError('NOT_FOUND', `the file of store "${name}" is gone`, { details: { store: name } });
  const file = env.vfs.open(`${folder}/${known.file}`, 'read');
  let kept: string[] = [];
  try {
    const { pages, header } = openPages(engine, file);
    const ownerFlags = header?.ownerFlags ?? known.facts?.flags;
    if (pages === undefined || ownerFlags === undefined || kindsOf(ownerFlags) === undefined) {
      throw new FieldstoneError('CORRUPT_PAGE', `of store "${name}" ${pages === undefined ? 'no page can be read' : 'the kinds of keys and values are not known any more'}; restore it from a backup`, { file: file.path });
    }
    const salvage = new TreeSalvage(pages, header);
    const turn = async (): Promise<void> => {
      assertNotAborted(job.signal, 'the repair');
      await new Promise<void>((resolve) => { env.scheduler.later(resolve); });
    };
    for (const steps = salvage.find(header !== undefined); steps.next().done !== true;) await turn();
    const entries = mended(job, salvage, () => true);
    await replaceStoreFile(engine, { name, file: known.file, pageSizeBytes: pages.pageSizeBytes, ownerFlags }, entries, async () => {
      kept = await keepOriginals(env, folder, [known.file]);
    }, turn);
    return { actions: ['its first page made anew', ...actionsOf(salvage.report, entries)], kept };
  } catch (e) {
    if (!engine.writeSide.isPoisoned) removeCopies(env, folder, kept);
    throw e;
  } finally {
    file.close();
  }
}

function openPages(engine: Engine, file: VfsFile): { readonly pages: TreeFile | undefined; readonly header: TreeHeader | undefined } {
  const { codecCounters } = engine.keyStores.treeOptions();
  try {
    const pages = TreeFile.open(file, codecCounters);
    return { pages, header: pages.header() };
  } catch (e) {
    if (!hasCode(e, 'CORRUPT_PAGE') && !hasCode(e, 'VERSION')) throw e;
    return { pages: TreeFile.guess(file, codecCounters), header: undefined };
  }
}

/** Which entries are worth keeping: their values can be read, their parts are there; parts that no key has are not. */
async function entryFilter(job: StoreRepair, store: KeyStore, hold: SnapshotHold<CatalogState>): Promise<KeepEntry> {
  const c = { ...job, hold };
  if (!job.name.toLowerCase().endsWith(PARTS_SUFFIX)) return (_key, value) => valueProblem(c, store, value, 0, value.length) === undefined;
  const used = await usedParts(c);
  return (key) => {
    const id = partsId(key);
    return id !== undefined && used?.has(id) !== false;
  };
}

/** The entries that are kept; counts both kinds. */
function mended(job: StoreRepair, entries: TreeSalvage, keeps: KeepEntry): SortedChanges & { readonly kept: number; readonly dropped: number } {
  let kept = 0;
  let dropped = 0;
  return {
    next() {
      while (entries.next()) {
        if (!keeps(entries.keyBytes.subarray(0, entries.keyLength), entries.value ?? EMPTY)) {
          dropped++;
          continue;
        }
        if (++kept % ENTRIES_PER_STEP === 0) {
          assertNotAborted(job.signal, 'the repair');
          job.onProgress(kept);
        }
        return true;
      }
      return false;
    },
    get kept() { return kept; },
    get dropped() { return dropped; },
    get keyBytes() { return entries.keyBytes; },
    get keyStart() { return entries.keyStart; },
    get keyLength() { return entries.keyLength; },
    get value() { return entries.value; },
  };
}

const EMPTY = Buffer.alloc(0);

function actionsOf(r: SalvageReport, { kept, dropped }: { readonly kept: number; readonly dropped: number }): string[] {
  return [
    `${kept} keys kept`,
    ...(r.damagedPages > 0 ? [`${r.damagedPages} pages that cannot be read left out`] : []),
    ...(r.strayLeaves > 0 ? [`${r.strayLeaves} leaves that no node led to taken in`] : []),
    ...(r.lostValues > 0 ? [`${r.lostValues} keys whose values cannot be read left out`] : []),
    ...(r.misplacedKeys > 0 ? [`${r.misplacedKeys} keys in the wrong order left out`] : []),
    ...(dropped > 0 ? [`${dropped} entries that lead nowhere or that nothing leads to left out`] : []),
  ];
}
