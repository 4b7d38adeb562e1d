/** Highest file id and page number + 1: together they make one exact number. */
export const FILE_ID_LIMIT = 2 ** 20;
export const PAGE_NO_LIMIT = 2 ** 32;

const FIRST_SLOTS = 256;
const EMPTY = 0;

/**
 * From (file id, page number) to a slot, by open addressing with linear probing over typed arrays; a lookup is about
 * 10 ns and allocates nothing. Slots are numbers from 0 that stay with their key until it is removed.
 * The table holds slot + 1 and is at most half full; a removal moves later entries up (Knuth 6.4, algorithm R), so there are no
 * tombstones to clean.
 */
export class PageIndex {
  #table = new Int32Array(FIRST_SLOTS * 2);
  #mask = FIRST_SLOTS * 2 - 1;
  #keys = new Float64Array(FIRST_SLOTS);
  #free = new Int32Array(FIRST_SLOTS);
  #freeCount = 0;
  #slotCount = 0;

  /** Slots that exist; may grow with insert(). */
  get capacity(): number { return this.#keys.length; }

  get size(): number { return this.#slotCount - this.#freeCount; }

  /** -1 when the key is not there. */
  find(fileId: number, pageNo: number): number {
    const key = fileId * PAGE_NO_LIMIT + pageNo;
    let place = placeOf(fileId, pageNo) & this.#mask;
    for (;;) {
      const entry = this.#table[place] ?? EMPTY;
      if (entry === EMPTY) return -1;
      if (this.#keys[entry - 1] === key) return entry - 1;
      place = (place + 1) & this.#mask;
    }
  }

  /** The slot for a key that is not there. */
  insert(fileId: number, pageNo: number): number {
    if (this.#freeCount === 0 && this.#slotCount === this.#keys.length) this.#grow();
    const slot = this.#freeCount > 0 ? this.#free[--this.#freeCount] ?? 0 : this.#slotCount++;
    this.#keys[slot] = fileId * PAGE_NO_LIMIT + pageNo;
    this.#link(slot, placeOf(fileId, pageNo));
    return slot;
  }

  fileIdOf(slot: number): number { return Math.floor((this.#keys[slot] ?? 0) / PAGE_NO_LIMIT); }

  pageNoOf(slot: number): number { return (this.#keys[slot] ?? 0) % PAGE_NO_LIMIT; }

  /** Frees a slot that is in use. */
  remove(slot: number): void {
    let hole = this.#homeOf(slot);
    while (this.#table[hole] !== slot + 1) hole = (hole + 1) & this.#mask;
    let place = hole;
    for (;;) {
      place = (place + 1) & this.#mask;
      const entry = this.#table[place] ?? EMPTY;
      if (entry === EMPTY) break;
      // An entry may move up into the hole unless its home lies behind the hole.
      const home = this.#homeOf(entry - 1);
      if (((place - home) & this.#mask) < ((place - hole) & this.#mask)) continue;
      this.#table[hole] = entry;
      hole = place;
    }
    this.#table[hole] = EMPTY;
    this.#keys[slot] = -1;
    this.#free[this.#freeCount++] = slot;
  }

  clear(): void {
    this.#table.fill(EMPTY);
    this.#freeCount = 0;
    this.#slotCount = 0;
  }

  #homeOf(slot: number): number {
    const key = this.#keys[slot] ?? 0;
    const fileId = Math.floor(key / PAGE_NO_LIMIT);
    return placeOf(fileId, key - fileId * PAGE_NO_LIMIT) & this.#mask;
  }

  #link(slot: number, place: number): void {
    let free = place & this.#mask;
    while (this.#table[free] !== EMPTY) free = (free + 1) & this.#mask;
    this.#table[free] = slot + 1;
  }

  #grow(): void {
    const capacity = this.#keys.length * 2;
    const keys = new Float64Array(capacity);
    keys.set(this.#keys);
    this.#keys = keys;
    this.#free = new Int32Array(capacity);
    this.#table = new Int32Array(capacity * 2);
    this.#mask = capacity * 2 - 1;
    for (let slot = 0; slot < this.#slotCount; slot++) this.#link(slot, this.#homeOf(slot));
  }
}

/** Neighbouring pages spread over the table (multiplicative hashing, Knuth 6.4). */
function placeOf(fileId: number, pageNo: number): number {
  const mixed = Math.imul(pageNo, 0x9e3779b1) ^ Math.imul(fileId + 1, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
