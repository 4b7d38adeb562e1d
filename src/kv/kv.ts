import { Readable } from 'node:stream';
import { FieldstoneError } from '#storage';
import { commitBatch, KeyBatch, KeyView, runTransaction, USES_EXPIRY, USES_PARTS, type Engine, type KeyStore, type StoreKinds } from '#txn';
import { assertOptions } from '../arguments.js';
import { operations, watched, type Operations } from '../operations.js';
import type { LongWorkOptions } from '../long-work.js';
import { compactStore, type CompactResult } from './compact-store.js';
import { KvReader } from './kv-reader.js';
import type { KvInfo, KvOperation, KvRange, KvScan, PutOptions } from './kv-types.js';
import { PARTS_SUFFIX, readPart } from './parts.js';
import { PartsWriter } from './parts-writer.js';
import { StoreForm } from './store-form.js';
import { TxKv } from './tx-kv.js';
import { bodyStart, draftOf, expiryOf, largeValueBytes, partsOf } from './value-form.js';

/** Bytes that go into a value piece by piece. */
export type ByteStream = Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>;

/**
 * A key-value store. Reads are synchronous and see the newest commit; a write resolves when it is committed. The store's file
 * is made at its first write.
 *
 * @example
 * const settings = db.kv<string, { theme: string }>('settings');
 * await settings.put('ada', { theme: 'dark' });
 * for (const [name, value] of settings.entries({ prefix: 'a' })) console.log(name, value.theme);
 */
export class Kv<Key = string, Value = unknown> {
  readonly name: string;
  readonly #engine: Engine;
  readonly #kinds: Partial<StoreKinds>;
  readonly #reader: KvReader<Key, Value>;
  readonly #ops: Operations;
  #form: StoreForm<Key, Value> | undefined;
  #generation = -1;

  /** @internal */
  constructor(engine: Engine, name: string, kinds: Partial<StoreKinds>) {
    this.#engine = engine;
    this.#kinds = kinds;
    this.#ops = operations(engine.options.probe);
    this.name = engine.keyStores.store(name, kinds).name;
    this.#reader = new KvReader<Key, Value>({
      form: () => this.form(),
      view: (form) => new KeyView(form.store, engine.sequence),
      hold: () => {
        const held = engine.takeSnapshot(`walk of ${this.name}`);
        return {
          view: new KeyView(this.form().store, held.sequence), hold: held,
          close: () => engine.releaseSnapshot(held), assertAlive: () => engine.assertAlive(held),
        };
      },
    });
  }

  /** Kinds of keys and values. */
  get kinds(): StoreKinds { return this.form().store.kinds; }

  /** What the store is, and how large. Costs what `count()` costs. */
  info(): KvInfo {
    const { store } = this.form();
    const { keyStores } = this.#engine;
    const parts = `${this.name}${PARTS_SUFFIX}`;
    return {
      name: this.name, file: store.options.file, ...store.kinds, entries: this.count(), sizeBytes: store.base?.publishedBytes ?? 0,
      partsBytes: keyStores.has(parts) ? keyStores.store(parts).base?.publishedBytes ?? 0 : 0,
    };
  }

  /** The store behind the handle. @internal */
  form(): StoreForm<Key, Value> {
    const engine = this.#engine;
    engine.assertReadable();
    if (this.#form === undefined || this.#generation !== engine.keyStores.generation) {
      this.#generation = engine.keyStores.generation;
      this.#form = new StoreForm<Key, Value>(engine, engine.keyStores.store(this.name, this.#kinds));
    }
    return this.#form;
  }

  /** What tx.lock() locks for a key. @internal */
  lockOf(key?: Key): { readonly space: string; readonly item?: string } {
    const form = this.form();
    if (key === undefined) return { space: form.store.id };
    form.encodeKey(key);
    return { space: form.store.id, item: form.buffer.bytes.toString('latin1', 0, form.buffer.length) };
  }

  /** The value, or undefined. Throws CLOSED, VALUE, LIMIT, CORRUPT_PAGE, IO. */
  get(key: Key): Value | undefined {
    const op = this.#ops.kvGet;
    if (--op.left < 0 || op.start.hasSubscribers) return this.#watchedGet(key);
    return this.form().newest(key);
  }

  #watchedGet(key: Key): Value | undefined {
    const op = this.#ops.kvGet;
    const startNs = op.begin();
    if (startNs < 0) return this.#toldGet(key);
    try {
      return this.form().newest(key);
    } finally {
      op.end(this.name, startNs);
    }
  }

  // Apart, because a function that holds a closure pays for its variables at each call.
  #toldGet(key: Key): Value | undefined { return this.#ops.kvGet.run(this.name, () => this.form().newest(key)); }

  has(key: Key): boolean { return this.#reader.has(key); }
  /** Values in the order of the keys. */
  getMany(keys: Iterable<Key>): (Value | undefined)[] {
    const form = this.form();
    const read = (): (Value | undefined)[] => Array.from(keys, (key) => form.newest(key));
    const op = this.#ops.kvGetMany;
    return --op.left < 0 || op.start.hasSubscribers ? op.run(this.name, read) : read();
  }

  /** Number of keys, of the range if one is given. */
  count(range?: KvRange<Key>): number { return this.#reader.count(range); }
  /** Pairs in key order, as they are when the walk begins. */
  entries(range?: KvRange<Key>): KvScan<[Key, Value]> { return this.#reader.entries(range); }
  keys(range?: KvRange<Key>): KvScan<Key> { return this.#reader.keys(range); }
  values(range?: KvRange<Key>): KvScan<Value> { return this.#reader.values(range); }

  /** Writes one value. Throws VALUE, LIMIT, READ_ONLY, FULL, COMMIT_UNKNOWN, POISONED. */
  put(key: Key, value: Value, options: PutOptions = {}): Promise<void> {
    const op = this.#ops.kvPut;
    return --op.left < 0 || op.start.hasSubscribers ? this.#watchedPut(key, value, options) : this.#putOrReject(key, value, options);
  }

  #watchedPut(key: Key, value: Value, options: PutOptions): Promise<void> {
    return this.#ops.kvPut.runAsync(this.name, () => this.#putOrReject(key, value, options));
  }

  #putOrReject(key: Key, value: Value, options: PutOptions): Promise<void> {
    try {
      return this.#put(key, value, options);
    } catch (e) {
      return Promise.reject(e);
    }
  }

  /** Throws at once what is wrong with its arguments. Not an async function: that would cost two promises more. */
  #put(key: Key, value: Value, options: PutOptions): Promise<void> {
    const form = this.#writable();
    if ((form.store.ownerFlags & USES_PARTS) !== 0) return this.#inTransaction((tx) => tx.put(key, value, options));
    const batch = new KeyBatch(form.store);
    if (!this.#addPut(form, batch, key, value, options)) return this.#putLarge(key, value, options);
    return commitBatch(this.#engine, batch);
  }

  /** Removes a key; nothing happens when there is none. */
  delete(key: Key): Promise<void> { return watched(this.#ops.kvDelete, this.name, () => this.#delete(key)); }

  async #delete(key: Key): Promise<void> {
    const form = this.#writable();
    if ((form.store.ownerFlags & USES_PARTS) !== 0) return this.#inTransaction((tx) => tx.delete(key));
    const batch = new KeyBatch(form.store);
    form.encodeKey(key);
    batch.add(form.buffer.bytes, form.buffer.length, undefined, form.hash);
    return commitBatch(this.#engine, batch);
  }

  /** Several puts and deletes, in this order, all of them or none. */
  batch(steps: Iterable<KvOperation<Key, Value>>): Promise<void> { return watched(this.#ops.kvBatch, this.name, () => this.#batch(steps)); }

  async #batch(steps: Iterable<KvOperation<Key, Value>>): Promise<void> {
    const form = this.#writable();
    const batch = new KeyBatch(form.store);
    const list = Array.isArray(steps) ? steps as readonly KvOperation<Key, Value>[] : [...steps]; // an array of what the parameter says
    if ((form.store.ownerFlags & USES_PARTS) !== 0) return this.#inTransaction((tx) => tx.batch(list));
    for (const operation of list) {
      if (operation.type === 'put') {
        if (!this.#addPut(form, batch, operation.key, operation.value, operation)) return this.#inTransaction((tx) => tx.batch(list));
      } else if (operation.type === 'del') {
        form.encodeKey(operation.key);
        batch.add(form.buffer.bytes, form.buffer.length, undefined, form.hash);
      } else throw new FieldstoneError('OPTION', `a step of a batch has the type 'put' or 'del'`, { option: 'type' });
    }
    return commitBatch(this.#engine, batch);
  }

  /** Removes all keys of the range; without one, all. */
  async clear(range: KvRange<Key> = {}): Promise<void> {
    const form = this.#writable();
    if ((form.store.ownerFlags & USES_PARTS) !== 0) return this.#inTransaction((tx) => tx.clear(range));
    const batch = new KeyBatch(form.store);
    const cursor = new KeyView(form.store, this.#engine.sequence).cursor(form.range(range), range.reverse ?? false);
    for (let left = range.limit ?? Infinity; left > 0 && cursor.next(); left--) {
      batch.add(cursor.keyBytes.subarray(cursor.keyStart, cursor.keyStart + cursor.keyLength), cursor.keyLength, undefined);
    }
    return commitBatch(this.#engine, batch);
  }

  /**
   * Writes a value from a stream, in memory for a few parts of it. Others see it when all of it is there. Not for `json` values.
   * Throws UNSUPPORTED, and what the stream throws: then nothing has changed.
   */
  async putStream(key: Key, source: ByteStream, options: PutOptions = {}): Promise<void> {
    const form = this.#writable();
    if (form.store.kinds.values === 'json') throw new FieldstoneError('UNSUPPORTED', 'a value from a stream is bytes or text; use a store of binary or utf8 values');
    expiryOf(options.expiresAt);
    form.encodeKey(key); // VALUE and LIMIT before the first byte is read
    const writer = new PartsWriter(this.#engine, this.#partsStore());
    const parts = await writer.write(source);
    await this.#inTransaction((tx, transaction) => {
      tx.putRef(key, parts, options);
      writer.finish(transaction);
    });
  }

  /** The bytes of a value, read piece by piece from one snapshot; undefined when there is none. Destroy it when it is not read to its end. */
  getStream(key: Key): Readable | undefined {
    const form = this.form();
    form.encodeKey(key);
    const { store, buffer } = form;
    const { sequence } = this.#engine;
    if (!store.find(buffer.bytes, buffer.length, sequence, form.hash)) return undefined;
    const { foundBytes, foundStart, foundEnd } = store;
    if (form.isExpired(foundBytes, foundStart, foundEnd)) return undefined;
    const parts = partsOf(foundBytes, foundStart, foundEnd);
    if (parts === undefined) return Readable.from([Buffer.from(foundBytes.subarray(bodyStart(foundBytes, foundStart), foundEnd))], { objectMode: false });
    const engine = this.#engine;
    const partsStore = this.#partsStore();
    const held = engine.takeSnapshot(`stream of ${this.name}`);
    let position = 0;
    return new Readable({
      read() {
        try {
          engine.assertAlive(held);
          this.push(position < parts.count ? Buffer.from(readPart(partsStore, parts, position++, held.sequence)) : null);
        } catch (e) {
          this.destroy(e instanceof Error ? e : new Error(String(e)));
        }
      },
      destroy(error, done) {
        engine.releaseSnapshot(held);
        done(error);
      },
    });
  }

  /**
   * Rewrites the files of the store densely: free space goes, expired values go. Reads and writes go on meanwhile; each file is swapped in
   * one step, and open snapshots keep what they saw. Throws ABORTED (cancelled, or so much was written meanwhile that the copy
   * ran out of `snapshotMemory`), READ_ONLY, FULL.
   *
   * @example
   * const { bytesBefore, bytesAfter } = await settings.compact({ onProgress: ({ done, total }) => console.log(done, 'of', total) });
   */
  compact(options: LongWorkOptions = {}): Promise<CompactResult> {
    try {
      assertOptions(options, ['signal', 'onProgress'], 'compact');
      this.#writable();
    } catch (e) {
      return Promise.reject(e);
    }
    return compactStore(this.#engine, this.name, options);
  }

  #writable(): StoreForm<Key, Value> {
    const form = this.form();
    this.#engine.writeSide.assertWritable();
    return form;
  }

  /** False, with nothing added, for a value so large that it is kept in parts. */
  #addPut(form: StoreForm<Key, Value>, batch: KeyBatch, key: Key, value: Value, options: PutOptions): boolean {
    const expiresMs = expiryOf(options.expiresAt);
    const draft = draftOf(value, form.store.kinds.values, expiresMs);
    if (draft === undefined) return false;
    if (expiresMs !== 0) form.store.ownerFlags |= USES_EXPIRY;
    form.encodeKey(key);
    batch.addFrom(form.buffer.bytes, form.buffer.length, draft, form.hash);
    return true;
  }

  async #putLarge(key: Key, value: Value, options: PutOptions): Promise<void> {
    const bytes = Buffer.from(largeValueBytes(value, this.kinds.values)); // a copy: the caller may change its array while it is written
    const writer = new PartsWriter(this.#engine, this.#partsStore());
    const parts = await writer.write([bytes]);
    await this.#inTransaction((tx, transaction) => {
      tx.putRef(key, parts, options);
      writer.finish(transaction);
    });
  }

  #partsStore(): KeyStore { return this.#engine.keyStores.store(this.name + PARTS_SUFFIX, { keys: 'binary', values: 'binary' }); }

  #inTransaction(body: (tx: TxKv<Key, Value>, transaction: Parameters<PartsWriter['finish']>[0]) => void): Promise<void> {
    return runTransaction(this.#engine, (open) => { body(new TxKv<Key, Value>(this.form(), open), open.transaction); });
  }
}
