import { DELETED_MARK } from '#storage';
import { installFiles, isOwnIndex, RecordCursor, RecordView, withTableToItself, type CatalogIndex, type Engine, type PlannedTable, type RecordStore, type TableEntry } from '#txn';
import { TableBuilder, type BuilderOptions } from './table-builder.js';
import { assertNotAborted, type LongWorkOptions } from '../long-work.js';
import type { TableHost } from './table-host.js';
import { assertWritable, detachIndexes, type IndexPolicy } from './write-guard.js';

const ROWS_PER_TURN = 2048;

/** What the catalog remembers of a table besides fingerprints, with these indexes. */
export function plannedFrom(entry: TableEntry, memoFile: string | undefined, indexes: readonly CatalogIndex[] = []): PlannedTable {
  const { facts } = entry;
  const own = indexes.filter(isOwnIndex);
  return {
    name: entry.name, tableFile: entry.tableFile,
    ...(memoFile === undefined ? {} : { memoFile }),
    ...(facts?.fieldNames === undefined ? {} : { fieldNames: facts.fieldNames }),
    ...(facts?.fieldTypes === undefined ? {} : { fieldTypes: facts.fieldTypes }),
    ...(facts?.encoding === undefined ? {} : { encoding: facts.encoding }),
    ...(own.length === 0 ? {} : { indexes: own }),
    ...(facts?.attached === undefined ? {} : { attached: facts.attached }),
  };
}

/** A file with the table's base name gets the new one; another file keeps its name. */
export function renamedIndexFile(file: string, tableFile: string, to: string): string {
  const base = tableFile.replace(/\.[^.]*$/, '');
  return file.toLowerCase().startsWith(`${base.toLowerCase()}.`) ? `${to}${file.slice(base.length)}` : file;
}

/** Walks all records as last committed, giving the event loop its turns. */
export async function walkRecords(
  engine: Engine, store: RecordStore, options: LongWorkOptions, what: string,
  visit: (bytes: Uint8Array, start: number, deleted: boolean, view: RecordView) => void,
): Promise<void> {
  const view = new RecordView(store, engine.sequence);
  const total = view.highestRecno;
  const cursor = new RecordCursor(view, { from: 1, to: Infinity, reverse: false, deleted: true }, engine.buffers, engine.options.readAheadBytes);
  try {
    for (let done = 1; cursor.next(); done++) {
      visit(cursor.bytes, cursor.start, cursor.bytes[cursor.start] === DELETED_MARK, view);
      if (done % ROWS_PER_TURN !== 0) continue;
      assertNotAborted(options.signal, what);
      options.onProgress?.({ done, total });
      await new Promise<void>((resolve) => { engine.options.env.scheduler.later(resolve); });
    }
    assertNotAborted(options.signal, what);
    options.onProgress?.({ done: total, total });
  } finally {
    cursor.close();
  }
}

/** The table alone for `change`, checked to be writable, other folder changes kept away. */
export function changeTable<Result>(
  host: TableHost, name: string, policy: IndexPolicy, change: (store: RecordStore, entry: TableEntry) => Promise<Result>,
): Promise<Result> {
  const { engine } = host;
  engine.writeSide.assertWritable();
  const prepare = policy === 'detach' ? detachIndexes(engine, engine.entry(name)) : Promise.resolve();
  return prepare.then(() => engine.exclusively(() => {
    engine.writeSide.assertWritable();
    const entry = engine.entry(name);
    const store = engine.store(entry);
    assertWritable(store, entry);
    return withTableToItself(engine, store, () => change(store, entry));
  }));
}

/** PACK: a new generation without deleted records and unused memo text. */
export function rebuildTable(
  host: TableHost, name: string, policy: IndexPolicy, options: LongWorkOptions,
): Promise<{ removed: number; kept: number }> {
  const { engine } = host;
  return changeTable(host, name, policy, async (store, entry) => {
    const builder = new TableBuilder(engine, builderOptions(store, entry));
    let removed = 0;
    try {
      await walkRecords(engine, store, options, 'pack', (bytes, start, deleted, view) => {
        if (deleted) removed++;
        else builder.copy(bytes, start, (pointer) => view.memoSource.read(pointer));
      });
      removed += store.counts.latest - removed - builder.count; // numbers that nobody filled
      builder.finish(store.autoNext);
      await builder.finishIndexes();
    } catch (e) {
      builder.discard();
      throw e;
    }
    await installFiles(engine, { before: entry, after: plannedFrom(entry, builder.memoFile, builder.indexDefinitions), files: builder.files, removed: [] });
    return { removed, kept: builder.count };
  });
}

function builderOptions(store: RecordStore, entry: TableEntry): BuilderOptions {
  const { memo } = store.base;
  return {
    tableFile: entry.tableFile, layout: store.layout,
    ...(memo === undefined ? {} : { memoBlockSizeBytes: memo.allocator.blockSizeBytes, memoFile: memo.name }),
    indexes: indexesToBuild(store, entry),
  };
}

/** The indexes of the table, for a new generation of the same fields. */
export function indexesToBuild(store: RecordStore, entry: TableEntry): NonNullable<BuilderOptions['indexes']> {
  const readOnly = new Set(store.indexes.problems.map((problem) => problem.file));
  const definitions = store.indexes.definitions().filter(({ file }) => file === undefined || !readOnly.has(file));
  return { definitions, table: entry.facts ?? { name: entry.name } };
}

/** ZAP: a new, empty generation; automatic numbers go on. */
export function zapTable(host: TableHost, name: string, policy: IndexPolicy): Promise<void> {
  const { engine } = host;
  return changeTable(host, name, policy, async (store, entry) => {
    const builder = new TableBuilder(engine, builderOptions(store, entry));
    try {
      builder.finish(store.autoNext);
      await builder.finishIndexes();
    } catch (e) {
      builder.discard();
      throw e;
    }
    await installFiles(engine, { before: entry, after: plannedFrom(entry, builder.memoFile, builder.indexDefinitions), files: builder.files, removed: [] });
  });
}
