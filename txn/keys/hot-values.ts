import type { HotBudget } from './hot-budget.js';

const FIRST_PLACES = 1 << 12;
/** So many neighbouring places take the keys of a hash: half full, a few keys in a hundred find all of them taken. */
const WAYS = 4;
/** A key and its value besides their text: objects, the table's places. */
const ENTRY_BYTES = 96;
/** Bits of the doorkeeper for each entry that the budget allows. */
const DOOR_BITS = 8;
const EVICTIONS = 4;

/**
 * The newest values of keys that were read more than once lately, decoded: a table bounded by the bytes of a budget that all stores share. A
 * commit empties the places of its keys before anybody can read, so what is found is never old.
 *
 * Only a key that was read before comes in. The first read leaves a bit in a filter (the doorkeeper of TinyLFU: G. Einziger,
 * R. Friedman, B. Manes, 2017), which is emptied before it is full: a pass over many keys costs no memory here.
 */
export class HotValues {
  readonly #budget: HotBudget;
  /** Of each place the key and the value, side by side: one line of the processor's cache. */
  #entries: unknown[] = new Array<unknown>(2 * WAYS).fill(undefined);
  #hashes = new Int32Array(WAYS);
  #sizes = new Uint16Array(WAYS);
  #mask = 0;
  #count = 0;
  #bytes = 0;
  #hand = 0;
  #door = new Uint8Array(1);
  #doorMask = 0;
  #knocks = 0;
  hits = 0;

  constructor(budget: HotBudget) {
    this.#budget = budget;
    budget.join();
  }

  get count(): number { return this.#count; }
  get sizeBytes(): number { return this.#bytes; }

  /** The value kept for exactly this key (compared by ===), or undefined. */
  get(hash: number, key: unknown): unknown {
    const hashes = this.#hashes;
    const h = hash | 0;
    let place = hash & this.#mask;
    // Written out: this is the whole cost of a read that finds something here.
    if (hashes[place] !== h && hashes[++place] !== h && hashes[++place] !== h && hashes[++place] !== h) return undefined;
    const entries = this.#entries;
    if (entries[2 * place] !== key) return undefined;
    this.hits++;
    return entries[2 * place + 1];
  }

  /** Keeps the value when this is not the first read of the key. `valueBytes` and the key's length say what it takes. */
  put(hash: number, key: string | number, value: unknown, valueBytes: number): void {
    if (!this.#knock(hash)) return;
    const sizeBytes = ENTRY_BYTES + valueBytes + (typeof key === 'string' ? key.length : 0);
    if (sizeBytes > 0xffff || !this.#makeRoom(sizeBytes)) return;
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
      while (this.#entries[2 * this.#hand] === undefined);
      this.#free(this.#hand);
    }
    return true;
  }

  /** An empty place, or else one that the upper bits of the hash choose. */
  #placeFor(hash: number): number {
    const first = hash & this.#mask;
    for (let place = first; place < first + WAYS; place++) if (this.#entries[2 * place] === undefined) return place;
    return first + (hash >>> 30);
  }

  #set(place: number, hash: number, key: unknown, value: unknown, sizeBytes: number): void {
    this.#entries[2 * place] = key;
    this.#entries[2 * place + 1] = value;
    this.#hashes[place] = hash;
    this.#sizes[place] = sizeBytes;
    this.#count++;
    this.#bytes += sizeBytes;
    this.#budget.change(sizeBytes);
  }

  #free(place: number): void {
    if (this.#entries[2 * place] === undefined) return;
    this.#entries[2 * place] = undefined;
    this.#entries[2 * place + 1] = undefined;
    this.#hashes[place] = 0;
    const sizeBytes = this.#sizes[place] ?? 0;
    this.#count--;
    this.#bytes -= sizeBytes;
    this.#budget.change(-sizeBytes);
  }

  /** Twice the places: what stood in four of them goes to one of two fours, so nothing is lost. */
  #grow(): void {
    const [entries, hashes, sizes] = [this.#entries, this.#hashes, this.#sizes];
    const before = hashes.length;
    this.#resize(Math.max(FIRST_PLACES, before * 2));
    for (let from = 0; from < before; from++) {
      if (entries[2 * from] === undefined) continue;
      const hash = hashes[from] ?? 0;
      const to = this.#placeFor(hash);
      this.#entries[2 * to] = entries[2 * from];
      this.#entries[2 * to + 1] = entries[2 * from + 1];
      this.#hashes[to] = hash;
      this.#sizes[to] = sizes[from] ?? 0;
    }
  }

  #resize(places: number): void {
    this.#entries = new Array<unknown>(2 * places).fill(undefined);
    this.#hashes = new Int32Array(places);
    this.#sizes = new Uint16Array(places);
    this.#mask = places - WAYS;
    this.#hand = 0;
  }
}
