import type { Scheduler } from '#storage';
import type { KvScan } from '../kv/kv-types.js';
import { LevelError } from './level-errors.js';
import { boundsFrom, type LevelBounds } from './level-range.js';

// Reads are synchronous: the event loop gets a turn after this many items.
const ITEMS_PER_TURN = 512;

/** What a walk reads. */
export interface LevelWalkSource<Stored, Item> {
  readonly bounds: LevelBounds;
  /** Reads the same state however often it is called. */
  readonly scan: (bounds: LevelBounds) => KvScan<Stored>;
  readonly itemOf: (stored: Stored) => Item;
  readonly signal: AbortSignal | undefined;
  readonly scheduler: Scheduler;
  readonly close: () => void;
}

/** What the three kinds of iterators of abstract-level have in common. */
export interface LevelWalk<Item> {
  /** The next item, undefined at the end. Throws LEVEL_ABORTED. */
  next(): Promise<Item | undefined>;
  /** At most `size` items, none at the end. Throws LEVEL_ABORTED. */
  nextv(size: number): Promise<Item[]>;
  /** Goes on at the target, or at the next key in the direction of the walk. Outside of the range there is nothing. */
  seek(target: Uint8Array): void;
  close(): void;
}

export function levelWalk<Stored, Item>(source: LevelWalkSource<Stored, Item>): LevelWalk<Item> { return new Walk(source); }

class Walk<Stored, Item> implements LevelWalk<Item> {
  readonly #source: LevelWalkSource<Stored, Item>;
  /** What is left to walk; undefined: nothing. */
  #bounds: LevelBounds | undefined;
  /** Made by the first read, so that seek() before it costs nothing. */
  #items: Iterator<Stored> | undefined;
  #untilTurn = ITEMS_PER_TURN;

  constructor(source: LevelWalkSource<Stored, Item>) {
    this.#source = source;
    this.#bounds = source.bounds;
  }

  async next(): Promise<Item | undefined> {
    if (--this.#untilTurn <= 0 || this.#source.signal !== undefined) await this.#turn();
    return this.#read();
  }

  async nextv(size: number): Promise<Item[]> {
    const items: Item[] = [];
    if (this.#source.signal !== undefined) await this.#turn();
    while (items.length < size) {
      if (--this.#untilTurn <= 0) await this.#turn();
      const item = this.#read();
      if (item === undefined) break;
      items.push(item);
    }
    return items;
  }

  seek(target: Uint8Array): void {
    this.#items?.return?.();
    this.#items = undefined;
    this.#bounds = boundsFrom(this.#source.bounds, target);
  }

  close(): void {
    this.#items?.return?.();
    this.#items = undefined;
    this.#bounds = undefined;
    this.#source.close();
  }

  #read(): Item | undefined {
    if (this.#bounds === undefined) return undefined;
    this.#items ??= this.#source.scan(this.#bounds)[Symbol.iterator]();
    const next = this.#items.next();
    return next.done === true ? undefined : this.#source.itemOf(next.value);
  }

  async #turn(): Promise<void> {
    const { signal, scheduler } = this.#source;
    this.#untilTurn = ITEMS_PER_TURN;
    await new Promise<void>((resolve) => { scheduler.later(resolve); });
    if (signal?.aborted === true) throw new LevelError('LEVEL_ABORTED', 'Operation has been aborted', signal.reason);
  }
}
