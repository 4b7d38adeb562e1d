import type { MemoFinding } from '../memo/memo-finding.js';
import { HEADER_READ_BYTES, readMemoHeader } from '../memo/memo-header.js';
import type { MemoKind } from '../memo/memo-kind.js';
import type { FileWindow } from '../vfs/file-window.js';
import { explained, explainFields, type ExplainedBytes, type FieldForm } from './explained-bytes.js';

const FORMS: Readonly<Record<MemoKind, readonly FieldForm[]>> = {
  dbt3: [
    { name: 'next free block', kind: 'u32' }, { name: 'not used', kind: 'hex', bytes: 12 }, { name: 'version', kind: 'u8' },
    { name: 'not used', kind: 'hex', bytes: 495 },
  ],
  dbt4: [
    { name: 'first free run, or the end', kind: 'u32' }, { name: 'reserved', kind: 'u32' }, { name: 'table name', kind: 'text', bytes: 8 },
    { name: 'reserved', kind: 'u16' }, { name: 'version', kind: 'u16' }, { name: 'block size', kind: 'u16' },
  ],
  fpt: [
    { name: 'next free block', kind: 'u32be' }, { name: 'not used', kind: 'u16be' }, { name: 'block size', kind: 'u16be' },
    { name: 'signature of the writer', kind: 'text', bytes: 12 }, { name: 'not used', kind: 'hex', bytes: 492 },
  ],
  smt: [
    { name: 'next free block', kind: 'u32' }, { name: 'block size', kind: 'u32' },
    { name: 'signature of the writer', kind: 'text', bytes: 10 }, { name: 'free entries', kind: 'u16' },
    { name: 'free list', kind: 'hex', bytes: 492 },
  ],
};

const FLEX: readonly FieldForm[] = [
  { name: 'FlexFile signature', kind: 'text', bytes: 12 }, { name: 'free page by size, byte offset', kind: 'u32' },
  { name: 'free page, byte offset', kind: 'u32' }, { name: 'change counter', kind: 'u32' }, { name: 'root block', kind: 'u32' },
  { name: 'block size', kind: 'u16' },
];
const FLEX_AT = 512;

/** The header of a memo file byte by byte, then its blocks as one piece. */
export function* explainMemo(window: FileWindow, kind: MemoKind): Generator<ExplainedBytes> {
  const bytes = window.copy(0, Math.min(window.sizeBytes, HEADER_READ_BYTES)) ?? new Uint8Array(0);
  const findings: MemoFinding[] = [];
  const header = readMemoHeader(kind, bytes, window.sizeBytes, findings);
  let end = 0;
  for (const item of explainFields(bytes, 0, FORMS[kind])) {
    if (item.offset >= header.dataStartBytes) break;
    end = item.offset + item.length;
    const finding = findings.find(({ offset }) => offset === item.offset);
    yield finding === undefined || item.problem !== undefined ? item : { ...item, problem: finding.message };
  }
  if (header.flexCounter !== undefined) {
    for (const item of explainFields(bytes.subarray(FLEX_AT), FLEX_AT, FLEX)) {
      end = item.offset + item.length;
      yield item;
    }
  }
  const start = Math.min(header.dataStartBytes, window.sizeBytes);
  if (start > end) yield explained(end, bytes.subarray(end, start), 'rest of the header', '', undefined, start - end);
  if (window.sizeBytes > start) {
    const value = `blocks of ${header.blockSizeBytes} bytes, first ${Math.ceil(start / header.blockSizeBytes)}, next ${header.nextBlock}`;
    yield explained(start, window.rest(start, 1), 'blocks', value, undefined, window.sizeBytes - start);
  }
}
