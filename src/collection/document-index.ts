import { createIndex, dropIndex, type CatalogIndex, type Engine } from '#txn';
import { FieldstoneError, type DbfLayout } from '#storage';
import { assertNotAborted } from '../long-work.js';
import { shown } from '../arguments.js';
import { parsePath } from '../filter/path.js';
import { indexDefinition } from '../indexes/index-definition.js';
import { isIndexForm } from '../indexes/index-form.js';
import { ID_INDEX } from './collection-layout.js';
import type { DocumentIndexInfo, DocumentIndexOptions } from './collection-types.js';

/** createIndex() of a collection. Throws EXISTS, NAME, OPTION, DUPLICATE, VALUE, QUERY, LIMIT, ABORTED. */
export async function makeDocumentIndex(engine: Engine, collection: string, name: string, options: DocumentIndexOptions): Promise<void> {
  engine.writeSide.assertWritable();
  const entry = engine.entry(collection);
  const definition = documentIndexDefinition(entry, engine.store(entry).layout, name, options);
  await createIndex(engine, collection, definition, {
    onSlice: (done, total) => {
      assertNotAborted(options.signal, `createIndex "${name}"`);
      options.onProgress?.({ done, total });
    },
  });
}

/** What is asked for, checked. Throws NAME, OPTION, QUERY. */
export function documentIndexDefinition(
  table: { readonly name: string; readonly tableFile: string }, layout: DbfLayout, name: string, options: DocumentIndexOptions,
): CatalogIndex {
  return indexDefinition(table.name, table.tableFile, layout, anyPath, name, options);
}

/** Documents have the fields that they have: any path will do. */
function anyPath(path: string): string {
  parsePath(path);
  return path;
}

/** dropIndex() of a collection. Throws NOT_FOUND, OPTION for the index of ids. */
export async function dropDocumentIndex(engine: Engine, collection: string, name: string): Promise<void> {
  if (typeof name === 'string' && name.toLowerCase() === ID_INDEX) {
    throw new FieldstoneError('OPTION', `the index ${shown(name)} of a collection can not be dropped: it keeps ids unique`, { table: collection });
  }
  await dropIndex(engine, collection, name);
}

/** The indexes of a collection, in the order in which they were made. */
export function documentIndexList(engine: Engine, collection: string): DocumentIndexInfo[] {
  return engine.store(engine.entry(collection)).indexes.stores.map(({ definition, keys, entryCount }) => ({
    name: definition.name,
    on: isIndexForm(keys) ? keys.fields.map(({ path, descending }) => ({ path, descending })) : [],
    unique: definition.unique === true, sparse: definition.sparse === true, type: definition.kind, entryCount,
  }));
}
