import type { CodePage } from '../codepage/code-page.js';
import type { DbfField, DbfLayout } from './dbf-types.js';
import { valueLength } from './decode-text.js';
import type { FieldDecoder } from './field-decoder-type.js';
import { readPointer } from './memo-pointer.js';

/** What an SMT value is; the others come back as bytes. */
const SMT_TEXT = 1;
const SMT_INT32 = 2;

/**
 * M: text, '' when the pointer is empty; M marked binary and G, P, W, B: bytes, null when empty. A pointer that leads
 * nowhere, or is none, gives null: the rest of the row is still good.
 */
export function memoDecoder(layout: DbfLayout, field: DbfField, page: CodePage): FieldDecoder {
  const isText = field.type === 'M' && !field.binary;
  return (bytes, start, _text, _textStart, memo) => {
    const pointer = readPointer(layout, field, bytes, start);
    if (pointer === 'empty') return isText ? '' : null;
    if (pointer === 'garbage') return null;
    if (pointer.valueType === SMT_INT32) return (pointer.lengthBytes ?? 0) | 0;
    const value = memo.read(pointer);
    if (value === undefined) return null;
    const asText = isText && (pointer.valueType ?? SMT_TEXT) === SMT_TEXT;
    return asText ? page.decode(value, 0, value.length) : new Uint8Array(value);
  };
}

/** Q, and types that are not known: the bytes themselves, as a copy; null when the field has no width. */
export function bytesDecoder(field: DbfField, layout?: DbfLayout): FieldDecoder {
  if (field.length === 0) return () => null;
  return (bytes, start) => {
    const from = start + field.offset;
    const length = layout === undefined ? field.length : valueLength(layout, field, bytes, start);
    return new Uint8Array(bytes.subarray(from, from + length));
  };
}
