import { decimalDigits, scaledDigits } from '#storage';

const ZERO = 0x30;
const POINT = 0x2e;
const MINUS = 0x2d;
const SPACE = 0x20;
/** A digit d of a negative number is the character 0x2C - d: larger digits sort before smaller ones, all before those of positive numbers. */
const NEGATIVE_ZERO = 0x2c;
const NEGATIVE_NINE = 0x23;

/**
 * Turns the text of a number (STR(value, length, decimals), or a numeric field as it stands) into its key, in place: blanks become zeros;
 * below zero every digit is turned over and the sign is a zero like the others.
 */
export function foldNtxNumber(bytes: Uint8Array, start: number, length: number): void {
  let at = start;
  const end = start + length;
  while (at < end && bytes[at] === SPACE) bytes[at++] = ZERO;
  if (at === end || bytes[at] !== MINUS) return;
  bytes[at] = ZERO;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] ?? 0) - ZERO;
    if (digit >= 0 && digit <= 9) bytes[i] = NEGATIVE_ZERO - digit;
  }
}

/** Writes the key of a number; one that is too wide becomes asterisks, as STR() gives them. */
export function encodeNtxNumber(value: number, length: number, decimals: number, target: Uint8Array, start = 0): void {
  const { negative, digits } = scaledDigits(decimalDigits(value), decimals);
  const padded = digits.padStart(decimals + 1, '0');
  const point = padded.length - decimals;
  const text = `${negative ? '-' : ''}${padded.slice(0, point)}${decimals > 0 ? `.${padded.slice(point)}` : ''}`;
  const shown = text.length > length ? '*'.repeat(length) : text.padStart(length);
  for (let i = 0; i < length; i++) target[start + i] = shown.charCodeAt(i);
  foldNtxNumber(target, start, length);
}

/** The number of a key; undefined when it is none (asterisks). */
export function decodeNtxNumber(bytes: Uint8Array, start: number, length: number): number | undefined {
  let text = '';
  let negative = false;
  for (let i = start; i < start + length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte >= NEGATIVE_NINE && byte <= NEGATIVE_ZERO) {
      negative = true;
      text += String(NEGATIVE_ZERO - byte);
    } else text += byte === POINT || (byte >= ZERO && byte <= ZERO + 9) || byte === SPACE ? String.fromCharCode(byte) : '?';
  }
  const value = Number(text.trim() === '' ? '0' : text);
  if (Number.isNaN(value)) return undefined;
  return negative && value !== 0 ? -value : value;
}
