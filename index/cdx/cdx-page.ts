import { corruptIndex, putU16, putU32, u16, u32 } from '../xbase/bytes.js';
import type { BlockSource } from '../xbase/block-source.js';

export const PAGE_BYTES = 512;
/** Offset that says "no page". */
export const NO_PAGE = 0xffffffff;
export const ROOT_BIT = 1;
export const LEAF_BIT = 2;
/** Visual FoxPro 9 sets this bit in the pages of some tags; what it says is not known, so it is kept. */
export const EXTRA_BIT = 4;
/** Byte offsets in a file are u32. */
export const MAX_FILE_BYTES = 0xffffffff - PAGE_BYTES;
/** No path from a root to a leaf is longer in a sound file: 2^23 pages, at least two children each, and room for thin nodes. */
export const MAX_DEPTH = 64;

export function isLeaf(page: Buffer): boolean { return ((page[0] ?? 0) & LEAF_BIT) !== 0; }
export function keyCount(page: Buffer): number { return u16(page, 2); }
export function leftOf(page: Buffer): number { return u32(page, 4); }
export function rightOf(page: Buffer): number { return u32(page, 8); }
export function setLeft(page: Buffer, offset: number): void { putU32(page, 4, offset); }
export function setRight(page: Buffer, offset: number): void { putU32(page, 8, offset); }

/** Beginning of a page; its neighbours are none. */
export function beginPage(page: Buffer, attributes: number, count: number): void {
  putU16(page, 0, attributes);
  putU16(page, 2, count);
  putU32(page, 4, NO_PAGE);
  putU32(page, 8, NO_PAGE);
}

/** True for an offset at which a page can stand. */
export function isPageOffset(offset: number, sizeBytes: number): boolean {
  return offset % PAGE_BYTES === 0 && offset >= 2 * PAGE_BYTES && offset + PAGE_BYTES <= sizeBytes;
}

/** The page at an offset that came from the file. */
export function pageAt(source: BlockSource, offset: number, from: number): Buffer {
  if (!isPageOffset(offset, source.sizeBytes)) throw corruptIndex(source.path, from, `it leads to a page at ${offset}, where none can be`);
  const page = source.block(offset, PAGE_BYTES);
  if (((page[0] ?? 0) & ~(ROOT_BIT | LEAF_BIT | EXTRA_BIT)) !== 0 || page[1] !== 0) throw corruptIndex(source.path, offset, 'it is no page of an index');
  return page;
}
