import { FieldstoneError } from '../base/errors.js';
import { descriptorSize } from '../dbf/field-descriptor.js';
import { DBASE2_HEADER_BYTES } from '../dbf/header-bytes.js';
import { readDbfLayout } from '../dbf/layout-reader.js';
import type { DbfLayout } from '../dbf/dbf-types.js';
import { hexByte, versionFacts, type DescriptorForm } from '../dbf/version-byte.js';
import type { FileWindow } from '../vfs/file-window.js';
import { explained, explainFields, type ExplainedBytes, type FieldForm, type Meaning } from './explained-bytes.js';

const version = (n: number): Meaning => {
  const facts = versionFacts(n);
  if (facts === undefined) return { problem: 'not a version that is known' };
  return { value: `${hexByte(n)} ${facts.dialect}${facts.memoKind === undefined ? '' : `, memo ${facts.memoKind}`}` };
};
const month = (n: number): Meaning => ({ problem: n > 12 ? 'no month' : undefined });
const day = (n: number): Meaning => ({ problem: n > 31 ? 'no day' : undefined });

const DBASE2: readonly FieldForm[] = [
  { name: 'version', kind: 'u8', mean: version }, { name: 'record count', kind: 'u16' },
  { name: 'month of last change', kind: 'u8', mean: month },
  { name: 'day of last change', kind: 'u8', mean: day }, { name: 'year of last change', kind: 'u8' },
  { name: 'record length', kind: 'u16' },
];
const COMMON: readonly FieldForm[] = [
  { name: 'version', kind: 'u8', mean: version }, { name: 'year of last change', kind: 'u8' },
  { name: 'month of last change', kind: 'u8', mean: month },
  { name: 'day of last change', kind: 'u8', mean: day }, { name: 'record count', kind: 'u32' }, { name: 'header length', kind: 'u16' },
  { name: 'record length', kind: 'u16' }, { name: 'reserved', kind: 'hex', bytes: 2 }, { name: 'transaction mark', kind: 'u8' },
  { name: 'encryption mark', kind: 'u8' }, { name: 'multi-user area', kind: 'hex', bytes: 12 }, { name: 'table flags', kind: 'u8' },
  { name: 'language driver', kind: 'u8' }, { name: 'reserved', kind: 'hex', bytes: 2 },
];
const DBASE7: readonly FieldForm[] = [
  ...COMMON, { name: 'language driver name', kind: 'text', bytes: 32 }, { name: 'reserved', kind: 'hex', bytes: 4 },
];

const letter = (n: number): Meaning => ({ value: String.fromCharCode(n) });
const DESCRIPTORS: Readonly<Record<DescriptorForm, readonly FieldForm[]>> = {
  dbase2: [
    { name: 'name', kind: 'text', bytes: 11 }, { name: 'type', kind: 'u8', mean: letter }, { name: 'length', kind: 'u8' },
    { name: 'memory address', kind: 'u16' }, { name: 'decimals', kind: 'u8' },
  ],
  common: [
    { name: 'name', kind: 'text', bytes: 11 }, { name: 'type', kind: 'u8', mean: letter },
    { name: 'offset in the record, or an address', kind: 'u32' },
    { name: 'length', kind: 'u8' }, { name: 'decimals', kind: 'u8' }, { name: 'flags', kind: 'u8' },
    { name: 'next autoincrement value', kind: 'u32' },
    { name: 'autoincrement step', kind: 'u8' }, { name: 'reserved', kind: 'hex', bytes: 8 },
  ],
  dbase7: [
    { name: 'name', kind: 'text', bytes: 32 }, { name: 'type', kind: 'u8', mean: letter }, { name: 'length', kind: 'u8' },
    { name: 'decimals', kind: 'u8' }, { name: 'reserved', kind: 'hex', bytes: 2 },
    { name: 'index mark', kind: 'u8' }, { name: 'reserved', kind: 'hex', bytes: 4 },
    { name: 'next autoincrement value', kind: 'u32' }, { name: 'reserved', kind: 'hex', bytes: 2 },
  ],
};
const FIXED: Readonly<Record<DescriptorForm, readonly FieldForm[]>> = { dbase2: DBASE2, common: COMMON, dbase7: DBASE7 };
const BACKLINK_BYTES = 263;
const TERMINATOR = 0x0d;

/** The header of a table byte by byte, then its records as one piece. */
export function* explainDbf(window: FileWindow): Generator<ExplainedBytes> {
  const known = window.rest(0, 1)[0] ?? 0;
  const form = versionFacts(known)?.form ?? 'common';
  const layout = tryLayout(window);
  const header = headerOf(window, form);
  const problems = layout instanceof FieldstoneError ? [] : layout.findings;
  for (const item of explainHeader(header, form)) {
    const finding = item.problem === undefined ? problems.find(({ offset }) => offset === item.offset) : undefined;
    yield finding === undefined ? item : { ...item, problem: finding.message };
  }
  if (layout instanceof FieldstoneError) {
    yield { offset: layout.offset ?? 0, length: 0, hex: '', name: 'table', value: '', problem: layout.message };
  } else {
    for (const { offset, message } of problems.filter((one) => one.offset === undefined || one.offset >= header.length)) {
      yield { offset: offset ?? 0, length: 0, hex: '', name: 'table', value: '', problem: message };
    }
  }
  yield* explainRecords(window, header.length, layout instanceof FieldstoneError ? undefined : layout);
}

function tryLayout(window: FileWindow): DbfLayout | FieldstoneError {
  try {
    return readDbfLayout(window.file);
  } catch (error) {
    if (error instanceof FieldstoneError && error.code !== 'IO') return error;
    throw error;
  }
}

/** The bytes that the header claims, as far as the file holds them; at least what every header has. */
function headerOf(window: FileWindow, form: DescriptorForm): Uint8Array {
  const start = window.rest(0, Math.min(12, window.sizeBytes));
  const claimed = form === 'dbase2' ? DBASE2_HEADER_BYTES : (start[8] ?? 0) | ((start[9] ?? 0) << 8);
  return window.copy(0, Math.min(window.sizeBytes, Math.max(claimed, 32))) ?? new Uint8Array(0);
}

function* explainHeader(header: Uint8Array, form: DescriptorForm): Generator<ExplainedBytes> {
  yield* explainFields(header, 0, FIXED[form]);
  const size = descriptorSize(form);
  let at = form === 'dbase2' ? 8 : form === 'dbase7' ? 68 : 32;
  for (let number = 1; at + size <= header.length && header[at] !== TERMINATOR && header[at] !== 0; number++, at += size) {
    yield* explainFields(header.subarray(at, at + size), at, DESCRIPTORS[form], `field ${number} `);
  }
  if (at >= header.length) return;
  const problem = header[at] === TERMINATOR ? undefined : '0x0d is due here';
  yield explained(at, header.subarray(at, at + 1), 'end of the fields', '', problem);
  const tail = header.subarray(at + 1);
  if (tail.length === 0) return;
  const isBacklink = tail.length === BACKLINK_BYTES && form === 'common';
  if (isBacklink) yield* explainFields(tail, at + 1, [{ name: 'path of the database container', kind: 'text', bytes: BACKLINK_BYTES }]);
  else yield explained(at + 1, tail, 'rest of the header', '');
}

function* explainRecords(window: FileWindow, start: number, layout: DbfLayout | undefined): Generator<ExplainedBytes> {
  const left = window.sizeBytes - start;
  if (left <= 0) return;
  const recordBytes = layout === undefined ? left : Math.min(left, layout.recordCount * layout.recordLength);
  if (recordBytes > 0) {
    const value = layout === undefined ? '' : `${layout.recordCount} records of ${layout.recordLength} bytes`;
    yield explained(start, window.rest(start, 1).subarray(0, recordBytes), 'records', value, undefined, recordBytes);
  }
  const end = start + recordBytes;
  if (end >= window.sizeBytes) return;
  const tail = window.rest(end, 1).slice();
  const isMark = tail[0] === 0x1a;
  if (isMark) yield explained(end, tail.subarray(0, 1), 'end mark', '');
  if (window.sizeBytes > end + 1 || !isMark) {
    const from = isMark ? end + 1 : end;
    yield explained(from, tail.subarray(from - end), 'behind the records', '', 'no record that is counted', window.sizeBytes - from);
  }
}
