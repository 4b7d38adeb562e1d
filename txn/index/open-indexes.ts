import type { SortedRun } from '#index';
import { FieldstoneError, hasCode } from '#storage';
import { KeyBase } from '../keys/key-base.js';
import type { RecordStore } from '../record/record-store.js';
import type { CatalogTable } from '../recovery/catalog-file.js';
import { runAll } from '../checkpoint/step.js';
import { cutGrowth } from './cut-growth.js';
import type { IndexContext } from './index-context.js';
import { IndexBuild, type BuiltIndex } from './index-build.js';
import type { CatalogIndex, IndexedTable, IndexKeys } from './index-keys.js';
import { IndexStore } from './index-store.js';
import { openXbase } from './open-xbase.js';
import { MemoryIndexFile } from './memory-index-file.js';
import { KeySink } from './key-sink.js';
import { readRecords } from './read-records.js';
import { keepsRecordOrder } from './record-order.js';
import { TreeIndexFile } from './tree-index-file.js';
import { xbaseKindOf } from './xbase-format.js';
import { XbaseIndexFile } from './xbase-index-file.js';

/** What is known of a table whose indexes are opened. */
export interface IndexedFiles {
  readonly name: string;
  readonly facts: CatalogTable | undefined;
  /** Files with the table's base name. */
  readonly siblings: readonly string[];
  /** Another program changed the table since the catalog was written. */
  readonly adopted: boolean;
  /** Recovery is going on: the files are those of a checkpoint, whatever they looked like when the catalog was written. */
  readonly recovering: boolean;
}

const STRUCTURAL = /\.(cdx|mdx)$/i;

/**
 * Opens the indexes of a table whose base files have just been opened: those that the catalog remembers, and the files that xBase programs open
 * together with the table.
 */
export function openIndexes(c: IndexContext, store: RecordStore, table: IndexedFiles, onRebuilt: () => void): void {
  const { facts, adopted } = table;
  for (const definition of facts?.indexes ?? []) {
    const known = facts ?? { name: table.name };
    const keys = keysOrNone(c, store, known, definition);
    if (keys === undefined) continue;
    const file = openFile(c, store, known, definition, keys, adopted, onRebuilt);
    attach(c, store, definition, keys, file, 0);
  }
  const files = new Set([...table.siblings.filter((name) => STRUCTURAL.test(name)), ...facts?.attached ?? []]);
  for (const name of files) openForeign(c, store, table, name, onRebuilt);
}

/** None when another program took a field of the index out of the table: the index is gone with it. */
function keysOrNone(c: IndexContext, store: RecordStore, table: IndexedTable, definition: CatalogIndex): IndexKeys | undefined {
  try {
    return c.keysFor(store.layout, table, definition);
  } catch (e) {
    if (hasCode(e, 'NOT_FOUND')) return undefined;
    throw e;
  }
}

/**
 * A file that did not change with its table, or changed without it (an old copy was put back, another program made it anew), may have entries of other
 * rows; one that changed with it may have an order of its own: it is made anew before it is used.
 */
function openForeign(c: IndexContext, store: RecordStore, table: IndexedFiles, name: string, onRebuilt: () => void): void {
  const { name: tableName, facts, adopted, recovering } = table;
  const stat = c.vfs().stat(`${c.folder}/${name}`);
  if (stat?.kind !== 'file') {
    store.indexes.problems.push({ file: name, reason: 'it is not there', code: 'INDEX_MISSING' });
    return;
  }
  const seen = facts?.indexFiles?.[name];
  const kind = xbaseKindOf(name);
  const hasGrown = seen !== undefined && stat.sizeBytes > seen.sizeBytes;
  if (recovering && c.writable && hasGrown && kind !== undefined) cutGrowth(c, store.layout, kind, name, seen.sizeBytes);
  openXbase(c, store, facts ?? { name: tableName }, name);
  const file = store.indexes.files.find((each) => each.name === name);
  if (!(file instanceof XbaseIndexFile)) return;
  const isAsSeen = seen !== undefined && seen.sizeBytes === stat.sizeBytes && seen.mtimeNs === String(stat.mtimeNs);
  const changedAlone = seen !== undefined && !isAsSeen && !adopted && !recovering && c.writable;
  if (isAsSeen ? !adopted : !changedAlone && (!c.writable || keepsRecordOrder(file))) return;
  store.indexes.removeFile(file);
  const reason = 'another program changed the table and not this file, or this file alone; make the index anew in that program, or set the file aside';
  const definitions = file.stores.map(({ definition }) => definition);
  if (!c.writable || store.indexes.problems.some((problem) => problem.file === name)) {
    store.indexes.problems.push({ file: name, reason, code: 'INDEX_STALE' });
    return;
  }
  rebuildForeign(c, store, facts ?? { name: tableName }, definitions, name);
  store.indexes.remadeAtOpening.push(name);
  onRebuilt();
  openXbase(c, store, facts ?? { name: tableName }, name);
}

/** The file again, with the same tags made of the rows of the base files, whole and durable under its name before anybody reads it. */
function rebuildForeign(c: IndexContext, store: RecordStore, table: IndexedTable, definitions: readonly CatalogIndex[], name: string): void {
  rebuildFile(c, store, new IndexBuild(c, store.layout, table, definitions, store.base.recordCount), name);
}

function rebuildFile(c: IndexContext, store: RecordStore, build: IndexBuild, name: string): void {
  const vfs = c.vfs();
  const temporary = `${name}.fs-new`;
  if (vfs.stat(`${c.folder}/${temporary}`) !== undefined) vfs.unlink(`${c.folder}/${temporary}`);
  runAll(readRecords(c, store, store.base.recordCount, (bytes, starts, count, firstRecno) => {
    build.addRecords(bytes, starts, count, firstRecno, store.memoSource);
  }));
  const file = vfs.open(`${c.folder}/${temporary}`, 'exclusive');
  try {
    runAll(build.finish(0, () => ({ file }), true));
    file.sync();
  } finally {
    file.close();
  }
  vfs.rename(`${c.folder}/${temporary}`, `${c.folder}/${name}`);
  vfs.syncFolder(c.folder);
}

/** Puts an index that has just been built, and installed under its name, before the readers and writers of a table. */
export function attachBuilt(c: IndexContext, store: RecordStore, facts: IndexedTable, { definition, run }: BuiltIndex, sequence: number): void {
  const keys = c.keysFor(store.layout, facts, definition);
  const file = run === undefined ? openTree(c, definition.file ?? '', definition) : new MemoryIndexFile(run);
  if (file === undefined) throw new FieldstoneError('CORRUPT_INDEX', `the new index "${definition.name}" can not be read back`, { table: store.name });
  attach(c, store, definition, keys, file, sequence);
}

/** `validFrom`: older snapshots do not use it. */
function attach(
  c: Pick<IndexContext, 'randomId'>, store: RecordStore, definition: CatalogIndex, keys: IndexKeys, file: TreeIndexFile | MemoryIndexFile, validFrom: number,
): void {
  const index = new IndexStore(definition, keys, file, c.randomId(), validFrom);
  index.baseSequence = validFrom;
  file.stores = [index];
  store.indexes.add(file, [index]);
}

function openFile(
  c: IndexContext, store: RecordStore, facts: IndexedTable, definition: CatalogIndex, keys: IndexKeys, adopted: boolean, onRebuilt: () => void,
): TreeIndexFile | MemoryIndexFile {
  const name = definition.file;
  if (name === undefined) return new MemoryIndexFile(runOf(c, store, keys));
  const known = adopted ? undefined : openTree(c, name, definition);
  if (known !== undefined) return known;
  if (!c.writable) return new MemoryIndexFile(runOf(c, store, keys));
  store.indexes.remadeAtOpening.push(name);
  onRebuilt();
  return rebuildTree(c, store, facts, definition, name);
}

/** The tree that goes with the table; undefined when it is missing, damaged or another one. */
function openTree(c: IndexContext, name: string, definition: CatalogIndex): TreeIndexFile | undefined {
  const vfs = c.vfs();
  if (vfs.stat(`${c.folder}/${name}`)?.kind !== 'file') return undefined;
  let base: KeyBase;
  try {
    base = KeyBase.open({ vfs, folder: c.folder, file: name, cache: c.cache, codecCounters: c.codecCounters, writable: c.writable, verify: () => c.verify() });
  } catch (e) {
    if (hasCode(e, 'CORRUPT_PAGE') || hasCode(e, 'VERSION')) return undefined;
    throw e;
  }
  if (base.treeId === definition.treeId && base.state.header.sequence === definition.sequence) return new TreeIndexFile(base, { ...c, name });
  base.close();
  return undefined;
}

/** The keys of all rows as the base files have them. */
function runOf(c: IndexContext, store: RecordStore, keys: IndexKeys): SortedRun {
  const sink = new KeySink(keys, store.base.recordCount);
  runAll(readRecords(c, store, store.base.recordCount, (bytes, starts, count, firstRecno) => {
    sink.addRecords(bytes, starts, count, firstRecno, store.memoSource);
  }));
  return sink.builder.finish();
}

/**
 * A tree made of the rows of the base files, whole and durable under its name before anybody reads it. Its id is new: until the catalog
 * knows it, the next opening makes it once more.
 */
function rebuildTree(c: IndexContext, store: RecordStore, facts: IndexedTable, definition: CatalogIndex, name: string): TreeIndexFile {
  const vfs = c.vfs();
  rebuildFile(c, store, new IndexBuild(c, store.layout, facts, [definition], store.base.recordCount), name);
  const base = KeyBase.open({ vfs, folder: c.folder, file: name, cache: c.cache, codecCounters: c.codecCounters, writable: true, verify: () => c.verify() });
  return new TreeIndexFile(base, { ...c, name });
}
