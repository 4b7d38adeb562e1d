import { codePage } from '../codepage/code-page.js';
import type { MemoPointer } from '../memo/memo-kind.js';
import type { DbfField, DbfLayout, Finding } from './dbf-types.js';
import { valueLength } from './decode-text.js';
import { fieldDecoder } from './field-decoder.js';
import { isMemoField } from './memo-fields.js';
import { readPointer } from './memo-pointer.js';
import { NO_MEMO } from './memo-source.js';

/** Says why a pointer leads nowhere; undefined when it leads to a memo. A MemoFile is one. */
export interface MemoChecker { explain(pointer: MemoPointer): string | undefined }

/** What is wrong with one value. */
export interface ValueFault { readonly code: string; readonly severity: Finding['severity']; readonly message: string }

/** Looks at one field of the record at `bytes[start]`. */
export type FieldCheck = (bytes: Uint8Array, start: number) => ValueFault | undefined;

const ASTERISK = 0x2a;
const NO_VALUE: ReadonlySet<number> = new Set([0x20, 0x00]);
const ZERO_DIGIT = 0x30;
const QUESTION_MARK = 0x3f;

function allIn(bytes: Uint8Array, from: number, to: number, accepted: (byte: number) => boolean): boolean {
  for (let i = from; i < to; i++) if (!accepted(bytes[i] ?? 0)) return false;
  return true;
}

const isBlank = (byte: number): boolean => NO_VALUE.has(byte);

/** Fields whose decoder gives null although the bytes are not blank hold something that is no value. */
function decodableCheck(layout: DbfLayout, field: DbfField, fault: ValueFault, alsoBlank: (byte: number) => boolean): FieldCheck {
  const decode = fieldDecoder(layout, field);
  return (bytes, start) => {
    const from = start + field.offset;
    if (decode(bytes, start, '', 0, NO_MEMO) !== null) return undefined;
    if (allIn(bytes, from, from + field.length, (byte) => isBlank(byte) || alsoBlank(byte))) return undefined;
    if ('NF'.includes(field.type) && allIn(bytes, from, from + field.length, (byte) => byte === ASTERISK)) {
      return { code: 'NUMBER_OVERFLOW', severity: 'note', message: 'the number did not fit when it was written (asterisks)' };
    }
    return fault;
  };
}

function memoCheck(layout: DbfLayout, field: DbfField, memo: MemoChecker | undefined): FieldCheck {
  return (bytes, start) => {
    const pointer = readPointer(layout, field, bytes, start);
    if (pointer === 'empty') return undefined;
    if (pointer === 'garbage') return { code: 'MEMO_POINTER_INVALID', severity: 'warning', message: 'the memo pointer is no number' };
    const why = memo?.explain(pointer);
    if (why === undefined) return undefined;
    return { code: 'MEMO_DANGLING', severity: 'warning', message: `memo pointer ${pointer.block} leads nowhere: ${why}` };
  };
}

function textCheck(layout: DbfLayout, field: DbfField): FieldCheck {
  const page = codePage(field.binary ? 'latin1' : layout.encoding);
  return (bytes, start) => {
    const from = start + field.offset;
    const stored = bytes[from + field.length - 1] ?? 0;
    if (isShort(layout, field, bytes, start) && stored >= field.length) {
      return { code: 'VARIABLE_LENGTH_INVALID', severity: 'warning', message: 'the length in the last byte is larger than the field' };
    }
    if (field.type === 'Q' || allIn(bytes, from, from + field.length, (byte) => byte < 0x80)) return undefined;
    if (!page.decode(bytes, from, from + valueLength(layout, field, bytes, start)).includes('\uFFFD')) return undefined;
    return { code: 'TEXT_NOT_IN_CODE_PAGE', severity: 'note', message: `the text has bytes that are no character of ${page.name}` };
  };
}

function isShort(layout: DbfLayout, field: DbfField, bytes: Uint8Array, start: number): boolean {
  const { nullFlags } = layout;
  if (nullFlags === undefined || field.lengthBit === undefined) return false;
  return ((bytes[start + nullFlags.offset + (field.lengthBit >> 3)] ?? 0) & (1 << (field.lengthBit & 7))) !== 0;
}

/** The check of a field's values; undefined for types in which every byte pattern is a value. */
export function fieldCheck(layout: DbfLayout, field: DbfField, memo: MemoChecker | undefined): FieldCheck | undefined {
  if (isMemoField(field)) return memoCheck(layout, field, memo);
  const never = (): boolean => false;
  const faulty = (code: string, message: string, alsoBlank: (byte: number) => boolean = never): FieldCheck =>
    decodableCheck(layout, field, { code, severity: 'warning', message }, alsoBlank);
  switch (field.type) {
    case 'N': case 'F': return faulty('NUMBER_INVALID', 'the text is no number');
    case 'D': return faulty('DATE_INVALID', 'the text is no day of the calendar', (byte) => byte === ZERO_DIGIT);
    case 'L': return faulty('LOGICAL_INVALID', 'the byte is none of T t Y y F f N n ? and blank', (byte) => byte === QUESTION_MARK);
    case 'T': case '@': return faulty('TIME_INVALID', 'the bytes are no date and time');
    case 'B': case 'O': return faulty('NUMBER_INVALID', 'the bytes are no finite number');
    case 'C': case 'V': case 'Q': return textCheck(layout, field);
    default: return undefined;
  }
}
