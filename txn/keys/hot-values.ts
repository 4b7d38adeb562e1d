import type { HotBudget } from './hot-budget.js';
import { HotFront } from './hot-front.js';

const FIRST_PLACES = 1 << 12;
/** So many neighbouring places take the keys of a hash: half full, a few keys in a hundred find all of them taken. */
const WAYS = 4;
/** A key and its value besides their text: objects, their places in map and table. */
const ENTRY_BYTES = 128;
/** A map of more keys would stop the program for too long when it makes itself larger. */
const MAX_KEYS = 1 << 20;
/** Bits of the doorkeeper for each entry that the budget allows. */
const DOOR_BITS = 8;
const EVICTIONS = 4;
/** After so many reads it is decided anew where to look first. */
const WINDOW_READS = 2048;

/**
 * The newest values of keys that were read more than once lately, decoded, bounded by the bytes of a budget that all stores share. A
 * commit lets its keys go before anybody can read, so what is found is never old.
 *
 * Values stand in a map by the key as the caller gives it: who finds one needs neither the bytes of the key nor their hash. The keys read most stand
 * in the front too. A map costs time when it has nothing, so each is asked first only while it answers half of the reads
 * (docs/decisions/hot-reads.md). A commit knows its keys by their bytes: for it, and to choose who must go, each key has one of the
 * four places that its hash names in a table.
 *
 * Only a key that was read before comes in. The first read leaves a bit in a filter (the doorkeeper of TinyLFU: G. Einziger,
 * R. Friedman, B. Manes, 2017), which is emptied before it is full: a pass over many keys costs no memory here.
 */
export class HotValues {
  readonly #budget: HotBudget;
  readonly #values = new Map<unknown, unknown>();
  readonly #front: HotFront;
  #valuesPay = true;
  #windowLeft = WINDOW_READS;
  #windowHits = 0;
  /** The key at each place; undefined = none. */
  #keys: unknown[] = new Array<unknown>(WAYS).fill(undefined);
  #hashes = new Int32Array(WAYS);
  #sizes = new Uint16Array(WAYS);
  #mask = 0;
  #count = 0;
  #bytes = 0;
  #hand = 0;
  #door = new Uint8Array(1);
  #doorMask = 0;
  #knocks = 0;
  #hitsBefore = 0;

  constructor(budget: HotBudget) {
    this.#budget = budget;
    this.#front = new HotFront(budget.limitBytes);
    budget.join();
  }

  get count(): number { return this.#count; }
  get sizeBytes(): number { return this.#bytes; }
  /** Reads that found a value here. */
  get hits(): number { return this.#hitsBefore + this.#windowHits; }

  /** The value kept for exactly this key, if it pays to look before the key has bytes. When there is none, ask get(). */
  getFirst(key: unknown): unknown {
    if (--this.#windowLeft < 0) this.#judge();
    if (this.#front.pays) {
      const value = this.#front.get(key);
      if (value !== undefined) {
        this.#windowHits++;
        return value;
      }
    }
    return this.#valuesPay ? this.#fromValues(key) : undefined;
  }

  /** The same for a key that has its bytes and their hash. */
  get(hash: number, key: unknown): unknown {
    if (this.#valuesPay) return undefined;
    const hashes = this.#hashes;
    const h = hash | 0;
    let place = hash & this.#mask;
    // Written out: this is the whole cost of a read that finds nothing here.
    if (hashes[place] !== h && hashes[++place] !== h && hashes[++place] !== h && hashes[++place] !== h) return undefined;
    return this.#fromValues(key);
  }

  #fromValues(key: unknown): unknown {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#windowHits++;
    this.#front.foundBehind(key, value);
    return value;
  }

  #judge(): void {
    this.#valuesPay = this.#windowHits * 2 > WINDOW_READS;
    this.#front.judge(WINDOW_READS);
    this.#hitsBefore += this.#windowHits;
    this.#windowHits = 0;
    this.#windowLeft = WINDOW_READS;
  }

  /** Keeps the value when this is not the first read of the key. `valueBytes` and the key's length say what it takes. */
  put(hash: number, key: string | number, value: unknown, valueBytes: number): void {
    if (!this.#knock(hash)) return;
    const sizeBytes = ENTRY_BYTES + valueBytes + (typeof key === 'string' ? key.length : 0);
    if (sizeBytes > 0xffff || this.#count >= MAX_KEYS || !this.#makeRoom(sizeBytes)) return;
    if (this.#count * 2 >= this.#hashes.length) this.#grow();
    const place = this.#placeFor(hash);
    this.#free(place);
    this.#set(place, hash, key, value, sizeBytes);
  }

  /** A key of that hash changed. */
  invalidate(hash: number): void {
    const first = hash & this.#mask;
    for (let place = first; place < first + WAYS; place++) if (this.#hashes[place] === (hash | 0)) this.#free(place);
  }

  /** The store is closed. */
  close(): void {
    this.#budget.leave();
    this.#budget.change(-this.#bytes);
    this.#bytes = 0;
    this.#count = 0;
    this.#values.clear();
    this.#front.clear();
    this.#resize(WAYS);
  }

  /** True when the key came before. */
  #knock(hash: number): boolean {
    if (this.#doorMask === 0) {
      if (this.#budget.limitBytes === 0) return false;
      const bits = 2 ** Math.ceil(Math.log2(Math.max(FIRST_PLACES, (this.#budget.limitBytes / ENTRY_BYTES / 2) * DOOR_BITS)));
      this.#door = new Uint8Array(bits / 8);
      this.#doorMask = bits - 1;
    }
    const place = Math.imul(hash, 0x9e3779b1) >>> 0 & this.#doorMask;
    const byte = this.#door[place >>> 3] ?? 0;
    const bit = 1 << (place & 7);
    if ((byte & bit) !== 0) return true;
    if (++this.#knocks * 4 > this.#doorMask) {
      this.#door.fill(0);
      this.#knocks = 1;
    }
    this.#door[place >>> 3] = (this.#door[place >>> 3] ?? 0) | bit;
    return false;
  }

  /** Lets old entries go until the new one fits; false when it does not. */
  #makeRoom(sizeBytes: number): boolean {
    for (let evictions = 0; !this.#budget.hasRoom(this.#bytes, sizeBytes); evictions++) {
      if (this.#count === 0 || evictions === EVICTIONS) return false;
      do this.#hand = this.#hand + 1 < this.#hashes.length ? this.#hand + 1 : 0;
      while (this.#keys[this.#hand] === undefined);
      this.#free(this.#hand);
    }
    return true;
  }

  /** An empty place, or else one that the upper bits of the hash choose. */
  #placeFor(hash: number): number {
    const first = hash & this.#mask;
    for (let place = first; place < first + WAYS; place++) if (this.#keys[place] === undefined) return place;
    return first + (hash >>> 30);
  }

  #set(place: number, hash: number, key: unknown, value: unknown, sizeBytes: number): void {
    this.#keys[place] = key;
    this.#values.set(key, value);
    this.#hashes[place] = hash;
    this.#sizes[place] = sizeBytes;
    this.#count++;
    this.#bytes += sizeBytes;
    this.#budget.change(sizeBytes);
  }

  #free(place: number): void {
    const key = this.#keys[place];
    if (key === undefined) return;
    this.#values.delete(key);
    this.#front.delete(key);
    this.#keys[place] = undefined;
    this.#hashes[place] = 0;
    const sizeBytes = this.#sizes[place] ?? 0;
    this.#count--;
    this.#bytes -= sizeBytes;
    this.#budget.change(-sizeBytes);
  }

  /** Twice the places: what stood in four of them goes to one of two fours, so nothing is lost. */
  #grow(): void {
    const [keys, hashes, sizes] = [this.#keys, this.#hashes, this.#sizes];
    const before = hashes.length;
    this.#resize(Math.max(FIRST_PLACES, before * 2));
    for (let from = 0; from < before; from++) {
      if (keys[from] === undefined) continue;
      const hash = hashes[from] ?? 0;
      const to = this.#placeFor(hash);
      this.#keys[to] = keys[from];
      this.#hashes[to] = hash;
      this.#sizes[to] = sizes[from] ?? 0;
    }
  }

  #resize(places: number): void {
    this.#keys = new Array<unknown>(places).fill(undefined);
    this.#hashes = new Int32Array(places);
    this.#sizes = new Uint16Array(places);
    this.#mask = places - WAYS;
    this.#hand = 0;
  }
}
