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
  return {
    [Symbol.iterator]: () => new KvIterator(options),
    [Symbol.asyncIterator]: () => asyncItems(new KvIterator(options), options.scheduler),
    toArray: () => [...new KvIterator(options)],
  };
}

class KvIterator<Item, Cursor extends SteppedCursor> implements IterableIterator<Item> {
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

async function* asyncItems<Item, Cursor extends SteppedCursor>(items: KvIterator<Item, Cursor>, scheduler: Scheduler): AsyncGenerator<Item> {
  let untilTurn = ITEMS_PER_TURN;
  try {
    for (let next = items.next(); next.done !== true; next = items.next()) {
      yield next.value;
      if (--untilTurn > 0) continue;
      untilTurn = ITEMS_PER_TURN;
      await new Promise<void>((resolve) => { scheduler.later(resolve); });
    }
  } finally {
    items.return();
  }
}
