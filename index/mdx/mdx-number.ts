import { numberForm, type KeyForm } from '../dbase/key-form.js';

/** Bytes of a number in an MDX: exponent, sign and number of digits, ten bytes of decimal digits. */
export const MDX_NUMBER_BYTES = 12;
const ZERO_EXPONENT = 0x34;

/** The number 0.d1d2d3... times ten to the (first byte - 0x34); NaN when a digit is none. */
export function decodeMdxNumber(page: Uint8Array, at: number): number {
  const form = page[at + 1] ?? 0;
  const count = (form >> 2) & 0x1f;
  if (count === 0) return 0;
  let digits = '';
  for (let i = 0; i < count; i++) {
    const pair = page[at + 2 + (i >> 1)] ?? 0;
    const digit = i % 2 === 0 ? pair >> 4 : pair & 0x0f;
    if (digit > 9 || i >= 2 * (MDX_NUMBER_BYTES - 2)) return NaN;
    digits += String(digit);
  }
  const value = Number(`0.${digits}e${(page[at] ?? 0) - ZERO_EXPONENT}`);
  return (form & 0x80) !== 0 && value !== 0 ? -value : value;
}

/** Numbers come as sortable doubles; more digits than those have may make neighbours equal. */
export const MDX_NUMBER_FORM: KeyForm = numberForm(MDX_NUMBER_BYTES, decodeMdxNumber, () => { throw new TypeError('MDX files are only read'); });
