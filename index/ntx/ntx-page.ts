import { compareBytes, corruptIndex } from '../xbase/bytes.js';
import { NTX_PAGE_BYTES, slotsStart, unitOf, type NtxHeader } from './ntx-header.js';

/** What one must know of a file to read its pages. */
export interface NtxShape {
  readonly path: string;
  readonly pageCount: number;
  readonly keyLength: number;
  readonly itemBytes: number;
  readonly maxItems: number;
  readonly descending: boolean;
  /** Bytes that a pointer counts. */
  readonly unit: number;
}

/** Bytes of a slot before its key: the child, the record number. */
export const NTX_KEY_AT = 8;

export function shapeOf(header: NtxHeader, path: string, pageCount: number): NtxShape {
  const { keyLength, maxItems, descending, signature } = header;
  return { path, pageCount, keyLength, itemBytes: keyLength + NTX_KEY_AT, maxItems, descending, unit: unitOf(signature) };
}

export function itemCount(page: Buffer): number { return page.readUInt16LE(0); }

/** Where slot `i` begins, in logical order; `i` may be the count: that slot holds the last child alone. */
export function slotAt(page: Buffer, i: number): number { return page.readUInt16LE(2 + 2 * i); }

export function recnoAt(page: Buffer, i: number): number { return page.readUInt32LE(slotAt(page, i) + 4); }

/** Number of the page with the keys before key `i` (behind the last key when `i` is the count); 0 in a leaf. */
export function childAt(page: Buffer, i: number, shape: NtxShape): number { return page.readUInt32LE(slotAt(page, i)) / shape.unit; }

/** All keys are in leaves or above leaves at one depth: a page has all children or none. */
export function isLeaf(page: Buffer): boolean { return page.readUInt32LE(slotAt(page, 0)) === 0; }

/** Compares `key` (its first `length` bytes) with the key of item `i`, in the order of the file: below 0 when it stands before. */
export function compareWithItem(key: Uint8Array, length: number, page: Buffer, i: number, shape: NtxShape): number {
  const order = compareBytes(key, 0, page, slotAt(page, i) + NTX_KEY_AT, length);
  return shape.descending ? -order : order;
}

/** The first item that does not stand before (key, recno); recno 0 = before all items of the key. */
export function lowerItem(page: Buffer, key: Uint8Array, length: number, recno: number, shape: NtxShape): number {
  let low = 0;
  let high = itemCount(page);
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compareWithItem(key, length, page, middle, shape);
    if (order > 0 || (order === 0 && recnoAt(page, middle) < recno)) low = middle + 1;
    else high = middle;
  }
  return low;
}

const usedSlots = new Uint8Array(NTX_PAGE_BYTES);

/**
 * Proves what readers rely on: the count, the list of offsets, children all or none and inside the file, record numbers, the
 * order of the keys.
 *
 * @throws FieldstoneError CORRUPT_INDEX
 */
export function assertSoundPage(page: Buffer, pageNo: number, shape: NtxShape): void {
  const problem = pageProblem(page, shape);
  if (problem !== undefined) throw corruptIndex(shape.path, pageNo * NTX_PAGE_BYTES, problem);
}

function pageProblem(page: Buffer, shape: NtxShape): string | undefined {
  const count = itemCount(page);
  if (count > shape.maxItems) return `a page of ${count} keys, ${shape.maxItems} go into one`;
  const start = slotsStart(shape.maxItems);
  usedSlots.fill(0, 0, shape.maxItems + 1);
  let children = 0;
  for (let i = 0; i <= count; i++) {
    const at = slotAt(page, i);
    const slot = (at - start) / shape.itemBytes;
    if (!Number.isInteger(slot) || slot < 0 || slot > shape.maxItems) return `slot ${i} is not in its place`;
    if (usedSlots[slot] !== 0) return `slot ${i} is used twice`;
    usedSlots[slot] = 1;
    const child = page.readUInt32LE(at) / shape.unit;
    if (!Number.isInteger(child) || child >= shape.pageCount) return `child ${i} is outside the file`;
    if (child !== 0) children++;
    if (i === count) break;
    if (page.readUInt32LE(at + 4) === 0) return `key ${i} has no record number`;
    if (i > 0 && !inOrder(page, i - 1, page, i, shape)) return `key ${i} is not in the order of bytes (damage, or a national order)`;
  }
  return children === 0 || children === count + 1 ? undefined : 'some children are missing';
}

/** True when item `i` of a page may stand before item `k` of another. */
export function inOrder(page: Buffer, i: number, other: Buffer, k: number, shape: NtxShape): boolean {
  const order = compareBytes(page, slotAt(page, i) + NTX_KEY_AT, other, slotAt(other, k) + NTX_KEY_AT, shape.keyLength);
  return shape.descending ? order >= 0 : order <= 0;
}
