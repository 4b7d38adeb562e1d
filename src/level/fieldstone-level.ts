import {
  AbstractLevel, type AbstractBatchOperation, type AbstractBatchOptions, type AbstractChainedBatch, type AbstractDatabaseOptions, type AbstractDelOptions,
  type AbstractOpenOptions, type AbstractPutOptions, type AbstractSnapshot,
} from 'abstract-level';
import { FieldstoneError } from '#storage';
import type { Durability } from '#txn';
import type { OpenOptions } from '../config/open-options.js';
import { Database } from '../database.js';
import type { KvOperation, KvRange, KvScan } from '../kv/kv-types.js';
import type { TxKv } from '../kv/tx-kv.js';
import { fromBytes, toBytes, type LevelData, type LevelFormat } from './formats.js';
import { LevelError } from './level-errors.js';
import { LevelIterator, LevelKeyIterator, LevelValueIterator, type LevelEntry } from './level-iterators.js';
import { boundsOf, type LevelRange } from './level-range.js';
import { LevelSnapshot, type LevelReader } from './level-snapshot.js';
import { levelWalk, type LevelWalk } from './level-walk.js';
import { folderAt, MEMORY, openStore, type LevelOpenOptions, type OpenedStore, type OpenFolder } from './open-store.js';

/** Options of the constructor: those of abstract-level, the name of the store, and those of `open`. */
export interface FieldstoneLevelOptions<K, V> extends AbstractDatabaseOptions<K, V>, Omit<OpenOptions, 'create'> {
  /** Name of the key-value store in the database. Default: `level`. */
  readonly store?: string | undefined;
}

/** Options of `put`, `del` and `batch` beside those of abstract-level. */
export interface LevelWriteOptions {
  /** True: acknowledged when it is on disk. False: acknowledged in memory, on disk at the next checkpoint. Default: `durability` of the database. */
  readonly sync?: boolean | undefined;
}

interface ReadOptions {
  readonly keyEncoding: LevelFormat;
  readonly valueEncoding: LevelFormat;
  readonly snapshot?: AbstractSnapshot | undefined;
}

interface WalkOptions extends ReadOptions, LevelRange {
  readonly keys?: boolean;
  readonly values?: boolean;
  readonly signal?: AbortSignal | undefined;
}

type StoredOperation = { readonly type: 'put'; readonly key: LevelData; readonly value: LevelData } | { readonly type: 'del'; readonly key: LevelData };

/** How the inherited methods take options of ours; abstract-level hands them on. */
export interface FieldstoneLevel<KDefault = string, VDefault = string> {
  open(options?: AbstractOpenOptions & Omit<OpenOptions, 'create'>): Promise<void>;
  put(key: KDefault, value: VDefault): Promise<void>;
  put<K = KDefault, V = VDefault>(key: K, value: V, options: AbstractPutOptions<K, V> & LevelWriteOptions): Promise<void>;
  del(key: KDefault): Promise<void>;
  del<K = KDefault>(key: K, options: AbstractDelOptions<K> & LevelWriteOptions): Promise<void>;
  batch(operations: AbstractBatchOperation<this, KDefault, VDefault>[]): Promise<void>;
  batch<K = KDefault, V = VDefault>(operations: AbstractBatchOperation<this, K, V>[], options: AbstractBatchOptions<K, V> & LevelWriteOptions): Promise<void>;
  batch(): AbstractChainedBatch<this, KDefault, VDefault>;
}

/**
 * An abstract-level database on a key-value store. It opens and closes its own database folder (`':memory:'` for one in memory),
 * or lives in a store of an open `Database`, which it never closes; other tables and stores may stand beside it.
 *
 * Throws OPTION for a location that is neither. What goes wrong on opening is the `cause` of LEVEL_DATABASE_NOT_OPEN.
 *
 * @example
 * const level = new FieldstoneLevel<string, { name: string }>('./data', { valueEncoding: 'json' });
 * await level.put('ada', { name: 'Ada' });
 * for await (const [key, value] of level.iterator({ gte: 'a' })) console.log(key, value.name);
 */
export class FieldstoneLevel<KDefault = string, VDefault = string> extends AbstractLevel<LevelData, KDefault, VDefault> {
  /** The folder; `':memory:'`; undefined in a database that was given. */
  readonly location: string | undefined;
  readonly #target: OpenFolder | Database;
  readonly #store: string;
  #opened: OpenedStore | undefined;
  #durability: Durability = 'commit';

  constructor(location: string | Database, options: FieldstoneLevelOptions<KDefault, VDefault> = {}) {
    if (typeof location !== 'string' && !(location instanceof Database)) {
      throw new FieldstoneError('OPTION', `a level database takes the path of a folder, '${MEMORY}', or an open Database`);
    }
    const { store = 'level', ...rest } = options;
    super(manifestOf(location), rest);
    this.location = typeof location === 'string' ? location : undefined;
    this.#target = typeof location === 'string' ? folderAt(location) : location;
    this.#store = store;
  }

  get #now(): OpenedStore {
    if (this.#opened === undefined) throw new LevelError('LEVEL_DATABASE_NOT_OPEN', 'Database is not open');
    return this.#opened;
  }

  /** @internal */
  async _open(options: LevelOpenOptions): Promise<void> {
    this.#opened = await openStore(this.#target, this.#store, options);
    this.#durability = this.#opened.database.options.durability;
  }

  /** @internal */
  async _close(): Promise<void> {
    const { database, ownsDatabase } = this.#now;
    if (ownsDatabase) await database.close();
    this.#opened = undefined;
  }

  /** @internal */
  _getSync(key: LevelData, options: ReadOptions): LevelData | undefined {
    const value = this.#reader(options).get(toBytes(key));
    return value === undefined ? undefined : fromBytes(value, options.valueEncoding);
  }

  /** @internal */
  async _get(key: LevelData, options: ReadOptions): Promise<LevelData | undefined> { return this._getSync(key, options); }

  /** @internal */
  async _getMany(keys: readonly LevelData[], options: ReadOptions): Promise<(LevelData | undefined)[]> {
    const values = this.#reader(options).getMany(keys.map(toBytes));
    return values.map((value) => (value === undefined ? undefined : fromBytes(value, options.valueEncoding)));
  }

  /** @internal */
  async _has(key: LevelData, options: ReadOptions): Promise<boolean> { return this.#reader(options).has(toBytes(key)); }

  /** @internal */
  async _hasMany(keys: readonly LevelData[], options: ReadOptions): Promise<boolean[]> {
    const reader = this.#reader(options);
    return keys.map((key) => reader.has(toBytes(key)));
  }

  /** @internal */
  _put(key: LevelData, value: LevelData, options: LevelWriteOptions): Promise<void> {
    const special = this.#special(options);
    if (special === undefined) return this.#now.kv.put(toBytes(key), toBytes(value));
    return this.#write(special, (kv) => kv.put(toBytes(key), toBytes(value)));
  }

  /** @internal */
  _del(key: LevelData, options: LevelWriteOptions): Promise<void> {
    const special = this.#special(options);
    if (special === undefined) return this.#now.kv.delete(toBytes(key));
    return this.#write(special, (kv) => kv.delete(toBytes(key)));
  }

  /** @internal */
  _batch(operations: readonly StoredOperation[], options: LevelWriteOptions): Promise<void> {
    const steps = operations.map((step): KvOperation<Uint8Array, Uint8Array> => (
      step.type === 'put' ? { type: 'put', key: toBytes(step.key), value: toBytes(step.value) } : { type: 'del', key: toBytes(step.key) }));
    const special = this.#special(options);
    return special === undefined ? this.#now.kv.batch(steps) : this.#write(special, (kv) => kv.batch(steps));
  }

  /** @internal */
  async _clear(options: LevelRange & Pick<ReadOptions, 'snapshot'>): Promise<void> {
    const { kv } = this.#now;
    const range: KvRange<Uint8Array> = { ...boundsOf(options), ...(options.limit < 0 ? {} : { limit: options.limit }) };
    if (options.snapshot === undefined) await kv.clear(range);
    else await kv.batch(this.#reader(options).keys(range).toArray().map((key) => ({ type: 'del', key })));
  }

  /** @internal */
  _iterator(options: WalkOptions): LevelIterator<this, KDefault, VDefault> {
    const { keyEncoding, valueEncoding } = options;
    const withKeys = options.keys !== false;
    if (options.values === false) {
      return new LevelIterator(this, options, this.#walk(options, (reader, range) => reader.keys(range), (key): LevelEntry => (
        [withKeys ? fromBytes(key, keyEncoding) : undefined, undefined])));
    }
    return new LevelIterator(this, options, this.#walk(options, (reader, range) => reader.entries(range), ([key, value]): LevelEntry => (
      [withKeys ? fromBytes(key, keyEncoding) : undefined, fromBytes(value, valueEncoding)])));
  }

  /** @internal */
  _keys(options: WalkOptions): LevelKeyIterator<this, KDefault> {
    const { keyEncoding } = options;
    return new LevelKeyIterator(this, options, this.#walk(options, (reader, range) => reader.keys(range), (key) => fromBytes(key, keyEncoding)));
  }

  /** @internal */
  _values(options: WalkOptions): LevelValueIterator<this, KDefault, VDefault> {
    const { valueEncoding } = options;
    return new LevelValueIterator(this, options, this.#walk(options, (reader, range) => reader.values(range), (value) => fromBytes(value, valueEncoding)));
  }

  /** @internal */
  _snapshot(options: object): AbstractSnapshot {
    const { database, kv } = this.#now;
    return new LevelSnapshot(options, database.snapshot(), kv);
  }

  /** Without a snapshot of its own a walk reads what stands there when it is made. */
  #walk<Stored, Item>(
    options: WalkOptions, scan: (reader: LevelReader, range: KvRange<Uint8Array>) => KvScan<Stored>, itemOf: (stored: Stored) => Item,
  ): LevelWalk<Item> {
    const { database, kv } = this.#now;
    const own = options.snapshot === undefined ? database.snapshot() : undefined;
    const reader = own === undefined ? this.#reader(options) : own.kv(kv);
    return levelWalk({
      bounds: boundsOf(options), scan: (bounds) => scan(reader, bounds), itemOf, signal: options.signal ?? undefined,
      scheduler: kv.form().engine.options.env.scheduler, close: () => own?.close(),
    });
  }

  #reader({ snapshot }: Pick<ReadOptions, 'snapshot'>): LevelReader {
    if (snapshot === undefined || snapshot === null) return this.#now.kv;
    if (snapshot instanceof LevelSnapshot) return snapshot.reader;
    throw new FieldstoneError('OPTION', 'the snapshot is not one of this database; make it with snapshot()', { option: 'snapshot' });
  }

  /** The durability of this write when it is another one than that of the database. */
  #special({ sync }: LevelWriteOptions): Durability | undefined {
    if (sync === undefined) return undefined;
    const wanted = sync ? 'commit' : 'none';
    return wanted === this.#durability ? undefined : wanted;
  }

  #write(durability: Durability, body: (kv: TxKv<Uint8Array, Uint8Array>) => void): Promise<void> {
    const { database, kv } = this.#now;
    return database.transaction((tx) => body(tx.kv(kv)), { durability });
  }
}

function manifestOf(target: string | Database) {
  // A store of a given database is there from its first write on, not from its opening: the two options can not mean what they should.
  const ownFolder = typeof target === 'string';
  return {
    encodings: { utf8: true, buffer: true, view: true }, createIfMissing: ownFolder, errorIfExists: ownFolder, permanence: target !== MEMORY,
    seek: true, has: true, getSync: true, implicitSnapshots: true, explicitSnapshots: true, signals: { iterators: true },
  };
}
