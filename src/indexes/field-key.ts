import { KeyBuffer, MAX_VALUE_KEY_BYTES, NUMBER_KEY_BYTES, putAsciiKey, putDateKey, putNumberKey, VALUE_TAGS, writeValueKey } from '#index';
import {
  DAY_MS, daysSince1970, fieldDecoder, isCalendarDay, isMemoField, parseNumber,
  type ByteMemory, type DbfField, type DbfLayout, type MemoSource, type NumberForm,
} from '#storage';

/** Writes the key of one field of the record image[start ..] to target[at ..] and returns where it ends; -end when the key does not tell the value exactly. */
export type PutFieldKey = (image: Uint8Array, start: number, memos: MemoSource, target: ByteMemory, at: number) => number;

/** How a field gets its key, and the most bytes that takes. */
export interface FieldKey {
  readonly put: PutFieldKey;
  readonly mostBytes: number;
}

/** Tag, and what ends a text that was cut inside a character. */
const AROUND_TEXT = 8;
/** Longer text fields are decoded first. */
const MOST_TEXT = MAX_VALUE_KEY_BYTES / 2;
/** Digits whose number is exact. */
const EXACT_DIGITS = 15;
const SPACE = 0x20;
const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;

const scratch = new KeyBuffer();

/**
 * The key of a field as writeValueKey() gives it for the field's value. The commonest kinds are made of the bytes of the record as they stand,
 * all others of the value that the field's decoder gives.
 */
export function fieldKey(layout: DbfLayout, field: DbfField, form: NumberForm | undefined): FieldKey {
  const decoded = decodedKey(layout, field, form);
  const direct = form === undefined && !isMemoField(field) ? directKey(layout, field, decoded) : undefined;
  return direct === undefined ? decoded : unlessNull(layout, field, direct);
}

function decodedKey(layout: DbfLayout, field: DbfField, form: NumberForm | undefined): FieldKey {
  const decode = fieldDecoder(layout, field, form);
  return {
    mostBytes: MAX_VALUE_KEY_BYTES + AROUND_TEXT,
    put: (image, start, memos, target, at) => {
      scratch.reset();
      const exact = writeValueKey(decode(image, start, '', 0, memos), scratch);
      const { bytes, length } = scratch;
      for (let i = 0; i < length; i++) target.bytes[at + i] = bytes[i] ?? 0;
      return exact ? at + length : -at - length;
    },
  };
}

function unlessNull(layout: DbfLayout, field: DbfField, key: FieldKey): FieldKey {
  const { nullFlags } = layout;
  if (nullFlags === undefined || field.nullBit === undefined) return key;
  const flags = nullFlags.offset + (field.nullBit >> 3);
  const mask = 1 << (field.nullBit & 7);
  const { put, mostBytes } = key;
  return {
    mostBytes,
    put: (image, start, memos, target, at) => (((image[start + flags] ?? 0) & mask) !== 0 ? putNull(target, at) : put(image, start, memos, target, at)),
  };
}

function putNull(target: ByteMemory, at: number): number {
  target.bytes[at] = VALUE_TAGS.null;
  return at + 1;
}

function directKey(layout: DbfLayout, field: DbfField, decoded: FieldKey): FieldKey | undefined {
  const { type, length, decimals } = field;
  switch (type) {
    case 'C': return length <= MOST_TEXT ? textKey(field, decoded) : undefined;
    case 'N': case 'F': return length <= EXACT_DIGITS && decimals >= 0 && decimals < length ? numericKey(field) : undefined;
    case 'D': return length === 8 ? dateKey(field) : undefined;
    case 'L': return length > 0 ? logicalKey(layout, field) : undefined;
    case 'I': return length === 4 && decimals === 0 && layout.dialect !== 'dbase7' ? integerKey(field) : undefined;
    default: return undefined;
  }
}

function textKey({ offset, length }: DbfField, decoded: FieldKey): FieldKey {
  return {
    mostBytes: decoded.mostBytes,
    put: (image, start, memos, target, at) => {
      const from = start + offset;
      let to = from + length;
      while (to > from && (image[to - 1] === SPACE || image[to - 1] === 0)) to--;
      const end = putAsciiKey(image, from, to, target, at);
      return end < 0 ? decoded.put(image, start, memos, target, at) : end;
    },
  };
}

function numericKey({ offset, length, decimals }: DbfField): FieldKey {
  const scale = 10 ** decimals;
  const wholeDigits = decimals === 0 ? length : length - decimals - 1;
  return {
    mostBytes: NUMBER_KEY_BYTES,
    put: (image, start, _memos, target, at) => {
      const from = start + offset;
      const end = from + length;
      const point = from + wholeDigits;
      let i = from;
      while (i < end && image[i] === SPACE) i++;
      if (i === end) return putNull(target, at);
      const isNegative = image[i] === MINUS;
      if (isNegative) i++;
      // Digits with the point in its usual place; anything else as the decoder reads it.
      if (i > point || i === end) return putOdd(image, from, end, target, at);
      let mantissa = 0;
      for (; i < point; i++) {
        const digit = (image[i] ?? 0) - ZERO;
        if (digit < 0 || digit > 9) return putOdd(image, from, end, target, at);
        mantissa = mantissa * 10 + digit;
      }
      if (i < end) {
        if (image[i] !== POINT) return putOdd(image, from, end, target, at);
        for (i++; i < end; i++) {
          const digit = (image[i] ?? 0) - ZERO;
          if (digit < 0 || digit > 9) return putOdd(image, from, end, target, at);
          mantissa = mantissa * 10 + digit;
        }
        mantissa /= scale;
      }
      return putNumberKey(isNegative ? -mantissa : mantissa, target, at);
    },
  };
}

function putOdd(image: Uint8Array, from: number, end: number, target: ByteMemory, at: number): number {
  const value = parseNumber(image, from, end);
  return value === null ? putNull(target, at) : putNumberKey(value, target, at);
}

function dateKey({ offset }: DbfField): FieldKey {
  return {
    mostBytes: NUMBER_KEY_BYTES,
    put: (image, start, _memos, target, at) => {
      let shown = 0;
      for (let i = start + offset, end = i + 8; i < end; i++) {
        const digit = (image[i] ?? 0) - ZERO;
        if (digit < 0 || digit > 9) return putNull(target, at);
        shown = shown * 10 + digit;
      }
      const year = (shown / 10_000) | 0;
      const month = ((shown / 100) | 0) % 100;
      const day = shown % 100;
      return isCalendarDay(year, month, day) ? putDateKey(daysSince1970(year, month, day) * DAY_MS, target, at) : putNull(target, at);
    },
  };
}

function logicalKey(layout: DbfLayout, field: DbfField): FieldKey {
  const decode = fieldDecoder(layout, field);
  // No bit of its flags is set: the field is not null.
  const probe = new Uint8Array(layout.recordLength);
  const tags = Uint8Array.from({ length: 256 }, (_, byte) => {
    probe[field.offset] = byte;
    const value = decode(probe, 0, '', 0, { read: () => undefined });
    return value === true ? VALUE_TAGS.true : value === false ? VALUE_TAGS.false : VALUE_TAGS.null;
  });
  const { offset } = field;
  return {
    mostBytes: 1,
    put: (image, start, _memos, target, at) => {
      target.bytes[at] = tags[image[start + offset] ?? 0] ?? 0;
      return at + 1;
    },
  };
}

function integerKey({ offset }: DbfField): FieldKey {
  return {
    mostBytes: NUMBER_KEY_BYTES,
    put: (image, start, _memos, target, at) => {
      const i = start + offset;
      return putNumberKey((image[i] ?? 0) | ((image[i + 1] ?? 0) << 8) | ((image[i + 2] ?? 0) << 16) | ((image[i + 3] ?? 0) << 24), target, at);
    },
  };
}
