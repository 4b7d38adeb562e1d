import { latin1Text } from '../codepage/byte-text.js';
import { codePage, type CodePage } from '../codepage/code-page.js';
import { INTERNED_BYTES, type TextInterner } from '../codepage/text-interner.js';
import type { DbfField, DbfLayout } from './dbf-types.js';
import type { FieldDecoder } from './field-decoder-type.js';

/** NOCPTRANS text is bytes: it is shown through the identity view. */
function pageOf(layout: DbfLayout, field: DbfField): CodePage { return codePage(field.binary ? 'latin1' : layout.encoding); }

/**
 * C: text without trailing blanks and NULs. All code pages agree with ASCII below 0x80, so ASCII values are cut
 * out of the record's text and the code page is asked only for the others. With an interner equal values of short fields are one text.
 */
export function textDecoder(layout: DbfLayout, field: DbfField, interner?: TextInterner): FieldDecoder {
  const { offset, length } = field;
  const page = pageOf(layout, field);
  if (interner !== undefined && length <= INTERNED_BYTES) {
    return (bytes, start) => interner.text(bytes, start + offset, trimmedEnd(bytes, start + offset, length), page);
  }
  const identity = page.name === 'latin1';
  return (bytes, start, text, textStart) => {
    const from = start + offset;
    const to = trimmedEnd(bytes, from, length);
    if (!identity) {
      let seen = 0;
      for (let i = from; i < to; i++) seen |= bytes[i] ?? 0;
      if (seen >= 0x80) return page.decode(bytes, from, to);
    }
    if (text === '') return latin1Text(bytes, from, to);
    return text.substring(textStart + offset, textStart + offset + to - from);
  };
}

/** Where the value ends: before trailing blanks and NULs. */
function trimmedEnd(bytes: Uint8Array, from: number, length: number): number {
  let to = from + length;
  while (to > from && (bytes[to - 1] === 0x20 || bytes[to - 1] === 0)) to--;
  return to;
}

/** How many bytes of a V or Q field count: all of them, or as many as its last byte says when the length bit is set. */
export function valueLength(layout: DbfLayout, field: DbfField, bytes: Uint8Array, start: number): number {
  const { nullFlags } = layout;
  if (nullFlags === undefined || field.lengthBit === undefined) return field.length;
  const flags = bytes[start + nullFlags.offset + (field.lengthBit >> 3)] ?? 0;
  if ((flags & (1 << (field.lengthBit & 7))) === 0) return field.length;
  const stored = bytes[start + field.offset + field.length - 1] ?? 0;
  return Math.min(stored, field.length - 1);
}

/** V: trailing blanks belong to the value when its length is stored; without a length they are padding. */
export function varcharDecoder(layout: DbfLayout, field: DbfField, interner?: TextInterner): FieldDecoder {
  const page = pageOf(layout, field);
  if (field.lengthBit === undefined) return textDecoder(layout, field, interner);
  return (bytes, start) => {
    const from = start + field.offset;
    const to = from + valueLength(layout, field, bytes, start);
    return interner === undefined ? page.decode(bytes, from, to) : interner.text(bytes, from, to, page);
  };
}
