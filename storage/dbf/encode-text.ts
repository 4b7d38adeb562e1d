import { codePage, TOO_LONG, type CodePage } from '../codepage/code-page.js';
import type { DbfField, DbfLayout } from './dbf-types.js';
import { describeValue, valueError, type FieldEncoder } from './field-encoder-type.js';
import { setFlagBit } from './record.js';

function pageOf(layout: DbfLayout, field: DbfField): CodePage { return codePage(field.binary ? 'latin1' : layout.encoding); }

/** Writes text and gives the bytes written; throws VALUE when it does not fit or cannot be expressed. */
function writeText(field: DbfField, page: CodePage, value: unknown, target: Uint8Array, at: number): number {
  if (typeof value !== 'string') throw valueError(field, `takes text, got ${describeValue(value)}`);
  const written = page.encodeInto(value, target, at + field.offset, field.length);
  if (written >= 0) return written;
  if (written === TOO_LONG) throw valueError(field, `${describeValue(value)} do not fit into ${field.length} bytes of ${page.name}`);
  throw valueError(field, `the text has a character that is not in ${page.name}`);
}

// A call to fill() costs more than this many bytes written one by one.
const SHORT_PADDING = 64;

function pad(target: Uint8Array, byte: number, from: number, to: number): void {
  if (to - from > SHORT_PADDING) target.fill(byte, from, to);
  else for (let i = from; i < to; i++) target[i] = byte;
}

/** C: padded with blanks. Text that ends in a NUL is refused, because readers cut it off. */
export function textEncoder(layout: DbfLayout, field: DbfField): FieldEncoder {
  const page = pageOf(layout, field);
  return (value, target, at) => {
    const written = writeText(field, page, value, target, at);
    const end = at + field.offset + written;
    if (written > 0 && target[end - 1] === 0) throw valueError(field, 'text cannot end with a NUL character');
    pad(target, 0x20, end, at + field.offset + field.length);
    return undefined;
  };
}

/** Completes a V or Q field of which `written` bytes are in place: padding, and the length in the last byte unless all are used. */
function finishVariable(layout: DbfLayout, field: DbfField, written: number, padding: number, target: Uint8Array, at: number): void {
  const from = at + field.offset;
  const full = written === field.length;
  pad(target, padding, from + written, from + field.length);
  if (field.lengthBit === undefined) return;
  if (!full) target[from + field.length - 1] = written;
  setFlagBit(layout, field.lengthBit, !full, target, at);
}

/** V: text whose length is kept. */
export function varcharEncoder(layout: DbfLayout, field: DbfField): FieldEncoder {
  const page = pageOf(layout, field);
  return (value, target, at) => {
    finishVariable(layout, field, writeText(field, page, value, target, at), 0x20, target, at);
    return undefined;
  };
}

/** Q: bytes whose length is kept. */
export function varbinaryEncoder(layout: DbfLayout, field: DbfField): FieldEncoder {
  return (value, target, at) => {
    if (!(value instanceof Uint8Array)) throw valueError(field, `takes a Uint8Array, got ${describeValue(value)}`);
    if (value.length > field.length) throw valueError(field, `${value.length} bytes do not fit into ${field.length}`);
    target.set(value, at + field.offset);
    finishVariable(layout, field, value.length, 0, target, at);
    return undefined;
  };
}
