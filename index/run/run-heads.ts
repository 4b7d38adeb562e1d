import { head48, sharedPrefix } from '../key/compare-keys.js';

/** Of so many keys the head of one is kept. */
const STRIDE = 4;

/** What is looked at of a run. */
export interface HeadedKeys {
  readonly count: number;
  bytesAt(i: number): Uint8Array;
  startAt(i: number): number;
  lengthAt(i: number): number;
}

/**
 * The first six bytes of every fourth key of a run, behind those that all keys begin with, as integers side by side: a search narrows down to a few keys in
 * them, instead of fetching a key from memory at each step. Two bytes a key.
 */
export class RunHeads {
  readonly #heads: Float64Array;
  readonly #count: number;
  /** What all keys begin with: shared[0 .. sharedLength). */
  readonly #shared: Uint8Array;
  /** Where narrow() found the key to belong: at a place from `low` to `high`. */
  low = 0;
  high = 0;

  constructor(keys: HeadedKeys) {
    const { count } = keys;
    this.#count = count;
    const last = count - 1;
    const most = Math.min(keys.lengthAt(0), keys.lengthAt(last));
    const length = sharedPrefix(keys.bytesAt(0), keys.startAt(0), keys.bytesAt(last), keys.startAt(last), most);
    this.#shared = Uint8Array.prototype.slice.call(keys.bytesAt(0), keys.startAt(0), keys.startAt(0) + length);
    this.#heads = new Float64Array(Math.ceil(count / STRIDE));
    for (let i = 0; i < this.#heads.length; i++) {
      const at = i * STRIDE;
      this.#heads[i] = head48(keys.bytesAt(at), keys.startAt(at) + length, keys.startAt(at) + keys.lengthAt(at));
    }
  }

  get sizeBytes(): number { return this.#heads.byteLength; }
  /** Bytes that all keys begin with. */
  get sharedLength(): number { return this.#shared.length; }

  /** Sets `low` and `high`: the key begins as all do. False when the place is `low`. */
  narrow(key: Uint8Array, keyLength: number): boolean {
    const shared = this.#shared;
    for (let i = 0; i < shared.length; i++) {
      const difference = i < keyLength ? (key[i] ?? 0) - (shared[i] ?? 0) : -1;
      if (difference === 0) continue;
      this.low = difference < 0 ? 0 : this.#count;
      return false;
    }
    const head = head48(key, shared.length, keyLength);
    // Keys whose heads differ compare as their heads do; equal heads say nothing.
    const first = this.#place(head);
    // Mostly none or one is equal.
    let behind = first;
    for (let step = 1; behind < this.#heads.length && this.#heads[behind] === head; step *= 2) behind += step;
    this.low = first === 0 ? 0 : (first - 1) * STRIDE + 1;
    this.high = behind >= this.#heads.length ? this.#count : behind * STRIDE;
    return true;
  }

  /** Place of the first head that is not below the given one. */
  #place(head: number): number {
    const heads = this.#heads;
    let low = 0;
    let high = heads.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((heads[middle] ?? 0) < head) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
