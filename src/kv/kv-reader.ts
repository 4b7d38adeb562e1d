import { USES_EXPIRY, type KeyView } from '#txn';
import { scanOf } from './kv-scan.js';
import type { KvRange, KvScan } from './kv-types.js';
import { KvWalk, type KvWalkOptions, type WalkHold } from './kv-walk.js';
import type { StoreForm } from './store-form.js';
import { WALKS, type WalkKind } from './walked-run.js';

/** Where a reader looks. */
export interface KvReaderSource<Key, Value> {
  /** The store now; throws what reading now would throw. */
  form(): StoreForm<Key, Value>;
  /** What is read: at this moment, in this snapshot, in this transaction. */
  view(form: StoreForm<Key, Value>): KeyView;
  /** Holds what is read while a walk lasts. */
  hold(): WalkHold & { readonly view: KeyView };
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

  entries(range: KvRange<Key> = {}): KvScan<[Key, Value]> { return this.#scan<[Key, Value]>(range, WALKS.entries); }
  keys(range: KvRange<Key> = {}): KvScan<Key> { return this.#scan<Key>(range, WALKS.keys); }
  values(range: KvRange<Key> = {}): KvScan<Value> { return this.#scan<Value>(range, WALKS.values); }

  #scan<Item>(range: KvRange<Key>, what: WalkKind): KvScan<Item> {
    const form = this.#source.form();
    const bytes = form.range(range);
    const { limit = Infinity, reverse = false, signal } = range;
    const options: KvWalkOptions<Key, Value> = {
      what, limit, signal,
      open: () => {
        const now = this.#source.form();
        const { view, hold, close, assertAlive } = this.#source.hold();
        // Each field by its name: V8 gives the copies that a spread makes ever new shapes, and drops the code of the walk for each.
        return { view, hold, close, assertAlive, form: now, cursor: view.cursor(bytes, reverse) };
      },
    };
    return scanOf(() => new KvWalk<Key, Value, Item>(options), form.engine.options.env.scheduler);
  }
}
