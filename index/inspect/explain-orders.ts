import { explained, explainFields, hasCode, readUpTo, type ExplainedBytes, type FieldForm, type VfsFile } from '#storage';
import { childOf, entryAt, entryCount, isLeafPage, recnoOf, UNIT_BYTES, type PlusShape } from '../dbase/plus-shape.js';
import { MdxFile } from '../mdx/mdx-file.js';
import { MDX_HEADER_BYTES } from '../mdx/mdx-header.js';
import { NdxFile } from '../ndx/ndx-file.js';
import { NtxFile } from '../ntx/ntx-file.js';
import { looksLikeNtx, NTX_PAGE_BYTES, slotsStart } from '../ntx/ntx-header.js';
import { assertSoundPage, childAt, itemCount, NTX_KEY_AT, recnoAt, slotAt, type NtxShape } from '../ntx/ntx-page.js';
import type { BlockSource } from '../xbase/block-source.js';
import { fileSource } from '../xbase/file-source.js';

const SHOWN_KEY_BYTES = 24;
const EMPTY = Buffer.alloc(0);
const NTX_HEADER: readonly FieldForm[] = [
  { name: 'signature', kind: 'u16' }, { name: 'counter of changes', kind: 'u16' }, { name: 'root page, byte offset', kind: 'u32' },
  { name: 'first free page, byte offset', kind: 'u32' }, { name: 'item size', kind: 'u16' }, { name: 'key length', kind: 'u16' }, { name: 'decimals', kind: 'u16' },
  { name: 'most keys in a page', kind: 'u16' }, { name: 'half of it', kind: 'u16' }, { name: 'key expression', kind: 'text', bytes: 256 }, { name: 'unique', kind: 'u8' },
  { name: 'not used', kind: 'u8' }, { name: 'descending', kind: 'u8' }, { name: 'not used', kind: 'u8' }, { name: 'FOR', kind: 'text', bytes: 256 },
  { name: 'tag name', kind: 'text', bytes: 12 }, { name: 'custom', kind: 'u8' }, { name: 'not used', kind: 'hex', bytes: 473 },
];
const NDX_HEADER: readonly FieldForm[] = [
  { name: 'root page', kind: 'u32' }, { name: 'pages', kind: 'u32' }, { name: 'not used', kind: 'u8' }, { name: 'type letter', kind: 'text', bytes: 1 },
  { name: 'not used', kind: 'u16' }, { name: 'key length', kind: 'u16' }, { name: 'keys to a page', kind: 'u16' },
  { name: 'key type', kind: 'u16', mean: (type) => ({ value: type === 1 ? 'number or date' : 'text' }) }, { name: 'entry size', kind: 'u16' },
  { name: 'not used', kind: 'hex', bytes: 3 }, { name: 'unique', kind: 'u8' }, { name: 'key expression', kind: 'text', bytes: 488 },
];
const MDX_HEADER: readonly FieldForm[] = [
  { name: 'version', kind: 'u8' }, { name: 'date of the last reindex', kind: 'hex', bytes: 3 }, { name: 'table name', kind: 'text', bytes: 16 },
  { name: 'block size in units of 512', kind: 'u16' }, { name: 'block size', kind: 'u16' }, { name: 'production index', kind: 'u8' }, { name: 'slots for tags', kind: 'u8' },
  { name: 'bytes of a slot', kind: 'u16' }, { name: 'tags', kind: 'u16' }, { name: 'not used', kind: 'u16' }, { name: 'end of the file, units', kind: 'u32' },
  { name: 'first free block, unit', kind: 'u32' }, { name: 'free', kind: 'u32' }, { name: 'date of creation', kind: 'hex', bytes: 3 }, { name: 'not used', kind: 'hex', bytes: 465 },
];

/** True when the file is an NTX, NDX or MDX by its name and its first bytes do not deny it. */
export function isOrderFile(file: VfsFile): boolean {
  const kind = kindOf(file);
  if (kind === undefined || file.stat().sizeBytes < 2 * UNIT_BYTES) return false;
  const head = Buffer.alloc(4);
  readUpTo(file, head, 0);
  return kind === 'ntx' ? looksLikeNtx(head) : kind === 'ndx' || head[0] === 2 || head[0] === 3;
}

function kindOf(file: VfsFile): string | undefined { return /\.(ntx|ndx|mdx)$/i.exec(file.path)?.[1]?.toLowerCase(); }

/**
 * What the bytes of an NTX, NDX or MDX mean, in order and without a gap; entries that stand elsewhere in their page as remarks (pieces of
 * length 0). Goes as far as it can in a damaged file. The file is only read, a page at a time.
 */
export function* explainOrders(file: VfsFile): Generator<ExplainedBytes, void, undefined> {
  const source = fileSource(file);
  const kind = kindOf(file);
  let end: number;
  if (kind === 'ntx') end = yield* explainNtx(source);
  else if (kind === 'ndx') end = yield* explainNdx(source);
  else end = yield* explainMdx(source);
  if (end < source.sizeBytes) {
    const rest = Buffer.alloc(Math.min(64, source.sizeBytes - end));
    readUpTo(file, rest, end);
    yield explained(end, rest, kind === 'mdx' ? 'tag headers and blocks' : 'rest', '', undefined, source.sizeBytes - end);
  }
}

/** What `open` gives, or the problem that it has. */
function opened<Result>(open: () => Result): { readonly file?: Result; readonly problem?: string } {
  try {
    return { file: open() };
  } catch (e) {
    if (!hasCode(e, 'CORRUPT_INDEX') && !hasCode(e, 'UNSUPPORTED')) throw e;
    return { problem: e.message };
  }
}

function* explainNtx(source: BlockSource): Generator<ExplainedBytes, number, undefined> {
  const { file, problem } = opened(() => NtxFile.open(source, { name: 'the order' }));
  if (problem !== undefined) yield explained(0, EMPTY, 'file', '', problem);
  const headerBytes = Math.min(NTX_PAGE_BYTES, source.sizeBytes);
  yield* explainFields(source.block(0, headerBytes - headerBytes % UNIT_BYTES), 0, NTX_HEADER);
  let offset = NTX_PAGE_BYTES;
  for (; file !== undefined && offset + NTX_PAGE_BYTES <= source.sizeBytes; offset += NTX_PAGE_BYTES) {
    yield* explainNtxPage(source.block(offset, NTX_PAGE_BYTES), offset, file.pages.shape);
  }
  return offset;
}

function* explainNtxPage(page: Buffer, offset: number, shape: NtxShape): Generator<ExplainedBytes> {
  const { problem } = opened(() => { assertSoundPage(page, offset / NTX_PAGE_BYTES, shape); });
  const slots = slotsStart(shape.maxItems);
  yield explained(offset, page.subarray(0, 2), `page at ${offset}`, `${itemCount(page)} keys`, problem);
  yield explained(offset + 2, page.subarray(2, slots), '  offsets of the slots', 'in the order of the keys');
  yield explained(offset + slots, page.subarray(slots), '  slots', 'child, record number, key');
  if (problem !== undefined) return;
  for (let i = 0; i <= itemCount(page); i++) {
    const at = slotAt(page, i);
    const child = childAt(page, i, shape);
    const below = child === 0 ? '' : `, behind those of the page at ${child * NTX_PAGE_BYTES}`;
    if (i < itemCount(page)) yield explained(offset + at, EMPTY, `    ${keyText(page.subarray(at + NTX_KEY_AT, at + shape.itemBytes))}`, `record ${recnoAt(page, i)}${below}`);
    else if (child !== 0) yield explained(offset + at, EMPTY, '    last child', `the page at ${child * NTX_PAGE_BYTES}`);
  }
}

function* explainNdx(source: BlockSource): Generator<ExplainedBytes, number, undefined> {
  const { file, problem } = opened(() => NdxFile.open(source, { name: 'the order' }));
  if (problem !== undefined) yield explained(0, EMPTY, 'file', '', problem);
  yield* explainFields(source.block(0, UNIT_BYTES), 0, NDX_HEADER);
  let offset = UNIT_BYTES;
  for (; file !== undefined && offset + UNIT_BYTES <= source.sizeBytes; offset += UNIT_BYTES) {
    yield* explainNdxPage(source.block(offset, UNIT_BYTES), offset, file.tags[0].pages.shape);
  }
  return offset;
}

function* explainNdxPage(page: Buffer, offset: number, shape: PlusShape): Generator<ExplainedBytes> {
  const count = entryCount(page);
  const isSound = count <= shape.maxEntries;
  const leaf = isSound && isLeafPage(page, shape);
  yield explained(offset, page.subarray(0, 4), `page at ${offset}`, `${count} keys, ${leaf ? 'leaf' : 'above leaves'}`, isSound ? undefined : 'more keys than go into a page');
  if (!isSound) {
    yield explained(offset + 4, page.subarray(4), '  entries', '');
    return;
  }
  for (let i = 0; i < count; i++) {
    const at = entryAt(i, shape);
    const meaning = leaf ? `record ${recnoOf(page, i, shape)}` : `last key of page ${childOf(page, i, shape)}`;
    yield explained(offset + at, page.subarray(at, at + shape.entryBytes), `  ${keyText(page.subarray(at + shape.keyAt, at + shape.keyAt + shape.form.storedBytes))}`, meaning);
  }
  const end = entryAt(count, shape);
  const rest = leaf ? 'not used' : `last child, page ${childOf(page, count, shape)}; not used behind it`;
  if (end < UNIT_BYTES) yield explained(offset + end, page.subarray(end), '  end', rest);
}

function* explainMdx(source: BlockSource): Generator<ExplainedBytes, number, undefined> {
  const { file, problem } = opened(() => MdxFile.open(source));
  if (problem !== undefined) yield explained(0, EMPTY, 'file', '', problem);
  yield* explainFields(source.block(0, UNIT_BYTES), 0, MDX_HEADER);
  if (source.sizeBytes < MDX_HEADER_BYTES) return UNIT_BYTES;
  yield explained(UNIT_BYTES, source.block(UNIT_BYTES, MDX_HEADER_BYTES - UNIT_BYTES), 'tags', '');
  for (const tag of file?.header.tags ?? []) {
    const text = tag.forExpression === undefined ? tag.expression : `${tag.expression} FOR ${tag.forExpression}`;
    yield explained(UNIT_BYTES, EMPTY, `  ${tag.name}`, `${text}, type ${tag.type}, header at ${tag.unit * UNIT_BYTES}, root at ${tag.root * UNIT_BYTES}`);
  }
  return MDX_HEADER_BYTES;
}

function keyText(key: Buffer): string {
  const shown = key.subarray(0, SHOWN_KEY_BYTES);
  const text = shown.every((byte) => byte >= 0x20 && byte < 0x7f) ? `"${shown.toString('latin1')}"` : shown.toString('hex');
  return key.length > SHOWN_KEY_BYTES ? `${text}… (${key.length} bytes)` : text;
}
