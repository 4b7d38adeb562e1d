import { latin1Text } from '../codepage/byte-text.js';

/** Exact powers of ten; dividing an exact integer by one of these is correctly rounded. */
const POWERS_OF_TEN: readonly number[] = Array.from({ length: 16 }, (_, n) => Number(`1e${n}`));
/** More digits than these may not be exact in a double on the way. */
const EXACT_DIGITS = 15;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * The number that stands as text in `bytes[from..to)`: null when blank, overflowed (asterisks) or no number.
 * Accepts what real files hold: leading or trailing blanks, NULs, a plus sign, an exponent. Never a comma.
 */
export function parseNumber(bytes: Uint8Array, from: number, to: number): number | null {
  let i = from;
  while (i < to && bytes[i] === 0x20) i++;
  if (i === to) return null;
  const sign = bytes[i];
  if (sign === 0x2d || sign === 0x2b) i++;
  const first = i;
  let mantissa = 0;
  let digit = (bytes[i] ?? 0) - 0x30;
  while (i < to && digit >= 0 && digit <= 9) {
    mantissa = mantissa * 10 + digit;
    digit = (bytes[++i] ?? 0) - 0x30;
  }
  let digits = i - first;
  let scale = 0;
  if (i < to && bytes[i] === 0x2e) {
    const point = i++;
    digit = (bytes[i] ?? 0) - 0x30;
    while (i < to && digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digit = (bytes[++i] ?? 0) - 0x30;
    }
    scale = i - point - 1;
    digits += scale;
  }
  if (i !== to || digits === 0 || digits > EXACT_DIGITS) return parseOddNumber(bytes, from, to);
  const value = scale === 0 ? mantissa : mantissa / (POWERS_OF_TEN[scale] ?? 1);
  return sign === 0x2d && value !== 0 ? -value : value;
}

/** A point with blanks around it, as picture masks leave it: "0   . ", or alone. */
const MASKED = /^([+-]?)(\d*) *\. *(\d*)$/;

/**
 * The digits without blanks and NULs around them; undefined when they are no number. Blanks beside the point do not
 * count, and a lone point is 0, as xBase reads it.
 */
export function numberText(bytes: Uint8Array, from: number, to: number): string | undefined {
  let start = from;
  let end = to;
  while (start < end && (bytes[start] === 0x20 || bytes[start] === 0)) start++;
  while (end > start && (bytes[end - 1] === 0x20 || bytes[end - 1] === 0)) end--;
  const text = latin1Text(bytes, start, end);
  if (NUMBER.test(text)) return text;
  const [, sign, whole = '', fraction = ''] = MASKED.exec(text) ?? [];
  return sign === undefined ? undefined : `${sign}${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
}

function parseOddNumber(bytes: Uint8Array, from: number, to: number): number | null {
  const text = numberText(bytes, from, to);
  if (text === undefined) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value + 0 : null;
}

/** The whole number in a text such as "12", "-7.50" or "1e3", rounded half away from zero. */
export function bigintOfText(text: string): bigint | null {
  const parts = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
  if (parts === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const shift = Number(exponent);
  const digits = whole + fraction.padEnd(Math.max(shift, 0), '0');
  const point = whole.length + shift;
  const kept = BigInt(point > 0 ? digits.slice(0, point) || '0' : '0');
  const roundsUp = point >= 0 && (digits[point] ?? '0') >= '5';
  const magnitude = roundsUp ? kept + 1n : kept;
  return sign === '-' ? -magnitude : magnitude;
}
