import { crc32, FieldstoneError } from '#storage';

// Layout: docs/formats/btree.md.
export const PAGE_HEADER_BYTES = 32;
export const PAGE_TYPES = { header: 1, leaf: 2, inner: 3, overflow: 4, free: 5, filter: 6 } as const;
export type PageType = (typeof PAGE_TYPES)[keyof typeof PAGE_TYPES];

export const AT_CRC = 0;
export const AT_TREE_ID = 4;
export const AT_PAGE_NO = 8;
export const AT_TYPE = 12;
export const AT_LEVEL = 13;
export const AT_CODEC = 14;
/** Bytes of the body when it is not compressed; in a chain the position of the page in it. */
export const AT_LOGICAL = 16;
/** Bytes of the body as stored. */
export const AT_STORED = 20;
/** Next page of a chain, 0 = the last. */
export const AT_NEXT = 24;
/** Of nodes: the low 32 bits of the sequence that the checkpoint which wrote it stands for. */
export const AT_STAMP = 28;

export const MIN_TREE_PAGE_BYTES = 512;
export const MAX_TREE_PAGE_BYTES = 65536;
/** A node image in memory, whatever it takes on disk: offsets in it have 16 bits. */
export const MAX_IMAGE_BYTES = 65536;

export function u16(bytes: Uint8Array, at: number): number { return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8); }

export function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}

export function u48(bytes: Uint8Array, at: number): number { return u32(bytes, at) + u16(bytes, at + 4) * 0x1_0000_0000; }

export function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

export function putU48(bytes: Uint8Array, at: number, value: number): void {
  putU32(bytes, at, value % 0x1_0000_0000);
  putU16(bytes, at + 4, Math.floor(value / 0x1_0000_0000));
}

/** What a page says of itself, besides its body. */
export interface PageFacts {
  readonly treeId: number;
  readonly pageNo: number;
  readonly type: PageType;
  readonly level?: number;
  readonly codecId?: number;
  readonly logicalBytes?: number;
  readonly storedBytes: number;
  readonly next?: number;
  readonly stamp?: number;
}

/** Writes the 32 bytes before a body that stands in place, and the checksum over the whole page. */
export function sealPage(page: Uint8Array, facts: PageFacts): void {
  page.fill(0, 0, PAGE_HEADER_BYTES);
  putU32(page, AT_TREE_ID, facts.treeId);
  putU32(page, AT_PAGE_NO, facts.pageNo);
  page[AT_TYPE] = facts.type;
  page[AT_LEVEL] = facts.level ?? 0;
  page[AT_CODEC] = facts.codecId ?? 0;
  putU32(page, AT_LOGICAL, facts.logicalBytes ?? facts.storedBytes);
  putU32(page, AT_STORED, facts.storedBytes);
  putU32(page, AT_NEXT, facts.next ?? 0);
  putU32(page, AT_STAMP, facts.stamp ?? 0);
  putU32(page, AT_CRC, crc32(page.subarray(4)));
}

/** Throws CORRUPT_PAGE unless the page is whole, and the one that was asked for. */
export function assertSoundPage(page: Uint8Array, pageNo: number, treeId: number, pageSizeBytes: number): void {
  if (page.length !== pageSizeBytes) throw corruptPage(pageNo, pageSizeBytes, `it has ${page.length} bytes instead of ${pageSizeBytes}`);
  if (crc32(page.subarray(4)) !== u32(page, AT_CRC)) throw corruptPage(pageNo, pageSizeBytes, 'its checksum is wrong');
  if (u32(page, AT_TREE_ID) !== treeId) throw corruptPage(pageNo, pageSizeBytes, 'it belongs to another tree');
  if (u32(page, AT_PAGE_NO) !== pageNo) throw corruptPage(pageNo, pageSizeBytes, `it is page ${u32(page, AT_PAGE_NO)}`);
  if (u32(page, AT_STORED) > pageSizeBytes - PAGE_HEADER_BYTES) throw corruptPage(pageNo, pageSizeBytes, 'its content is longer than the page');
}

export function corruptPage(pageNo: number, pageSizeBytes: number, why: string): FieldstoneError {
  return new FieldstoneError('CORRUPT_PAGE', `page ${pageNo} of a tree is damaged: ${why}; run check, or restore a backup`, {
    offset: pageNo * pageSizeBytes, details: { pageNo },
  });
}
