import { RunBuilder, type SortedRun } from '#index';
import { FieldstoneError, hasCode } from '#storage';
import { KeyBase } from '../keys/key-base.js';
import type { RecordStore } from '../record/record-store.js';
import type { CatalogTable } from '../recovery/catalog-file.js';
import { runAll } from '../checkpoint/step.js';
import type { IndexContext } from './index-context.js';
import { IndexBuild, type BuiltIndex } from './index-build.js';
import type { CatalogIndex, IndexedTable, IndexKeys } from './index-keys.js';
import { IndexStore } from './index-store.js';
import { MemoryIndexFile } from './memory-index-file.js';
import { appendRecno } from './entry.js';
import { TreeIndexFile } from './tree-index-file.js';

/** Opens the indexes that the catalog remembers for a table whose base files have just been opened. */
export function openIndexes(c: IndexContext, store: RecordStore, facts: CatalogTable, adopted: boolean, onRebuilt: () => void): void {
  for (const definition of facts.indexes ?? []) {
    const keys = c.keysFor(store.layout, facts, definition);
    const file = openFile(c, store, facts, definition, keys, adopted, onRebuilt);
    attach(c, store, definition, keys, file, 0);
  }
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
  if (name === undefined) return new MemoryIndexFile(runOf(store, keys));
  const known = adopted ? undefined : openTree(c, name, definition);
  if (known !== undefined) return known;
  if (!c.writable) return new MemoryIndexFile(runOf(store, keys));
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
function runOf(store: RecordStore, keys: IndexKeys): SortedRun {
  const builder = new RunBuilder();
  for (let recno = 1; recno <= store.base.recordCount; recno++) {
    if (!store.find(recno, Infinity)) continue;
    keys.keysOf(store.foundBytes, store.foundStart, recno, store.memoSource, (key, length) => builder.add(key, appendRecno(key, length, recno)));
  }
  return builder.finish();
}

/**
 * A tree made of the rows of the base files, whole and durable under its name before anybody reads it. Its id is new: until the catalog
 * knows it, the next opening makes it once more.
 */
function rebuildTree(c: IndexContext, store: RecordStore, facts: IndexedTable, definition: CatalogIndex, name: string): TreeIndexFile {
  const vfs = c.vfs();
  const temporary = `${name}.fs-new`;
  if (vfs.stat(`${c.folder}/${temporary}`) !== undefined) vfs.unlink(`${c.folder}/${temporary}`);
  const build = new IndexBuild(c, store.layout, facts, [definition]);
  for (let recno = 1; recno <= store.base.recordCount; recno++) {
    if (store.find(recno, Infinity)) build.add(store.foundBytes, store.foundStart, recno, store.memoSource);
  }
  const file = vfs.open(`${c.folder}/${temporary}`, 'exclusive');
  try {
    runAll(build.finish(0, () => ({ file, temporary })));
    file.sync();
  } finally {
    file.close();
  }
  vfs.rename(`${c.folder}/${temporary}`, `${c.folder}/${name}`);
  vfs.syncFolder(c.folder);
  const base = KeyBase.open({ vfs, folder: c.folder, file: name, cache: c.cache, codecCounters: c.codecCounters, writable: true, verify: () => c.verify() });
  return new TreeIndexFile(base, { ...c, name });
}
