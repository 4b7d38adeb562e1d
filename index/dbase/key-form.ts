import { compareBytes } from '../xbase/bytes.js';

/** How a format stores keys, and how they become bytes that sort as the keys do. */
export interface KeyForm {
  readonly storedBytes: number;
  readonly sortableBytes: number;
  /** Writes the sortable form of the key at `at` of a page; false when no key can be so. */
  toSortable(page: Buffer, at: number, target: Buffer, targetAt: number): boolean;
  toStored(key: Uint8Array, keyAt: number, page: Buffer, at: number): void;
  /** Compares the first `length` bytes of a sortable key with the key in a page. */
  compare(key: Uint8Array, keyAt: number, length: number, page: Buffer, at: number): number;
}

/** Text: its own bytes. */
export function textForm(length: number): KeyForm {
  return {
    storedBytes: length, sortableBytes: length,
    toSortable(page, at, target, targetAt) {
      page.copy(target, targetAt, at, at + length);
      return true;
    },
    toStored(key, keyAt, page, at) { page.set(key.subarray(keyAt, keyAt + length), at); },
    compare: (key, keyAt, count, page, at) => compareBytes(key, keyAt, page, at, count),
  };
}

export const DOUBLE_BYTES = 8;

/** A double as eight bytes that sort as numbers do: big-endian, the sign turned over, of negative numbers all bits. -0 is 0. */
export function putSortableDouble(value: number, target: Buffer, at: number): void {
  target.writeDoubleBE(value === 0 ? 0 : value, at);
  const flip = (target[at] ?? 0) >= 0x80 ? 0xff : 0;
  target[at] = (target[at] ?? 0) ^ (flip | 0x80);
  for (let i = at + 1; flip !== 0 && i < at + DOUBLE_BYTES; i++) target[i] = (target[i] ?? 0) ^ flip;
}

const turned = Buffer.alloc(DOUBLE_BYTES);

export function sortableDoubleAt(key: Uint8Array, at: number): number {
  const flip = (key[at] ?? 0) >= 0x80 ? 0 : 0xff;
  turned[0] = (key[at] ?? 0) ^ (flip | 0x80);
  for (let i = 1; i < DOUBLE_BYTES; i++) turned[i] = (key[at + i] ?? 0) ^ flip;
  return turned.readDoubleBE(0);
}

const scratch = Buffer.alloc(DOUBLE_BYTES);

/** Numbers of any stored form, which become sortable doubles. `read` gives NaN for what is none. */
export function numberForm(storedBytes: number, read: (page: Buffer, at: number) => number, write: (value: number, page: Buffer, at: number) => void): KeyForm {
  const toSortable = (page: Buffer, at: number, target: Buffer, targetAt: number): boolean => {
    const value = read(page, at);
    putSortableDouble(value, target, targetAt);
    return !Number.isNaN(value);
  };
  return {
    storedBytes, sortableBytes: DOUBLE_BYTES, toSortable,
    toStored(key, keyAt, page, at) { write(sortableDoubleAt(key, keyAt), page, at); },
    compare(key, keyAt, count, page, at) {
      toSortable(page, at, scratch, 0);
      return compareBytes(key, keyAt, scratch, 0, Math.min(count, DOUBLE_BYTES));
    },
  };
}

/** Numbers and dates (Julian days) as little-endian doubles. */
export const DOUBLE_FORM: KeyForm = numberForm(DOUBLE_BYTES, (page, at) => page.readDoubleLE(at), (value, page, at) => { page.writeDoubleLE(value, at); });
