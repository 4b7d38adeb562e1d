import { USES_EXPIRY, USES_PARTS, type KeyStore, type OpenTransaction } from '#txn';
import { KvReader } from './kv-reader.js';
import type { KvOperation, KvRange, KvScan, PutOptions } from './kv-types.js';
import { assertValueSize, newPartsId, partKey, PARTS_SUFFIX } from './parts.js';
import type { StoreForm } from './store-form.js';
import { expiryOf, largeValueBytes, PART_BYTES, partsOf, storedParts, storedValue, type PartsRef } from './value-form.js';

/** A store inside a transaction: synchronous, and sees the body's own writes. */
export class TxKv<Key, Value> {
  readonly name: string;
  readonly #form: StoreForm<Key, Value>;
  readonly #open: OpenTransaction;
  readonly #reader: KvReader<Key, Value>;

  /** @internal */
  constructor(form: StoreForm<Key, Value>, open: OpenTransaction) {
    this.name = form.store.name;
    this.#form = form;
    this.#open = open;
    const { transaction } = open;
    this.#reader = new KvReader<Key, Value>({
      form: () => form,
      view: () => transaction.keyView(form.store),
      hold: () => ({
        view: transaction.keyView(form.store), close: () => undefined, hold: transaction.snapshot, assertAlive: () => { void transaction.snapshot; },
      }),
    });
  }

  get(key: Key): Value | undefined { return this.#reader.get(key); }
  has(key: Key): boolean { return this.#reader.has(key); }
  getMany(keys: Iterable<Key>): (Value | undefined)[] { return this.#reader.getMany(keys); }
  count(range?: KvRange<Key>): number { return this.#reader.count(range); }
  entries(range?: KvRange<Key>): KvScan<[Key, Value]> { return this.#reader.entries(range); }
  keys(range?: KvRange<Key>): KvScan<Key> { return this.#reader.keys(range); }
  values(range?: KvRange<Key>): KvScan<Value> { return this.#reader.values(range); }

  /** Throws VALUE, LIMIT, TXN_DONE, READ_ONLY. */
  put(key: Key, value: Value, options: PutOptions = {}): void {
    const form = this.#writable();
    const { store } = form;
    const expiresMs = expiryOf(options.expiresAt);
    const small = storedValue(value, store.kinds.values, expiresMs);
    const large = small === undefined ? largeValueBytes(value, store.kinds.values) : undefined;
    assertValueSize(large?.length ?? 0);
    form.encodeKey(key);
    this.#dropOldParts(form);
    if (expiresMs !== 0) store.ownerFlags |= USES_EXPIRY;
    const stored = large === undefined ? small : storedParts(this.#putParts(large), expiresMs);
    this.#open.transaction.putKey(store, form.buffer.bytes, form.buffer.length, stored);
  }

  /** Puts a value whose parts are written already. @internal */
  putRef(key: Key, parts: PartsRef, options: PutOptions): void {
    const form = this.#writable();
    const expiresMs = expiryOf(options.expiresAt);
    form.encodeKey(key);
    this.#dropOldParts(form);
    form.store.ownerFlags |= USES_PARTS | (expiresMs === 0 ? 0 : USES_EXPIRY);
    this.#open.transaction.putKey(form.store, form.buffer.bytes, form.buffer.length, storedParts(parts, expiresMs));
  }

  /** Removes the key; nothing happens when there is none. */
  delete(key: Key): void {
    const form = this.#writable();
    form.encodeKey(key);
    this.#dropOldParts(form);
    this.#open.transaction.putKey(form.store, form.buffer.bytes, form.buffer.length, undefined);
  }

  /** Removes the key with these bytes if its value has expired. @internal */
  deleteExpired(key: Uint8Array): boolean {
    const form = this.#writable();
    form.useKey(key);
    const view = this.#open.transaction.keyView(form.store);
    if (!view.find(form.buffer.bytes, form.buffer.length, form.hash) || !form.isExpired(view.foundBytes, view.foundStart, view.foundEnd)) return false;
    this.#dropOldParts(form);
    this.#open.transaction.putKey(form.store, form.buffer.bytes, form.buffer.length, undefined);
    return true;
  }

  batch(operations: Iterable<KvOperation<Key, Value>>): void {
    for (const operation of operations) {
      if (operation.type === 'put') this.put(operation.key, operation.value, operation);
      else this.delete(operation.key);
    }
  }

  /** Removes all keys of the range; without one, all. */
  clear(range: KvRange<Key> = {}): void {
    for (const key of this.keys(range).toArray()) this.delete(key);
  }

  #writable(): StoreForm<Key, Value> {
    this.#open.transaction.assertOpen();
    this.#form.engine.writeSide.assertWritable();
    return this.#form;
  }

  #partsStore(): KeyStore { return this.#form.engine.keyStores.store(this.name + PARTS_SUFFIX, { keys: 'binary', values: 'binary' }); }

  /** The parts of the value that is about to be replaced go with it. The key stands in the form's buffer. */
  #dropOldParts(form: StoreForm<Key, Value>): void {
    if ((form.store.ownerFlags & USES_PARTS) === 0) return;
    const { transaction } = this.#open;
    const view = transaction.keyView(form.store);
    if (!view.find(form.buffer.bytes, form.buffer.length, form.hash)) return;
    const parts = partsOf(view.foundBytes, view.foundStart, view.foundEnd);
    if (parts === undefined) return;
    const store = this.#partsStore();
    for (let i = 0; i < parts.count; i++) {
      const key = partKey(parts.id, i);
      transaction.putKey(store, key, key.length, undefined);
    }
  }

  #putParts(bytes: Uint8Array): PartsRef {
    const store = this.#partsStore();
    const id = newPartsId(this.#form.engine.options.env.random);
    const count = Math.ceil(bytes.length / PART_BYTES);
    this.#form.store.ownerFlags |= USES_PARTS;
    for (let i = 0; i < count; i++) {
      const key = partKey(id, i);
      this.#open.transaction.putKey(store, key, key.length, bytes.subarray(i * PART_BYTES, (i + 1) * PART_BYTES));
    }
    return { id, count, totalBytes: bytes.length };
  }
}
