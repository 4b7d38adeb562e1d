import { corruptIndex } from '../xbase/bytes.js';

// Layout: docs/formats/ntx-ndx-mdx.md. Facts from the Clipper format as Harbour's DBFNTX writes it.
export const NTX_PAGE_BYTES = 1024;
export const MAX_NTX_KEY_BYTES = 256;
export const MAX_NTX_EXPRESSION = 255;
export const MAX_NTX_TAG_NAME = 10;

const AT_VERSION = 2;
const AT_ROOT = 4;
const AT_FREE = 8;
const AT_ITEM_SIZE = 12;
const AT_KEY_LENGTH = 14;
const AT_DECIMALS = 16;
const AT_MAX_ITEMS = 18;
const AT_HALF_PAGE = 20;
const AT_KEY_TEXT = 22;
const AT_UNIQUE = 278;
const AT_DESCENDING = 280;
const AT_FOR_TEXT = 282;
const AT_TAG_NAME = 538;
const AT_CUSTOM = 550;
const TEXT_BYTES = 256;

/** Bits of the first word. Clipper 5 writes 6; 3 is older; the others are Harbour's. */
export const NTX_FLAGS = {
  base: 0x0006, old: 0x0003, hasFor: 0x0001, partial: 0x0008, custom: 0x0020, changeOnly: 0x0040, template: 0x0080, large: 0x0200, multiKey: 0x0400,
} as const;
const KNOWN_FLAGS = 0x07ff;

export interface NtxHeader {
  /** The first word: NTX_FLAGS. */
  readonly signature: number;
  /** Counts changes, with 16 bits. Other programs drop what they remember of the file when it moved. */
  readonly version: number;
  /** Page numbers: offset / 1,024. */
  readonly root: number;
  readonly freeHead: number;
  readonly keyLength: number;
  /** Digits behind the point of numeric keys. */
  readonly decimals: number;
  /** Most keys in a page: even. */
  readonly maxItems: number;
  readonly keyExpression: string;
  readonly forExpression: string | undefined;
  readonly unique: boolean;
  readonly descending: boolean;
  /** Empty in files of Clipper before 5.3. */
  readonly tagName: string;
  readonly custom: boolean;
}

/** Keys that go into a page, as Clipper counts them. */
export function ntxMaxItems(keyLength: number): number { return Math.max(2, (Math.floor(1020 / (keyLength + 10)) - 1) & ~1); }

/** Where the slots of a page begin, behind the count and the list of their offsets. */
export function slotsStart(maxItems: number): number { return 2 + 2 * (maxItems + 1); }

/** True when a file begins as an NTX does. */
export function looksLikeNtx(head: Uint8Array): boolean {
  const signature = (head[0] ?? 0) | ((head[1] ?? 0) << 8);
  return (signature & ~KNOWN_FLAGS) === 0 && ((signature & NTX_FLAGS.base) === NTX_FLAGS.base || signature === NTX_FLAGS.old);
}

/** @throws FieldstoneError CORRUPT_INDEX */
export function decodeNtxHeader(page: Buffer, path: string, sizeBytes: number): NtxHeader {
  const bad = (at: number, problem: string): never => { throw corruptIndex(path, at, problem); };
  if (!looksLikeNtx(page)) bad(0, 'it does not begin as an NTX file');
  const signature = page.readUInt16LE(0);
  const keyLength = page.readUInt16LE(AT_KEY_LENGTH);
  const maxItems = page.readUInt16LE(AT_MAX_ITEMS);
  const decimals = page.readUInt16LE(AT_DECIMALS);
  if (keyLength < 1 || keyLength > MAX_NTX_KEY_BYTES) bad(AT_KEY_LENGTH, `keys of ${keyLength} bytes`);
  if (page.readUInt16LE(AT_ITEM_SIZE) !== keyLength + 8) bad(AT_ITEM_SIZE, `items of ${page.readUInt16LE(AT_ITEM_SIZE)} bytes do not fit keys of ${keyLength}`);
  if (maxItems < 2 || slotsStart(maxItems) + (maxItems + 1) * (keyLength + 8) > NTX_PAGE_BYTES) bad(AT_MAX_ITEMS, `${maxItems} keys do not go into a page`);
  if (decimals >= keyLength) bad(AT_DECIMALS, `${decimals} decimals in keys of ${keyLength} bytes`);
  const keyExpression = textAt(page, AT_KEY_TEXT, TEXT_BYTES);
  if (keyExpression === '') bad(AT_KEY_TEXT, 'there is no key expression');
  const forText = textAt(page, AT_FOR_TEXT, TEXT_BYTES);
  const unit = unitOf(signature);
  const pages = Math.floor(sizeBytes / NTX_PAGE_BYTES);
  const root = page.readUInt32LE(AT_ROOT) / unit;
  const freeHead = page.readUInt32LE(AT_FREE) / unit;
  if (!Number.isInteger(root) || root < 1 || root >= pages) bad(AT_ROOT, 'the root is outside the file');
  if (!Number.isInteger(freeHead) || freeHead >= pages) bad(AT_FREE, 'the first free page is outside the file');
  return {
    signature, version: page.readUInt16LE(AT_VERSION), root, freeHead, keyLength, decimals, maxItems, keyExpression,
    // VO writes a condition without its flag.
    forExpression: forText === '' ? undefined : forText,
    unique: page[AT_UNIQUE] !== 0, descending: page[AT_DESCENDING] !== 0,
    tagName: textAt(page, AT_TAG_NAME, MAX_NTX_TAG_NAME), custom: page[AT_CUSTOM] !== 0 || (signature & NTX_FLAGS.custom) !== 0,
  };
}

export function encodeNtxHeader(header: NtxHeader): Buffer {
  const page = Buffer.alloc(NTX_PAGE_BYTES);
  patchNtxHeader(page, header);
  page.writeUInt16LE(header.keyLength + 8, AT_ITEM_SIZE);
  page.writeUInt16LE(header.keyLength, AT_KEY_LENGTH);
  page.writeUInt16LE(header.decimals, AT_DECIMALS);
  page.writeUInt16LE(header.maxItems, AT_MAX_ITEMS);
  page.writeUInt16LE(header.maxItems >> 1, AT_HALF_PAGE);
  page.write(header.keyExpression, AT_KEY_TEXT, MAX_NTX_EXPRESSION, 'latin1');
  page[AT_UNIQUE] = header.unique ? 1 : 0;
  page[AT_DESCENDING] = header.descending ? 1 : 0;
  page.write(header.forExpression ?? '', AT_FOR_TEXT, MAX_NTX_EXPRESSION, 'latin1');
  page.write(header.tagName, AT_TAG_NAME, MAX_NTX_TAG_NAME, 'latin1');
  page[AT_CUSTOM] = header.custom ? 1 : 0;
  return page;
}

/** The part that changes with the tree; the rest of the page stays as it is. */
export function patchNtxHeader(page: Buffer, header: Pick<NtxHeader, 'signature' | 'version' | 'root' | 'freeHead'>): void {
  page.writeUInt16LE(header.signature, 0);
  page.writeUInt16LE(header.version & 0xffff, AT_VERSION);
  page.writeUInt32LE(header.root * unitOf(header.signature), AT_ROOT);
  page.writeUInt32LE(header.freeHead * unitOf(header.signature), AT_FREE);
}

/** Bytes that a pointer counts: Harbour's large files count pages. */
export function unitOf(signature: number): number { return (signature & NTX_FLAGS.large) !== 0 ? 1 : NTX_PAGE_BYTES; }

/** Text up to the NUL; empty when it does not begin with something printable. */
function textAt(page: Buffer, at: number, length: number): string {
  if ((page[at] ?? 0) < 0x20) return '';
  const end = page.indexOf(0, at);
  return page.toString('latin1', at, end < 0 ? at + length : Math.min(end, at + length)).trimEnd();
}
