import { USES_EXPIRY, type KeyView } from '#txn';
import { kvScan, LEFT_OUT, type ItemOf, type KvScanSource } from './kv-scan.js';
import type { KvRange, KvScan } from './kv-types.js';
import type { StoreForm } from './store-form.js';
import { WalkedLeaf } from './walked-leaf.js';

/** Where a reader looks. */
export interface KvReaderSource<Key, Value> {
  /** The store now; throws what reading now would throw. */
  form(): StoreForm<Key, Value>;
  /** What is read: at this moment, in this snapshot, in this transaction. */
  view(form: StoreForm<Key, Value>): KeyView;
  /** Holds what is read while a walk lasts. */
  hold(): Omit<KvScanSource<unknown>, 'cursor' | 'itemOf'> & { readonly view: KeyView };
}

/** Reading a store: shared by handles, snapshots and transactions. */
export class KvReader<Key, Value> {
  readonly #source: KvReaderSource<Key, Value>;

  constructor(source: KvReaderSource<Key, Value>) { this.#source = source; }

  get(key: Key): Value | undefined {
    const form = this.#source.form();
    const view = this.#source.view(form);
    form.encodeKey(key);
    if (!view.find(form.buffer.bytes, form.buffer.length, form.hash)) return undefined;
    return form.decode(view.foundBytes, view.foundStart, view.foundEnd, view.sequence);
  }

  has(key: Key): boolean {
    const form = this.#source.form();
    const view = this.#source.view(form);
    form.encodeKey(key);
    return view.find(form.buffer.bytes, form.buffer.length, form.hash) && !form.isExpired(view.foundBytes, view.foundStart, view.foundEnd);
  }

  getMany(keys: Iterable<Key>): (Value | undefined)[] { return Array.from(keys, (key) => this.get(key)); }

  /** Counts keys. Cost: two paths through the tree and what changed lately; a walk when values of the store may expire or `limit` is given. */
  count(range: KvRange<Key> = {}): number {
    const form = this.#source.form();
    const bytes = form.range(range);
    if ((form.store.ownerFlags & USES_EXPIRY) === 0) return Math.min(this.#source.view(form).count(bytes), range.limit ?? Infinity);
    let count = 0;
    for (const _ of this.keys(range)) count++;
    return count;
  }

  entries(range: KvRange<Key> = {}): KvScan<[Key, Value]> {
    return this.#scan(range, (form, leaf, sequence) => (cursor) => {
      const value = form.decodeWalked(cursor, leaf, sequence);
      return value === undefined ? LEFT_OUT : [form.decodeWalkedKey(cursor), value];
    });
  }

  keys(range: KvRange<Key> = {}): KvScan<Key> {
    return this.#scan(range, (form) => (cursor) => {
      if ((form.store.ownerFlags & USES_EXPIRY) !== 0) {
        cursor.readValue();
        if (form.isExpired(cursor.valueBytes, cursor.valueStart, cursor.valueEnd)) return LEFT_OUT;
      }
      return form.decodeWalkedKey(cursor);
    });
  }

  values(range: KvRange<Key> = {}): KvScan<Value> {
    return this.#scan(range, (form, leaf, sequence) => (cursor) => form.decodeWalked(cursor, leaf, sequence) ?? LEFT_OUT);
  }

  /** `picker` is asked once for each walk. */
  #scan<Item>(range: KvRange<Key>, picker: (form: StoreForm<Key, Value>, leaf: WalkedLeaf, sequence: number) => ItemOf<Item>): KvScan<Item> {
    const form = this.#source.form();
    const bytes = form.range(range);
    return kvScan({
      open: () => {
        const now = this.#source.form();
        const hold = this.#source.hold();
        return { ...hold, cursor: hold.view.cursor(bytes, range.reverse ?? false), itemOf: picker(now, new WalkedLeaf(), hold.view.sequence) };
      },
      limit: range.limit ?? Infinity, signal: range.signal, scheduler: form.engine.options.env.scheduler,
    });
  }
}
