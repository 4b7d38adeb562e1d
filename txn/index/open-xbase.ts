import { FieldstoneError } from '#storage';
import type { TagFacts } from '#index';
import { CachedFile } from '../record/cached-file.js';
import type { RecordStore } from '../record/record-store.js';
import type { IndexContext } from './index-context.js';
import type { CatalogIndex, IndexedTable } from './index-keys.js';
import { IndexStore } from './index-store.js';
import { parseXbase, xbaseKindOf, type XbaseKind } from './xbase-format.js';
import { XbaseIndexFile, XbaseTagBase } from './xbase-index-file.js';

const PAGE_BYTES = 8192;

/** The definition that a tag stands for. */
export function tagDefinition(kind: XbaseKind, file: string, facts: TagFacts): CatalogIndex {
  return {
    name: facts.name, kind, expression: facts.expression, file, tag: facts,
    ...(facts.forExpression === undefined ? {} : { forExpression: facts.forExpression }),
    ...(facts.unique === 'candidate' ? { unique: true } : {}),
    ...(facts.descending ? { descending: true } : {}),
  };
}

/** Opens the blocks of an index file of a table. */
export function cachedIndexFile(c: IndexContext, name: string): CachedFile {
  const file = c.vfs().open(`${c.folder}/${name}`, c.writable ? 'write' : 'read');
  return new CachedFile(file, c.cache, 'index', PAGE_BYTES, 0, () => c.verify());
}

/**
 * Opens an index file of xBase programs with all its tags. What can not be read or maintained is noted as a problem of the table: it can
 * be read, and is not written to while the file stands beside it.
 *
 * @param validFrom older snapshots do not use its tags: the file was made of newer rows
 */
export function openXbase(c: IndexContext, store: RecordStore, table: IndexedTable, name: string, validFrom = 0): void {
  const kind = xbaseKindOf(name);
  if (kind === undefined) return;
  const cached = cachedIndexFile(c, name);
  try {
    const file = new XbaseIndexFile(name, cached, (source) => parseXbase(kind, source, store.layout));
    const stores = file.tags.map(({ facts }) => openTag(c, store, table, file, tagDefinition(kind, name, facts), validFrom));
    file.stores = stores;
    store.indexes.add(file, stores);
    const readOnly = stores.find(({ keys }) => keys.readOnlyReason !== undefined);
    const reason = kind === 'mdx' ? 'MDX files are only read' : readOnly === undefined ? undefined : `its tag ${readOnly.name} is only read: ${readOnly.keys.readOnlyReason ?? ''}`;
    if (reason !== undefined) store.indexes.problems.push({ file: name, reason });
  } catch (e) {
    cached.close();
    if (!(e instanceof FieldstoneError) || e.code === 'EXTERNAL_CHANGE' || e.code === 'IO') throw e;
    store.indexes.problems.push({ file: name, reason: e.message, ...(e.code === 'CORRUPT_INDEX' ? { code: e.code } : {}) });
  }
}

/** A tag before the readers and writers of its table. */
export function openTag(
  c: Pick<IndexContext, 'keysFor' | 'randomId'>, store: RecordStore, table: IndexedTable, file: XbaseIndexFile, definition: CatalogIndex, validFrom: number,
): IndexStore {
  const index = new IndexStore(definition, c.keysFor(store.layout, table, definition), new XbaseTagBase(file, definition.name), c.randomId(), validFrom);
  index.baseSequence = validFrom;
  return index;
}
