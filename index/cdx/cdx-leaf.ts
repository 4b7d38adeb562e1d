import { corruptIndex, u16, u32 } from '../xbase/bytes.js';
import { keyCount, PAGE_BYTES } from './cdx-page.js';

/** Entries begin here. */
export const LEAF_ENTRIES = 24;
/** Bytes for entries and keys. */
export const LEAF_ROOM = PAGE_BYTES - LEAF_ENTRIES;

/** Fill byte of text keys in machine order, and of the directory. */
export const FILL_TEXT = 0x20;
/** Fill byte of all other keys. */
export const FILL_ZERO = 0;

export function freeBytes(page: Buffer): number { return u16(page, 12); }

/** Bits that can hold every number from 0 to keyLength. */
export function countBits(keyLength: number): number { return 32 - Math.clz32(keyLength); }

/** What a leaf's entries look like in keys of one length. */
export interface KeyForm {
  readonly keyLength: number;
  /** Byte with which keys end that are not stored whole. */
  readonly fill: number;
}

/**
 * Reads the entries of a leaf one after the other. An entry holds the record number, how many bytes its key shares with the key before it and how many
 * fill bytes it ends with; what lies between stands at the end of the page, the first key last. Nothing is allocated.
 */
export class LeafWalk {
  /** The key of the entry. */
  readonly key: Buffer;
  recno = 0;
  /** Place of the entry in the page; -1 before the first. */
  i = -1;
  count = 0;
  /** Bytes that the key certainly shares with the one before it. */
  shared = 0;
  page: Buffer = EMPTY;
  offset = 0;
  readonly #path: string;
  readonly #anyOrder: boolean;
  readonly #keyLength: number;
  readonly #fill: number;
  #entryBytes = 1;
  #recBits = 0;
  #recMask = 0;
  #recScale = 1;
  #dupMask = 0;
  #trailMask = 0;
  #dupBits = 0;
  /** Where the stored bytes of the entry begin. */
  #at = PAGE_BYTES;

  /** `anyOrder`: entries need not ascend. */
  constructor(path: string, { keyLength, fill }: KeyForm, anyOrder = false) {
    this.#anyOrder = anyOrder;
    this.#path = path;
    this.#keyLength = keyLength;
    this.#fill = fill;
    this.key = Buffer.alloc(keyLength);
  }

  /** Stands before the first entry of the page. */
  enter(page: Buffer, offset: number): void {
    this.page = page;
    this.offset = offset;
    this.count = keyCount(page);
    const recBits = page[20] ?? 0;
    const dupBits = page[21] ?? 0;
    const trailBits = page[22] ?? 0;
    const entryBytes = page[23] ?? 0;
    this.#entryBytes = entryBytes;
    this.#recBits = recBits;
    this.#dupBits = dupBits;
    this.#recMask = recBits >= 32 ? 0xffffffff : 2 ** recBits - 1;
    this.#recScale = 2 ** recBits;
    this.#dupMask = (1 << dupBits) - 1;
    this.#trailMask = (1 << trailBits) - 1;
    this.reset();
    if (this.count === 0) return;
    const isSound = recBits <= 40 && dupBits <= 16 && trailBits <= 16 && entryBytes > 0 && recBits + dupBits + trailBits === entryBytes * 8
      && u32(page, 14) === this.#recMask && page[18] === (this.#dupMask & 0xff) && page[19] === (this.#trailMask & 0xff)
      && this.count * entryBytes <= LEAF_ROOM;
    if (!isSound) throw this.#corrupt('the layout of its entries is contradictory');
  }

  /** Back before the first entry. */
  reset(): void {
    this.i = -1;
    this.#at = PAGE_BYTES;
  }

  /** Moves to the next entry; false at the end. Throws CORRUPT_INDEX when it cannot be, or does not stand behind the one before it. */
  next(): boolean {
    const i = this.i + 1;
    if (i >= this.count) return false;
    const { page, key } = this;
    const start = LEAF_ENTRIES + i * this.#entryBytes;
    const low = lowBytes(page, start, this.#entryBytes);
    let recno: number;
    let rest: number;
    if (this.#entryBytes <= 4) {
      recno = (low & this.#recMask) >>> 0;
      rest = this.#recBits >= 32 ? 0 : low >>> this.#recBits;
    } else {
      const value = low + ((page[start + 4] ?? 0) | (this.#entryBytes > 5 ? (page[start + 5] ?? 0) << 8 : 0)) * 0x1_0000_0000;
      rest = Math.floor(value / this.#recScale);
      recno = value - rest * this.#recScale;
    }
    const dup = rest & this.#dupMask;
    const trail = (rest >>> this.#dupBits) & this.#trailMask;
    const stored = this.#keyLength - dup - trail;
    const at = this.#at - stored;
    if (stored < 0 || at < LEAF_ENTRIES + this.count * this.#entryBytes || (i === 0 && dup > 0)) throw this.#corrupt(`key ${i} does not fit`);
    if (i === 0) this.#copy(at, 0, stored);
    else if (this.#replace(at, dup, stored) && recno <= this.recno && !this.#anyOrder) throw this.#corrupt(`key ${i} is not behind the one before it`);
    for (let k = dup + stored; k < this.#keyLength; k++) key[k] = this.#fill;
    this.i = i;
    this.recno = recno;
    this.shared = dup;
    this.#at = at;
    return true;
  }

  /** Throws CORRUPT_INDEX when the page does not end where it says; at the last entry only. */
  verifyEnd(): void {
    if (this.count > 0 && this.#at - LEAF_ENTRIES - this.count * this.#entryBytes !== freeBytes(this.page)) throw this.#corrupt('its free bytes are counted wrong');
  }

  #copy(at: number, to: number, count: number): void {
    const { page, key } = this;
    for (let k = 0; k < count; k++) key[to + k] = page[at + k] ?? 0;
  }

  /** Puts the stored and fill bytes over the old key; true when the key stays the same. Throws when it becomes smaller. */
  #replace(at: number, dup: number, stored: number): boolean {
    const { page, key } = this;
    for (let k = 0; k < this.#keyLength - dup; k++) {
      const byte = k < stored ? page[at + k] ?? 0 : this.#fill;
      const old = key[dup + k] ?? 0;
      if (byte === old) continue;
      if (byte < old && !this.#anyOrder) throw this.#corrupt(`key ${this.i + 1} is not behind the one before it`);
      for (let rest = k; rest < stored; rest++) key[dup + rest] = page[at + rest] ?? 0;
      return false;
    }
    return true;
  }

  #corrupt(problem: string): Error { return corruptIndex(this.#path, this.offset, `in the page at ${this.offset} ${problem}`); }
}

const EMPTY = Buffer.alloc(0);

/** Up to four bytes, little-endian, as an unsigned number. */
function lowBytes(bytes: Buffer, at: number, count: number): number {
  switch (count) {
    case 1: return bytes[at] ?? 0;
    case 2: return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    case 3: return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    default: return u32(bytes, at);
  }
}
