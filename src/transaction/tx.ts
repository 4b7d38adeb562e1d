import { ArgumentTypeError, FieldstoneError } from '#storage';
import { MustWait, RecordView, type Engine, type OpenTransaction, type TableEntry } from '#txn';
import { nameOf, shown } from '../arguments.js';
import type { CollectionQueries } from '../collection/collection-queries.js';
import type { CollectionRef } from '../collection/collection-types.js';
import { TxCollection } from '../collection/tx-collection.js';
import { Kv } from '../kv/kv.js';
import { assertUniqueTags } from '../indexes/index-trust.js';
import { TableIndex } from '../indexes/table-index.js';
import { StoreForm } from '../kv/store-form.js';
import { TxKv } from '../kv/tx-kv.js';
import { assertTableName } from '../table/table-name.js';
import type { TableCodec } from '../table/table-codec.js';
import type { AggregateInput, AggregateRow, FieldName, Filter } from '../query/filter-type.js';
import type { FindOptions } from '../query/find-options.js';
import type { FoundRows } from '../query/found-rows.js';
import type { PreparedQuery } from '../query/prepared-query.js';
import { TableFinder, type TableQueries } from '../table/table-finder.js';
import { assertRecno, TableReader, type GetOptions, type ReadAccess } from '../table/table-reader.js';
import { TableWriter } from '../table/table-writer.js';
import type { RowScan, ScanOptions } from '../table/scan.js';
import type { IndexPolicy } from '../table/write-guard.js';
import { assertWritable, detachIndexes, unmaintained } from '../table/write-guard.js';

/** What names a table: its handle, or its name. */
export type TableRef<Row, Input> = { readonly name: string; readonly indexPolicy: IndexPolicy; readonly rowTypes?: { row: Row; input: Input } };

/** Finds codecs for tables; implemented by the database. */
export interface CodecSource {
  codecOf(entry: TableEntry): TableCodec;
  readonly collections: CollectionQueries;
  readonly queries: TableQueries;
}

/**
 * A transaction as its body sees it. All reads and writes are synchronous and see the body's own
 * writes; nothing is visible to others before the commit.
 *
 * @example
 * await db.transaction((tx) => {
 *   const t = tx.table(accounts);
 *   const from = t.get(1);
 *   t.update(1, { balance: (from?.balance ?? 0) - 5 });
 * });
 */
export class Tx {
  readonly #engine: Engine;
  readonly #open: OpenTransaction;
  readonly #codecs: CodecSource;
  readonly #tables: { readonly entry: TableEntry; readonly table: unknown }[] = [];

  /** @internal */
  constructor(engine: Engine, open: OpenTransaction, codecs: CodecSource) {
    this.#engine = engine;
    this.#open = open;
    this.#codecs = codecs;
  }

  /** The table inside this transaction. Throws NOT_FOUND, TXN_DONE. */
  table<Row, Input>(ref: TableRef<Row, Input>): TxTable<Row, Input>;
  table(name: string): TxTable<Record<string, unknown>, Readonly<Record<string, unknown>>>;
  table<Row, Input>(ref: string | TableRef<Row, Input>): TxTable<Row, Input> {
    const name = nameOf(ref);
    const policy = typeof ref === 'string' ? 'refuse' : ref.indexPolicy;
    const entry = this.#engine.entry(name, this.#open.transaction.snapshot.state);
    for (const known of this.#tables) if (known.entry === entry) return known.table as TxTable<Row, Input>; // one per entry, typed by the caller's handle
    const table = new TxTable<Row, Input>(this.#engine, this.#open, this.#codecs, entry, policy);
    this.#tables.push({ entry, table });
    return table;
  }

  /** The collection inside this transaction, by handle or name. Throws NOT_FOUND, SCHEMA, TXN_DONE. */
  collection<Doc>(ref: CollectionRef<Doc>): TxCollection<Doc>;
  collection(name: string): TxCollection<Record<string, unknown>>;
  collection<Doc>(ref: string | CollectionRef<Doc>): TxCollection<Doc> {
    return new TxCollection<Doc>(this.table(nameOf(ref)), this.#codecs.collections);
  }

  /** The key-value store inside this transaction, by handle or name. Throws NAME, TXN_DONE. */
  kv<Key, Value>(ref: Kv<Key, Value>): TxKv<Key, Value>;
  kv(name: string): TxKv<string, unknown>;
  kv<Key, Value>(ref: string | Kv<Key, Value>): TxKv<Key, Value> {
    this.#open.transaction.assertOpen();
    const engine = this.#engine;
    if (typeof ref !== 'string') return new TxKv<Key, Value>(ref.form(), this.#open);
    assertTableName(ref);
    return new TxKv<Key, Value>(new StoreForm<Key, Value>(engine, engine.keyStores.store(ref)), this.#open);
  }

  /**
   * Waits for a lock on a record or a key, or on the whole table or store without one. Held until the transaction
   * ends. Take locks before reading: the transaction's view begins at its first read.
   * Throws DEADLOCK, LOCK_TIMEOUT.
   */
  lock<Key, Value>(ref: Kv<Key, Value>, key?: Key, mode?: 'exclusive' | 'shared'): Promise<void>;
  lock(ref: string | { readonly name: string }, recno?: number | 'exclusive' | 'shared', mode?: 'exclusive' | 'shared'): Promise<void>;
  async lock(ref: string | { readonly name: string }, recno?: unknown, mode: 'exclusive' | 'shared' = 'exclusive'): Promise<void> {
    this.#open.transaction.assertOpen();
    if (!this.#open.mayWait) throw new FieldstoneError('OPTION', 'transactionSync can not wait for locks; use transaction()');
    const wanted = !(ref instanceof Kv) && (recno === 'shared' || recno === 'exclusive') ? recno : mode;
    this.#open.owner.hasAsked = true;
    const waiting = this.#engine.locks.acquire(this.#open.owner, this.#lockOf(ref, recno), wanted);
    if (waiting !== undefined) await waiting;
    this.#open.transaction.assertOpen();
  }

  #lockOf(ref: string | { readonly name: string }, item: unknown): { readonly space: string; readonly item?: number | string } {
    if (ref instanceof Kv) return ref.lockOf(item);
    const entry = this.#engine.entry(nameOf(ref));
    const space = `t:${entry.name.toLowerCase()}`;
    if (item === undefined || item === 'shared' || item === 'exclusive') return { space };
    assertRecno(item);
    return { space, item };
  }

  /** Marks a place to come back to. */
  savepoint(name: string): void {
    assertSavepointName(name);
    this.#open.transaction.savepoint(name);
  }

  /** Undoes everything since the newest savepoint of that name. Throws NOT_FOUND. */
  rollbackTo(name: string): void {
    assertSavepointName(name);
    this.#open.transaction.rollbackTo(name);
  }

  /** Forgets all writes; the transaction ends without an error when the body returns. */
  rollback(): void {
    this.#open.transaction.assertOpen();
    this.#open.transaction.rollback();
  }
}

function assertSavepointName(name: unknown): void {
  if (typeof name !== 'string') throw new ArgumentTypeError('NAME', `the name of a savepoint is text, got ${shown(name)}`);
}

/** A table inside a transaction. */
export class TxTable<Row, Input> {
  readonly name: string;
  readonly #engine: Engine;
  readonly #open: OpenTransaction;
  readonly #codec: TableCodec;
  readonly #entry: TableEntry;
  readonly #policy: IndexPolicy;
  readonly #queries: TableQueries;
  #reader: TableReader<Row> | undefined;
  #finder: TableFinder<Row> | undefined;
  #writer: TableWriter | undefined;
  /** One view serves all reads of single rows: they decode before anything else runs. */
  #view: RecordView | undefined;

  /** @internal */
  constructor(engine: Engine, open: OpenTransaction, codecs: CodecSource, entry: TableEntry, policy: IndexPolicy) {
    this.name = entry.name;
    this.#engine = engine;
    this.#open = open;
    this.#codec = codecs.codecOf(entry);
    this.#queries = codecs.queries;
    this.#entry = entry;
    this.#policy = policy;
  }

  /** How reads see the table. @internal */
  get access(): ReadAccess { return this.#rows.access; }

  get #rows(): TableReader<Row> { return this.#reader ??= new TableReader<Row>(this.#newAccess()); }
  get #finds(): TableFinder<Row> { return this.#finder ??= new TableFinder<Row>(this.name, this.access, this.#queries, false); }

  #newAccess(): ReadAccess {
    const codec = this.#codec;
    const { transaction } = this.#open;
    return {
      engine: this.#engine,
      view: () => ({ codec, view: this.#current() }),
      hold: () => ({ codec, view: this.#newView(), close: () => undefined, hold: transaction.snapshot, assertAlive: () => { void transaction.snapshot; } }),
    };
  }

  #newView(): RecordView {
    const { transaction } = this.#open;
    const { store } = this.#codec;
    return new RecordView(store, transaction.snapshot.sequence, transaction.writesOf(store), transaction.readSet);
  }

  /** Throws when the transaction is finished. */
  #current(): RecordView {
    const { transaction } = this.#open;
    void transaction.snapshot;
    const view = this.#view ??= this.#newView();
    view.writes ??= transaction.writesOf(this.#codec.store);
    return view;
  }

  #write(): TableWriter {
    const view = this.#current();
    if (this.#writer === undefined) {
      this.#engine.writeSide.assertWritable();
      this.#assertIndexes();
      this.#writer = new TableWriter(this.#engine, this.#open.transaction, this.#codec, view);
    }
    return this.#writer;
  }

  #assertIndexes(): void {
    if (this.#policy === 'detach' && this.#open.mayWait && unmaintained(this.#codec.store, this.#entry).length > 0) {
      throw new MustWait(`index files of "${this.name}" are set aside first`, detachIndexes(this.#engine, this.#entry));
    }
    assertWritable(this.#codec.store, this.#entry);
    assertUniqueTags(this.#engine, this.#codec.store);
  }

  /** The record, or undefined when absent or deleted. */
  get(recno: number, options?: GetOptions): Row | undefined { return this.#rows.get(recno, options); }
  getMany(recnos: readonly number[], options?: GetOptions): (Row | undefined)[] { return this.#rows.getMany(recnos, options); }
  get recordCount(): number { return this.#rows.recordCount(); }
  scan(options?: ScanOptions<Extract<keyof Row, string>>): RowScan<Row> { return this.#rows.scan(options); }
  /** An index as this transaction sees it, its own rows included. Throws NOT_FOUND. */
  index(name: string): TableIndex<Row> { return new TableIndex<Row>(this.#rows.access, name); }

  /** As find() of the table, on what this transaction sees: its snapshot and its own writes. */
  find(filter: Filter<Row> = {}, options?: FindOptions<FieldName<Row>>): FoundRows<Row> { return this.#finds.find(filter, options); }
  prepare(filter: Filter<Row>, options?: FindOptions<FieldName<Row>>): PreparedQuery<Row> { return this.#finds.prepare(filter, options); }
  aggregate<const Figures extends AggregateInput<Row>>(input: Figures): AggregateRow<Row, Figures>[] {
    const rows: unknown = this.#finds.aggregate(input);
    return rows as AggregateRow<Row, Figures>[]; // made of the groups and figures that the input names
  }

  /** Changes all rows that match; returns how many. Rows are found before the first one is changed. */
  updateWhere(filter: Filter<Row>, change: Partial<Input> | ((row: Row) => Partial<Input>)): number {
    const recnos = this.find(filter).recnos();
    for (const recno of recnos) {
      const row = typeof change === 'function' ? this.get(recno) : undefined;
      this.update(recno, typeof change !== 'function' ? change : row === undefined ? {} : change(row));
    }
    return recnos.length;
  }

  /** Marks all rows that match deleted; returns how many. */
  deleteWhere(filter: Filter<Row>): number {
    const recnos = this.find(filter).recnos();
    for (const recno of recnos) this.delete(recno);
    return recnos.length;
  }

  /** Appends a row; returns its record number. Throws VALUE, NOT_FOUND (unknown field), UNSUPPORTED. */
  insert(row: Input): number { return this.#write().insert(asInput(row)); }
  insertMany(rows: Iterable<Input>): number[] {
    if (typeof rows !== 'object' || rows === null || !(Symbol.iterator in rows)) {
      throw new ArgumentTypeError('VALUE', `insertMany in a transaction takes an array or another iterable of rows, got ${shown(rows)}`);
    }
    const recnos: number[] = [];
    for (const row of rows) recnos.push(this.insert(row));
    return recnos;
  }

  /** Changes the named fields. Throws NOT_FOUND when the record is absent or deleted. */
  update(recno: number, changes: Partial<Input>): void { this.#write().update(recno, asInput(changes)); }
  /** Marks the record deleted; false when it was. Throws NOT_FOUND. */
  delete(recno: number): boolean { return this.#write().delete(recno); }
  /** Takes the delete mark away; false when there was none. Throws NOT_FOUND. */
  recall(recno: number): boolean { return this.#write().recall(recno); }
}

export function asInput(row: unknown): Readonly<Record<string, unknown>> {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) throw new FieldstoneError('VALUE', 'a row is an object with field names and values');
  return row as Readonly<Record<string, unknown>>; // any object can be looked at by name
}
