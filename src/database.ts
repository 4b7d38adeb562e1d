import { ArgumentRangeError, ArgumentTypeError, FieldstoneError, type TraceSubsystem, type Vfs } from '#storage';
import { RecordView, renameFiles, runTransaction, runTransactionSync, installFiles, withTableToItself, type Durability, type Engine, type Isolation, type OpenTransaction, type RecordStore, type TableEntry } from '#txn';
import type { Options, ResolvedOptions } from './config/open-options.js';
import { assertFunction, assertOptions, assertSchemaObject, shown } from './arguments.js';
import { operations, watched, type Operations } from './operations.js';
import type { ContinuousOptions, ContinuousProfiler } from './profile/continuous.js';
import type { Health } from './profile/health.js';
import type { Instruments } from './profile/instruments.js';
import type { Monitor, MonitorOptions } from './profile/monitor/monitor.js';
import type { OperationProfile } from './profile/operation-profile.js';
import type { ProfileOptions } from './profile/profile-options.js';
import type { Profiler } from './profile/profiler.js';
import type { DatabaseStats } from './profile/statistics.js';
import type { Trace, TraceOptions } from './profile/trace.js';
import { indexesOf } from './indexes/indexes-of.js';
import { makeIndex } from './indexes/make-index.js';
import type { IndexAdvice } from './query/advise.js';
import type { IndexMaker } from './query/auto-index.js';
import { DatabaseQueries, type QueryLogView } from './query/database-queries.js';
import { Snapshot } from './snapshot.js';
import { backupDatabase, type BackupResult } from './backup.js';
import { checkDatabase, type CheckOptions, type CheckResult } from './check/check-database.js';
import { repairDatabase, type RepairOptions, type RepairResult } from './check/repair-database.js';
import { importTable, type ImportTableOptions } from './import/import-table.js';
import { Collection } from './collection/collection.js';
import { collectionNames } from './collection/collection-names.js';
import { collectionQueries } from './collection/collection-queries.js';
import type { CollectionOptions, StoredDocument } from './collection/collection-types.js';
import { createCollection } from './collection/create-collection.js';
import { Kv } from './kv/kv.js';
import type { KvOptions } from './kv/kv-types.js';
import { sweepExpired } from './kv/expiry-sweep.js';
import { assertStoreOptions, visibleStores } from './kv/store-names.js';
import { alterTable, type AlterTableChange } from './table/alter-table.js';
import { assertNoStrangers, createTable, type CreateTableOptions } from './table/create-table.js';
import type { InputOfSchema, RowOf, TableSchema } from './table/field-types.js';
import { plannedFrom, renamedIndexFile } from './table/rebuild.js';
import { TableCodec } from './table/table-codec.js';
import type { LongWorkOptions } from './long-work.js';
import type { TableHost } from './table/table-host.js';
import { assertTableName } from './table/table-name.js';
import { assertSchemaFits } from './table/table-schema.js';
import { Table, type AnyInput, type AnyRow } from './table/table.js';
import { Tx } from './transaction/tx.js';
import { assertWritable, namedIndexes, type IndexPolicy } from './table/write-guard.js';

/** Options of one transaction. */
export interface TransactionOptions {
  /** For reports and errors. */
  readonly name?: string;
  /** `serializable` also proves at commit that nothing that was read has changed. Default `snapshot`. */
  readonly isolation?: Isolation;
  /** How often the body is run again after a conflict. Default: the database's `retries`. */
  readonly retries?: number;
  /** Rolled back with ABORTED when it is open longer, in milliseconds. Default: no limit. */
  readonly timeoutMs?: number;
  /** Default: the database's `durability`. */
  readonly durability?: Durability;
}

/** Options of db.table(). */
export interface TableOptions {
  /** Before the first write, set index files aside that would go stale. Default `refuse`. */
  readonly indexes?: IndexPolicy;
}

/** The handle of a table with a declared schema. */
export type TableFor<Schema extends TableSchema> = Table<RowOf<Schema> & { readonly $recno: number; readonly $deleted: boolean }, InputOfSchema<Schema>>;

const TRANSACTION_OPTIONS = ['name', 'isolation', 'retries', 'timeoutMs', 'durability'];

/**
 * An open database folder. Made by open().
 *
 * @example
 * const db = await open('./data');
 * const people = await db.createTable('people', { name: char(30), born: date() });
 * await people.insert({ name: 'Ada', born: new Date('1815-12-10') });
 * await db.close();
 */
export class Database {
  readonly #engine: Engine;
  readonly #options: ResolvedOptions;
  readonly #codecs = new WeakMap<TableEntry, TableCodec>();
  readonly #schemas = new Map<string, TableSchema>();
  readonly #host: TableHost;
  readonly #queries: DatabaseQueries;
  readonly #operations: Operations;
  readonly #instruments: Instruments;
  readonly #outside: Vfs;

  /**
   * `outside`: where files lie that the user names by their paths.
   * @internal
   */
  constructor(engine: Engine, options: ResolvedOptions, instruments: Instruments, outside: Vfs) {
    this.#engine = engine;
    this.#outside = outside;
    this.#options = options;
    this.#operations = operations(engine.options.probe);
    this.#instruments = instruments;
    const { env, probe, warn } = engine.options;
    this.#queries = new DatabaseQueries({ env, outside, probe, warn, knobs: options.values, maker: this.#maker(), search: this.#operations.tableFind });
    instruments.useQueries(this.#queries.view);
    this.#host = {
      engine,
      codecOf: (entry) => this.#codecOf(entry),
      queries: { context: this.#queries.context, indexesOf },
      collections: collectionQueries(engine, this.#queries.context),
      transaction: (body, options) => this.transaction(body, options),
    };
    if (!engine.options.readOnly) engine.upkeep = () => sweepExpired(engine);
  }

  /** How indexes of tables are looked up and made for advice. */
  #maker(): IndexMaker {
    const engine = this.#engine;
    return {
      indexesOf: (source) => {
        if (!engine.tables.state.has(source.toLowerCase())) return undefined;
        const codec = this.#codecOf(engine.entry(source));
        const { sources } = indexesOf(engine, codec, new RecordView(codec.store, engine.sequence));
        return sources.map(({ name, fields, where }) => ({ name, on: where === undefined ? fields.map(({ path }) => path) : [] }));
      },
      create: ({ source, name, on }) => makeIndex(this.#host, source, 'refuse', name, { on }),
    };
  }

  /** The resolved options, and where each came from. */
  get options(): Options & { readonly sources: ResolvedOptions['sources'] } {
    return { ...this.#options.values, sources: this.#options.sources };
  }

  get isClosed(): boolean { return this.#engine.isClosed; }

  /** Names of all tables: every .dbf in the folder. */
  tables(): string[] {
    this.#engine.assertReadable();
    return [...this.#engine.tables.state.values()].map((entry) => entry.name);
  }

  /** Names of all collections: the tables that hold documents. Tables that can not be opened are left out. */
  collections(): string[] {
    this.#engine.assertReadable();
    return collectionNames(this.#host);
  }

  /**
   * An existing collection; its type of documents is up to you. Throws NOT_FOUND, SCHEMA (a table that holds no documents), CORRUPT_DBF.
   *
   * @example
   * const users = db.collection<{ email: string; tags: string[] }>('users');
   */
  collection<Doc extends object = Record<string, unknown>>(name: string): Collection<StoredDocument<Doc>> {
    this.#engine.assertReadable();
    return new Collection<StoredDocument<Doc>>(this.#host, this.#engine.entry(name).name);
  }

  /**
   * Makes a collection of documents: a Visual FoxPro table with the column `_ID`, the declared columns, and a memo with the rest. Its
   * indexes are made with it in one step (those in files of xBase programs after it). Throws EXISTS, NAME, SCHEMA, OPTION, QUERY, NOT_FOUND, READ_ONLY, FULL.
   *
   * @example
   * const users = await db.createCollection('users', { columns: { email: char(80) }, indexes: [{ name: 'by_tag', on: ['tags'] }] });
   */
  async createCollection<Doc extends object = Record<string, unknown>>(
    name: string, options: CollectionOptions = {},
  ): Promise<Collection<StoredDocument<Doc>>> {
    await createCollection(this.#host, name, options);
    return this.collection<Doc>(name);
  }

  /** Names of all key-value stores. */
  stores(): string[] {
    this.#engine.assertReadable();
    return visibleStores(this.#engine);
  }

  /**
   * A key-value store; made at its first write. Kinds of keys and values are fixed then. Throws NAME, OPTION, SCHEMA (other kinds),
   * CORRUPT_PAGE, VERSION.
   */
  kv<Key = string, Value = unknown>(name: string, options: KvOptions = {}): Kv<Key, Value> {
    this.#engine.assertReadable();
    assertStoreOptions(name, options);
    return new Kv<Key, Value>(this.#engine, name, options);
  }

  #codecOf(entry: TableEntry): TableCodec {
    const store = this.#engine.store(entry);
    let codec = this.#codecs.get(entry);
    if (codec === undefined || codec.store !== store) {
      codec = new TableCodec(store, entry, this.#schemas.get(entry.name.toLowerCase()), this.#engine.interner);
      this.#codecs.set(entry, codec);
    }
    return codec;
  }

  /**
   * An existing table, rows typed by its header, or by `schema`, which is checked against the header.
   * Throws NOT_FOUND, SCHEMA, CORRUPT_DBF, UNSUPPORTED.
   */
  table(name: string, schema?: undefined, options?: TableOptions): Table<AnyRow, AnyInput>;
  table<Schema extends TableSchema>(name: string, schema: Schema, options?: TableOptions): TableFor<Schema>;
  table(name: string, schema?: TableSchema, options: TableOptions = {}): unknown {
    this.#engine.assertReadable();
    assertOptions(options, ['indexes'], 'table');
    const policy = options.indexes ?? 'refuse';
    if (policy !== 'refuse' && policy !== 'detach') throw new FieldstoneError('OPTION', `indexes must be 'refuse' or 'detach', got ${shown(policy)}`, { option: 'indexes' });
    const entry = this.#engine.entry(name);
    const store = this.#engine.store(entry);
    if (schema !== undefined) {
      assertSchemaObject(schema);
      assertSchemaFits(schema, store.layout, entry);
      this.#schemas.set(entry.name.toLowerCase(), schema);
      this.#codecs.delete(entry);
    }
    return new Table<never, never>(this.#host, entry.name, policy);
  }

  /** Makes a table. Throws EXISTS, NAME, SCHEMA, READ_ONLY, FULL. */
  async createTable<Schema extends TableSchema>(name: string, schema: Schema, options: CreateTableOptions = {}): Promise<TableFor<Schema>> {
    void this.#engine.writeSide; // CLOSED, READ_ONLY
    assertTableName(name);
    assertOptions(options, ['dialect', 'encoding', 'ifNotExists'], 'createTable');
    if (options.ifNotExists !== true || !this.#engine.tables.state.has(name.toLowerCase())) {
      await createTable(this.#engine, name, schema, options);
    }
    return this.table(name, schema);
  }

  /**
   * Makes a table with its rows in one step: until all rows are in place there is no table, and if anything fails there is
   * none. Any number of rows in bounded memory. Throws EXISTS, NAME, SCHEMA, VALUE (names the row), ABORTED, READ_ONLY, FULL.
   *
   * @example
   * await db.importTable('cities', { name: char(30), people: numeric(10) }, [{ name: 'Oslo', people: 724_290 }]);
   */
  importTable<Schema extends TableSchema>(
    name: string, schema: Schema, rows: Iterable<InputOfSchema<Schema>> | AsyncIterable<InputOfSchema<Schema>>, options: ImportTableOptions = {},
  ): Promise<{ readonly count: number }> {
    return importTable(this.#host, name, schema, rows, options);
  }

  /** Removes the table's files, its memo and its index files included; xBase index files with another name than the table's stay. Throws NOT_FOUND. */
  async dropTable(name: string): Promise<void> {
    const engine = this.#engine;
    engine.writeSide.assertWritable();
    await engine.exclusively(async () => {
      const entry = engine.entry(name);
      const store = engine.store(entry);
      const memoFiles = store.base.memo === undefined ? [] : [store.base.memo.name];
      const files = new Set([entry.tableFile, ...memoFiles, ...namedIndexes(entry), ...sideFiles(entry), ...ownIndexFiles(store)]);
      await withTableToItself(engine, store, () => installFiles(engine, { before: entry, after: undefined, files: [], removed: [...files] }));
      this.#schemas.delete(name.toLowerCase());
    });
  }

  /** Gives the table and its files another name. Throws NOT_FOUND, EXISTS, NAME. */
  async renameTable(from: string, to: string): Promise<void> {
    const engine = this.#engine;
    engine.writeSide.assertWritable();
    assertTableName(to);
    await engine.exclusively(async () => {
      const entry = engine.entry(from);
      const store = engine.store(entry);
      assertWritable(store, entry);
      if (engine.tables.state.has(to.toLowerCase())) throw new FieldstoneError('EXISTS', `table "${to}" exists already`, { table: to });
      assertNoStrangers(engine, to);
      const names = new Map<string, string>();
      for (const file of new Set([entry.tableFile, ...(store.base.memo === undefined ? [] : [store.base.memo.name]), ...sideFiles(entry)])) {
        names.set(file, `${to}${file.slice(file.lastIndexOf('.'))}`);
      }
      for (const file of indexFiles(store)) names.set(file, renamedIndexFile(file, entry.tableFile, to));
      const memoFile = store.base.memo === undefined ? undefined : names.get(store.base.memo.name);
      const indexes = store.indexes.ownDefinitions()
        .map(({ file, ...index }) => ({ ...index, ...(file === undefined ? {} : { file: names.get(file) ?? file }) }));
      const planned = plannedFrom(entry, memoFile, indexes);
      const attached = planned.attached?.map((file) => names.get(file) ?? file);
      const after = { ...planned, name: to, tableFile: names.get(entry.tableFile) ?? `${to}.dbf`, ...(attached === undefined ? {} : { attached }) };
      await withTableToItself(engine, store, () => renameFiles(engine, entry, after, names));
    });
  }

  /** Adds, drops and renames fields by building the table anew. Throws NOT_FOUND, SCHEMA, UNSUPPORTED. */
  async alterTable(name: string, change: AlterTableChange): Promise<void> {
    await alterTable(this.#host, name, change);
    this.#schemas.delete(name.toLowerCase());
  }

  /**
   * Runs `body` and commits what it wrote; all of it or none of it survives. A throw rolls back. After
   * a conflict the body runs again, so it should have no other effects.
   * Throws CONFLICT (retries used up), DEADLOCK, FULL, COMMIT_UNKNOWN, POISONED, LIMIT, ABORTED.
   */
  transaction<Result>(body: (tx: Tx) => Result | Promise<Result>, options: TransactionOptions = {}): Promise<Result> {
    try {
      checkTransaction(body, options);
    } catch (e) {
      return Promise.reject(e);
    }
    return watched(this.#operations.transaction, options.name ?? '', () => runTransaction(this.#engine, (open) => body(this.#tx(open)), options));
  }

  /** The same, committed before it returns. The body must be synchronous; it is not run again. */
  transactionSync<Result>(body: (tx: Tx) => Result, options: Omit<TransactionOptions, 'retries' | 'timeoutMs'> = {}): Result {
    checkTransaction(body, options);
    const op = this.#operations.transaction;
    const run = (): Result => runTransactionSync(this.#engine, (open) => body(this.#tx(open)), options);
    return --op.left < 0 || op.start.hasSubscribers ? op.run(options.name ?? '', run) : run();
  }

  #tx(open: OpenTransaction): Tx { return new Tx(this.#engine, open, this.#host); }

  /** What is remembered of queries by shape, and slow ones; no values unless `queryLogValues` asks for them. */
  get queryLog(): QueryLogView { return this.#queries.view; }

  /** Indexes that the remembered queries lack, with the evidence, those that would spare most first. */
  advise(): IndexAdvice[] { return this.#queries.advise(); }

  /** A stable view while others write. Close it. */
  snapshot(): Snapshot {
    return new Snapshot(this.#engine, this.#host, this.#engine.takeSnapshot('snapshot'));
  }

  /** Folds the log into the plain files now. */
  checkpoint(): Promise<void> { return watched(this.#operations.checkpoint, '', () => this.#engine.checkpoint()); }

  /** Read-only handles: goes on from the state that the folder has now. */
  refresh(): Promise<void> {
    return new Promise((resolve) => {
      this.#engine.refresh();
      resolve();
    });
  }

  /**
   * Looks for damage in the tables as last committed (headers, every record, memo pointers), in key-value stores (every page,
   * key and value), in the catalog and among files of ours. Changes nothing; writes go on meanwhile. Also on read-only handles beside a writer.
   * Throws NOT_FOUND for an unknown table, ABORTED.
   *
   * @example
   * const { ok, findings } = await db.check();
   * for (const f of findings) console.log(f.severity, f.code, f.file, f.recno, f.message);
   */
  check(options: CheckOptions = {}): Promise<CheckResult> { return checkDatabase(this.#engine, options); }

  /**
   * Rebuilds damaged tables and key-value stores from what can be read: wrong counts and lengths in headers, odd delete marks, a record that was
   * cut off, memo pointers that lead nowhere, a missing memo file; damaged pages of a store. Repaired copies are written first, then each table is swapped
   * in one step; the originals stay beside it as `<file>.bak-<n>`. Tables without damage are not touched. Values that are no
   * numbers or days stay as they are: what was meant is not known. Throws READ_ONLY, NOT_FOUND, ABORTED, POISONED.
   *
   * @example
   * const { tables } = await db.repair({ tables: ['orders'] });
   * console.log(tables[0].status, tables[0].actions, tables[0].kept);
   */
  repair(options: RepairOptions = {}): Promise<RepairResult> { return repairDatabase(this.#engine, options); }

  /**
   * Copies the database as it is at this moment into a new folder of plain files (tables, memos, catalog), while writes go
   * on. The copy is synced and opened once; the folder appears whole or not at all. Record numbers stay, memo files are packed,
   * indexes are made anew; index files that can only be read are left out where their table changed. A database in memory is saved to the disk.
   * Throws EXISTS unless the folder is absent or empty, NAME when it lies inside the database, NOT_FOUND, ABORTED, FULL.
   *
   * @example
   * await db.backup('/backup/2024-12-31', { onProgress: ({ done, total }) => console.log(done, 'of', total) });
   */
  backup(folder: string, options: LongWorkOptions = {}): Promise<BackupResult> { return backupDatabase(this.#engine, folder, options, this.#outside); }

  /**
   * What was counted since the database was opened: cache by kind of page, files, operations with their times, log, locks by shard,
   * transactions, codecs, memory, pauses. Numbers and names only, never values.
   *
   * @example
   * const { cache, operations } = db.stats();
   * console.log(cache.table.hitRate, operations.find(({ name }) => name === 'table.get')?.latencyNs.p99);
   */
  stats(): DatabaseStats { return this.#instruments.stats(); }

  /** The same as text for Prometheus (exposition format 0.0.4). */
  metrics(): string { return this.#instruments.metrics(); }

  /** Whether the database is well, and what a person should look at. */
  health(): Health { return this.#instruments.health(); }

  /**
   * Changes how much is measured, from now on: the options `profiling` and `samplingRate` at run time. Counts go on. Throws OPTION, CLOSED.
   *
   * @example
   * db.setProfiling('times', 0.05);
   */
  setProfiling(level: 'off' | 'counts' | 'times', samplingRate: number = this.#options.values.samplingRate): void {
    this.#instruments.setProfiling(level, samplingRate);
  }

  /**
   * Records where time and memory go until stop() is called. Throws OPTION, CLOSED.
   *
   * @example
   * const profiler = db.profile({ cpu: true, io: true, locks: true });
   * await work();
   * const profile = await profiler.stop();
   * await profile.save('report.html');
   */
  profile(options: ProfileOptions = {}): Profiler { return this.#instruments.profile(options); }

  /**
   * Runs `work` once and takes its time apart: waiting for locks, cache, files, codec, turning rows into bytes and back, index, log.
   * Other work at the same time is not counted in the parts. Throws NAME, VALUE, CLOSED, and what `work` throws.
   *
   * @example
   * const { text } = await db.profileOperation('transfer', () => db.transaction((tx) => transfer(tx)));
   * console.log(text); // transfer 1.42 ms: io 1.10, log 0.21, serialization 0.05, other 0.06
   */
  profileOperation<Result>(name: string, work: () => Result | Promise<Result>): Promise<OperationProfile<Result>> {
    return this.#instruments.profileOperation(name, work);
  }

  /**
   * Takes profiles again and again, in production mode unless said otherwise, and keeps them in a folder or hands them over. Throws OPTION, CLOSED.
   *
   * @example
   * const continuous = db.profileContinuously({ everyMs: 600_000, lengthMs: 30_000, folder: './profiles', keep: { ageMs: 86_400_000 } });
   */
  profileContinuously(options: ContinuousOptions): ContinuousProfiler { return this.#instruments.profileContinuously(options); }

  /**
   * Watches the counters: rules, slow operations, memory; with events and a history of one hour. Throws OPTION, CLOSED.
   *
   * @example
   * const monitor = db.monitor({ rules: [{ when: 'cache-hit-rate-below', share: 0.8 }], onEvent: ({ message }) => console.log(message) });
   */
  monitor(options: MonitorOptions = {}): Monitor { return this.#instruments.monitor(options); }

  /**
   * Switches on the trace of a part of the engine: each of its steps, in a ring of the last ones and for a callback. Throws OPTION, CLOSED.
   *
   * @example
   * const trace = db.trace('lock', { capacity: 100, onEvent: (event) => console.log(event) });
   * await work();
   * trace.stop();
   */
  trace(subsystem: TraceSubsystem | readonly TraceSubsystem[], options: TraceOptions = {}): Trace { return this.#instruments.trace(subsystem, options); }

  /** Checkpoints, releases the lock. Open transactions end with CLOSED; later calls throw CLOSED. */
  async close(): Promise<void> {
    this.#queries.close();
    await Promise.all([this.#engine.close(), this.#instruments.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> { return this.close(); }
}

/** Index files that are kept with the table. */
function indexFiles(store: RecordStore): string[] {
  return [...new Set(store.indexes.definitions().flatMap(({ file }) => (file === undefined ? [] : [file])))];
}

/** Those that nobody else has a use for. */
function ownIndexFiles(store: RecordStore): string[] { return store.indexes.ownDefinitions().flatMap(({ file }) => file ?? []); }

function sideFiles(entry: TableEntry): string[] { return entry.siblings.filter((name) => /\.cpg$/i.test(name)); }

function checkTransaction(body: unknown, options: TransactionOptions): void {
  assertFunction(body, 'the body of a transaction');
  assertOptions(options, TRANSACTION_OPTIONS, 'a transaction');
  const { name, isolation, retries, timeoutMs, durability } = options;
  if (name !== undefined && typeof name !== 'string') throw new ArgumentTypeError('OPTION', `name is text, got ${shown(name)}`);
  if (retries !== undefined && (!Number.isSafeInteger(retries) || retries < 0)) {
    throw new ArgumentRangeError('OPTION', `retries is a whole number from 0, got ${shown(retries)}`);
  }
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0)) {
    throw new ArgumentRangeError('OPTION', `timeoutMs is a number of milliseconds above 0, got ${shown(timeoutMs)}`);
  }
  if (isolation !== undefined && isolation !== 'snapshot' && isolation !== 'serializable') throw new FieldstoneError('OPTION', `isolation must be 'snapshot' or 'serializable'`, { option: 'isolation' });
  if (durability !== undefined && !['commit', 'interval', 'none'].includes(durability)) throw new FieldstoneError('OPTION', `durability must be 'commit', 'interval' or 'none'`, { option: 'durability' });
}
