import { basename, dirname, join, resolve, sep } from 'node:path';
import { FieldstoneError, memoFileNameFor, Probe, type Vfs } from '#storage';
import { Engine, RecordCursor, RecordView, installFiles, type EngineOptions, type RecordStore, type SnapshotHold, type CatalogState, type TableEntry } from '#txn';
import { copyStores } from './backup-stores.js';
import { copyFile } from './copy-file.js';
import { onFreshState } from './check/check-database.js';
import { indexesToBuild, plannedFrom, renamedIndexFile } from './table/rebuild.js';
import { TableBuilder } from './table/table-builder.js';
import { assertNotAborted, type LongWorkOptions } from './long-work.js';
import { isReadOnlyDialect, namedIndexes, structuralIndexes } from './table/write-guard.js';

/** What backup() wrote. */
export interface BackupResult {
  readonly tables: number;
  /** Records, deleted ones included. */
  readonly records: number;
  readonly sizeBytes: number;
  /** Tables that cannot be opened; their files were copied as they are. */
  readonly unreadable: readonly string[];
}

const ROWS_PER_TURN = 2048;
const OURS = /\.fs-[0-9a-z]+$/;

interface Job {
  readonly engine: Engine;
  readonly hold: SnapshotHold<CatalogState>;
  /** Where the copy is written. */
  readonly vfs: Vfs;
  /** Path of the folder that is being built. */
  readonly folder: string;
  readonly options: LongWorkOptions;
  readonly total: number;
  done: number;
}

/**
 * Copies the database as one snapshot sees it into a new folder of plain files. The folder is built under a temporary name
 * beside the target, synced, opened once, and renamed: it appears whole or not at all. `vfs` is where the target lies.
 */
export async function backupDatabase(engine: Engine, target: string, options: LongWorkOptions, vfs: Vfs): Promise<BackupResult> {
  engine.assertOpen();
  const path = resolve(target);
  assertTarget(engine, vfs, path);
  return onFreshState(engine, async () => {
    const temporary = temporaryFolder(engine, vfs, path);
    vfs.makeFolder(temporary);
    const hold = engine.takeSnapshot('backup');
    try {
      const result = await copyAll({ engine, hold, vfs, folder: temporary, options, total: totalRecords(engine, hold), done: 0 });
      engine.assertReadable();
      assertNotAborted(options.signal, 'the backup');
      if (vfs.stat(path) !== undefined) vfs.removeFolder(path); // empty, or this fails
      vfs.rename(temporary, path);
      vfs.syncFolder(dirname(path));
      return result;
    } catch (e) {
      if (vfs.stat(temporary) !== undefined) removeTree(vfs, temporary);
      throw e;
    } finally {
      engine.releaseSnapshot(hold);
    }
  });
}

function assertTarget({ options: { folder, env } }: Engine, vfs: Vfs, path: string): void {
  const parent = dirname(path);
  if (vfs.stat(parent)?.kind !== 'folder') throw new FieldstoneError('NOT_FOUND', `there is no folder "${parent}" to put the backup into`, { file: parent });
  const real = join(vfs.realPath(parent), basename(path));
  const own = vfs === env.vfs ? vfs.realPath(folder) : undefined;
  if (own !== undefined && (real === own || real.startsWith(own + sep))) {
    throw new FieldstoneError('NAME', `"${path}" lies inside the database; choose a folder elsewhere`, { file: path });
  }
  const stat = vfs.stat(path);
  if (stat === undefined) return;
  if (stat.kind !== 'folder' || vfs.list(path).length > 0) throw new FieldstoneError('EXISTS', `"${path}" exists and is not an empty folder`, { file: path });
}

function temporaryFolder({ options: { env: { clock } } }: Engine, vfs: Vfs, path: string): string {
  for (let n = 0; ; n++) {
    const name = `${path}.backup-${clock.nowMs().toString(36)}${n === 0 ? '' : `-${n}`}`;
    if (vfs.stat(name) === undefined) return name;
  }
}

function storeOf(job: Pick<Job, 'engine'>, entry: TableEntry): RecordStore | undefined {
  try {
    return job.engine.store(entry);
  } catch (e) {
    if (e instanceof FieldstoneError && e.code !== 'EXTERNAL_CHANGE' && e.code !== 'CLOSED') return undefined;
    throw e;
  }
}

function totalRecords(engine: Engine, hold: SnapshotHold<CatalogState>): number {
  let total = 0;
  for (const entry of hold.state.values()) total += storeOf({ engine }, entry)?.counts.at(hold.sequence) ?? 0;
  return total;
}

/** Tables that no change of ours can reach are copied byte by byte, the others record by record from the snapshot. */
async function copyAll(job: Job): Promise<BackupResult> {
  const { engine, hold } = job;
  const counts = new Map<string, number>();
  const rebuilt: { entry: TableEntry; store: RecordStore }[] = [];
  const unreadable: string[] = [];
  for (const entry of hold.state.values()) {
    const store = storeOf(job, entry);
    if (store === undefined) {
      unreadable.push(entry.name);
      await copyFiles(job, entry.siblings);
    } else if (await copyUntouched(job, entry, store)) counts.set(entry.name, store.counts.at(hold.sequence));
    else {
      await copyFiles(job, companions(entry, store));
      rebuilt.push({ entry, store });
    }
  }
  const target = Engine.open(copyOptions(job, false));
  try {
    for (const { entry, store } of rebuilt) counts.set(entry.name, await rebuildInto(job, target, entry, store));
    await copyStores(engine, hold.sequence, target, async () => {
      assertNotAborted(job.options.signal, 'the backup');
      await new Promise<void>((done) => { engine.options.env.scheduler.later(done); });
      engine.assertAlive(hold);
    });
  } finally {
    await target.close();
  }
  return verify(job, counts, unreadable);
}

/** Table and index files together, when nothing changed them from before the first byte was read to after the last. */
async function copyUntouched(job: Job, entry: TableEntry, store: RecordStore): Promise<boolean> {
  if (!isReadOnlyDialect(store.layout) && namedIndexes(entry).length === 0) return false;
  if (store.indexes.ownDefinitions().length > 0) return false; // they are made anew in the copy
  const before = stateOf(job, entry, store);
  if (before === undefined) return false;
  const made = await copyFiles(job, entry.siblings);
  const isSame = made.length === entry.siblings.filter((name) => !OURS.test(name)).length && stateOf(job, entry, store) === before;
  if (isSame) job.done += store.counts.at(job.hold.sequence);
  else for (const name of made) job.vfs.unlink(`${job.folder}/${name}`);
  return isSame;
}

/** undefined while the files stand behind the snapshot, are being written, or have another name: another table may have theirs by now. */
function stateOf({ engine, hold }: Job, entry: TableEntry, store: RecordStore): string | undefined {
  if (store.retired || store.hasChanges() || store.extents.length > 0 || store.appendLease !== undefined || store.replacing !== undefined) return undefined;
  if (store.base.tableName !== entry.tableFile || store.counts.at(hold.sequence) !== store.base.recordCount) return undefined;
  if (!engine.options.readOnly && engine.writeSide.isCheckpointing) return undefined;
  const table = store.base.stat();
  return `${store.baseEpoch} ${table.sizeBytes} ${table.mtimeNs}`;
}

/** A store that was renamed since goes by its new name; the copy has it by that of the snapshot. */
function memoName(entry: TableEntry, { base: { memo } }: RecordStore): string | undefined {
  return memo === undefined ? undefined : memoFileNameFor(entry.siblings, entry.tableFile, memo.kind) ?? memo.name;
}

function indexesOfCopy(entry: TableEntry, store: RecordStore): ReturnType<typeof indexesToBuild> {
  const { definitions, table } = indexesToBuild(store, entry);
  const { tableName } = store.base;
  if (tableName === entry.tableFile) return { definitions, table };
  const to = entry.tableFile.replace(/\.[^.]*$/, '');
  const named = definitions.map((index) => (index.file === undefined ? index : { ...index, file: renamedIndexFile(index.file, tableName, to) }));
  return { definitions: named, table };
}

/** Files that go with a table but hold no records: code page, map projection and the like. */
function companions(entry: TableEntry, store: RecordStore): string[] {
  const own = new Set([entry.tableFile, memoName(entry, store), ...namedIndexes(entry)]);
  return entry.siblings.filter((name) => !own.has(name));
}

async function copyFiles(job: Job, names: readonly string[]): Promise<string[]> {
  const { folder, env } = job.engine.options;
  const made: string[] = [];
  for (const name of names) {
    if (OURS.test(name) || env.vfs.stat(`${folder}/${name}`)?.kind !== 'file') continue;
    made.push(name);
    await copyFile(env, `${folder}/${name}`, `${job.folder}/${name}`, () => assertNotAborted(job.options.signal, 'the backup'), job.vfs);
  }
  return made;
}

/** The table as the snapshot sees it, record numbers kept; memos are packed on the way. */
async function rebuildInto(job: Job, target: Engine, entry: TableEntry, store: RecordStore): Promise<number> {
  const { engine, hold } = job;
  const view = new RecordView(store, hold.sequence);
  const { memo } = store.base;
  // Indexes may come and go meanwhile: the catalog of the copy names those that are built.
  const entryNow = { ...entry };
  const memoFile = memoName(entry, store);
  const indexes = indexesOfCopy(entry, store);
  const files = new Set(indexes.definitions.map(({ file }) => file));
  const builder = new TableBuilder(target, {
    tableFile: entry.tableFile, layout: withoutIndexFlag(entry, store, files), keepDate: true,
    ...(memo === undefined || memoFile === undefined ? {} : { memoBlockSizeBytes: memo.allocator.blockSizeBytes, memoFile }),
    indexes,
  });
  const cursor = new RecordCursor(view, { from: 1, to: Infinity, reverse: false, deleted: true }, engine.buffers, engine.options.readAheadBytes);
  const read = view.memoSource;
  try {
    while (cursor.next()) {
      while (builder.count < cursor.recno - 1) builder.addGap();
      builder.copy(cursor.bytes, cursor.start, (pointer) => read.read(pointer));
      if (++job.done % ROWS_PER_TURN !== 0) continue;
      assertNotAborted(job.options.signal, 'the backup');
      job.options.onProgress?.({ done: job.done, total: job.total });
      await new Promise<void>((done) => { engine.options.env.scheduler.later(done); });
      engine.assertAlive(hold);
    }
    while (builder.count < view.highestRecno) builder.addGap();
    builder.finish(store.autoNext);
    await builder.finishIndexes();
  } catch (e) {
    builder.discard();
    throw e;
  } finally {
    cursor.close();
  }
  const planned = plannedFrom(entryNow, builder.memoFile, builder.indexDefinitions);
  await installFiles(target, { before: undefined, after: planned, files: builder.files, removed: [] });
  return builder.count;
}

/** Without index files beside it, the copy must not announce any. */
function withoutIndexFlag(entry: TableEntry, store: RecordStore, files: ReadonlySet<string | undefined>): RecordStore['layout'] {
  const { layout } = store;
  if (!layout.hasStructuralIndex && structuralIndexes(entry).length === 0) return layout;
  if (structuralIndexes(entry).some((name) => files.has(name))) return layout;
  const headerBytes = new Uint8Array(layout.headerBytes);
  headerBytes[28] = (headerBytes[28] ?? 0) & ~1;
  return { ...layout, headerBytes };
}

/** The copy is a folder like any other, also that of a database in memory. */
function copyOptions({ engine: { options }, vfs, folder }: Job, readOnly: boolean): EngineOptions {
  return { ...options, env: { ...options.env, vfs }, folder, readOnly, create: false, ephemeral: false, probe: new Probe('off', 0) };
}

/** Opens the copy as a user would and counts. */
async function verify(job: Job, counts: ReadonlyMap<string, number>, unreadable: readonly string[]): Promise<BackupResult> {
  const { vfs } = job;
  vfs.syncFolder(job.folder);
  const copy = Engine.open(copyOptions(job, true));
  let records = 0;
  try {
    for (const [name, count] of counts) {
      const store = copy.store(copy.entry(name));
      if (store.counts.latest !== count) {
        throw new FieldstoneError('IO', `the copy of table "${name}" has ${store.counts.latest} records instead of ${count}; the disk may be failing`, { table: name, file: store.base.file.path });
      }
      records += count;
    }
  } finally {
    await copy.close();
  }
  const sizeBytes = vfs.list(job.folder).reduce((sum, name) => sum + (vfs.stat(`${job.folder}/${name}`)?.sizeBytes ?? 0), 0);
  job.options.onProgress?.({ done: job.total, total: job.total });
  return { tables: counts.size + unreadable.length, records, sizeBytes, unreadable };
}

function removeTree(vfs: Vfs, folder: string): void {
  for (const name of vfs.list(folder)) {
    const path = `${folder}/${name}`;
    if (vfs.stat(path)?.kind === 'folder') removeTree(vfs, path);
    else vfs.unlink(path);
  }
  vfs.removeFolder(folder);
}
