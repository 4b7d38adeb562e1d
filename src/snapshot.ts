import { FieldstoneError } from '#storage';
import { nameOf } from './arguments.js';
import { KeyView, RecordView, type CatalogState, type Engine, type SnapshotHold } from '#txn';
import type { CollectionRef } from './collection/collection-types.js';
import { snapshotCollection, type SnapshotCollection } from './collection/snapshot-collection.js';
import { type Kv } from './kv/kv.js';
import { KvReader } from './kv/kv-reader.js';
import type { KvRange, KvScan } from './kv/kv-types.js';
import { StoreForm } from './kv/store-form.js';
import { TableIndex } from './indexes/table-index.js';
import { assertTableName } from './table/table-name.js';
import type { RowScan, ScanOptions } from './table/scan.js';
import type { AggregateInput, AggregateRow, FieldName, Filter } from './query/filter-type.js';
import type { FindOptions } from './query/find-options.js';
import type { FoundRows } from './query/found-rows.js';
import type { PreparedQuery } from './query/prepared-query.js';
import { TableFinder } from './table/table-finder.js';
import { TableReader, type GetOptions, type ReadAccess } from './table/table-reader.js';
import type { AnyRow } from './table/table.js';
import type { CodecSource, TableRef } from './transaction/tx.js';

/** A table as a snapshot sees it; reading only. */
export interface SnapshotTable<Row> {
  readonly recordCount: number;
  get(recno: number, options?: GetOptions): Row | undefined;
  getMany(recnos: readonly number[], options?: GetOptions): (Row | undefined)[];
  scan(options?: ScanOptions<Extract<keyof Row, string>>): RowScan<Row>;
  /** An index as it was; NOT_FOUND when it was made later. */
  index(name: string): TableIndex<Row>;
  /** As find() of the table, on the state of the snapshot. */
  find(filter?: Filter<Row>, options?: FindOptions<FieldName<Row>>): FoundRows<Row>;
  prepare(filter: Filter<Row>, options?: FindOptions<FieldName<Row>>): PreparedQuery<Row>;
  aggregate<const Input extends AggregateInput<Row>>(input: Input): AggregateRow<Row, Input>[];
}

/** A key-value store as a snapshot sees it; reading only. */
export interface SnapshotKv<Key, Value> {
  get(key: Key): Value | undefined;
  has(key: Key): boolean;
  getMany(keys: Iterable<Key>): (Value | undefined)[];
  count(range?: KvRange<Key>): number;
  entries(range?: KvRange<Key>): KvScan<[Key, Value]>;
  keys(range?: KvRange<Key>): KvScan<Key>;
  values(range?: KvRange<Key>): KvScan<Value>;
}

/**
 * A stable view of the whole database while others write. Close it: old versions are kept for it.
 *
 * @example
 * const snap = db.snapshot();
 * snap.table('people').get(1);
 * snap.close();
 */
export class Snapshot {
  readonly #engine: Engine;
  readonly #codecs: CodecSource;
  readonly #hold: SnapshotHold<CatalogState>;
  #closed = false;

  /** @internal */
  constructor(engine: Engine, codecs: CodecSource, hold: SnapshotHold<CatalogState>) {
    this.#engine = engine;
    this.#codecs = codecs;
    this.#hold = hold;
  }

  /** The table as it was when the snapshot was taken. Throws NOT_FOUND, CLOSED. */
  table<Row, Input>(ref: TableRef<Row, Input>): SnapshotTable<Row>;
  table(name: string): SnapshotTable<AnyRow>;
  table<Row>(ref: string | TableRef<Row, unknown>): SnapshotTable<Row> {
    const reader = new TableReader<Row>(this.#access(nameOf(ref)));
    const finder = new TableFinder<Row>(nameOf(ref), reader.access, this.#codecs.queries, false);
    return {
      get recordCount() { return reader.recordCount(); },
      get: (recno, options) => reader.get(recno, options),
      getMany: (recnos, options) => reader.getMany(recnos, options),
      scan: (options) => reader.scan(options),
      index: (name) => new TableIndex<Row>(reader.access, name),
      find: (filter = {}, options) => finder.find(filter, options),
      prepare: (filter, options) => finder.prepare(filter, options),
      aggregate: <const Input extends AggregateInput<Row>>(input: Input) => {
        const rows: unknown = finder.aggregate(input);
        return rows as AggregateRow<Row, Input>[]; // made of the groups and figures that the input names
      },
    };
  }

  #access(name: string): ReadAccess {
    this.#assertAlive();
    const entry = this.#engine.entry(name, this.#hold.state);
    const codec = this.#codecs.codecOf(entry);
    const view = new RecordView(codec.store, this.#hold.sequence);
    return {
      engine: this.#engine,
      view: () => {
        this.#assertAlive();
        return { codec, view };
      },
      hold: () => ({
        codec, view: new RecordView(codec.store, this.#hold.sequence), close: () => undefined, hold: this.#hold, assertAlive: () => this.#assertAlive(),
      }),
    };
  }

  /** The collection as it was when the snapshot was taken. Throws NOT_FOUND, SCHEMA, CLOSED. */
  collection<Doc>(ref: CollectionRef<Doc>): SnapshotCollection<Doc>;
  collection(name: string): SnapshotCollection<Record<string, unknown>>;
  collection<Doc>(ref: string | CollectionRef<Doc>): SnapshotCollection<Doc> {
    const name = nameOf(ref);
    return snapshotCollection<Doc>(name, this.#access(name), this.#codecs.collections);
  }

  /** The store as it was when the snapshot was taken. Throws NAME, CLOSED. */
  kv<Key, Value>(ref: Kv<Key, Value>): SnapshotKv<Key, Value>;
  kv(name: string): SnapshotKv<string, unknown>;
  kv<Key, Value>(ref: string | Kv<Key, Value>): SnapshotKv<Key, Value> {
    this.#assertAlive();
    if (typeof ref === 'string') assertTableName(ref);
    const form = typeof ref === 'string' ? new StoreForm<Key, Value>(this.#engine, this.#engine.keyStores.store(ref)) : ref.form();
    const view = new KeyView(form.store, this.#hold.sequence);
    return new KvReader<Key, Value>({
      form: () => {
        this.#assertAlive();
        return form;
      },
      view: () => view,
      hold: () => ({ view, close: () => undefined, hold: this.#hold, assertAlive: () => this.#assertAlive() }),
    });
  }

  #assertAlive(): void {
    if (this.#closed) throw new FieldstoneError('CLOSED', 'the snapshot is closed');
    this.#engine.assertReadable();
    this.#engine.assertAlive(this.#hold);
  }

  /** Lets go of the old versions. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#engine.releaseSnapshot(this.#hold);
  }

  [Symbol.dispose](): void { this.close(); }
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}
