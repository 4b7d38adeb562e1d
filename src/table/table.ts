import { visibleFields, type DbfField, type DbfLayout, type Operation } from '#storage';
import { detachIndexFile, dropIndex, RecordView } from '#txn';
import { operations, watched, type Operations } from '../operations.js';
import type { Tx, TxTable } from '../transaction/tx.js';
import { insertRows, type InsertManyOptions, type InsertManyResult } from './insert-many.js';
import { rebuildTable, zapTable } from './rebuild.js';
import type { RowScan, ScanOptions } from './scan.js';
import type { TableCodec } from './table-codec.js';
import type { LongWorkOptions } from '../long-work.js';
import type { TableHost } from './table-host.js';
import type { IndexOptions } from '../indexes/index-options.js';
import { attachIndex, makeIndex, remakeIndexes } from '../indexes/make-index.js';
import { TableIndex } from '../indexes/table-index.js';
import { assertOptions, assertSignal } from '../arguments.js';
import { tableInfo, type TableInfo } from './table-info.js';
import { TableFinder } from './table-finder.js';
import { TableReader, type GetOptions, type ReadAccess } from './table-reader.js';
import type { AggregateInput, AggregateRow, FieldName, Filter } from '../query/filter-type.js';
import type { FindOptions } from '../query/find-options.js';
import type { FoundRows } from '../query/found-rows.js';
import type { PreparedQuery } from '../query/prepared-query.js';
import type { IndexPolicy } from './write-guard.js';

/** One field as the header describes it. */
export interface FieldInfo {
  /** As in rows: the declared name, else the header's. */
  readonly name: string;
  /** In the header. */
  readonly headerName: string;
  readonly type: string;
  readonly length: number;
  readonly decimals: number;
  readonly nullable: boolean;
  readonly autoIncrement: boolean;
}

/**
 * A DBF table. Reads are synchronous and see the newest committed state; each write is a transaction
 * of its own and resolves when it is as durable as the database's `durability` says.
 *
 * @example
 * const people = db.table('people');
 * const recno = await people.insert({ name: 'Ada' });
 * people.get(recno);                                  // { name: 'Ada', ... }
 * for (const row of people.scan({ fields: ['name'] })) console.log(row.$recno, row.name);
 */
export class Table<Row, Input> {
  readonly name: string;
  readonly indexPolicy: IndexPolicy;
  readonly rowTypes?: { row: Row; input: Input };
  readonly #host: TableHost;
  readonly #ops: Operations;
  readonly #reader: TableReader<Row>;
  readonly #finder: TableFinder<Row>;
  /** One view serves all single reads: they decode before anything else runs. */
  #newest: { readonly codec: TableCodec; readonly view: RecordView } | undefined;

  /** @internal */
  constructor(host: TableHost, name: string, indexPolicy: IndexPolicy) {
    this.#host = host;
    this.name = name;
    this.indexPolicy = indexPolicy;
    const { engine } = host;
    this.#ops = operations(engine.options.probe);
    const access: ReadAccess = {
      engine,
      view: () => {
        const codec = this.#codec();
        if (this.#newest?.codec !== codec) this.#newest = { codec, view: new RecordView(codec.store, 0) };
        this.#newest.view.sequence = engine.sequence;
        return this.#newest;
      },
      hold: () => {
        const codec = this.#codec();
        const hold = engine.takeSnapshot(`scan of ${name}`);
        return {
          codec, view: new RecordView(codec.store, hold.sequence), close: () => engine.releaseSnapshot(hold), hold, assertAlive: () => engine.assertAlive(hold),
        };
      },
    };
    this.#reader = new TableReader<Row>(access);
    this.#finder = new TableFinder<Row>(name, access, host.queries, true);
  }

  #codec(): TableCodec {
    const { engine } = this.#host;
    engine.assertReadable();
    return this.#host.codecOf(engine.entry(this.name));
  }

  get #layout(): DbfLayout { return this.#codec().layout; }

  /** The fields, in order, without hidden ones. */
  get fields(): readonly FieldInfo[] {
    const { names, layout } = this.#codec();
    return visibleFields(layout).map((f: DbfField, i) => ({
      name: names[i] ?? f.name, headerName: f.name, type: f.type, length: f.length, decimals: f.decimals, nullable: f.nullable,
      autoIncrement: f.autoIncrement !== undefined,
    }));
  }

  /** All records, deleted ones included. */
  get recordCount(): number { return this.#reader.recordCount(); }

  /** Header facts: dialect, code page, dates, sizes, memo, index files, oddities. */
  info(): TableInfo {
    const { engine } = this.#host;
    const entry = engine.entry(this.name);
    return tableInfo(entry, this.#codec().store, this.#layout);
  }

  /** The record, or undefined when absent or deleted. `recno` counts from 1. */
  get(recno: number, options?: GetOptions): Row | undefined {
    const op = this.#ops.tableGet;
    if (--op.left < 0 || op.start.hasSubscribers) return this.#watchedGet(recno, options);
    return this.#reader.get(recno, options);
  }

  #watchedGet(recno: number, options: GetOptions | undefined): Row | undefined {
    const op = this.#ops.tableGet;
    const startNs = op.begin();
    if (startNs < 0) return this.#toldGet(recno, options);
    try {
      return this.#reader.get(recno, options);
    } finally {
      op.end(this.name, startNs);
    }
  }

  // Apart, because a function that holds a closure pays for its variables at each call.
  #toldGet(recno: number, options: GetOptions | undefined): Row | undefined {
    return this.#ops.tableGet.run(this.name, () => this.#reader.get(recno, options));
  }

  /** Rows in the order asked, undefined where absent; the file is read in order of nearness. */
  getMany(recnos: readonly number[], options?: GetOptions): (Row | undefined)[] {
    const op = this.#ops.tableGetMany;
    if (--op.left < 0 || op.start.hasSubscribers) return op.run(this.name, () => this.#reader.getMany(recnos, options));
    return this.#reader.getMany(recnos, options);
  }

  /** Rows in record order, by `for` or `for await`, in constant memory, as of the moment the iteration begins. */
  scan(options?: ScanOptions<Extract<keyof Row, string>>): RowScan<Row> { return this.#reader.scan(options); }

  /**
   * The rows that match the filter, found when they are asked for. Throws QUERY (a filter that is none), NOT_FOUND (unknown field, with the
   * nearest names), OPTION.
   *
   * @example
   * people.find({ salary: { $gt: 5 } }, { sort: { born: -1 }, limit: 10 }).toArray();
   */
  find(filter: Filter<Row> = {}, options?: FindOptions<FieldName<Row>>): FoundRows<Row> { return this.#finder.find(filter, options); }

  /** A query that is parsed and planned once; `param('name')` stands for values that run() gives. Throws as find(). */
  prepare(filter: Filter<Row>, options?: FindOptions<FieldName<Row>>): PreparedQuery<Row> { return this.#finder.prepare(filter, options); }

  /**
   * One object for each group of rows, in the order of the groups' values; without `groupBy` one for all rows. Figures are made by
   * count(), sum(), avg(), min(), max() and countDistinct(). Throws QUERY, NOT_FOUND, OPTION, LIMIT (too many groups).
   *
   * @example
   * people.aggregate({ groupBy: ['city'], where: { active: true }, count: count(), total: sum('salary') });
   */
  aggregate<const Input extends AggregateInput<Row>>(input: Input): AggregateRow<Row, Input>[] {
    const rows: unknown = this.#finder.aggregate(input);
    return rows as AggregateRow<Row, Input>[]; // made of the groups and figures that the input names
  }

  /** Changes all rows that match, in one transaction; resolves to how many. `change`: fields, or a function of the row that gives them. */
  updateWhere(filter: Filter<Row>, change: Partial<Input> | ((row: Row) => Partial<Input>)): Promise<number> {
    return this.#write(this.#ops.tableUpdateWhere, (t) => t.updateWhere(filter, change));
  }

  /** Marks all rows that match deleted, in one transaction; resolves to how many. */
  deleteWhere(filter: Filter<Row>): Promise<number> { return this.#write(this.#ops.tableDeleteWhere, (t) => t.deleteWhere(filter)); }

  /** Appends a row; resolves to its record number. Throws VALUE, NOT_FOUND (unknown field), UNSUPPORTED, READ_ONLY. */
  insert(row: Input): Promise<number> { return this.#write(this.#ops.tableInsert, (t) => t.insert(row)); }

  /** Any number of rows in bounded memory, as one atomic commit. */
  insertMany(rows: Iterable<Input> | AsyncIterable<Input>, options: InsertManyOptions = {}): Promise<InsertManyResult> {
    return watched(this.#ops.tableInsertMany, this.name, () => insertRows(this.#host, this.name, this.indexPolicy, rows, options));
  }

  /** Changes the named fields. Throws NOT_FOUND when the record is absent or deleted, VALUE. */
  update(recno: number, changes: Partial<Input>): Promise<void> { return this.#write(this.#ops.tableUpdate, (t) => t.update(recno, changes)); }
  /** Marks the record deleted; resolves to false when it was. */
  delete(recno: number): Promise<boolean> { return this.#write(this.#ops.tableDelete, (t) => t.delete(recno)); }
  /** Takes the delete mark away; resolves to false when there was none. */
  recall(recno: number): Promise<boolean> { return this.#write(this.#ops.tableUpdate, (t) => t.recall(recno)); }

  #write<Result>(op: Operation, body: (t: TxTable<Row, Input>) => Result): Promise<Result> {
    const inBody = (tx: Tx): Result => body(tx.table<Row, Input>(this));
    return watched(op, this.name, () => this.#host.transaction(inBody));
  }

  /** Removes deleted records and unused memo text for good; record numbers change. Resolves to what went. */
  async pack(options: LongWorkOptions = {}): Promise<{ readonly removed: number; readonly kept: number }> {
    assertOptions(options, ['signal', 'onProgress'], 'pack');
    assertSignal(options.signal);
    return watched(this.#ops.tablePack, this.name, () => rebuildTable(this.#host, this.name, this.indexPolicy, options));
  }

  /**
   * Makes an index. Writers of the table wait meanwhile, readers go on; cancelled or failed, nothing is left.
   * Throws EXISTS, NAME, OPTION, NOT_FOUND (a field), DUPLICATE (unique), VALUE, QUERY, ABORTED, READ_ONLY, FULL.
   *
   * @example
   * await people.createIndex('by_name', { on: ['name', 'born'] });
   * people.index('by_name').seek('Ada');
   */
  async createIndex(name: string, options: IndexOptions): Promise<void> {
    await makeIndex(this.#host, this.name, this.indexPolicy, name, options);
  }

  /** Takes an index away, with its file. Throws NOT_FOUND, READ_ONLY. */
  async dropIndex(name: string): Promise<void> { await dropIndex(this.#host.engine, this.name, name); }

  /**
   * Makes a stand-alone index file of another program (IDX, NTX, NDX, MDX) an index of the table: it is opened with the table and maintained from now on.
   * A file whose entries are not those of the rows, or stand in another order than the engine keeps, is made anew. MDX and IDX that are not compact are
   * only read: writes to the table are refused with UNSUPPORTED until detachIndex(). Structural CDX and MDX open by themselves.
   * Throws NOT_FOUND, EXISTS, OPTION, DUPLICATE, CORRUPT_INDEX, UNSUPPORTED, ABORTED, READ_ONLY.
   *
   * @param file name in the folder of the database, any letter case
   * @example
   * await people.attachIndex('by_name.ntx');
   * people.index('by_name').seek('Ada');
   */
  async attachIndex(file: string, options: LongWorkOptions = {}): Promise<void> {
    assertOptions(options, ['signal', 'onProgress'], 'attachIndex');
    assertSignal(options.signal);
    await attachIndex(this.#host, this.name, file, options);
  }

  /**
   * Forgets an index file of another program, by its name or that of an index in it; it is maintained no more. The file stays, and is renamed to
   * `<file>.detached` when it carries the name of the table. Throws NOT_FOUND, OPTION (an index of ours), READ_ONLY.
   */
  async detachIndex(name: string): Promise<void> { await detachIndexFile(this.#host.engine, this.name, name); }

  /** Makes all indexes anew from the rows. Throws what createIndex() throws. */
  async reindex(options: LongWorkOptions = {}): Promise<void> { await remakeIndexes(this.#host, this.name, this.indexPolicy, options); }

  /** The indexes of the table, in the order in which they were made. */
  indexes(): TableIndex<Row>[] {
    return this.#codec().store.indexes.stores.map(({ name, definition }) => new TableIndex<Row>(this.#reader.access, name, definition.file));
  }

  /** An index by name, any letter case. Throws NOT_FOUND. */
  index(name: string): TableIndex<Row> { return new TableIndex<Row>(this.#reader.access, name); }

  /** Removes all records. */
  zap(): Promise<void> { return zapTable(this.#host, this.name, this.indexPolicy); }
}

/** For tables whose fields are known only at run time. */
export type AnyRow = Record<string, unknown> & { readonly $recno: number; readonly $deleted: boolean };
/** Fields to write when they are known only at run time. */
export type AnyInput = Readonly<Record<string, unknown>>;
