import { byteRange, hashKey, KeyBuffer, keyCodec, type ByteRange, type KeyCodec, type KeyRange } from '#index';
import { FieldstoneError, PHASE, phases, type TextInterner, type TextMaker } from '#storage';
import { USES_EXPIRY, type Engine, type KeyCursor, type KeyStore } from '#txn';
import { PARTS_SUFFIX, readParts } from './parts.js';
import { sliceText } from './slice-text.js';
import { bodyStart, decodeValue, isExpired, isPlain, partsOf } from './value-form.js';

const HOT_VALUE_BYTES = 256;
/** Keys and values of stores are UTF-8. */
const UTF8: TextMaker = { decode: (bytes, start, end) => sliceText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), start, end) };
const RANGE_KEYS = new Set(['gt', 'gte', 'lt', 'lte', 'prefix', 'reverse', 'limit', 'signal']);

/** A store with its kinds: turns keys and values of users into bytes and back. One for each handle. */
export class StoreForm<Key, Value> {
  readonly engine: Engine;
  readonly store: KeyStore;
  readonly buffer = new KeyBuffer();
  hash = 0;
  readonly #codec: KeyCodec<Key>;
  readonly #keepsHot: boolean;
  readonly #keysAreText: boolean;
  readonly #interner: TextInterner | undefined;

  constructor(engine: Engine, store: KeyStore) {
    this.engine = engine;
    this.store = store;
    const codec: unknown = keyCodec(store.kinds.keys);
    this.#codec = codec as KeyCodec<Key>; // the caller's type of keys is checked when a key is encoded
    this.#keysAreText = store.kinds.keys === 'utf8';
    this.#interner = engine.interner;
    this.#keepsHot = store.kinds.values !== 'binary' && (store.kinds.keys === 'utf8' || store.kinds.keys === 'number');
  }

  /** Leaves the key in `buffer` and its hash in `hash`. Throws VALUE, LIMIT. */
  encodeKey(key: Key): void {
    this.#codec.encode(key, this.buffer);
    this.hash = hashKey(this.buffer.bytes, this.buffer.length);
  }

  /** The same for a key that is encoded already. */
  useKey(key: Uint8Array): void {
    this.buffer.reset();
    this.buffer.append(key);
    this.hash = hashKey(this.buffer.bytes, this.buffer.length);
  }

  decodeKey(bytes: Buffer, start: number, length: number): Key {
    if (!this.#keysAreText) return this.#codec.decode(bytes, start, start + length);
    const text: unknown = this.#interner === undefined ? sliceText(bytes, start, start + length) : this.#interner.text(bytes, start, start + length, UTF8);
    return text as Key; // utf8 keys are strings
  }

  /** True when texts that repeat are given again: walks must not cut them out of larger ones. */
  get internsTexts(): boolean { return this.#interner !== undefined; }

  /** Throws OPTION, VALUE, LIMIT. */
  range(range: KeyRange<Key>): ByteRange {
    for (const name of Object.keys(range)) {
      if (!RANGE_KEYS.has(name)) throw new FieldstoneError('OPTION', `unknown option "${name}" of a range; known: ${[...RANGE_KEYS].join(', ')}`, { option: name });
    }
    const { limit } = range;
    if (limit !== undefined && limit !== Infinity && (!Number.isSafeInteger(limit) || limit < 0)) {
      throw new FieldstoneError('OPTION', `limit is a number of keys >= 0, got ${limit}`, { option: 'limit' });
    }
    return byteRange(range, this.#codec);
  }

  isExpired(bytes: Buffer, start: number, end: number): boolean { return isExpired(bytes, start, end, this.engine.options.env.clock.nowMs()); }

  /** The value that stands in the bytes, as of `sequence` where it is in parts; undefined when it has expired. */
  decode(bytes: Buffer, start: number, end: number, sequence: number): Value | undefined {
    let decoded: unknown;
    const { values } = this.store.kinds;
    if (isPlain(bytes, start)) decoded = this.#whole(bytes, start + 1, end);
    else {
      if (this.isExpired(bytes, start, end)) return undefined;
      const parts = partsOf(bytes, start, end);
      if (parts === undefined) decoded = this.#whole(bytes, bodyStart(bytes, start), end);
      else {
        const whole = readParts(this.engine.keyStores.store(this.store.name + PARTS_SUFFIX, { keys: 'binary', values: 'binary' }), parts, sequence);
        decoded = decodeValue(whole, 0, whole.length, values);
      }
    }
    return decoded as Value; // the caller's type of values; its kind was fixed when the store was made
  }

  /** A value that is all there. */
  #whole(bytes: Buffer, start: number, end: number): unknown {
    const { values } = this.store.kinds;
    return this.#interner === undefined || values !== 'utf8' || start > end ? decodeValue(bytes, start, end, values) : this.#interner.text(bytes, start, end, UTF8);
  }

  /** The key that the cursor stands on. */
  decodeWalkedKey(cursor: KeyCursor): Key { return this.decodeKey(cursor.keyBytes, cursor.keyStart, cursor.keyLength); }

  /** The value that the cursor stands on; undefined when it has expired. */
  decodeWalked(cursor: KeyCursor, sequence: number): Value | undefined {
    cursor.readValue();
    return this.decode(cursor.valueBytes, cursor.valueStart, cursor.valueEnd, sequence);
  }

  /** True when the value that the cursor stands on is past its time. */
  isWalkedExpired(cursor: KeyCursor): boolean {
    if ((this.store.ownerFlags & USES_EXPIRY) === 0) return false;
    cursor.readValue();
    return this.isExpired(cursor.valueBytes, cursor.valueStart, cursor.valueEnd);
  }

  /** The newest value of a key, through the table of hot values. */
  newest(key: Key): Value | undefined {
    if (this.#keepsHot) {
      const value = this.store.hot.getFirst(key);
      if (value !== undefined) return value as Value;
    }
    this.encodeKey(key);
    if (this.#keepsHot) {
      const value = this.store.hot.get(this.hash, key);
      if (value !== undefined) return value as Value;
    }
    return phases.active ? this.#newestInParts() : this.#find(key);
  }

  /** The same steps, each with its time. */
  #newestInParts(): Value | undefined {
    const { store, hash, buffer } = this;
    const { sequence } = this.engine;
    if (!phases.measure(PHASE.index, () => store.find(buffer.bytes, buffer.length, sequence, hash))) return undefined;
    return phases.measure(PHASE.serialization, () => this.decode(store.foundBytes, store.foundStart, store.foundEnd, sequence));
  }

  #find(key: Key): Value | undefined {
    const { store, hash } = this;
    const { sequence } = this.engine;
    if (!store.find(this.buffer.bytes, this.buffer.length, sequence, hash)) return undefined;
    const { foundBytes, foundStart, foundEnd } = store;
    const value = this.decode(foundBytes, foundStart, foundEnd, sequence);
    const sizeBytes = foundEnd - foundStart;
    if (this.#keepsHot && isPlain(foundBytes, foundStart) && typeof value !== 'object' && sizeBytes <= HOT_VALUE_BYTES && (typeof key === 'string' || typeof key === 'number')) {
      store.hot.put(hash, key, value, sizeBytes);
    }
    return value;
  }
}
