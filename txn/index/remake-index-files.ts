import { FieldstoneError } from '#storage';
import type { TableEntry } from '../catalog-state.js';
import { StepDriver } from '../checkpoint/step-driver.js';
import type { Engine } from '../engine.js';
import { discardFiles, withTableToItself } from '../folder-changes.js';
import type { RecordStore } from '../record/record-store.js';
import { collectKeys, type OnSlice } from './collect-keys.js';
import { finishIndexBuild, type IndexBuildResult } from './finish-index-build.js';
import { isOwnIndex } from './index-keys.js';
import { attachBuilt } from './open-indexes.js';
import { openXbase } from './open-xbase.js';
import { keepFacts, withIndexes } from './planned-indexes.js';
import { xbaseKindOf } from './xbase-format.js';

/**
 * Makes files with all their indexes anew from the committed rows, in one checkpoint; nothing of the old files is read but what their indexes are, and
 * nothing is written to them: what waits for a checkpoint may not go into damaged ones.
 * Throws NOT_FOUND, DUPLICATE, UNSUPPORTED (an index in it is only read), and what checkpoints throw.
 *
 * @param names of the files; '' stands for the indexes in memory
 */
export async function remakeIndexFiles(engine: Engine, table: string, names: readonly string[], onSlice: OnSlice = undefined): Promise<void> {
  engine.writeSide.assertWritable();
  await engine.exclusively(async () => {
    const entry = engine.entry(table);
    const store = engine.store(entry);
    await withTableToItself(engine, store, async () => {
      const all = store.indexes.definitions();
      for (const name of names) {
        if (all.every(({ file = '' }) => file !== name)) throw new FieldstoneError('NOT_FOUND', `table "${store.name}" has no index in a file "${name}"`, { table: store.name });
      }
      const definitions = all.filter(({ file = '' }) => names.includes(file));
      const { env, folder } = engine.options;
      const steps = collectKeys(engine.tables.indexContext, store, entry, definitions, onSlice);
      const build = await new StepDriver(env, folder, steps, () => undefined).start();
      await install(engine, entry, store, names, await finishIndexBuild(engine, build, engine.sequence));
    });
  });
}

async function install(engine: Engine, entry: TableEntry, store: RecordStore, names: readonly string[], { built, files }: IndexBuildResult): Promise<void> {
  const { env, folder } = engine.options;
  const { sequence } = engine;
  const own = built.filter(({ definition }) => isOwnIndex(definition));
  const others = store.indexes.ownDefinitions().filter(({ file = '' }) => !names.includes(file));
  const after = withIndexes(entry, store, [...others, ...own.map(({ definition }) => definition)]);
  try {
    for (const { file } of files) await file.syncAsync();
    env.vfs.syncFolder(folder);
    await engine.writeSide.checkpoint({
      operations: files.map((file) => ({ kind: 'rename' as const, from: file.temporary, to: file.name })),
      replaces: undefined, tables: { [entry.name.toLowerCase()]: after },
      begin: () => { store.indexes.replacing(names); },
      installed: () => {
        keepFacts(entry, after);
        store.indexes.forget(names);
        for (const each of own) attachBuilt(engine.tables.indexContext, store, after, each, sequence);
        for (const name of names) if (xbaseKindOf(name) !== undefined) openXbase(engine.tables.indexContext, store, after, name, sequence);
      },
    });
  } catch (e) {
    // A journal that may be there still names the files.
    if (engine.writeSide.isPoisoned) for (const { file } of files) file.close();
    else discardFiles(engine, files);
    throw e;
  } finally {
    store.indexes.replacing([]);
  }
  for (const { file } of files) file.close();
}
