import { codecCounters, explained, explainFields, FieldstoneError, hasCode, Probe, readUpTo, type ExplainedBytes, type FieldForm, type Meaning, type VfsFile } from '#storage';
import { childKeys, childPage, copyKey, entryStart, imageOf, nodeCount, prefixLength, VALUE_KINDS, valueKindAt, payloadStart } from '../btree/node-image.js';
import { AT_CODEC, AT_NEXT, AT_STORED, AT_TYPE, PAGE_HEADER_BYTES, PAGE_TYPES, u32 } from '../btree/page-format.js';
import { TreeFile } from '../btree/tree-file.js';
import { HEADER_PEEK_BYTES } from '../btree/tree-header.js';
import { MAX_KEY_BYTES } from '../key/key-types.js';

const TYPE_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(PAGE_TYPES).map(([name, type]) => [type, name]));
const SHOWN_KEY_BYTES = 24;

export const PAGE_FORM: readonly FieldForm[] = [
  { name: 'checksum', kind: 'hex', bytes: 4 }, { name: 'tree id', kind: 'u32' }, { name: 'page number', kind: 'u32' },
  { name: 'type', kind: 'u8', mean: (type): Meaning => ({ value: TYPE_NAMES.get(type) ?? String(type), ...(TYPE_NAMES.has(type) ? {} : { problem: 'no type of page' }) }) },
  { name: 'level', kind: 'u8' }, { name: 'codec', kind: 'u8' }, { name: 'not used', kind: 'u8' }, { name: 'bytes when not compressed, or place in a chain', kind: 'u32' },
  { name: 'bytes stored', kind: 'u32' }, { name: 'next page', kind: 'u32' }, { name: 'stamp of the checkpoint', kind: 'u32' },
];

export const TREE_FORM: readonly FieldForm[] = [
  { name: 'magic', kind: 'text', bytes: 8 }, { name: 'format version', kind: 'u16' }, { name: 'height', kind: 'u16' }, { name: 'page size', kind: 'u32' },
  { name: 'pages', kind: 'u32' }, { name: 'root page', kind: 'u32' }, { name: 'keys', kind: 'hex', bytes: 6, mean: (_, raw) => ({ value: u48Text(raw) }) },
  { name: 'filter, bits per key', kind: 'u16' }, { name: 'first page of the free list', kind: 'u32' }, { name: 'free pages', kind: 'u32' },
  { name: 'first page of the filter', kind: 'u32' }, { name: 'filter, keys made for', kind: 'hex', bytes: 6, mean: (_, raw) => ({ value: u48Text(raw) }) },
  { name: 'sequence of the last commit', kind: 'hex', bytes: 6, mean: (_, raw) => ({ value: u48Text(raw) }) },
  { name: 'kinds and flags of the owner', kind: 'u16' }, { name: 'not used', kind: 'hex', bytes: 22 },
];

function u48Text(raw: Uint8Array): string { return String(Buffer.from(raw.buffer, raw.byteOffset, 6).readUIntLE(0, 6)); }

/** True when the file is a tree, or is named like one. */
export function isTreeFile(file: VfsFile): boolean {
  const start = Buffer.alloc(HEADER_PEEK_BYTES);
  return file.path.toLowerCase().endsWith('.kv') || (readUpTo(file, start, 0) === start.length && start.toString('latin1', PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + 8) === 'FSTNTREE');
}

/**
 * What the bytes of a tree file mean, page after page, in order and without a gap; entries of nodes as remarks (pieces of length 0).
 * Goes as far as it can in a damaged file. The file is only read, a page at a time.
 */
export function* explainTree(file: VfsFile): Generator<ExplainedBytes, void, undefined> {
  const { sizeBytes } = file.stat();
  if (sizeBytes === 0) {
    yield explained(0, new Uint8Array(0), 'file', '', 'the file is empty');
    return;
  }
  const { pages, problem } = open(file);
  if (problem !== undefined) yield explained(0, new Uint8Array(0), 'file', '', problem);
  if (pages === undefined) {
    const start = Buffer.alloc(Math.min(16, sizeBytes));
    readUpTo(file, start, 0);
    yield explained(0, start, 'file', '', 'no page of a tree can be found in it', sizeBytes);
    return;
  }
  const { pageSizeBytes } = pages;
  for (let pageNo = 0; pageNo * pageSizeBytes < sizeBytes; pageNo++) yield* explainPage(pages, pageNo);
}

function open(file: VfsFile): { readonly pages: TreeFile | undefined; readonly problem?: string } {
  const counters = codecCounters(new Probe());
  try {
    const pages = TreeFile.open(file, counters);
    pages.header();
    return { pages };
  } catch (e) {
    if (!hasCode(e, 'CORRUPT_PAGE') && !hasCode(e, 'VERSION')) throw e;
    return { pages: TreeFile.guess(file, counters), problem: e.message };
  }
}

function* explainPage(pages: TreeFile, pageNo: number): Generator<ExplainedBytes> {
  const at = pageNo * pages.pageSizeBytes;
  const raw = Buffer.from(pages.raw(pageNo));
  let image: Buffer | undefined;
  let problem: string | undefined;
  try {
    image = imageOf(raw, pageNo, { treeId: pages.treeId, pageSizeBytes: pages.pageSizeBytes, codecCounters: codecCounters(new Probe()) });
  } catch (e) {
    if (!(e instanceof FieldstoneError)) throw e;
    problem = e.message;
  }
  const type = TYPE_NAMES.get(raw[AT_TYPE] ?? 0) ?? 'unknown';
  yield explained(at, new Uint8Array(0), `page ${pageNo}`, raw.every((byte) => byte === 0) ? 'zeros' : type, problem);
  yield* explainFields(raw.subarray(0, PAGE_HEADER_BYTES), at, PAGE_FORM, '  ');
  const body = raw.subarray(PAGE_HEADER_BYTES);
  if (body.length === 0) return;
  if (pageNo === 0) {
    yield* explainFields(body.subarray(0, 80), at + PAGE_HEADER_BYTES, TREE_FORM, '  ');
    if (body.length > 80) yield explained(at + PAGE_HEADER_BYTES + 80, body.subarray(80), '  not used', '');
    return;
  }
  const stored = Math.min(u32(raw, AT_STORED), body.length);
  if (stored > 0) yield explained(at + PAGE_HEADER_BYTES, body.subarray(0, stored), '  body', bodyText(raw, type, image));
  if (stored < body.length) yield explained(at + PAGE_HEADER_BYTES + stored, body.subarray(stored), '  not used', '');
  if (image !== undefined && (type === 'leaf' || type === 'inner')) yield* explainEntries(image, at + PAGE_HEADER_BYTES);
}

function bodyText(raw: Buffer, type: string, image: Buffer | undefined): string {
  if (type === 'free') return `${Math.floor(u32(raw, AT_STORED) / 4)} numbers of free pages`;
  if (type === 'overflow' || type === 'filter') return `part of a ${type === 'filter' ? 'filter' : 'value'}, ${u32(raw, AT_NEXT) === 0 ? 'the last' : `next page ${u32(raw, AT_NEXT)}`}`;
  if (image === undefined) return '';
  return `${nodeCount(image)} keys, shared prefix of ${prefixLength(image)} bytes${(raw[AT_CODEC] ?? 0) === 0 ? '' : ', compressed'}`;
}

function* explainEntries(image: Buffer, at: number): Generator<ExplainedBytes> {
  const key = Buffer.alloc(MAX_KEY_BYTES);
  for (let i = 0, count = nodeCount(image); i < count; i++) {
    const name = `    ${keyText(key.subarray(0, copyKey(image, i, key)))}`;
    yield explained(at, new Uint8Array(0), name, image[AT_TYPE] === PAGE_TYPES.inner ? `page ${childPage(image, i)}, ${childKeys(image, i)} keys` : valueText(image, i));
  }
}

function keyText(key: Buffer): string {
  const shown = key.subarray(0, SHOWN_KEY_BYTES);
  const text = shown.every((byte) => byte >= 0x20 && byte < 0x7f) ? `"${shown.toString('latin1')}"` : shown.toString('hex');
  return key.length === 0 ? 'below all' : key.length > SHOWN_KEY_BYTES ? `${text}… (${key.length} bytes)` : text;
}

function valueText(image: Buffer, i: number): string {
  const start = entryStart(image, i);
  const at = payloadStart(image, start);
  const bytes = entryStart(image, i + 1) - at;
  switch (valueKindAt(image, start)) {
    case VALUE_KINDS.inline: return `${bytes} bytes`;
    case VALUE_KINDS.packed: return `${u32(image, at)} bytes, compressed to ${bytes - 5}`;
    case VALUE_KINDS.chain: return `${u32(image, at + 4)} bytes from page ${u32(image, at)} on`;
    default: return `${u32(image, at + 8)} bytes, compressed to ${u32(image, at + 4)}, from page ${u32(image, at)} on`;
  }
}
