import { createIndex, type CatalogIndex, type Engine } from '#txn';
import type { ReadAccess } from '../table/table-reader.js';
import { ID_INDEX } from './collection-layout.js';

/** Whether the collection has its index of ids: a folder that lost its catalog has lost it too. */
export function hasIdIndex(access: ReadAccess): boolean { return access.view().view.store.indexes.find(ID_INDEX) !== undefined; }

/** The definition of the index of ids, for the table of that file. */
export function idIndex(tableFile: string): CatalogIndex {
  return { name: ID_INDEX, kind: 'btree', fields: [{ path: '_id' }], unique: true, file: `${tableFile.replace(/\.[^.]*$/, '')}.${ID_INDEX}.fsi` };
}

/** Makes the index of ids where it is lost. Throws DUPLICATE when two documents have one id. */
export function makeIdIndex(engine: Engine, name: string): Promise<void> { return createIndex(engine, name, idIndex(engine.entry(name).tableFile)); }
