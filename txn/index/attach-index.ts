import { compareTag } from '#index';
import { FieldstoneError, hasCode } from '#storage';
import type { TableEntry } from '../catalog-state.js';
import { StepDriver } from '../checkpoint/step-driver.js';
import type { Steps } from '../checkpoint/step.js';
import type { Engine } from '../engine.js';
import { discardFiles, withTableToItself, type NewFile } from '../folder-changes.js';
import type { RecordStore } from '../record/record-store.js';
import { collectKeys, type OnSlice } from './collect-keys.js';
import { finishIndexBuild } from './finish-index-build.js';
import type { CatalogIndex } from './index-keys.js';
import type { IndexContext } from './index-context.js';
import { cachedIndexFile, openXbase, tagDefinition } from './open-xbase.js';
import { attachedAnd, isStructural, keepFacts, withAttached } from './planned-indexes.js';
import { parseXbase, working, xbaseKindOf, type XbaseKind } from './xbase-format.js';
import { XbaseIndexFile } from './xbase-index-file.js';

/**
 * Makes a stand-alone index file of the folder an index of a table, remembered in the catalog and maintained from now on. A file whose entries are not
 * those of the rows, or whose equal keys do not stand in the order of the records (Clipper and Harbour do not keep it), is made anew. One that is
 * only read (MDX, an IDX that is not compact) is attached as it is, and the table is not written to while it is.
 * Throws NOT_FOUND, EXISTS, OPTION, CORRUPT_INDEX, UNSUPPORTED.
 *
 * @param onSlice called after each slice of rows; throws to cancel
 */
export async function attachIndexFile(engine: Engine, table: string, wanted: string, onSlice: OnSlice = undefined): Promise<void> {
  engine.writeSide.assertWritable();
  await engine.exclusively(async () => {
    const entry = engine.entry(table);
    const store = engine.store(entry);
    const { name, kind } = fileIn(engine, store, wanted);
    await withTableToItself(engine, store, async () => {
      // What waits for a checkpoint has to be in the base files: then these rows are the ones that the entries are compared with.
      await engine.writeSide.checkpoint();
      const definitions = definitionsIn(engine.tables.indexContext, store, kind, name);
      assertNoSuchIndex(store, definitions);
      const isRight = definitions.length === 0 || await hasKeysOfRows(engine, entry, store, { name, kind, definitions }, onSlice);
      await install(engine, entry, store, name, isRight ? [] : await remade(engine, entry, store, definitions, onSlice));
    });
  });
}

function fileIn(engine: Engine, store: RecordStore, wanted: string): { readonly name: string; readonly kind: XbaseKind } {
  const { env: { vfs }, folder } = engine.options;
  const kind = xbaseKindOf(wanted);
  if (kind === undefined || /[/\\]/.test(wanted)) {
    throw new FieldstoneError('OPTION', `attachIndex takes the name of an IDX, NTX, NDX, MDX or CDX file of the folder, got "${wanted}"`, { option: 'file' });
  }
  const names = vfs.list(folder);
  const name = names.includes(wanted) ? wanted : names.find((each) => each.toLowerCase() === wanted.toLowerCase());
  if (name === undefined || vfs.stat(`${folder}/${name}`)?.kind !== 'file') throw new FieldstoneError('NOT_FOUND', `the folder holds no index file "${wanted}"`, { file: `${folder}/${wanted}`, table: store.name });
  for (const other of engine.tables.state.values()) {
    const isOpen = other.store?.indexes.files.some((file) => file.name === name) === true;
    if (!isOpen && other.facts?.attached?.includes(name) !== true && !isStructural(other, name)) continue;
    throw new FieldstoneError('EXISTS', `"${name}" is an index file of table "${other.name}" already`, { table: other.name, file: `${folder}/${name}` });
  }
  return { name, kind };
}

/** The tags of a file; none when one of them can not be made anew. Throws CORRUPT_INDEX: the file does not even say what is in it. */
function definitionsIn(c: IndexContext, store: RecordStore, kind: XbaseKind, name: string): CatalogIndex[] {
  const cached = cachedIndexFile(c, name);
  try {
    const { tags } = new XbaseIndexFile(name, cached, (source) => parseXbase(kind, source, store.layout));
    const definitions = tags.map(({ facts }) => tagDefinition(kind, name, facts));
    return definitions.some((definition) => c.keysFor(store.layout, { name: store.name }, definition).readOnlyReason !== undefined) ? [] : definitions;
  } finally {
    cached.close();
  }
}

function assertNoSuchIndex(store: RecordStore, definitions: readonly CatalogIndex[]): void {
  const taken = definitions.find(({ name }) => store.indexes.find(name) !== undefined);
  if (taken !== undefined) throw new FieldstoneError('EXISTS', `table "${store.name}" already has an index "${taken.name}"`, { table: store.name, details: { index: taken.name } });
}

interface IndexFileFacts {
  readonly name: string;
  readonly kind: XbaseKind;
  readonly definitions: readonly CatalogIndex[];
}

async function hasKeysOfRows(engine: Engine, entry: TableEntry, store: RecordStore, file: IndexFileFacts, onSlice: OnSlice): Promise<boolean> {
  const { env, folder } = engine.options;
  try {
    return await new StepDriver(env, folder, compared(engine.tables.indexContext, entry, store, file, onSlice), () => undefined).start();
  } catch (e) {
    if (hasCode(e, 'CORRUPT_INDEX') || hasCode(e, 'DUPLICATE')) return false;
    throw e;
  }
}

function* compared(c: IndexContext, entry: TableEntry, store: RecordStore, { name, kind, definitions }: IndexFileFacts, onSlice: OnSlice): Steps<boolean> {
  const cached = cachedIndexFile(c, name);
  try {
    const file = new XbaseIndexFile(name, cached, (source) => parseXbase(kind, source, store.layout));
    for (const definition of definitions) {
      const build = yield* collectKeys(c, store, entry, [definition], onSlice);
      const differences = yield* working(compareTag(file.tag(definition.name), build.newTag().keys));
      if (differences.length > 0) return false;
    }
    return true;
  } finally {
    cached.close();
  }
}

async function remade(
  engine: Engine, entry: TableEntry, store: RecordStore, definitions: readonly CatalogIndex[], onSlice: OnSlice,
): Promise<readonly NewFile[]> {
  const { env, folder } = engine.options;
  const steps = collectKeys(engine.tables.indexContext, store, entry, definitions, onSlice);
  const build = await new StepDriver(env, folder, steps, () => undefined).start();
  return (await finishIndexBuild(engine, build, engine.sequence)).files;
}

async function install(engine: Engine, entry: TableEntry, store: RecordStore, name: string, files: readonly NewFile[]): Promise<void> {
  const { env, folder } = engine.options;
  const { sequence } = engine;
  try {
    for (const { file } of files) await file.syncAsync();
    if (files.length > 0) env.vfs.syncFolder(folder);
    const after = withAttached(entry, store, attachedAnd(entry, name));
    await engine.writeSide.checkpoint({
      operations: files.map((file) => ({ kind: 'rename' as const, from: file.temporary, to: file.name })),
      replaces: undefined, tables: { [entry.name.toLowerCase()]: after },
      installed: () => {
        keepFacts(entry, after);
        store.indexes.forget([name]);
        openXbase(engine.tables.indexContext, store, after, name, sequence);
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
