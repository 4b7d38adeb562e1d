import { explained, explainFields, hasCode, readUpTo, type ExplainedBytes, type FieldForm, type Meaning, type VfsFile } from '#storage';
import { CdxFile } from '../cdx/cdx-file.js';
import { HEADER_BYTES, isDirectory, NAME_BYTES, OPTION_COMPACT, readHeader } from '../cdx/cdx-header.js';
import { childAt, entryAt, entryRecno, maxChildren } from '../cdx/cdx-interior.js';
import { guessesTextKeys } from '../cdx/cdx-key.js';
import { FILL_TEXT, LEAF_ENTRIES, LeafWalk, type KeyForm } from '../cdx/cdx-leaf.js';
import { isLeaf, keyCount, LEAF_BIT, NO_PAGE, PAGE_BYTES, ROOT_BIT } from '../cdx/cdx-page.js';
import { reachPages } from '../cdx/cdx-reach.js';
import { u32 } from '../xbase/bytes.js';
import type { BlockSource } from '../xbase/block-source.js';
import { fileSource } from '../xbase/file-source.js';

const SHOWN_KEY_BYTES = 24;
const OPTION_NAMES = ['unique', 'NULL has a key (or partial)', 'candidate (or custom)', 'FOR', 'bit vector', 'compact', 'compound', 'directory'];

const pageOffset = (offset: number): Meaning => (offset === 0 || offset === NO_PAGE ? { value: 'none' } : {});
const options = (bits: number): Meaning => ({ value: OPTION_NAMES.filter((_, i) => (bits & (1 << i)) !== 0).join(', ') || 'none' });

export const CDX_HEADER_FORM: readonly FieldForm[] = [
  { name: 'root page, byte offset', kind: 'u32' }, { name: 'first free page', kind: 'u32', mean: pageOffset }, { name: 'counter of changes', kind: 'u32be' },
  { name: 'key length', kind: 'u16' }, { name: 'options', kind: 'u8', mean: options }, { name: 'signature', kind: 'u8' },
  { name: 'statistics and reserved', kind: 'hex', bytes: 478 }, { name: 'collation', kind: 'text', bytes: 8, mean: (_, raw) => (raw[0] === 0 ? { value: 'MACHINE' } : {}) },
  { name: 'order', kind: 'u16', mean: (order) => ({ value: order === 1 ? 'descending' : 'ascending' }) }, { name: 'place of the FOR text', kind: 'u16' },
  { name: 'length of the FOR text', kind: 'u16' }, { name: 'place of the key text', kind: 'u16' }, { name: 'length of the key text', kind: 'u16' },
];

const PAGE_FORM: readonly FieldForm[] = [
  { name: 'attributes', kind: 'u16', mean: (bits) => ({ value: [(bits & ROOT_BIT) !== 0 ? 'root' : '', (bits & LEAF_BIT) !== 0 ? 'leaf' : 'interior'].filter((word) => word !== '').join(', ') }) },
  { name: 'keys', kind: 'u16' }, { name: 'left neighbour', kind: 'u32', mean: pageOffset }, { name: 'right neighbour', kind: 'u32', mean: pageOffset },
];

const LEAF_FORM: readonly FieldForm[] = [
  { name: 'free bytes', kind: 'u16' }, { name: 'mask of record numbers', kind: 'u32' }, { name: 'mask of shared bytes', kind: 'u8' },
  { name: 'mask of fill bytes', kind: 'u8' }, { name: 'bits of record numbers', kind: 'u8' }, { name: 'bits of shared bytes', kind: 'u8' },
  { name: 'bits of fill bytes', kind: 'u8' }, { name: 'bytes of an entry', kind: 'u8' },
];

/** What a page is for. */
interface Role {
  readonly name: string;
  /** Undefined: half of a header, or a free page. */
  readonly form?: KeyForm;
}

/** True when the file is a CDX or IDX by its name and its first bytes do not deny it. */
export function isCdxFile(file: VfsFile): boolean {
  return /\.(cdx|idx|dcx)$/i.test(file.path) && file.stat().sizeBytes >= HEADER_BYTES && (byteAt(file, 14) & OPTION_COMPACT) !== 0;
}

function byteAt(file: VfsFile, offset: number): number {
  const byte = Buffer.alloc(1);
  readUpTo(file, byte, offset);
  return byte[0] ?? 0;
}

/**
 * What the bytes of a CDX or compact IDX mean, page after page, in order and without a gap; entries of nodes as remarks (pieces of length 0). Goes as far as
 * it can in a damaged file. The file is only read, a page at a time.
 */
export function* explainCdx(file: VfsFile): Generator<ExplainedBytes, void, undefined> {
  const source = fileSource(file);
  const roles = new Map<number, Role>();
  const problems: string[] = [];
  findRoles(source, roles, problems);
  for (const problem of problems) yield explained(0, EMPTY, 'file', '', problem);
  let offset = 0;
  for (; offset + PAGE_BYTES <= source.sizeBytes; offset += PAGE_BYTES) {
    const role = roles.get(offset);
    if (role?.name === 'header') yield* explainHeader(source, offset);
    else if (role?.name !== 'texts') yield* explainPage(source, offset, role);
    else yield* explainTexts(source, offset);
  }
  if (offset < source.sizeBytes) {
    const rest = Buffer.alloc(source.sizeBytes - offset);
    readUpTo(file, rest, offset);
    yield explained(offset, rest, 'rest', '', 'the file does not end with a whole page');
  }
}

const EMPTY = Buffer.alloc(0);

function findRoles(source: BlockSource, roles: Map<number, Role>, problems: string[]): void {
  const guard = (work: () => void): void => {
    try {
      work();
    } catch (e) {
      if (!hasCode(e, 'CORRUPT_INDEX') && !hasCode(e, 'UNSUPPORTED')) throw e;
      problems.push(e.message);
    }
  };
  const addHeader = (offset: number): void => {
    roles.set(offset, { name: 'header' });
    roles.set(offset + PAGE_BYTES, { name: 'texts' });
  };
  const addTree = (name: string, root: number, form: KeyForm, from: number): void => guard(() => {
    const pages = new Set<number>();
    const isSound = reachPages(source, root, form.keyLength, from, pages);
    for (const offset of pages) if (!roles.has(offset)) roles.set(offset, { name, form });
    if (!isSound) problems.push(`${name}: a page is reached twice, or paths differ in length`);
  });
  addHeader(0);
  guard(() => {
    const file = CdxFile.open(source, { dialect: 'foxpro', name: 'the tag', isText: guessesTextKeys });
    if (isDirectory(file.header)) addTree('the directory', file.header.root, { keyLength: NAME_BYTES, fill: FILL_TEXT }, 0);
    for (const tag of file.tags) {
      addHeader(tag.header.offset);
      if (tag.isReadable) addTree(tag.facts.name, tag.header.root, tag.form, tag.header.offset);
      else problems.push(`${tag.facts.name}: ${tag.facts.readOnlyReason ?? 'its pages are of another kind'}`);
    }
    let free = file.header.freeHead;
    while (free !== 0 && free !== NO_PAGE && free % PAGE_BYTES === 0 && free + PAGE_BYTES <= source.sizeBytes && !roles.has(free)) {
      roles.set(free, { name: 'free' });
      free = u32(source.block(free, PAGE_BYTES), 0);
    }
  });
}

function* explainHeader(source: BlockSource, offset: number): Generator<ExplainedBytes> {
  const bytes = source.block(offset, PAGE_BYTES);
  yield explained(offset, EMPTY, offset === 0 ? 'header of the file' : 'header of a tag', '');
  yield* explainFields(bytes, offset, CDX_HEADER_FORM, '  ');
}

/** The second half of a header. */
function* explainTexts(source: BlockSource, offset: number): Generator<ExplainedBytes> {
  const texts = source.block(offset, PAGE_BYTES);
  const { expression, forExpression } = readHeader(Buffer.concat([source.block(offset - PAGE_BYTES, PAGE_BYTES), texts]), offset - PAGE_BYTES);
  yield explained(offset, texts, '  key and FOR text', forExpression === '' ? expression : `${expression} FOR ${forExpression}`);
}

function* explainPage(source: BlockSource, offset: number, role: Role | undefined): Generator<ExplainedBytes> {
  const page = source.block(offset, PAGE_BYTES);
  if (role?.form === undefined) {
    const next = u32(page, 0);
    yield explained(offset, page, role === undefined ? 'page that belongs to nothing' : 'free page', role === undefined ? '' : `next ${pageOffset(next).value ?? next}`);
    return;
  }
  const { form, name } = role;
  yield explained(offset, EMPTY, `page at ${offset}`, `${isLeaf(page) ? 'leaf' : 'interior page'} of ${name}`);
  yield* explainFields(page.subarray(0, 12), offset, PAGE_FORM, '  ');
  if (!isLeaf(page)) {
    yield* explainInterior(page, offset, form);
    return;
  }
  yield* explainFields(page.subarray(12, LEAF_ENTRIES), offset + 12, LEAF_FORM, '  ');
  yield* explainLeaf(source.path, page, offset, form);
}

function* explainInterior(page: Buffer, offset: number, { keyLength }: KeyForm): Generator<ExplainedBytes> {
  const count = Math.min(keyCount(page), maxChildren(keyLength));
  for (let i = 0; i < count; i++) {
    const at = entryAt(i, keyLength);
    const meaning = `largest of the page at ${childAt(page, i, keyLength)}, record ${entryRecno(page, i, keyLength)}`;
    yield explained(offset + at, page.subarray(at, at + keyLength + 8), `    ${keyText(page.subarray(at, at + keyLength))}`, meaning);
  }
  const end = entryAt(count, keyLength);
  if (end < PAGE_BYTES) yield explained(offset + end, page.subarray(end), '  not used', '');
}

function* explainLeaf(path: string, page: Buffer, offset: number, form: KeyForm): Generator<ExplainedBytes> {
  const entries = Math.min(PAGE_BYTES - LEAF_ENTRIES, keyCount(page) * (page[23] ?? 0));
  if (entries > 0) yield explained(offset + LEAF_ENTRIES, page.subarray(LEAF_ENTRIES, LEAF_ENTRIES + entries), '  entries', `${keyCount(page)}: record number, shared bytes, fill bytes`);
  const end = LEAF_ENTRIES + entries;
  if (end < PAGE_BYTES) yield explained(offset + end, page.subarray(end), '  free bytes and keys', 'the first key last');
  const walk = new LeafWalk(path, form, true);
  try {
    walk.enter(page, offset);
    while (walk.next()) yield explained(offset, EMPTY, `    ${keyText(walk.key)}`, `record ${walk.recno}, ${walk.shared} bytes shared`);
    walk.verifyEnd();
  } catch (e) {
    if (!hasCode(e, 'CORRUPT_INDEX')) throw e;
    yield explained(offset, EMPTY, '    entries', '', e.message);
  }
}

function keyText(key: Buffer): string {
  const shown = key.subarray(0, SHOWN_KEY_BYTES);
  const text = shown.every((byte) => byte >= 0x20 && byte < 0x7f) ? `"${shown.toString('latin1')}"` : shown.toString('hex');
  return key.length > SHOWN_KEY_BYTES ? `${text}… (${key.length} bytes)` : text;
}
