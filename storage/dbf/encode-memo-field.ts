import { codePage } from '../codepage/code-page.js';
import type { MemoContent, MemoPointer } from '../memo/memo-kind.js';
import type { DbfField, DbfLayout } from './dbf-types.js';
import { describeValue, valueError, type FieldEncoder } from './field-encoder-type.js';
import { pointerForm } from './memo-fields.js';

/** Ends a memo of dBASE III. */
const MEMO_END = 0x1a;
const MAX_TEXT_BLOCK = 9_999_999_999;
const MAX_BLOCK = 0xffff_ffff;
const SMT_TEXT = 1;

/** FPT stores it as the block type: Visual FoxPro writes 1 for M and W, 2 for G, 0 for P. */
function contentOf(field: DbfField): MemoContent {
  if (field.type === 'G') return 'object';
  return field.type === 'P' || field.type === 'B' ? 'binary' : 'text';
}

/** The empty pointer. */
function writeEmpty(layout: DbfLayout, field: DbfField, target: Uint8Array, at: number): void {
  const blank = pointerForm(layout, field) === 'binary' ? 0 : 0x20;
  target.fill(blank, at + field.offset, at + field.offset + field.length);
}

/** M takes text; M marked binary and G, P, W, B take bytes. An empty value is an empty pointer, written at once. */
export function memoEncoder(layout: DbfLayout, field: DbfField): FieldEncoder {
  const page = codePage(layout.encoding);
  const isText = field.type === 'M' && !field.binary;
  const content = contentOf(field);
  const toBytes = (value: unknown): Uint8Array => {
    if (!isText) {
      if (value instanceof Uint8Array) return new Uint8Array(value);
      throw valueError(field, `takes a Uint8Array, got ${describeValue(value)}`);
    }
    if (typeof value !== 'string') throw valueError(field, `takes text, got ${describeValue(value)}`);
    const bytes = page.encode(value);
    if (bytes === undefined) throw valueError(field, `the text has a character that is not in ${page.name}`);
    return bytes;
  };
  return (value, target, at) => {
    const bytes = toBytes(value);
    writeEmpty(layout, field, target, at);
    if (bytes.length === 0) return undefined;
    if (layout.memoKind === 'dbt3' && bytes.includes(MEMO_END)) {
      throw valueError(field, 'a dBASE III memo cannot hold the character 0x1A, which ends it; use the dialect "vfp" or "dbase4"');
    }
    return { field, content, bytes };
  };
}

/**
 * Writes where the value of a memo field has been placed into the record that begins at `target[at]`.
 *
 * @throws FieldstoneError VALUE when the block number does not fit the field.
 */
export function writePointer(layout: DbfLayout, field: DbfField, pointer: MemoPointer, target: Uint8Array, at: number): void {
  const from = at + field.offset;
  const form = pointerForm(layout, field);
  if (!Number.isInteger(pointer.block) || pointer.block < 1 || pointer.block > (form === 'text' ? MAX_TEXT_BLOCK : MAX_BLOCK)) {
    throw valueError(field, `block number ${pointer.block} cannot be written`);
  }
  switch (form) {
    case 'binary': putWord(pointer.block, target, from); break;
    case 'smt':
      target[from] = pointer.valueType ?? SMT_TEXT;
      target[from + 1] = (pointer.valueType ?? SMT_TEXT) >>> 8;
      putWord(pointer.lengthBytes ?? 0, target, from + 2);
      putWord(pointer.block, target, from + 6);
      break;
    case 'text': {
      const digits = String(pointer.block).padStart(field.length, ' ');
      for (let i = 0; i < field.length; i++) target[from + i] = digits.charCodeAt(i);
    }
  }
}

/** Lowest byte first. */
function putWord(word: number, target: Uint8Array, at: number): void {
  target[at] = word;
  target[at + 1] = word >>> 8;
  target[at + 2] = word >>> 16;
  target[at + 3] = word >>> 24;
}
