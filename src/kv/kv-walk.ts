import { FieldstoneError } from '#storage';
import type { KeyCursor } from '#txn';
import type { StoreForm } from './store-form.js';
import { jsonValue } from './value-form.js';
import { WalkedRun, WALKS, type WalkKind } from './walked-run.js';

/** What is read while a walk lasts. */
export interface WalkHold {
  readonly close: () => void;
  /** The snapshot that is read; when it has ended, assertAlive() throws the reason. */
  readonly hold: { readonly ended: boolean };
  readonly assertAlive: () => void;
  readonly view: { readonly sequence: number };
}

interface Opened<Key, Value> extends WalkHold {
  readonly form: StoreForm<Key, Value>;
  readonly cursor: KeyCursor;
}

export interface KvWalkOptions<Key, Value> {
  readonly what: WalkKind;
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
  /** Called at the first step, so that an unused walk holds nothing. */
  readonly open: () => Opened<Key, Value>;
}

const END: IteratorReturnResult<undefined> = Object.freeze({ value: undefined, done: true });

/** One walk over a store; `Item` is what `what` says. Most items stand ready in a run of texts. */
export class KvWalk<Key, Value, Item> implements IterableIterator<Item, undefined> {
  readonly #o: KvWalkOptions<Key, Value>;
  readonly #what: WalkKind;
  #opened: Opened<Key, Value> | undefined;
  #run: WalkedRun | undefined;
  /** The next item of the run, and how many it has. */
  #i = 0;
  #count = 0;
  #isJson = false;
  /** A step may throw, or must look at the signal. */
  #isWatched = false;
  /** Items that may come behind the run. */
  #left: number;
  #ended = false;

  constructor(options: KvWalkOptions<Key, Value>) {
    this.#o = options;
    this.#what = options.what;
    this.#left = options.limit;
  }

  [Symbol.iterator](): this { return this; }

  next(): IteratorResult<Item, undefined> {
    const opened = this.#opened;
    const run = this.#run;
    if (opened === undefined || run === undefined || this.#i === this.#count || opened.hold.ended || this.#isWatched) return this.#step();
    return { value: this.#ready(run), done: false };
  }

  /** The next item of the run. */
  #ready(run: WalkedRun): Item {
    const i = this.#i++;
    if (this.#what === WALKS.keys) return run.keys[i] as Item;
    const value = this.#isJson ? jsonValue(run.values[i] ?? '') : run.values[i];
    const item: unknown = this.#what === WALKS.values ? value : [run.keys[i], value];
    return item as Item; // what it is was chosen with the kind of the walk
  }

  #step(): IteratorResult<Item, undefined> {
    if (this.#ended) return END;
    try {
      const opened = this.#opened ??= this.#open();
      if (this.#o.signal?.aborted === true) throw new FieldstoneError('ABORTED', 'the walk was cancelled', { cause: this.#o.signal.reason });
      if (opened.hold.ended) opened.assertAlive();
      const run = this.#run ??= new WalkedRun(opened.form, this.#what);
      if (this.#i < this.#count) return { value: this.#ready(run), done: false };
      while (this.#left > 0 && opened.cursor.next()) {
        if (this.#fill(run, opened)) return { value: this.#ready(run), done: false };
        const item: unknown = this.#itemAt(opened);
        if (item === undefined) continue;
        this.#left--;
        return { value: item as Item, done: false };
      }
    } catch (e) {
      this.return();
      throw e;
    }
    return this.return();
  }

  #open(): Opened<Key, Value> {
    const opened = this.#o.open();
    this.#isJson = this.#what !== WALKS.keys && opened.form.store.kinds.values === 'json';
    this.#isWatched = this.#isJson || this.#o.signal !== undefined;
    return opened;
  }

  #fill(run: WalkedRun, { cursor }: Opened<Key, Value>): boolean {
    this.#i = 0;
    this.#count = run.take(cursor, this.#left);
    this.#left -= this.#count;
    return this.#count > 0;
  }

  /** The item that the cursor stands on; undefined: nothing any more, the value has expired. */
  #itemAt({ form, cursor, view }: Opened<Key, Value>): [Key, Value] | Key | Value | undefined {
    if (this.#what === WALKS.keys) return form.isWalkedExpired(cursor) ? undefined : form.decodeWalkedKey(cursor);
    const value = form.decodeWalked(cursor, view.sequence);
    return value === undefined || this.#what === WALKS.values ? value : [form.decodeWalkedKey(cursor), value];
  }

  return(): IteratorReturnResult<undefined> {
    this.#ended = true;
    this.#opened?.close();
    this.#opened = undefined;
    return END;
  }
}
