import { putU16, putU32 } from '../xbase/bytes.js';
import { beginPage, LEAF_BIT, PAGE_BYTES } from './cdx-page.js';
import { countBits, LEAF_ENTRIES, LEAF_ROOM, type KeyForm } from './cdx-leaf.js';

/** Packs entries that come in order into the page of one leaf. */
export class LeafBuilder {
  readonly keyLength: number;
  readonly #fill: number;
  readonly #dupBits: number;
  readonly #recnos: number[] = new Array<number>(LEAF_ROOM).fill(0);
  readonly #rests: number[] = new Array<number>(LEAF_ROOM).fill(0);
  /** Stored key bytes, where they will stand in the page. */
  readonly #page: Buffer = Buffer.alloc(PAGE_BYTES);
  readonly #last: Buffer;
  #lastTrail = 0;
  #at = PAGE_BYTES;
  #entryBytes: number;
  /** Largest record number that entries of this size hold. */
  #limit: number;
  count = 0;

  constructor({ keyLength, fill }: KeyForm) {
    this.keyLength = keyLength;
    this.#fill = fill;
    this.#dupBits = countBits(keyLength);
    this.#last = Buffer.alloc(keyLength);
    this.#entryBytes = this.#bytesFor(0);
    this.#limit = this.#limitOf(this.#entryBytes);
  }

  /** Bytes in use, of LEAF_ROOM. */
  get usedBytes(): number { return PAGE_BYTES - this.#at + this.count * this.#entryBytes; }
  /** The key added last; overwritten by the next one. */
  get lastKey(): Buffer { return this.#last; }
  get lastRecno(): number { return this.#recnos[this.count - 1] ?? 0; }

  reset(): void {
    this.count = 0;
    this.#at = PAGE_BYTES;
    this.#lastTrail = 0;
    this.#entryBytes = this.#bytesFor(0);
    this.#limit = this.#limitOf(this.#entryBytes);
  }

  /** Adds an entry behind the others; false, and nothing is changed, when it makes the leaf larger than `roomBytes`. */
  add(bytes: Uint8Array, start: number, recno: number, roomBytes = LEAF_ROOM): boolean {
    const { keyLength, count } = this;
    const last = this.#last;
    let trail = 0;
    while (trail < keyLength && bytes[start + keyLength - 1 - trail] === this.#fill) trail++;
    let dup = 0;
    if (count > 0) {
      // FoxPro and Harbour share no byte that the key before this one did not store, nor fill bytes of either.
      const most = keyLength - (trail > this.#lastTrail ? trail : this.#lastTrail);
      while (dup < most && last[dup] === bytes[start + dup]) dup++;
    }
    const stored = keyLength - dup - trail;
    const entryBytes = recno <= this.#limit ? this.#entryBytes : this.#bytesFor(recno);
    const at = this.#at - stored;
    if (PAGE_BYTES - at + (count + 1) * entryBytes > roomBytes) return false;
    const page = this.#page;
    for (let k = 0; k < stored; k++) page[at + k] = bytes[start + dup + k] ?? 0;
    for (let k = dup; k < keyLength; k++) last[k] = bytes[start + k] ?? 0;
    this.#recnos[count] = recno;
    this.#rests[count] = dup | (trail << this.#dupBits);
    this.#at = at;
    this.#lastTrail = trail;
    if (entryBytes !== this.#entryBytes) {
      this.#entryBytes = entryBytes;
      this.#limit = this.#limitOf(entryBytes);
    }
    this.count = count + 1;
    return true;
  }

  /** Writes the leaf into `page`, without neighbours. */
  finish(page: Buffer, attributes: number = LEAF_BIT): void {
    const { count } = this;
    const entryBytes = this.#entryBytes;
    const recBits = entryBytes * 8 - 2 * this.#dupBits;
    page.fill(0);
    beginPage(page, attributes, count);
    putU16(page, 12, LEAF_ROOM - this.usedBytes);
    putU32(page, 14, recBits >= 32 ? 0xffffffff : 2 ** recBits - 1);
    page[18] = page[19] = (1 << this.#dupBits) - 1;
    page[20] = recBits;
    page[21] = page[22] = this.#dupBits;
    page[23] = entryBytes;
    for (let i = 0; i < count; i++) {
      let value = (this.#recnos[i] ?? 0) + (this.#rests[i] ?? 0) * 2 ** recBits;
      const start = LEAF_ENTRIES + i * entryBytes;
      for (let k = 0; k < entryBytes; k++) {
        const rest = Math.floor(value / 256);
        page[start + k] = value - rest * 256;
        value = rest;
      }
    }
    this.#page.copy(page, this.#at, this.#at, PAGE_BYTES);
  }

  /** The least whole number of bytes that leaves room for the record number. */
  #bytesFor(recno: number): number {
    let bytes = Math.floor((2 * this.#dupBits) / 8) + 1;
    while (this.#limitOf(bytes) < recno) bytes++;
    return bytes;
  }

  /** At most 32 bits: record numbers are u32. */
  #limitOf(entryBytes: number): number { return 2 ** (entryBytes * 8 - 2 * this.#dupBits) - 1; }
}
