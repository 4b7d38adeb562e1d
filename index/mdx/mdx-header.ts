import { corruptIndex, u16, u32 } from '../xbase/bytes.js';
import { UNIT_BYTES } from '../dbase/plus-shape.js';

// Layout: docs/formats/ntx-ndx-mdx.md.
/** Header and tag table. */
export const MDX_HEADER_BYTES = 2048;
export const MAX_MDX_TAGS = 47;
const AT_VERSION = 0;
const AT_TABLE = 4;
const TABLE_BYTES = 16;
const AT_BLOCK_UNITS = 20;
const AT_BLOCK_BYTES = 22;
const AT_PRODUCTION = 24;
const AT_SLOT_BYTES = 26;
const AT_TAG_COUNT = 28;
const AT_TAGS = 544;
const TAG_SLOT_BYTES = 32;
const NAME_BYTES = 11;
/** Units of a tag header: the condition stands in its second half. */
export const TAG_HEADER_UNITS = 2;

const AT_FORMAT = 8;
const AT_TYPE = 9;
const AT_KEY_LENGTH = 12;
const AT_MAX_KEYS = 14;
const AT_ITEM_BYTES = 18;
const AT_KEY_TEXT = 24;
const TEXT_BYTES = 220;
const AT_HAS_FOR = 245;
const AT_FOR_TEXT = 762;
const FORMAT_DESCENDING = 0x08;
const FORMAT_UNIQUE = 0x40;
const MAX_BLOCK_BYTES = 32_768;
const POINTER_BYTES = 4;
/** In a block before the items: number of keys, link. Behind the last item a pointer must fit. */
const BLOCK_OVERHEAD_BYTES = 12;

export interface MdxHeader {
  readonly version: number;
  readonly tableName: string;
  readonly blockBytes: number;
  /** The index belongs to the table and is opened with it (byte 28 of the DBF is set). */
  readonly production: boolean;
  readonly tags: readonly MdxTagHeader[];
}

export interface MdxTagHeader {
  readonly name: string;
  /** The first unit of the header. */
  readonly unit: number;
  readonly root: number;
  readonly type: 'C' | 'N' | 'D';
  readonly descending: boolean;
  readonly unique: boolean;
  readonly keyLength: number;
  readonly maxKeys: number;
  readonly itemBytes: number;
  readonly expression: string;
  readonly forExpression: string | undefined;
}

/** Bytes of a file for the header; `at` counts from its beginning. Throws CORRUPT_INDEX behind the end. */
export type ReadUnits = (at: number, lengthBytes: number) => Buffer;

/** @throws FieldstoneError CORRUPT_INDEX */
export function decodeMdxHeader(read: ReadUnits, path: string, sizeBytes: number): MdxHeader {
  const bad = (at: number, problem: string): never => { throw corruptIndex(path, at, problem); };
  const page = read(0, MDX_HEADER_BYTES);
  const version = page[AT_VERSION] ?? 0;
  const blockBytes = u16(page, AT_BLOCK_BYTES);
  const tagCount = u16(page, AT_TAG_COUNT);
  if (version !== 2 && version !== 3) bad(AT_VERSION, `version ${version} is not known`);
  if (blockBytes < UNIT_BYTES || blockBytes > MAX_BLOCK_BYTES || blockBytes !== u16(page, AT_BLOCK_UNITS) * UNIT_BYTES) bad(AT_BLOCK_BYTES, `blocks of ${blockBytes} bytes`);
  if (page[AT_SLOT_BYTES] !== TAG_SLOT_BYTES) bad(AT_SLOT_BYTES, `tags of ${page[AT_SLOT_BYTES]} bytes`);
  if (tagCount > MAX_MDX_TAGS) bad(AT_TAG_COUNT, `${tagCount} tags`);
  const units = Math.floor(sizeBytes / UNIT_BYTES);
  const tags = Array.from({ length: tagCount }, (_, i) => {
    const at = AT_TAGS + i * TAG_SLOT_BYTES;
    const unit = u32(page, at);
    const name = textAt(page, at + POINTER_BYTES, NAME_BYTES);
    if (name === '') bad(at + POINTER_BYTES, `tag ${i} has no name`);
    if (unit < MDX_HEADER_BYTES / UNIT_BYTES || unit + TAG_HEADER_UNITS > units) bad(at, `the header of tag ${name} is outside the file`);
    return decodeTag(read(unit * UNIT_BYTES, TAG_HEADER_UNITS * UNIT_BYTES), { name, unit, blockBytes, units, path });
  });
  return { version, tableName: textAt(page, AT_TABLE, TABLE_BYTES), blockBytes, production: page[AT_PRODUCTION] === 1, tags };
}

interface TagPlace {
  readonly name: string;
  readonly unit: number;
  readonly blockBytes: number;
  readonly units: number;
  readonly path: string;
}

function decodeTag(page: Buffer, { name, unit, blockBytes, units, path }: TagPlace): MdxTagHeader {
  const bad = (at: number, problem: string): never => { throw corruptIndex(path, unit * UNIT_BYTES + at, `tag ${name}: ${problem}`); };
  const letter = page.toString('latin1', AT_TYPE, AT_TYPE + 1);
  const type = letter === 'F' ? 'N' : letter;
  const keyLength = u16(page, AT_KEY_LENGTH);
  const itemBytes = u16(page, AT_ITEM_BYTES);
  const maxKeys = u16(page, AT_MAX_KEYS);
  const root = u32(page, 0);
  if (type !== 'C' && type !== 'N' && type !== 'D') return bad(AT_TYPE, `keys of type ${letter}`);
  const fits = type === 'N' ? keyLength === 12 : type === 'D' ? keyLength === 8 : keyLength >= 1 && keyLength <= 240;
  if (!fits) bad(AT_KEY_LENGTH, `keys of ${keyLength} bytes`);
  if (itemBytes !== ((keyLength + POINTER_BYTES + 3) & ~3)) bad(AT_ITEM_BYTES, `items of ${itemBytes} bytes do not fit keys of ${keyLength}`);
  if (maxKeys < 1 || maxKeys > Math.floor((blockBytes - BLOCK_OVERHEAD_BYTES) / itemBytes)) bad(AT_MAX_KEYS, `${maxKeys} keys do not go into a block`);
  if (root < MDX_HEADER_BYTES / UNIT_BYTES || root + blockBytes / UNIT_BYTES > units) bad(0, 'the root is outside the file');
  const format = page[AT_FORMAT] ?? 0;
  const expression = textAt(page, AT_KEY_TEXT, TEXT_BYTES);
  if (expression === '') bad(AT_KEY_TEXT, 'there is no key expression');
  const forText = page[AT_HAS_FOR] === 0 ? '' : textAt(page, AT_FOR_TEXT, TEXT_BYTES);
  return {
    name, unit, root, type, descending: (format & FORMAT_DESCENDING) !== 0, unique: (format & FORMAT_UNIQUE) !== 0, keyLength, maxKeys, itemBytes, expression,
    forExpression: forText === '' ? undefined : forText,
  };
}

/** Text up to the NUL; behind it stands what was there before. */
function textAt(page: Buffer, at: number, length: number): string {
  const end = page.indexOf(0, at);
  return page.toString('latin1', at, end < 0 ? at + length : Math.min(end, at + length)).trimEnd();
}
