import type { DbfField } from './dbf-types.js';
import { endScreen } from './record-words.js';
import type { FieldTest, RecordTest, ValueRange } from './record-test.js';

/** Printable ASCII that ends in no blank: such text stands in a field byte for byte, in every code page. */
const PLAIN = /^(?:[ -~]*[!-~])?$/;

function plainText(value: unknown): string | undefined { return typeof value === 'string' && PLAIN.test(value) ? value : undefined; }

function asciiBytes(text: string): Uint8Array { return Uint8Array.from(text, (c) => c.charCodeAt(0)); }

/**
 * Whether a C field is equal to a text, lies between two of them, or begins with one, on its bytes. All code pages agree with ASCII
 * below 0x80 and have nothing but higher characters above, so bytes and characters compare alike as long as the wanted text is
 * plain ASCII. Undefined for any other text.
 */
export function textRangeTest({ offset, length }: DbfField, range: ValueRange): FieldTest | undefined {
  if (range.prefix !== undefined) return prefixTest(offset, length, range.prefix);
  const { low, high } = range;
  const from = low === undefined ? '' : plainText(low.value);
  const to = high === undefined ? '' : plainText(high.value);
  if (from === undefined || to === undefined) return undefined;
  if (low !== undefined && high !== undefined && from === to && low.inclusive && high.inclusive) return equalTest(offset, length, from);
  const least = asciiBytes(from);
  const most = asciiBytes(to);
  const fromOrder = low === undefined ? -1 : low.inclusive ? 0 : 1;
  const toOrder = high === undefined ? 1 : high.inclusive ? 0 : -1;
  const test: RecordTest = (bytes, start) =>
    (low === undefined || compareField(bytes, start + offset, length, least) >= fromOrder)
    && (high === undefined || compareField(bytes, start + offset, length, most) <= toOrder);
  return { test, sieve: loop(test) };
}

/** Negative, 0 or positive as the text in the field is below, equal to or above the wanted one: -1, 0, 1. */
function compareField(bytes: Uint8Array, from: number, length: number, wanted: Uint8Array): number {
  const shared = Math.min(length, wanted.length);
  for (let i = 0; i < shared; i++) {
    const order = (bytes[from + i] ?? 0) - (wanted[i] ?? 0);
    // Padding is below every character that a plain text ends with.
    if (order !== 0) return order < 0 ? -1 : 1;
  }
  if (wanted.length > length) return -1;
  return isBlank(bytes, from + shared, from + length) ? 0 : 1;
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0x20 && bytes[i] !== 0) return false;
  return true;
}

function equalTest(offset: number, length: number, text: string): FieldTest {
  const wanted = asciiBytes(text);
  if (wanted.length > length) return NEVER;
  const test: RecordTest = (bytes, start) => {
    const from = start + offset;
    for (let i = 0; i < wanted.length; i++) if (bytes[from + i] !== wanted[i]) return false;
    return isBlank(bytes, from + wanted.length, from + length);
  };
  return { test, sieve: loop(test), screen: endScreen(offset, length, wanted) };
}

function prefixTest(offset: number, length: number, text: string): FieldTest | undefined {
  if (plainText(text) === undefined) return undefined;
  const wanted = asciiBytes(text);
  if (wanted.length > length) return NEVER;
  const test: RecordTest = (bytes, start) => {
    const from = start + offset;
    for (let i = 0; i < wanted.length; i++) if (bytes[from + i] !== wanted[i]) return false;
    return true;
  };
  return { test, sieve: loop(test), screen: endScreen(offset, length, wanted) };
}

const NEVER: FieldTest = { test: () => false, sieve: () => 0, screen: () => 0 };

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
