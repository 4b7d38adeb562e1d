import { DAY_MS, parseNumber, type DbfField, type DbfLayout } from '#storage';
import { julianDay } from './days.js';
import { logicalValue, numberValue, textValue, type LogicalOf, type NumberOf, type TextOf, type Value } from './value.js';

const SECOND_MS = 1000;

/** The value of a field, read from the record's bytes; undefined for types that no key is made of. */
export function fieldValue(layout: DbfLayout, field: DbfField): Value | undefined {
  const isNull = nullTest(layout, field);
  const mayBeNull = isNull !== undefined;
  const number = (read: NumberOf): NumberOf => (isNull === undefined ? read : (row) => (isNull(row) !== 0 ? NaN : read(row)));
  const { length, offset, decimals } = field;
  switch (field.type) {
    case 'C': case 'V': return textValue(length, nullableText(textReader(layout, field), isNull), mayBeNull);
    case 'M': case 'G': case 'P': return { ...textValue(0, () => 0, mayBeNull), memoIsEmpty: memoTest(field) };
    case 'N': case 'F': return numberValue(number(({ bytes, start }) => parseNumber(bytes, start + offset, start + offset + length) ?? 0), mayBeNull, length, decimals);
    case 'I': case '+': return length === 4 && layout.dialect !== 'dbase7' ? numberValue(number((row) => int32(row.bytes, row.start + offset)), mayBeNull) : undefined;
    case 'B': return length === 8 ? numberValue(number((row) => double(row.bytes, row.start + offset)), mayBeNull, 20, decimals) : undefined;
    case 'Y': return length === 8 ? numberValue(number((row) => currency(row.bytes, row.start + offset)), mayBeNull, 25, 4) : undefined;
    case 'D': return length >= 8 ? { type: 'D', number: number((row) => dayAt(row.bytes, row.start + offset)), mayBeNull } : undefined;
    case 'T': return length === 8 && layout.dialect !== 'dbase7' ? { type: 'T', number: number(timeReader(offset, layout.dialect === 'vfp')), mayBeNull } : undefined;
    case 'L': return length > 0 ? logicalValue(logicalReader(offset, isNull), mayBeNull) : undefined;
    default: return undefined;
  }
}

function nullTest({ nullFlags }: DbfLayout, { nullBit }: DbfField): LogicalOf | undefined {
  if (nullFlags === undefined || nullBit === undefined) return undefined;
  const at = nullFlags.offset + (nullBit >> 3);
  const mask = 1 << (nullBit & 7);
  return ({ bytes, start }) => (bytes[start + at] ?? 0) & mask;
}

function nullableText(read: TextOf, isNull: LogicalOf | undefined): TextOf {
  return isNull === undefined ? read : (row, out, at) => (isNull(row) !== 0 ? -1 : read(row, out, at));
}

function textReader({ nullFlags }: DbfLayout, { length, lengthBit, offset }: DbfField): TextOf {
  const whole: TextOf = ({ bytes, start }, out, at) => {
    const from = start + offset;
    for (let i = 0; i < length; i++) out[at + i] = bytes[from + i] ?? 0;
    return length;
  };
  if (lengthBit === undefined || nullFlags === undefined) return whole;
  const flagAt = nullFlags.offset + (lengthBit >> 3);
  const mask = 1 << (lengthBit & 7);
  return (row, out, at) => {
    whole(row, out, at);
    const { bytes, start } = row;
    if (((bytes[start + flagAt] ?? 0) & mask) !== 0) out.fill(0x20, at + Math.min(length, bytes[start + offset + length - 1] ?? 0), at + length);
    return length;
  };
}

/** A memo is empty when it points nowhere: blank or zero. */
function memoTest({ offset, length }: DbfField): LogicalOf {
  return ({ bytes, start }) => {
    for (let i = start + offset; i < start + offset + length; i++) {
      const byte = bytes[i] ?? 0;
      if (byte !== 0x20 && byte !== 0 && byte !== 0x30) return 0;
    }
    return 1;
  };
}

function int32(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

function viewOf(bytes: Uint8Array, at: number): DataView { return new DataView(bytes.buffer, bytes.byteOffset + at, 8); }

function double(bytes: Uint8Array, at: number): number {
  const value = viewOf(bytes, at).getFloat64(0, true);
  return Number.isFinite(value) ? value : 0;
}

function currency(bytes: Uint8Array, at: number): number { return Number(viewOf(bytes, at).getBigInt64(0, true)) / 10_000; }

function digits(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return value;
}

function dayAt(bytes: Uint8Array, at: number): number {
  const year = digits(bytes, at, 4);
  return Number.isNaN(year) ? 0 : julianDay(year, digits(bytes, at + 4, 2), digits(bytes, at + 6, 2));
}

/** Visual FoxPro shows whole seconds and stores hh:mm:ss.999 for the next one. */
function timeReader(offset: number, toSecond: boolean): NumberOf {
  return ({ bytes, start }) => {
    const julian = int32(bytes, start + offset) >>> 0;
    const ms = int32(bytes, start + offset + 4) >>> 0;
    if (julian === 0 || ms > DAY_MS) return 0;
    return julian * DAY_MS + (toSecond ? Math.round(ms / SECOND_MS) * SECOND_MS : ms);
  };
}

function logicalReader(offset: number, isNull: LogicalOf | undefined): LogicalOf {
  return (row) => {
    if (isNull !== undefined && isNull(row) !== 0) return 2;
    const byte = (row.bytes[row.start + offset] ?? 0) | 0x20;
    return byte === 0x74 || byte === 0x79 ? 1 : 0;
  };
}
