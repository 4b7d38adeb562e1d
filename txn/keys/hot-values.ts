/**
 * The newest values of keys that were read lately, decoded: a bounded table with one place for each hash. A commit empties the places of
 * its keys before anybody can read, so what is found is never old.
 */
export class HotValues {
  #keys: unknown[] = [undefined];
  #values: unknown[] = [undefined];
  /** Hash that was last read at each place: only a key that is read twice in a row there comes in. */
  #seen = new Int32Array(1);
  /** Hash of the key that is kept: tells most misses without a look at the key itself. */
  #hashes = new Int32Array(1);
  #mask = 0;
  readonly #places: number;
  hits = 0;

  /** @param places a power of two; they take memory from the first put() on */
  constructor(places: number) { this.#places = places; }

  #grow(): void {
    const places = this.#places;
    this.#keys = new Array<unknown>(places).fill(undefined);
    this.#values = new Array<unknown>(places).fill(undefined);
    this.#seen = new Int32Array(places);
    this.#hashes = new Int32Array(places);
    this.#mask = places - 1;
  }

  /** The value kept for exactly this key (compared by ===), or undefined. */
  get(hash: number, key: unknown): unknown {
    const place = hash & this.#mask;
    if (this.#hashes[place] !== (hash | 0) || this.#keys[place] !== key) return undefined;
    this.hits++;
    return this.#values[place];
  }

  /** Keeps the value when this is not the first read of the key here. */
  put(hash: number, key: unknown, value: unknown): void {
    if (this.#mask === 0) this.#grow();
    const place = hash & this.#mask;
    if (this.#seen[place] !== (hash | 0)) {
      this.#seen[place] = hash;
      return;
    }
    this.#hashes[place] = hash;
    this.#keys[place] = key;
    this.#values[place] = value;
  }

  /** A key of that hash changed. */
  invalidate(hash: number): void {
    const place = hash & this.#mask;
    if (this.#keys[place] === undefined) return;
    this.#keys[place] = undefined;
    this.#values[place] = undefined;
  }
}
