import { FieldstoneError } from '#storage';
import type { Engine, TableEntry } from '#txn';
import type { Tx } from '../transaction/tx.js';
import type { TableCodec } from './table-codec.js';

/** What a table needs of its database. */
export interface TableHost {
  readonly engine: Engine;
  codecOf(entry: TableEntry): TableCodec;
  transaction<Result>(body: (tx: Tx) => Result | Promise<Result>): Promise<Result>;
}

/** Options of pack() and other long work. */
export interface LongWorkOptions {
  /** Cancels with ABORTED; nothing is changed then. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export function assertNotAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted === true) throw new FieldstoneError('ABORTED', `${what} was cancelled`, { cause: signal.reason });
}
