import { AbstractIterator, AbstractKeyIterator, AbstractValueIterator } from 'abstract-level';
import { toBytes, type LevelData } from './formats.js';
import type { LevelWalk } from './level-walk.js';

/** Key and value as stored; undefined where they were not asked for. */
export type LevelEntry = [LevelData | undefined, LevelData | undefined];

/** Pairs of keys and values. The methods with an underscore are called by abstract-level. */
export class LevelIterator<Db, K, V> extends AbstractIterator<Db, K, V> {
  readonly #walk: LevelWalk<LevelEntry>;

  constructor(db: Db, options: object, walk: LevelWalk<LevelEntry>) {
    super(db, options);
    this.#walk = walk;
  }

  _next(): Promise<LevelEntry | undefined> { return this.#walk.next(); }
  _nextv(size: number): Promise<LevelEntry[]> { return this.#walk.nextv(size); }
  _seek(target: LevelData): void { this.#walk.seek(toBytes(target)); }
  async _close(): Promise<void> { this.#walk.close(); }
}

/** Keys alone. */
export class LevelKeyIterator<Db, K> extends AbstractKeyIterator<Db, K> {
  readonly #walk: LevelWalk<LevelData>;

  constructor(db: Db, options: object, walk: LevelWalk<LevelData>) {
    super(db, options);
    this.#walk = walk;
  }

  _next(): Promise<LevelData | undefined> { return this.#walk.next(); }
  _nextv(size: number): Promise<LevelData[]> { return this.#walk.nextv(size); }
  _seek(target: LevelData): void { this.#walk.seek(toBytes(target)); }
  async _close(): Promise<void> { this.#walk.close(); }
}

/** Values alone. */
export class LevelValueIterator<Db, K, V> extends AbstractValueIterator<Db, K, V> {
  readonly #walk: LevelWalk<LevelData>;

  constructor(db: Db, options: object, walk: LevelWalk<LevelData>) {
    super(db, options);
    this.#walk = walk;
  }

  _next(): Promise<LevelData | undefined> { return this.#walk.next(); }
  _nextv(size: number): Promise<LevelData[]> { return this.#walk.nextv(size); }
  _seek(target: LevelData): void { this.#walk.seek(toBytes(target)); }
  async _close(): Promise<void> { this.#walk.close(); }
}
