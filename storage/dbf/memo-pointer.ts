import { keepLayout } from '../base/keep-layout.js';
import type { MemoPointer } from '../memo/memo-kind.js';
import type { DbfField, DbfLayout } from './dbf-types.js';
import { u16, u32 } from './header-bytes.js';
import { pointerForm } from './memo-fields.js';

const BLANK = 0x20;
keepLayout({ block: 0 });

/** A pointer as the record holds it: where it leads, nothing, or bytes that are no pointer. */
export type PointerReading = MemoPointer | 'empty' | 'garbage';

function readText(bytes: Uint8Array, from: number, to: number): PointerReading {
  let start = from;
  let end = to;
  while (start < end && (bytes[start] === BLANK || bytes[start] === 0)) start++;
  while (end > start && (bytes[end - 1] === BLANK || bytes[end - 1] === 0)) end--;
  if (start === end) return 'empty';
  let block = 0;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return 'garbage';
    block = block * 10 + digit;
  }
  return block === 0 ? 'empty' : { block };
}

/** u16 value type, u32 length, u32 block. Ten blanks or zeros are empty. */
function readSmt(bytes: Uint8Array, from: number): PointerReading {
  const valueType = u16(bytes, from);
  if (valueType === 0 || valueType === 0x2020) return 'empty';
  return { block: u32(bytes, from + 6), lengthBytes: u32(bytes, from + 2), valueType };
}

/** Reads the pointer of a memo field; `start` is the first byte of the record. */
export function readPointer(layout: Pick<DbfLayout, 'memoKind'>, field: DbfField, bytes: Uint8Array, start: number): PointerReading {
  const at = start + field.offset;
  switch (pointerForm(layout, field)) {
    case 'text': return readText(bytes, at, at + field.length);
    case 'smt': return readSmt(bytes, at);
    case 'binary': {
      const block = u32(bytes, at);
      return block === 0 ? 'empty' : { block };
    }
  }
}

/** Where the memo field of a record points; undefined when it is empty or holds no pointer. */
export function rawPointer(layout: Pick<DbfLayout, 'memoKind'>, field: DbfField, bytes: Uint8Array, start: number): MemoPointer | undefined {
  const pointer = readPointer(layout, field, bytes, start);
  return typeof pointer === 'string' ? undefined : pointer;
}
