import type { Engine, TableEntry } from '#txn';
import type { Tx } from '../transaction/tx.js';
import type { TableCodec } from './table-codec.js';

/** What a table needs of its database. */
export interface TableHost {
  readonly engine: Engine;
  codecOf(entry: TableEntry): TableCodec;
  transaction<Result>(body: (tx: Tx) => Result | Promise<Result>): Promise<Result>;
}
