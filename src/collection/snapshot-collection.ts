import type { FindOptions } from '../query/find-options.js';
import type { FoundRows } from '../query/found-rows.js';
import type { PreparedQuery } from '../query/prepared-query.js';
import { assertDocumentId } from '../document/document-id.js';
import type { ReadAccess } from '../table/table-reader.js';
import type { CollectionQueries } from './collection-queries.js';
import { CollectionReader } from './collection-reader.js';
import type { DocumentFilter, IdOf } from './collection-types.js';

/** A collection as a snapshot sees it; reading only. */
export interface SnapshotCollection<Doc> {
  get(id: IdOf<Doc>): Doc | undefined;
  find(filter?: DocumentFilter<Doc>, options?: FindOptions): FoundRows<Doc>;
  findOne(filter?: DocumentFilter<Doc>, options?: FindOptions): Doc | undefined;
  prepare(filter: DocumentFilter<Doc>, options?: FindOptions): PreparedQuery<Doc>;
  count(filter?: DocumentFilter<Doc>): number;
}

export function snapshotCollection<Doc>(name: string, access: ReadAccess, queries: CollectionQueries): SnapshotCollection<Doc> {
  const reader = new CollectionReader<Doc>(name, access, queries);
  void reader.codec; // SCHEMA when the table is no collection
  return {
    get: (id) => {
      assertDocumentId(id);
      return reader.get(id);
    },
    find: (filter, options) => reader.find(filter, options),
    findOne: (filter, options) => reader.find(filter, options).first(),
    prepare: (filter, options) => reader.prepare(filter, options),
    count: (filter) => reader.count(filter),
  };
}
