import { EventEmitter } from 'node:events';
import type { KeyvStoreAdapter, StoredData } from 'keyv';
import { FieldstoneError } from '#storage';
import type { OpenOptions } from '../config/open-options.js';
import { Database } from '../database.js';
import type { Kv } from '../kv/kv.js';
import type { KvOperation } from '../kv/kv-types.js';
import { open } from '../open.js';
import { fromStoredText, toStoredText } from './stored-text.js';

/** Options of the constructor: the name of the store, and those of `open`. */
export interface FieldstoneKeyvOptions extends OpenOptions {
  /** Name of the key-value store in the database. Default: `keyv`. */
  readonly store?: string | undefined;
}

/** One value of `setMany`. */
export interface KeyvSetEntry {
  readonly key: string;
  readonly value: unknown;
  /** Milliseconds until it expires. Default: never. */
  readonly ttl?: number | undefined;
}

/** One true for each entry. Keyv declares that nothing comes back, and hands on what comes back. */
export type KeyvSetResults = boolean[] & void;

interface Opened {
  readonly database: Database;
  readonly kv: Kv<string, string>;
}

/**
 * A storage adapter for Keyv 5 on a key-value store. It opens its own database folder at the first call (`':memory:'` for one in
 * memory) and closes it with `disconnect()`, or lives in a store of an open `Database`, which it never closes.
 *
 * Keyv puts the namespace before each key; give each Keyv an adapter of its own, on the same database and store if you like.
 *
 * @example
 * const keyv = new Keyv({ store: new FieldstoneKeyv('./cache'), namespace: 'pages' });
 * await keyv.set('/', html, 60_000);
 */
export class FieldstoneKeyv extends EventEmitter implements KeyvStoreAdapter {
  /** What Keyv and its users keep here; `dialect` and `url` decide whether Keyv has an iterator. */
  readonly opts: Record<string, unknown>;
  /** Set by Keyv; `clear()` removes the keys of this namespace alone. */
  namespace?: string | undefined;
  readonly #target: string | Database;
  readonly #store: string;
  readonly #openOptions: OpenOptions;
  #opening: Promise<Opened> | undefined;
  #disconnected = false;

  /** Throws OPTION for a location that is neither the path of a folder nor an open database. */
  constructor(location: string | Database, options: FieldstoneKeyvOptions = {}) {
    super();
    if (typeof location !== 'string' && !(location instanceof Database)) {
      throw new FieldstoneError('OPTION', `a Keyv adapter takes the path of a folder, ':memory:', or an open Database`);
    }
    const { store = 'keyv', ...openOptions } = options;
    this.#target = location;
    this.#store = store;
    this.#openOptions = openOptions;
    // Keyv 5 offers iterator() to dialects of a closed list only; of those this is the kind that also lives in the process.
    this.opts = { dialect: 'sqlite', url: `fieldstone:${typeof location === 'string' ? location : store}`, store };
    this.setMaxListeners(0); // every Keyv on this adapter listens to errors and never stops
  }

  /** The value; undefined when there is none or when it has expired. */
  async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
    try {
      return valueOf<Value>((await this.#open()).kv.get(key));
    } catch (e) {
      if (this.listenerCount('error') > 0) this.emit('error', e); // Keyv drops what get() throws unless told otherwise
      throw e;
    }
  }

  /** Values in the order of the keys. */
  async getMany<Value>(keys: string[]): Promise<(StoredData<Value> | undefined)[]> {
    const { kv } = await this.#open();
    return kv.getMany(keys).map((text) => valueOf<Value>(text));
  }

  async has(key: string): Promise<boolean> { return (await this.#open()).kv.has(key); }

  async hasMany(keys: string[]): Promise<boolean[]> {
    const { kv } = await this.#open();
    return keys.map((key) => kv.has(key));
  }

  /** Resolves when it is committed. `ttl` in milliseconds; none, or 0, is for ever. Throws VALUE, LIMIT, READ_ONLY, FULL. */
  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    const { kv } = await this.#open();
    await kv.put(key, toStoredText(value), { expiresAt: expiryIn(kv, ttl) });
    return true;
  }

  /** All of them or, when it throws, none. */
  async setMany(entries: readonly KeyvSetEntry[]): Promise<KeyvSetResults> {
    const { kv } = await this.#open();
    await kv.batch(entries.map(({ key, value, ttl }): KvOperation<string, string> => (
      { type: 'put', key, value: toStoredText(value), expiresAt: expiryIn(kv, ttl) })));
    return entries.map(() => true) as KeyvSetResults;
  }

  /** True when the key was there. */
  delete(key: string): Promise<boolean> { return this.deleteMany([key]); }

  /** True when one of the keys was there; all are gone, or none when it throws. */
  async deleteMany(keys: string[]): Promise<boolean> {
    const { database, kv } = await this.#open();
    return database.transaction((tx) => {
      const store = tx.kv(kv);
      const found = keys.filter((key) => store.has(key));
      for (const key of found) store.delete(key);
      return found.length > 0;
    });
  }

  /** Removes the keys of the namespace; without one, all keys of the store. */
  async clear(): Promise<void> {
    const { kv } = await this.#open();
    await kv.clear(rangeOf(this.namespace));
  }

  /** Keys with their values as they are when it begins, in the order of the keys. */
  async *iterator<Value>(namespace?: string): AsyncGenerator<[string, Awaited<Value> | undefined], void> {
    const { kv } = await this.#open();
    for await (const [key, text] of kv.entries(rangeOf(namespace))) yield [key, fromStoredText(text) as Awaited<Value>]; // the caller's type of values
  }

  /** Closes the database if the adapter opened it. Later calls throw CLOSED. */
  async disconnect(): Promise<void> {
    if (this.#target instanceof Database) return;
    this.#disconnected = true;
    const opened = await this.#opening?.catch(() => undefined); // what did not open need not be closed
    await opened?.database.close();
  }

  /** A failed attempt is made again by the next call. */
  async #open(): Promise<Opened> {
    if (this.#disconnected) throw new FieldstoneError('CLOSED', 'the Keyv adapter is disconnected; make a new one');
    const opening = this.#opening ??= this.#openNow();
    try {
      return await opening;
    } catch (e) {
      if (this.#opening === opening) this.#opening = undefined;
      throw e;
    }
  }

  async #openNow(): Promise<Opened> {
    const database = typeof this.#target === 'string' ? await open(this.#target, this.#openOptions) : this.#target;
    return { database, kv: database.kv<string, string>(this.#store, { keys: 'utf8', values: 'utf8' }) };
  }
}

function valueOf<Value>(text: string | undefined): StoredData<Value> | undefined {
  return text === undefined ? undefined : fromStoredText(text) as StoredData<Value>; // the caller's type of values
}

function rangeOf(namespace: string | undefined): { readonly prefix?: string } {
  return namespace === undefined || namespace === '' ? {} : { prefix: `${namespace}:` };
}

function expiryIn(kv: Kv<string, string>, ttlMs: number | undefined): number | undefined {
  return typeof ttlMs !== 'number' || ttlMs === 0 ? undefined : kv.form().engine.options.env.clock.nowMs() + ttlMs;
}
