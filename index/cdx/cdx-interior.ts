import { compareBytes, corruptIndex, putU32be, u32be } from '../xbase/bytes.js';
import { beginPage, keyCount, PAGE_BYTES } from './cdx-page.js';

const ENTRIES = 12;

/** Entries that an interior page has room for: the largest key and record number of a child, and the child's offset. */
export function maxChildren(keyLength: number): number { return Math.floor((PAGE_BYTES - ENTRIES) / (keyLength + 8)); }

export function entryAt(i: number, keyLength: number): number { return ENTRIES + i * (keyLength + 8); }
export function entryRecno(page: Buffer, i: number, keyLength: number): number { return u32be(page, entryAt(i, keyLength) + keyLength); }
export function childAt(page: Buffer, i: number, keyLength: number): number { return u32be(page, entryAt(i, keyLength) + keyLength + 4); }

/** Entries of an interior page; throws CORRUPT_INDEX for none, or more than fit. */
export function childCount(page: Buffer, keyLength: number, path: string, offset: number): number {
  const count = keyCount(page);
  if (count === 0 || count > maxChildren(keyLength)) throw corruptIndex(path, offset, `an interior page can not have ${count} entries`);
  return count;
}

/** memcmp order of entry `i` against (key, recno). */
export function compareEntry(page: Buffer, i: number, keyLength: number, key: Uint8Array, keyStart: number, recno: number): number {
  const at = entryAt(i, keyLength);
  const order = compareBytes(page, at, key, keyStart, keyLength);
  return order !== 0 ? order : u32be(page, at + keyLength) - recno;
}

/** The first entry that is not below (key, recno); `count` when all are. */
export function firstNotBelow(page: Buffer, count: number, keyLength: number, key: Uint8Array, keyStart: number, recno: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareEntry(page, middle, keyLength, key, keyStart, recno) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A page below an interior one: where it is, and its largest entry. */
export interface ChildRef {
  readonly offset: number;
  readonly key: Buffer;
  readonly recno: number;
}

/** Writes an interior page with the children `from .. to`, without neighbours. */
export function writeInterior(page: Buffer, attributes: number, children: readonly ChildRef[], from: number, to: number, keyLength: number): void {
  page.fill(0);
  beginPage(page, attributes, to - from);
  for (let i = from; i < to; i++) {
    const child = children[i];
    if (child === undefined) break;
    const at = entryAt(i - from, keyLength);
    child.key.copy(page, at, 0, keyLength);
    putU32be(page, at + keyLength, child.recno);
    putU32be(page, at + keyLength + 4, child.offset);
  }
}
