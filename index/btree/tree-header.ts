import { BloomFilter } from '../bloom/bloom-filter.js';
import { FieldstoneError } from '#storage';
import { assertSoundPage, AT_TYPE, corruptPage, MAX_TREE_PAGE_BYTES, MIN_TREE_PAGE_BYTES, PAGE_HEADER_BYTES, PAGE_TYPES, putU16, putU32, putU48, sealPage, u16, u32, u48 } from './page-format.js';

/** Everything that page 0 says. Replaced as a whole, never changed. */
export interface TreeHeader {
  readonly treeId: number;
  readonly pageSizeBytes: number;
  /** Pages of the file, this one included. */
  readonly pageCount: number;
  /** 0 = the tree is empty. */
  readonly root: number;
  /** Levels; 0 = the tree is empty. */
  readonly height: number;
  readonly keyCount: number;
  /** First page of the chain that lists free pages; 0 = none. */
  readonly freeHead: number;
  readonly freeCount: number;
  /** First page of the chain that holds the bloom filter; 0 = none. */
  readonly filterHead: number;
  readonly filterCapacity: number;
  readonly filterBitsPerKey: number;
  /** Sequence of the last commit in the tree. */
  readonly sequence: number;
  /** Facts of the owner: kinds of keys and values, flags. */
  readonly ownerFlags: number;
}

const MAGIC = 'FSTNTREE';
const VERSION = 1;
const BODY_BYTES = 80;
const MAX_HEIGHT = 32;

/** Page 0 of a new, empty tree. */
export function emptyHeader(treeId: number, pageSizeBytes: number, ownerFlags = 0): TreeHeader {
  return {
    treeId, pageSizeBytes, pageCount: 1, root: 0, height: 0, keyCount: 0, freeHead: 0, freeCount: 0, filterHead: 0, filterCapacity: 0,
    filterBitsPerKey: 0, sequence: 0, ownerFlags,
  };
}

export function encodeHeader(h: TreeHeader): Buffer {
  const page = Buffer.alloc(h.pageSizeBytes);
  const at = PAGE_HEADER_BYTES;
  page.write(MAGIC, at, 'latin1');
  putU16(page, at + 8, VERSION);
  putU16(page, at + 10, h.height);
  putU32(page, at + 12, h.pageSizeBytes);
  putU32(page, at + 16, h.pageCount);
  putU32(page, at + 20, h.root);
  putU48(page, at + 24, h.keyCount);
  putU16(page, at + 30, h.filterBitsPerKey);
  putU32(page, at + 32, h.freeHead);
  putU32(page, at + 36, h.freeCount);
  putU32(page, at + 40, h.filterHead);
  putU48(page, at + 44, h.filterCapacity);
  putU48(page, at + 52, h.sequence);
  putU32(page, at + 60, h.ownerFlags);
  sealPage(page, { treeId: h.treeId, pageNo: 0, type: PAGE_TYPES.header, storedBytes: BODY_BYTES });
  return page;
}

/** Bytes from the start of the file that peekHeader() needs. */
export const HEADER_PEEK_BYTES = PAGE_HEADER_BYTES + BODY_BYTES;

/** Page size and tree id, before the whole page can be read and verified. Throws CORRUPT_PAGE, VERSION. */
export function peekHeader(start: Buffer): { pageSizeBytes: number; treeId: number } {
  const at = PAGE_HEADER_BYTES;
  if (start.length < HEADER_PEEK_BYTES || start.toString('latin1', at, at + 8) !== MAGIC) {
    throw new FieldstoneError('CORRUPT_PAGE', 'the file is no key-value store: its first page is damaged; restore a backup', { offset: 0 });
  }
  const version = u16(start, at + 8);
  if (version !== VERSION) throw new FieldstoneError('VERSION', `the store has format version ${version}; this program knows ${VERSION}`);
  const pageSizeBytes = u32(start, at + 12);
  const isPower = pageSizeBytes > 0 && (pageSizeBytes & (pageSizeBytes - 1)) === 0;
  if (!isPower || pageSizeBytes < MIN_TREE_PAGE_BYTES || pageSizeBytes > MAX_TREE_PAGE_BYTES) {
    throw new FieldstoneError('CORRUPT_PAGE', `the store says that its pages have ${pageSizeBytes} bytes, which is no page size`, { offset: at + 12 });
  }
  return { pageSizeBytes, treeId: u32(start, 4) };
}

/** The header in page 0. `fileBytes` bounds what it may claim. Throws CORRUPT_PAGE, VERSION. */
export function decodeHeader(page: Buffer, fileBytes: number): TreeHeader {
  const { pageSizeBytes, treeId } = peekHeader(page);
  assertSoundPage(page, 0, treeId, pageSizeBytes);
  const at = PAGE_HEADER_BYTES;
  const header: TreeHeader = {
    treeId, pageSizeBytes, height: u16(page, at + 10), pageCount: u32(page, at + 16), root: u32(page, at + 20), keyCount: u48(page, at + 24),
    filterBitsPerKey: u16(page, at + 30), freeHead: u32(page, at + 32), freeCount: u32(page, at + 36), filterHead: u32(page, at + 40),
    filterCapacity: u48(page, at + 44), sequence: u48(page, at + 52), ownerFlags: u32(page, at + 60),
  };
  const flaw = flawOf(header, page, fileBytes);
  if (flaw !== undefined) throw corruptPage(0, pageSizeBytes, flaw);
  return header;
}

function flawOf(h: TreeHeader, page: Buffer, fileBytes: number): string | undefined {
  if (page[AT_TYPE] !== PAGE_TYPES.header) return 'it is not the first page of a tree';
  if (h.pageCount < 1 || h.pageCount * h.pageSizeBytes > fileBytes) return `it says ${h.pageCount} pages, the file has ${Math.floor(fileBytes / h.pageSizeBytes)}`;
  if (h.root >= h.pageCount || h.freeHead >= h.pageCount || h.filterHead >= h.pageCount) return 'it names a page outside the file';
  if ((h.root === 0) !== (h.height === 0) || h.height > MAX_HEIGHT) return 'its height is wrong';
  if (h.freeCount >= h.pageCount || (h.freeCount === 0) !== (h.freeHead === 0)) return 'its count of free pages is wrong';
  if (h.filterHead !== 0 && (h.filterBitsPerKey < 1 || BloomFilter.sizeFor(h.filterCapacity, h.filterBitsPerKey) > h.pageCount * h.pageSizeBytes)) {
    return 'its filter is larger than the file';
  }
  return undefined;
}
