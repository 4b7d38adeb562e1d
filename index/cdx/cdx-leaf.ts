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
  /** Record number of the entry that was read last. */
  #recno = 0;
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
    const { key } = this;
    const start = LEAF_ENTRIES + i * this.#entryBytes;
    const rest = this.#entryAt(start);
    const recno = this.#recno;
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

  /**
   * From before the first entry to the first that is not below (target, recno), comparing only bytes that an entry does not share with the one before it and
   * decoding no key but the last. What it passes is not checked for order. False when all are below; it stands nowhere then.
   */
  seek(target: Uint8Array, recno: number): boolean {
    const { page, count } = this;
    const length = this.#keyLength;
    const fill = this.#fill;
    const entryBytes = this.#entryBytes;
    const lowest = LEAF_ENTRIES + count * entryBytes;
    let at = PAGE_BYTES;
    // Bytes that the entry before has in common with the target.
    let match = 0;
    for (let i = 0, start = LEAF_ENTRIES; i < count; i++, start += entryBytes) {
      const entry = this.#entryAt(start);
      const dup = entry & this.#dupMask;
      const trail = (entry >>> this.#dupBits) & this.#trailMask;
      const stored = length - dup - trail;
      at -= stored;
      if (stored < 0 || at < lowest || (i === 0 && dup > 0)) throw this.#corrupt(`key ${i} does not fit`);
      if (dup > match) continue;
      let k = dup;
      const end = dup + stored;
      while (k < length && (k < end ? page[at + k - dup] : fill) === target[k]) k++;
      match = k;
      if (k < length ? (k < end ? page[at + k - dup] ?? 0 : fill) < (target[k] ?? 0) : this.#recno < recno) continue;
      for (let b = 0; b < dup; b++) this.key[b] = target[b] ?? 0;
      for (let b = dup; b < length; b++) this.key[b] = b < end ? page[at + b - dup] ?? 0 : fill;
      this.i = i;
      this.recno = this.#recno;
      this.shared = dup;
      this.#at = at;
      return true;
    }
    return false;
  }

  /** Reads an entry: leaves its record number in #recno and returns the rest. */
  #entryAt(start: number): number {
    const { page } = this;
    const low = lowBytes(page, start, this.#entryBytes);
    if (this.#entryBytes <= 4) {
      this.#recno = (low & this.#recMask) >>> 0;
      return this.#recBits >= 32 ? 0 : low >>> this.#recBits;
    }
    const value = low + ((page[start + 4] ?? 0) | (this.#entryBytes > 5 ? (page[start + 5] ?? 0) << 8 : 0)) * 0x1_0000_0000;
    const rest = Math.floor(value / this.#recScale);
    this.#recno = value - rest * this.#recScale;
    return rest;
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
