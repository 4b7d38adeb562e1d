import { FieldstoneError } from '#storage';
import { StepDriver } from '../checkpoint/step-driver.js';
import type { TableEntry } from '../catalog-state.js';
import type { Engine } from '../engine.js';
import { discardFiles, withTableToItself } from '../folder-changes.js';
import { collectKeys } from './collect-keys.js';
import { finishIndexBuild } from './finish-index-build.js';
import type { RecordStore } from '../record/record-store.js';
import { isOwnIndex, type CatalogIndex } from './index-keys.js';
import { openTag } from './open-xbase.js';
import { factsFor, keepFacts, withIndexes } from './planned-indexes.js';
import { removeXbaseFile, replaceXbaseFile, tagDefinition } from './replace-xbase-file.js';
import { changeXbase, writeXbase } from './xbase-format.js';
import type { IndexStore } from './index-store.js';
import { attachBuilt } from './open-indexes.js';

export interface CreateIndexOptions {
  /** Throws to cancel; called after each slice of rows. */
  readonly onSlice?: ((done: number, total: number) => void) | undefined;
}

/**
 * Makes an index of the committed rows. Writers of the table wait, readers go on. File and catalog entry appear with one checkpoint, or not at
 * all. Throws EXISTS, DUPLICATE, VALUE, NOT_FOUND (a field), and what checkpoints throw.
 */
export async function createIndex(engine: Engine, name: string, definition: CatalogIndex, options: CreateIndexOptions = {}): Promise<void> {
  engine.writeSide.assertWritable();
  await engine.exclusively(async () => {
    const entry = engine.entry(name);
    const store = engine.store(entry);
    assertFree(engine, store, definition);
    await withTableToItself(engine, store, () => (
      isOwnIndex(definition) ? buildAndInstall(engine, entry, store, definition, options) : addTag(engine, entry, store, definition, options)
    ));
  });
}

function assertFree(engine: Engine, store: RecordStore, definition: CatalogIndex): void {
  const { name, file } = definition;
  if (store.indexes.find(name) !== undefined) throw new FieldstoneError('EXISTS', `table "${store.name}" already has an index "${name}"`, { table: store.name, details: { index: name } });
  if (!store.indexes.files.some((known) => known.name === file)) assertIndexFileFree(engine, store.name, definition);
}

/** A file that nobody here made is not overwritten. Throws EXISTS. */
export function assertIndexFileFree(engine: Engine, table: string, { file }: CatalogIndex): void {
  const { env: { vfs }, folder } = engine.options;
  if (file === undefined || vfs.stat(`${folder}/${file}`) === undefined) return;
  throw new FieldstoneError('EXISTS', `the folder already holds "${file}"; remove or rename it`, { file: `${folder}/${file}`, table });
}

async function buildAndInstall(engine: Engine, entry: TableEntry, store: RecordStore, definition: CatalogIndex, options: CreateIndexOptions): Promise<void> {
  const { env, folder } = engine.options;
  const { sequence } = engine;
  const steps = collectKeys(engine.tables.indexContext, store, entry, [definition], options.onSlice);
  const build = await new StepDriver(env, folder, steps, () => undefined).start();
  const { built: [done], files } = await finishIndexBuild(engine, build, sequence);
  if (done === undefined) throw new FieldstoneError('POISONED', 'an index was built without a result');
  try {
    for (const { file } of files) await file.syncAsync();
    if (files.length > 0) env.vfs.syncFolder(folder);
    const after = withIndexes(entry, store, [...store.indexes.ownDefinitions(), done.definition]);
    await engine.writeSide.checkpoint({
      operations: files.map(({ temporary, name }) => ({ kind: 'rename' as const, from: temporary, to: name })),
      replaces: undefined, tables: { [entry.name.toLowerCase()]: after },
      installed: () => {
        keepFacts(entry, after);
        attachBuilt(engine.tables.indexContext, store, after, done, sequence);
      },
    });
  } catch (e) {
    // A journal that may be there still names the files.
    if (engine.writeSide.isPoisoned) for (const { file } of files) file.close();
    else discardFiles(engine, files);
    throw e;
  }
  for (const { file } of files) file.close();
}

/**
 * A tag in a file of xBase programs: the file is copied with the tag, or made, and takes the place of the old one. The delta of its other
 * tags is folded before, so that nothing of it is left to write.
 */
async function addTag(engine: Engine, entry: TableEntry, store: RecordStore, definition: CatalogIndex, options: CreateIndexOptions): Promise<void> {
  const { env, folder } = engine.options;
  await engine.writeSide.checkpoint();
  const { sequence } = engine;
  const steps = collectKeys(engine.tables.indexContext, store, entry, [definition], options.onSlice);
  const build = await new StepDriver(env, folder, steps, () => undefined).start();
  await replaceXbaseFile(engine, entry, store, definition, (file, isNew, kind, name) => (
    isNew ? writeXbase(kind, file, name, store.layout, [build.newTag()]) : changeXbase(kind, file, name, store.layout, [build.newTag()], [])
  ), (xbase) => {
    const index = openTag(engine.tables.indexContext, store, factsFor(entry), xbase, tagDefinition(xbase, definition), sequence);
    xbase.stores = [...xbase.stores, index];
    store.indexes.addTo(xbase, index);
  });
}

/** Takes an index away, its file included. Throws NOT_FOUND, and what checkpoints throw. */
export async function dropIndex(engine: Engine, name: string, indexName: string): Promise<void> {
  engine.writeSide.assertWritable();
  await engine.exclusively(async () => {
    const entry = engine.entry(name);
    const store = engine.store(entry);
    const index = indexOf(store, indexName);
    await withTableToItself(engine, store, async () => {
      // Changes that wait for a checkpoint would be written into a file that the same checkpoint removes.
      await engine.writeSide.checkpoint();
      if (!isOwnIndex(index.definition)) {
        await dropTag(engine, entry, store, index);
        return;
      }
      const after = withIndexes(entry, store, store.indexes.ownDefinitions().filter((each) => each.name !== index.name));
      const { file } = index.definition;
      await engine.writeSide.checkpoint({
        operations: file === undefined ? [] : [{ kind: 'unlink', file }], replaces: undefined, tables: { [entry.name.toLowerCase()]: after },
        installed: () => {
          keepFacts(entry, after);
          store.indexes.remove(index);
        },
      });
    });
  });
}

async function dropTag(engine: Engine, entry: TableEntry, store: RecordStore, index: IndexStore): Promise<void> {
  const file = store.indexes.files.find((each) => each.stores.includes(index));
  if (file?.stores.length === 1) {
    await removeXbaseFile(engine, entry, store, file.name);
    return;
  }
  await replaceXbaseFile(engine, entry, store, index.definition, (target, _isNew, kind, name) => (
    changeXbase(kind, target, name, store.layout, [], [index.name])
  ), (xbase) => {
    xbase.stores = xbase.stores.filter((each) => each !== index);
    store.indexes.remove(index);
  });
}

/**
 * The index by name. Throws NOT_FOUND and names those that there are.
 *
 * @param file of several with one name (a CDX and an MDX beside each other) the one in this file, else the first
 */
export function indexOf(store: RecordStore, name: string, file?: string): IndexStore {
  const index = store.indexes.find(name, file);
  if (index !== undefined) return index;
  const names = store.indexes.stores.map((each) => `"${each.name}"`);
  throw new FieldstoneError('NOT_FOUND', `table "${store.name}" has no index "${name}"${names.length === 0 ? '' : `; it has ${names.join(', ')}`}`, {
    table: store.name, details: { index: name },
  });
}
