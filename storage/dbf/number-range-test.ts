import type { DbfField } from './dbf-types.js';
import { numberScreen } from './number-screen.js';
import { parseNumber } from './number-text.js';
import type { FieldTest, RecordTest, ValueRange } from './record-test.js';

/** With so many digits every number and its comparison are exact. */
const EXACT_DIGITS = 15;
const MOST_MANTISSA = 10 ** EXACT_DIGITS;

interface NumberRange { readonly low: number; readonly lowInclusive: boolean; readonly high: number; readonly highInclusive: boolean }

/** The ends as numbers; undefined when one is something else. */
export function numberRange({ low, high }: ValueRange): NumberRange | undefined {
  const from = low === undefined ? -Infinity : low.value;
  const to = high === undefined ? Infinity : high.value;
  if (typeof from !== 'number' || typeof to !== 'number' || Number.isNaN(from) || Number.isNaN(to)) return undefined;
  return { low: from, lowInclusive: low?.inclusive ?? true, high: to, highInclusive: high?.inclusive ?? true };
}

function isInside(value: number, { low, lowInclusive, high, highInclusive }: NumberRange): boolean {
  return (lowInclusive ? value >= low : value > low) && (highInclusive ? value <= high : value < high);
}

/** The least whole m for which m / scale is not below the range; m grows, so does the rounded quotient. */
function leastMantissa({ low, lowInclusive }: NumberRange, scale: number): number {
  const isFrom = (m: number): boolean => (lowInclusive ? m / scale >= low : m / scale > low);
  let m = Math.min(MOST_MANTISSA, Math.max(-MOST_MANTISSA, Math.floor(low * scale) - 2));
  while (m < MOST_MANTISSA && !isFrom(m)) m++;
  return m;
}

function greatestMantissa({ high, highInclusive }: NumberRange, scale: number): number {
  const isTo = (m: number): boolean => (highInclusive ? m / scale <= high : m / scale < high);
  let m = Math.max(-MOST_MANTISSA, Math.min(MOST_MANTISSA, Math.ceil(high * scale) + 2));
  while (m > -MOST_MANTISSA && !isTo(m)) m--;
  return m;
}

/**
 * Whether an N or F field lies in the range; blank and what is no number do not. Digits with the point in its usual place are
 * compared as one whole number; anything else is read as parseNumber() reads it. Undefined when the range is not of numbers.
 */
export function numberRangeTest(field: DbfField, range: ValueRange): FieldTest | undefined {
  const { offset, length, decimals } = field;
  const wanted = numberRange(range);
  if (wanted === undefined || decimals < 0 || decimals >= length) return undefined;
  const scale = 10 ** decimals;
  const isNarrow = length <= EXACT_DIGITS;
  const least = isNarrow ? leastMantissa(wanted, scale) : 0;
  const greatest = isNarrow ? greatestMantissa(wanted, scale) : 0;
  const pointAt = decimals === 0 ? length : length - decimals - 1;
  const slowly: RecordTest = (bytes, start) => {
    const value = parseNumber(bytes, start + offset, start + offset + length);
    return value !== null && isInside(value, wanted);
  };
  if (!isNarrow) return { test: slowly, sieve: loop(slowly) };
  const test: RecordTest = (bytes, start) => {
    let i = start + offset;
    const end = i + length;
    const point = i + pointAt;
    let byte = bytes[i] ?? 0;
    while (byte === 0x20) {
      if (++i === end) return false;
      byte = bytes[i] ?? 0;
    }
    const isNegative = byte === 0x2d;
    if (isNegative) i++;
    if (i > point || i === end) return slowly(bytes, start);
    let mantissa = 0;
    for (; i < point; i++) {
      const digit = (bytes[i] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) return slowly(bytes, start);
      mantissa = mantissa * 10 + digit;
    }
    if (i < end) {
      if (bytes[i] !== 0x2e) return slowly(bytes, start);
      for (i++; i < end; i++) {
        const digit = (bytes[i] ?? 0) - 0x30;
        if (digit < 0 || digit > 9) return slowly(bytes, start);
        mantissa = mantissa * 10 + digit;
      }
    }
    if (isNegative) mantissa = -mantissa;
    return mantissa >= least && mantissa <= greatest;
  };
  return { test, sieve: loop(test), screen: numberScreen(field, least, greatest) };
}

/** A loop of its own: see sieveOf(). */
function loop(test: RecordTest): FieldTest['sieve'] {
  return (bytes, starts, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const start = starts[i] ?? 0;
      if (test(bytes, start)) starts[kept++] = start;
    }
    return kept;
  };
}
