import type { DbfField, DbfLayout } from './dbf-types.js';
import { dateRangeTest } from './date-range-test.js';
import { FALSE_BYTES, TRUE_BYTES } from './logical-bytes.js';
import { isMemoField } from './memo-fields.js';
import { numberRange, numberRangeTest } from './number-range-test.js';
import { sieveOf, type FieldTest, type ValueRange } from './record-test.js';
import { textRangeTest } from './text-range-test.js';

/**
 * A test on the stored bytes of a record: passes exactly when the value that the field's decoder would give lies in the range, which
 * is of that value's type. Undefined for fields and ranges that have no such test; these are decoded and compared. For fields that
 * come back as bigint or text (`as`) it must not be used.
 *
 * @example
 * const adult = fieldRangeTest(layout, age, { low: { value: 18, inclusive: true } });
 * adult?.test(bytes, start);
 */
export function fieldRangeTest(layout: DbfLayout, field: DbfField, range: ValueRange): FieldTest | undefined {
  const made = byType(layout, field, range);
  const { nullFlags } = layout;
  if (made === undefined || nullFlags === undefined || field.nullBit === undefined) return made;
  const { test } = made;
  const at = nullFlags.offset + (field.nullBit >> 3);
  const mask = 1 << (field.nullBit & 7);
  const unlessNull: FieldTest['test'] = (bytes, start) => ((bytes[start + at] ?? 0) & mask) === 0 && test(bytes, start);
  return { test: unlessNull, sieve: sieveOf(unlessNull), screen: made.screen };
}

function byType(layout: DbfLayout, field: DbfField, range: ValueRange): FieldTest | undefined {
  if (field.type === 'C') return field.length > 0 ? textRangeTest(field, range) : undefined;
  if (range.prefix !== undefined) return undefined;
  switch (field.type) {
    case 'N': case 'F': return numberRangeTest(field, range);
    case 'D': return field.length === 8 ? dateRangeTest(field, range) : undefined;
    case 'L': return field.length > 0 ? logicalTest(field, range) : undefined;
    case 'I': return field.length === 4 && field.decimals === 0 && layout.dialect !== 'dbase7' ? integerTest(field, range) : undefined;
    case 'B': return field.length === 8 && !isMemoField(field) ? doubleTest(field, range) : undefined;
    default: return undefined;
  }
}

function logicalTest({ offset }: DbfField, { low, high }: ValueRange): FieldTest | undefined {
  const wanted = low?.value;
  if (typeof wanted !== 'boolean' || high?.value !== wanted || low?.inclusive !== true || !high.inclusive) return undefined;
  const passes = new Uint8Array(256);
  for (const byte of wanted ? TRUE_BYTES : FALSE_BYTES) passes[byte] = 1;
  const test: FieldTest['test'] = (bytes, start) => passes[bytes[start + offset] ?? 0] === 1;
  return { test, sieve: sieveOf(test) };
}

function integerTest({ offset }: DbfField, range: ValueRange): FieldTest | undefined {
  const wanted = numberRange(range);
  if (wanted === undefined) return undefined;
  const least = wanted.lowInclusive ? Math.ceil(wanted.low) : Math.floor(wanted.low) + 1;
  const greatest = wanted.highInclusive ? Math.floor(wanted.high) : Math.ceil(wanted.high) - 1;
  const test: FieldTest['test'] = (bytes, start) => {
    const at = start + offset;
    const value = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
    return value >= least && value <= greatest;
  };
  return { test, sieve: sieveOf(test) };
}

const scratch = new Float64Array(1);
const scratchBytes = new Uint8Array(scratch.buffer);
/** The scratch reads in the order of the machine; elsewhere doubles are decoded. */
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function doubleTest({ offset }: DbfField, range: ValueRange): FieldTest | undefined {
  const wanted = numberRange(range);
  if (wanted === undefined || !isLittleEndian) return undefined;
  const { low, lowInclusive, high, highInclusive } = wanted;
  const test: FieldTest['test'] = (bytes, start) => {
    for (let i = 0; i < 8; i++) scratchBytes[i] = bytes[start + offset + i] ?? 0;
    const value = scratch[0] ?? NaN;
    // Infinities are null in rows.
    return Number.isFinite(value) && (lowInclusive ? value >= low : value > low) && (highInclusive ? value <= high : value < high);
  };
  return { test, sieve: sieveOf(test) };
}
