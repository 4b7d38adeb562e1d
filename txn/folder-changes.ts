import { FieldstoneError, writeFully, type VfsFile } from '#storage';
import type { TableEntry } from './catalog-state.js';
import type { FolderChange, FolderOperation } from './checkpoint/folder-change.js';
import type { PlannedTable } from './checkpoint/journal-note.js';
import type { Engine } from './engine.js';
import type { RecordStore } from './record/record-store.js';

/** A new file of a table, built beside the old one. */
export interface NewFile {
  /** Final name in the folder. */
  readonly name: string;
  readonly temporary: string;
  readonly file: VfsFile;
}

let generation = 0;

/** Makes an empty file under a temporary name; it gets its final name in installFiles(). */
export function newGenerationFile(engine: Engine, name: string): NewFile {
  const { env, folder } = engine.options;
  generation++;
  const temporary = `${name}.fs-${env.clock.nowMs().toString(36)}${generation}`;
  return { name, temporary, file: env.vfs.open(`${folder}/${temporary}`, 'exclusive') };
}

export function discardFiles(engine: Engine, files: readonly NewFile[]): void {
  const { env: { vfs }, folder } = engine.options;
  for (const { temporary, file } of files) {
    file.close();
    if (vfs.stat(`${folder}/${temporary}`) !== undefined) vfs.unlink(`${folder}/${temporary}`);
  }
}

/** Writes `bytes` as the whole content of a new file. */
export function writeNewFile(engine: Engine, name: string, bytes: Uint8Array): NewFile {
  const made = newGenerationFile(engine, name);
  writeFully(made.file, bytes, 0);
  return made;
}

export interface TableReplacement {
  /** Lower-case names of the table before and after; undefined = there was none / there is none. */
  readonly before: TableEntry | undefined;
  readonly after: PlannedTable | undefined;
  readonly files: readonly NewFile[];
  /** Files of the old table that have no successor of the same name. */
  readonly removed: readonly string[];
}

/** New files become the table, old ones go, in one checkpoint whose synced journal is the commit. */
export async function installFiles(engine: Engine, r: TableReplacement): Promise<void> {
  const { env, folder } = engine.options;
  try {
    for (const { file } of r.files) await file.syncAsync();
    env.vfs.syncFolder(folder);
  } catch (e) {
    discardFiles(engine, r.files);
    throw e;
  }
  const operations: FolderOperation[] = [
    ...r.files.map(({ temporary, name }): FolderOperation => ({ kind: 'rename', from: temporary, to: name })),
    ...r.removed.map((file): FolderOperation => ({ kind: 'unlink', file })),
  ];
  const change: FolderChange = {
    operations, replaces: r.before?.store, tables: plannedTables(r), installed: () => switchState(engine, r),
  };
  try {
    await engine.writeSide.checkpoint(change);
  } catch (e) {
    // A journal that may be there still names the files.
    if (engine.writeSide.isPoisoned) for (const { file } of r.files) file.close();
    else discardFiles(engine, r.files);
    throw e;
  }
  for (const { file } of r.files) file.close();
}

function plannedTables(r: Pick<TableReplacement, 'before' | 'after'>): Record<string, PlannedTable | null> {
  const tables: Record<string, PlannedTable | null> = {};
  if (r.before !== undefined) tables[r.before.name.toLowerCase()] = null;
  if (r.after !== undefined) tables[r.after.name.toLowerCase()] = r.after;
  return tables;
}

function switchState(engine: Engine, r: TableReplacement): void {
  const state = new Map(engine.tables.state);
  if (r.before !== undefined) {
    state.delete(r.before.name.toLowerCase());
    if (r.before.store !== undefined) engine.tables.retire(r.before.store);
  }
  if (r.after !== undefined) {
    const siblings = new Set([...(r.before?.siblings ?? []).filter((s) => !r.removed.includes(s)), ...r.files.map((f) => f.name)]);
    const entry: TableEntry = {
      name: r.after.name, tableFile: r.after.tableFile, siblings: [...siblings], store: undefined,
      facts: { ...r.after, fingerprint: { sizeBytes: 0, mtimeNs: '', headCrc: 0 } },
    };
    state.set(entry.name.toLowerCase(), entry);
    engine.tables.install(state);
    engine.tables.store(entry);
  } else engine.tables.install(state);
  engine.afterSnapshots();
}

/** The table's files get new names; its committed changes are folded into them on the way. */
export async function renameFiles(engine: Engine, before: TableEntry, after: PlannedTable, names: ReadonlyMap<string, string>): Promise<void> {
  const operations = [...names].map(([from, to]): FolderOperation => ({ kind: 'rename', from, to }));
  const installed = (): void => {
    const state = new Map(engine.tables.state);
    state.delete(before.name.toLowerCase());
    // The same generation goes on under the new name: old snapshots keep reading it through their old entry.
    before.store?.renamed(after.name, after.tableFile, after.memoFile, names);
    const entry: TableEntry = {
      name: after.name, tableFile: after.tableFile, siblings: before.siblings.map((s) => names.get(s) ?? s), store: before.store,
      facts: { ...after, fingerprint: { sizeBytes: 0, mtimeNs: '', headCrc: 0 } },
    };
    state.set(entry.name.toLowerCase(), entry);
    engine.tables.install(state);
  };
  await engine.writeSide.checkpoint({ operations, replaces: undefined, tables: plannedTables({ before, after }), renamed: names, installed });
}

/**
 * Keeps writers of the table away while `change` runs: commits that write to it wait and run again
 * afterwards. Readers and writers of other tables go on.
 */
export async function withTableToItself<Result>(engine: Engine, store: RecordStore, change: () => Promise<Result>): Promise<Result> {
  const owner = { id: engine.transactions.nextId(), name: `change of the files of ${store.name}` };
  try {
    // Only to begin: who locks something later finds the writes to this table waiting.
    await engine.locks.acquire(owner, { space: store.id }, 'exclusive');
  } finally {
    engine.locks.releaseAll(owner);
  }
  while (store.appendLease !== undefined) await store.appendLease;
  if (store.replacing !== undefined) throw new FieldstoneError('CONFLICT', `table "${store.name}" is already being rebuilt`, { table: store.name });
  let release = (): void => undefined;
  store.replacing = new Promise<void>((resolve) => { release = resolve; });
  try {
    await engine.writeSide.pipeline.idle();
    return await change();
  } finally {
    store.replacing = undefined;
    release();
  }
}
