import type { Engine, TableEntry } from '#txn';
import type { Tx } from '../transaction/tx.js';
import type { CollectionQueries } from '../collection/collection-queries.js';
import type { TableCodec } from './table-codec.js';
import type { TableQueries } from './table-finder.js';

/** What a table needs of its database. */
export interface TableHost {
  readonly engine: Engine;
  codecOf(entry: TableEntry): TableCodec;
  readonly queries: TableQueries;
  /** What collections share. */
  readonly collections: CollectionQueries;
  transaction<Result>(
    body: (tx: Tx) => Result | Promise<Result>, options?: { readonly isolation: 'serializable'; readonly retries: number },
  ): Promise<Result>;
}
