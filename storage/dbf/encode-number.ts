import type { DbfField } from './dbf-types.js';
import { describeValue, valueError, type FieldEncoder } from './field-encoder-type.js';
import type { NumberForm } from './field-decoder-type.js';
import { decimalDigits, scaledDigits } from './decimal-text.js';

const BLANK = 0x20;
const ZERO = 0x30;
const CURRENCY_DECIMALS = 4;
const MAX_SMALL = 0x7fff_ffff;

/** Writes the digits of a whole number of at most 31 bits before `end`; gives the place of the first, or -1 when they pass `least`. */
function writeSmallDigits(value: number, target: Uint8Array, end: number, least: number): number {
  let rest = value;
  let place = end;
  do {
    if (place === least) return -1;
    const next = (rest / 10) | 0;
    target[--place] = ZERO + rest - next * 10;
    rest = next;
  } while (rest > 0);
  return place;
}

/** The same for larger numbers, whose division takes longer. */
function writeLargeDigits(value: number, target: Uint8Array, end: number, least: number): number {
  let rest = value;
  let place = end;
  do {
    if (place === least) return -1;
    const next = Math.floor(rest / 10);
    target[--place] = ZERO + rest - next * 10;
    rest = next;
  } while (rest > 0);
  return place;
}

/** Writes a whole number right-justified into `width` bytes ending before `end`; false when it is too wide. */
function writeWhole(value: number, target: Uint8Array, end: number, width: number): boolean {
  const least = end - width;
  const magnitude = Math.abs(value);
  let place = magnitude <= MAX_SMALL ? writeSmallDigits(magnitude, target, end, least) : writeLargeDigits(magnitude, target, end, least);
  if (place < 0) return false;
  if (value < 0) {
    if (place === least) return false;
    target[--place] = 0x2d;
  }
  while (place > least) target[--place] = BLANK;
  return true;
}

/** Writes digits whose last `decimals` stand after the point; false when they are too wide. */
function writeDigits(negative: boolean, digits: string, decimals: number, target: Uint8Array, from: number, width: number): boolean {
  const padded = digits.padStart(decimals + 1, '0');
  const whole = padded.slice(0, padded.length - decimals);
  const text = `${negative ? '-' : ''}${whole}${decimals > 0 ? `.${padded.slice(padded.length - decimals)}` : ''}`;
  if (text.length > width) return false;
  const start = from + width - text.length;
  target.fill(BLANK, from, start);
  for (let i = 0; i < text.length; i++) target[start + i] = text.charCodeAt(i);
  return true;
}

/** The sign and digits of a value that a numeric field takes; throws VALUE for all others. */
function digitsOf(field: DbfField, value: unknown, form: NumberForm | undefined): { negative: boolean; digits: string } {
  if (typeof value === 'bigint') return scaledDigits(value.toString(), field.decimals);
  if (typeof value === 'number') return scaledDigits(decimalDigits(value), field.decimals);
  if (typeof value === 'string' && form === 'string' && /^[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})$/.test(value)) {
    return scaledDigits(value, field.decimals);
  }
  throw valueError(field, `takes a number, got ${describeValue(value)}`);
}

/**
 * N and F: text, right-justified. Decimals past the field's are rounded half away from zero on the shortest decimal
 * that gives the number (so 1.005 becomes 1.01), as xBase does; a whole part that does not fit is refused.
 */
export function numericEncoder(field: DbfField, form: NumberForm | undefined): FieldEncoder {
  const { decimals, length, offset } = field;
  const power = 10 ** decimals;
  return (value, target, at) => {
    const from = at + offset;
    if (typeof value === 'number') {
      if (decimals === 0 && Number.isSafeInteger(value)) {
        if (writeWhole(value, target, from + length, length)) return undefined;
        throw valueError(field, `${value} does not fit`);
      }
      if (!Number.isFinite(value)) throw valueError(field, `${value} cannot be stored`);
      if (decimals > 0 && writeExact(value, target, from)) return undefined;
    }
    const { negative, digits } = digitsOf(field, value, form);
    if (!writeDigits(negative, digits, decimals, target, from, length)) throw valueError(field, `${String(value).slice(0, 40)} does not fit`);
    return undefined;
  };

  /** The common case: a number that has no more decimals than the field. */
  function writeExact(value: number, target: Uint8Array, from: number): boolean {
    const scaled = Math.round(value * power);
    if (!Number.isSafeInteger(scaled) || scaled / power !== value) return false;
    const whole = Math.trunc(scaled / power);
    // A negative number below 1 has no whole part to carry its sign.
    if ((whole === 0 && scaled < 0) || decimals >= length) return false;
    const point = from + length - decimals - 1;
    if (!writeWhole(whole, target, point, length - decimals - 1)) return false;
    let rest = Math.abs(scaled) - Math.abs(whole) * power;
    target[point] = 0x2e;
    for (let i = from + length - 1; i > point; i--) {
      const next = Math.floor(rest / 10);
      target[i] = ZERO + rest - next * 10;
      rest = next;
    }
    return true;
  }
}

function writeSmall(value: number, target: Uint8Array, from: number, length: number): void {
  for (let i = 0; i < length; i++) target[from + i] = (value >> (8 * i)) & 0xff;
}

/** I and the other little-endian integers of up to 8 bytes. */
export function integerEncoder(field: DbfField): FieldEncoder {
  const { length, offset } = field;
  const bound = 2n ** BigInt(length * 8 - 1);
  const smallBound = length <= 4 ? Number(bound) : 0;
  return (value, target, at) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= -smallBound && value < smallBound) {
      writeSmall(value, target, at + offset, length);
      return undefined;
    }
    if (typeof value === 'number' && !Number.isSafeInteger(value)) throw valueError(field, `takes a whole number, got ${value}`);
    if (typeof value !== 'number' && typeof value !== 'bigint') throw valueError(field, `takes a whole number, got ${describeValue(value)}`);
    let rest = BigInt(value);
    if (rest < -bound || rest >= bound) throw valueError(field, `${value} is not within ${-bound} and ${bound - 1n}`);
    for (let i = 0; i < length; i++, rest >>= 8n) target[at + offset + i] = Number(rest & 0xffn);
    return undefined;
  };
}

/** B: little-endian double. */
export function doubleEncoder(field: DbfField): FieldEncoder {
  return (value, target, at) => {
    if (typeof value !== 'number') throw valueError(field, `takes a number, got ${describeValue(value)}`);
    if (!Number.isFinite(value)) throw valueError(field, `${value} cannot be stored`);
    new DataView(target.buffer, target.byteOffset + at + field.offset, 8).setFloat64(0, value + 0, true);
    return undefined;
  };
}

function currencyUnits(field: DbfField, value: unknown, form: NumberForm | undefined): bigint {
  if (typeof value === 'bigint' && form === 'bigint') return value;
  if (typeof value === 'number' && !Number.isFinite(value)) throw valueError(field, `${value} cannot be stored`);
  if (typeof value === 'bigint') throw valueError(field, "takes a number; declare the field { as: 'bigint' } to give ten-thousandths");
  const { negative, digits } = digitsOf({ ...field, decimals: CURRENCY_DECIMALS }, value, form);
  const magnitude = BigInt(digits);
  return negative ? -magnitude : magnitude;
}

/** Y: int64 of ten-thousandths; a number is rounded half away from zero, a bigint is the ten-thousandths. */
export function currencyEncoder(field: DbfField, form: NumberForm | undefined): FieldEncoder {
  return (value, target, at) => {
    const units = currencyUnits(field, value, form);
    if (BigInt.asIntN(64, units) !== units) throw valueError(field, `${String(value).slice(0, 40)} is outside ±922337203685477.5807`);
    new DataView(target.buffer, target.byteOffset + at + field.offset, 8).setBigInt64(0, units, true);
    return undefined;
  };
}
