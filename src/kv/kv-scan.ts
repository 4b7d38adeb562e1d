import { FieldstoneError, type Scheduler } from '#storage';
import type { KeyCursor } from '#txn';
import type { KvScan } from './kv-types.js';

/** Something that is walked step by step. */
export interface SteppedCursor { next(): boolean }

/** What a walk works with; made when it begins, closed when it ends. */
export interface KvScanSource<Item, Cursor extends SteppedCursor = KeyCursor> {
  readonly cursor: Cursor;
  readonly itemOf: ItemOf<Item, Cursor>;
  readonly close: () => void;
  /** The snapshot that is read; when it has ended, assertAlive() throws the reason. */
  readonly hold: { readonly ended: boolean };
  readonly assertAlive: () => void;
}

/** In place of an item: a walk passes by. */
export const LEFT_OUT = Symbol('left out');

/** The item that the cursor stands on. */
export type ItemOf<Item, Cursor extends SteppedCursor = KeyCursor> = (cursor: Cursor) => Item | typeof LEFT_OUT;

// An awaited item costs a promise; the event loop gets a turn after this many.
const ITEMS_PER_TURN = 512;

export interface KvScanOptions<Item, Cursor extends SteppedCursor = KeyCursor> {
  readonly open: () => KvScanSource<Item, Cursor>;
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
  readonly scheduler: Scheduler;
}

/** A walk over a store or an index; opens its source at the first step, so an unused one holds nothing. */
export function kvScan<Item, Cursor extends SteppedCursor = KeyCursor>(options: KvScanOptions<Item, Cursor>): KvScan<Item> {
  return scanOf(() => new KvIterator(options), options.scheduler);
}

/** Something that can be walked in all ways that users expect; `walk` begins one. */
export function scanOf<Item>(walk: () => IterableIterator<Item, undefined>, scheduler: Scheduler): KvScan<Item> {
  return {
    [Symbol.iterator]: walk,
    [Symbol.asyncIterator]: () => new AsyncWalk(walk(), scheduler),
    toArray: () => [...walk()],
  };
}

class KvIterator<Item, Cursor extends SteppedCursor> implements IterableIterator<Item, undefined> {
  readonly #o: KvScanOptions<Item, Cursor>;
  #source: KvScanSource<Item, Cursor> | undefined;
  #left: number;
  #ended = false;

  constructor(options: KvScanOptions<Item, Cursor>) {
    this.#o = options;
    this.#left = options.limit;
  }

  [Symbol.iterator](): this { return this; }

  next(): IteratorResult<Item, undefined> {
    if (this.#ended) return { value: undefined, done: true };
    try {
      const { signal } = this.#o;
      const source = this.#source ??= this.#o.open();
      if (signal?.aborted === true) throw new FieldstoneError('ABORTED', 'the walk was cancelled', { cause: signal.reason });
      if (source.hold.ended) source.assertAlive();
      while (this.#left > 0 && source.cursor.next()) {
        const value = source.itemOf(source.cursor);
        if (value === LEFT_OUT) continue;
        this.#left--;
        return { value, done: false };
      }
    } catch (e) {
      this.return();
      throw e;
    }
    return this.return();
  }

  return(): IteratorResult<Item, undefined> {
    this.#ended = true;
    this.#source?.close();
    this.#source = undefined;
    return { value: undefined, done: true };
  }
}

/** The items of a walk as promises; the next item is taken when it is asked for, also while the event loop has its turn. */
class AsyncWalk<Item> implements AsyncIterableIterator<Item> {
  readonly #items: IterableIterator<Item, undefined>;
  readonly #scheduler: Scheduler;
  #untilTurn = ITEMS_PER_TURN;
  #turn: Promise<void> | undefined;

  constructor(items: IterableIterator<Item, undefined>, scheduler: Scheduler) {
    this.#items = items;
    this.#scheduler = scheduler;
  }

  [Symbol.asyncIterator](): this { return this; }

  next(): Promise<IteratorResult<Item, undefined>> {
    try {
      const result = this.#items.next();
      if (--this.#untilTurn > 0) return this.#turn === undefined ? Promise.resolve(result) : this.#turn.then(() => result);
      return this.#afterTurn(result);
    } catch (e) {
      return Promise.reject(e);
    }
  }

  /** Who asks again before the turn is over waits for it as well: items keep their order. */
  #afterTurn(result: IteratorResult<Item, undefined>): Promise<IteratorResult<Item, undefined>> {
    this.#untilTurn = ITEMS_PER_TURN;
    const turn = new Promise<void>((resolve) => { this.#scheduler.later(resolve); }).then(() => {
      if (this.#turn === turn) this.#turn = undefined;
    });
    this.#turn = turn;
    return turn.then(() => result);
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    this.#items.return?.();
    return Promise.resolve({ value: undefined, done: true });
  }
}
