import { corruptIndex, u16, u32 } from '../xbase/bytes.js';
import { DOUBLE_BYTES, DOUBLE_FORM, textForm } from '../dbase/key-form.js';
import type { PlusShape } from '../dbase/plus-shape.js';

// Layout: docs/formats/ntx-ndx-mdx.md.
export const NDX_PAGE_BYTES = 512;
export const MAX_NDX_KEY_BYTES = 100;
export const MAX_NDX_EXPRESSION = 219;

const AT_ROOT = 0;
const AT_PAGES = 4;
const AT_LETTER = 9;
const AT_KEY_LENGTH = 12;
const AT_KEYS_PER_PAGE = 14;
const AT_KEY_TYPE = 16;
const AT_ENTRY_BYTES = 18;
const AT_UNIQUE = 23;
const AT_EXPRESSION = 24;
const ENTRIES_AT = 4;
const KEY_AT = 8;

export interface NdxHeader {
  readonly root: number;
  /** Pages with the header, as the header says. */
  readonly pageCount: number;
  readonly keyLength: number;
  readonly keysPerPage: number;
  /** Numbers and dates are doubles, both. */
  readonly isNumber: boolean;
  /** `C`, `F` or `D`, which later writers put at byte 9; empty in files of dBASE III. */
  readonly letter: string;
  readonly entryBytes: number;
  readonly unique: boolean;
  readonly expression: string;
}

export function ndxEntryBytes(keyLength: number): number { return ((keyLength + 3) & ~3) + KEY_AT; }

export function ndxKeysPerPage(keyLength: number): number { return Math.floor((NDX_PAGE_BYTES - ENTRIES_AT) / ndxEntryBytes(keyLength)); }

/** @throws FieldstoneError CORRUPT_INDEX */
export function decodeNdxHeader(page: Buffer, path: string, sizeBytes: number): NdxHeader {
  const bad = (at: number, problem: string): never => { throw corruptIndex(path, at, problem); };
  const keyLength = u16(page, AT_KEY_LENGTH);
  const keysPerPage = u16(page, AT_KEYS_PER_PAGE);
  const entryBytes = u16(page, AT_ENTRY_BYTES);
  const keyType = u16(page, AT_KEY_TYPE);
  if (keyLength < 1 || keyLength > MAX_NDX_KEY_BYTES) bad(AT_KEY_LENGTH, `keys of ${keyLength} bytes`);
  if (keyType > 1 || (keyType === 1 && keyLength !== DOUBLE_BYTES)) bad(AT_KEY_TYPE, `keys of type ${keyType}`);
  if (entryBytes !== ndxEntryBytes(keyLength)) bad(AT_ENTRY_BYTES, `entries of ${entryBytes} bytes do not fit keys of ${keyLength}`);
  if (keysPerPage < 1 || keysPerPage > ndxKeysPerPage(keyLength)) bad(AT_KEYS_PER_PAGE, `${keysPerPage} keys do not go into a page`);
  const root = u32(page, AT_ROOT);
  if (root < 1 || root >= Math.floor(sizeBytes / NDX_PAGE_BYTES)) bad(AT_ROOT, 'the root is outside the file');
  const end = page.indexOf(0, AT_EXPRESSION);
  const expression = page.toString('latin1', AT_EXPRESSION, end < 0 ? NDX_PAGE_BYTES : end).trimEnd();
  if (expression === '' || (page[AT_EXPRESSION] ?? 0) < 0x20) bad(AT_EXPRESSION, 'there is no key expression');
  const letter = page.toString('latin1', AT_LETTER, AT_LETTER + 1);
  return {
    root, pageCount: u32(page, AT_PAGES), keyLength, keysPerPage, isNumber: keyType === 1, entryBytes, expression,
    letter: /^[CFD]$/.test(letter) ? letter : '', unique: page[AT_UNIQUE] !== 0,
  };
}

export function encodeNdxHeader(header: NdxHeader): Buffer {
  const page = Buffer.alloc(NDX_PAGE_BYTES);
  patchNdxHeader(page, header.root, header.pageCount);
  page.write(header.letter, AT_LETTER, 1, 'latin1');
  page.writeUInt16LE(header.keyLength, AT_KEY_LENGTH);
  page.writeUInt16LE(header.keysPerPage, AT_KEYS_PER_PAGE);
  page.writeUInt16LE(header.isNumber ? 1 : 0, AT_KEY_TYPE);
  page.writeUInt16LE(header.entryBytes, AT_ENTRY_BYTES);
  page[AT_UNIQUE] = header.unique ? 1 : 0;
  page.write(header.expression, AT_EXPRESSION, MAX_NDX_EXPRESSION, 'latin1');
  return page;
}

/** The part that changes with the tree. */
export function patchNdxHeader(page: Buffer, root: number, pageCount: number): void {
  page.writeUInt32LE(root, AT_ROOT);
  page.writeUInt32LE(pageCount, AT_PAGES);
}

export function ndxShape(header: NdxHeader, path: string, unitCount: number): PlusShape {
  return {
    path, tag: '', form: header.isNumber ? DOUBLE_FORM : textForm(header.keyLength), blockBytes: NDX_PAGE_BYTES, entriesAt: ENTRIES_AT,
    entryBytes: header.entryBytes, recnoAt: 4, keyAt: KEY_AT, maxEntries: header.keysPerPage, descending: false, ordered: true, unitCount, firstUnit: 1,
    isLeaf: (page) => u32(page, ENTRIES_AT) === 0,
  };
}
