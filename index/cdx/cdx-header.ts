import { putU16, putU32, u16, u32, u32be } from '../xbase/bytes.js';
import type { TagFacts, UniqueKind } from '../xbase/tag-facts.js';

export const HEADER_BYTES = 1024;
/** Key and FOR text together, each with its NUL. */
export const POOL_BYTES = 512;
/** Longest key that FoxPro and Harbour make. */
export const MAX_KEY_BYTES = 240;
/** Longest key of which two fit into an interior page. */
export const LONGEST_KEY_BYTES = 242;
export const NAME_BYTES = 10;

export const OPTION_UNIQUE = 0x01;
export const OPTION_NULLS = 0x02;
export const OPTION_CANDIDATE = 0x04;
export const OPTION_FOR = 0x08;
export const OPTION_COMPACT = 0x20;
export const OPTION_COMPOUND = 0x40;
export const OPTIONS_DIRECTORY = 0xe0;

const SIGNATURE_LARGE = 0x20;
const SIGNATURE_BITMAP = 0x04;

/** Whose meaning the option bits 0x02 and 0x04 have: it follows from the version byte of the table (0x30 to 0x32: Visual FoxPro). */
export type OptionDialect = 'foxpro' | 'clipper';

/** The 1024 bytes before a tree: of the directory of a CDX, of a tag, of a whole IDX. */
export interface CdxHeader {
  readonly offset: number;
  readonly root: number;
  /** First free page; of the header at 0 only. */
  readonly freeHead: number;
  /** Counts changes; of the header at 0 only. */
  readonly counter: number;
  readonly keyLength: number;
  readonly options: number;
  readonly signature: number;
  readonly collation: string;
  readonly descending: boolean;
  readonly expression: string;
  readonly forExpression: string;
}

function textAt(pool: Uint8Array, at: number, length: number): string {
  const bytes = pool.subarray(Math.min(at, POOL_BYTES), Math.min(at + length, POOL_BYTES));
  const end = bytes.indexOf(0);
  return Buffer.from(bytes.subarray(0, end < 0 ? bytes.length : end)).toString('latin1').trim();
}

/**
 * Reads a header. Texts are the bytes of the file as Latin-1. Nothing is judged here.
 * Layout: Microsoft, "Compound Index File Structure (.cdx)" and "Compact Index File Structure (.idx)".
 */
export function readHeader(bytes: Uint8Array, offset: number): CdxHeader {
  const pool = bytes.subarray(POOL_BYTES, HEADER_BYTES);
  const options = bytes[14] ?? 0;
  return {
    offset, root: u32(bytes, 0), freeHead: u32(bytes, 4), counter: u32be(bytes, 8), keyLength: u16(bytes, 12), options,
    signature: bytes[15] ?? 0, collation: Buffer.from(bytes.subarray(494, 502)).toString('latin1').replace(/\0[^]*$/, ''),
    descending: u16(bytes, 502) === 1,
    expression: textAt(pool, u16(bytes, 508), u16(bytes, 510)),
    forExpression: (options & OPTION_FOR) === 0 ? '' : textAt(pool, u16(bytes, 504), u16(bytes, 506)),
  };
}

/** What a tag's header says; `name` is the tag's. */
export function factsOf(header: CdxHeader, name: string, dialect: OptionDialect): TagFacts {
  const { options, collation, forExpression } = header;
  const foxpro = dialect === 'foxpro';
  const unique: UniqueKind = (options & OPTION_UNIQUE) !== 0 ? 'first' : foxpro && (options & OPTION_CANDIDATE) !== 0 ? 'candidate' : 'none';
  return {
    name, expression: header.expression, forExpression: forExpression === '' ? undefined : forExpression, unique,
    descending: header.descending, storedDescending: false, keyLength: header.keyLength, keyType: undefined,
    nullPrefix: foxpro && (options & OPTION_NULLS) !== 0, collation: collation === '' ? 'MACHINE' : collation,
    readOnlyReason: readOnlyReason(header, foxpro),
  };
}

export function isDirectory(header: CdxHeader): boolean { return (header.options & OPTIONS_DIRECTORY) === OPTIONS_DIRECTORY; }

/** The layout of pages is another one; their entries cannot be read. */
export function isOpaque(header: CdxHeader): boolean { return (header.signature & (SIGNATURE_BITMAP | SIGNATURE_LARGE)) !== 0; }

function readOnlyReason({ collation, options, signature, expression }: CdxHeader, foxpro: boolean): string | undefined {
  if ((signature & SIGNATURE_BITMAP) !== 0) return 'it is a binary index (a bitmap)';
  if ((signature & SIGNATURE_LARGE) !== 0) return 'it has large pages';
  if (collation !== '' && collation !== 'MACHINE') return `its keys are sort weights of the collation ${collation}`;
  if (!foxpro && (options & OPTION_CANDIDATE) !== 0) return 'its program adds and removes keys by hand (custom)';
  if (!foxpro && (options & OPTION_NULLS) !== 0) return 'it is partial or temporary';
  if ((options & 0x10) !== 0) return 'it is a bit vector';
  if ((options & OPTION_COMPACT) === 0) return 'it is not compact';
  return expression === '' ? 'it has no key expression' : undefined;
}

/** What a new header is made of. */
export interface HeaderParts {
  readonly root: number;
  readonly keyLength: number;
  readonly options: number;
  readonly descending: boolean;
  readonly expression: string;
  readonly forExpression: string;
}

/** The bytes of a new header. Key and FOR text must fit the pool (510 characters). */
export function writeHeader(parts: HeaderParts): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  putU32(bytes, 0, parts.root);
  putU16(bytes, 12, parts.keyLength);
  bytes[14] = parts.options;
  bytes[15] = 1;
  putU16(bytes, 502, parts.descending ? 1 : 0);
  const keyBytes = parts.expression.length + 1;
  putU16(bytes, 504, keyBytes);
  putU16(bytes, 506, parts.forExpression.length + 1);
  putU16(bytes, 510, keyBytes);
  bytes.write(parts.expression, POOL_BYTES, 'latin1');
  bytes.write(parts.forExpression, POOL_BYTES + keyBytes, 'latin1');
  return bytes;
}
