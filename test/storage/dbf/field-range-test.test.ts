import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeField, fieldRangeTest, planDbf, visibleFields, type DbfField, type DbfLayout, type FieldSpec, type ValueRange } from '#storage';
import { compareValues } from '../../../src/filter/compare-values.js';

const SEED = Number(process.env['SEED'] ?? 4711);
const specs: FieldSpec[] = [
  { name: 'C', type: 'C', length: 6, decimals: 0 }, { name: 'N0', type: 'N', length: 5, decimals: 0 }, { name: 'N2', type: 'N', length: 7, decimals: 2 },
  { name: 'WIDE', type: 'N', length: 18, decimals: 3 }, { name: 'D', type: 'D', length: 8, decimals: 0 }, { name: 'L', type: 'L', length: 1, decimals: 0 },
  { name: 'I', type: 'I', length: 4, decimals: 0 }, { name: 'B', type: 'B', length: 8, decimals: 2 },
  { name: 'CN', type: 'C', length: 4, decimals: 0, nullable: true }, { name: 'NN', type: 'N', length: 4, decimals: 1, nullable: true },
];
const layouts = ['cp1252', 'cp437', 'cp932', 'utf8'].map((encoding) => planDbf(specs, { dialect: 'vfp', encoding }));

/** Texts as they stand in real and in odd files. */
const digits = fc.oneof(
  fc.stringMatching(/^ *-?[0-9]{0,4}(\.[0-9]{0,3})?[ 0]*$/), fc.stringMatching(/^[ 0-9.+*eE-]{0,18}$/), fc.constantFrom('', '.', '-', '   .  ',
    '1e2', '+5', '007', '-0', '- 5', '12 '),
);
const day = fc.oneof(fc.date({ min: new Date(-62_000_000_000_000), max: new Date(250_000_000_000_000),
  noInvalidDate: true }).map((d) => d.toISOString().slice(0, 10).replaceAll('-', '')),
  fc.constantFrom('20230229', '20240229', '00000000', '        ', '2023 1 1', '99991231', '00010101', '20231301'));
const letters = fc.stringMatching(/^[ -~]{0,6}$/);
const bytes = fc.uint8Array({ minLength: 18, maxLength: 18 });
const short = fc.array(fc.constantFrom(0x20, 0, 0x41, 0x42, 0x61, 0x7e, 0x1f, 0x80, 0x8e, 0xe9, 0xff), { maxLength: 6 }).map((list) => Uint8Array.from(list));

function put(target: Uint8Array, field: DbfField, value: string | Uint8Array, right: boolean): void {
  const raw = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  const cut = raw.subarray(0, field.length);
  target.fill(field.type === 'I' || field.type === 'B' ? 0 : 0x20, field.offset, field.offset + field.length);
  target.set(cut, field.offset + (right ? field.length - cut.length : 0));
}

/** What the test must say: the decoded value lies in the range and is of its type. */
function expected(layout: DbfLayout, field: DbfField, record: Uint8Array, { low, high, prefix }: ValueRange): boolean {
  const value = decodeField(layout, field, record, 0);
  if (prefix !== undefined) return typeof value === 'string' && value.startsWith(prefix);
  const kind = (one: unknown): string => (one instanceof Date ? 'date' : typeof one);
  const above = low === undefined || (kind(value) === kind(low.value) && (compareValues(value, low.value) > 0 || (low.inclusive
    && compareValues(value, low.value) === 0)));
  const below = high === undefined || (kind(value) === kind(high.value) && (compareValues(value, high.value) < 0 || (high.inclusive
    && compareValues(value, high.value) === 0)));
  return above && below && value !== null;
}

const wantedValue = fc.oneof(
  letters, fc.constantFrom('', 'A', 'AB', 'a b', 'é', 'A ', 'A\x01'), fc.integer({ min: -10_000, max: 10_000 }), fc.double({ noNaN: true }),
    fc.integer({ min: -99_999, max: 99_999 }).map((n) => n / 100),
  fc.constantFrom(0, -0, 0.1, 1e15, -1e16, Infinity, -Infinity), fc.boolean(), fc.date({ noInvalidDate: true }),
    fc.date({ min: new Date('2000-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
);
const range: fc.Arbitrary<ValueRange> = fc.oneof(
  wantedValue.map((value): ValueRange => ({ low: { value, inclusive: true }, high: { value, inclusive: true } })),
  fc.record({ low: fc.record({ value: wantedValue, inclusive: fc.boolean() }), high: fc.record({ value: wantedValue, inclusive: fc.boolean() }) },
    { requiredKeys: ['low'] }),
  fc.record({ high: fc.record({ value: wantedValue, inclusive: fc.boolean() }) }),
  fc.constantFrom('', 'A', 'Aa', 'a b', 'A ').map((prefix): ValueRange => ({ prefix })),
);

it('a test on stored bytes says what decoding and comparing says, for whatever stands in the field', () => {
  let asked = 0;
  fc.assert(fc.property(
    fc.constantFrom(...layouts), fc.nat(specs.length - 1), range, fc.oneof(digits, day, letters, bytes, short), fc.boolean(), fc.nat(15),
    (layout, place, wanted, stored, right, nulls) => {
      const field = visibleFields(layout)[place];
      if (field === undefined) throw new Error('no such field');
      const made = fieldRangeTest(layout, field, wanted);
      if (made === undefined) return;
      asked++;
      const record = new Uint8Array(layout.recordLength).fill(0x20);
      put(record, field, stored, right);
      record[layout.nullFlags?.offset ?? 0] = nulls;
      const should = expected(layout, field, record, wanted);
      expect(made.test(record, 0)).toBe(should);
      // The sieve keeps the same records, in order.
      const three = Buffer.concat([record, record, record]);
      const starts = Int32Array.of(0, layout.recordLength, 2 * layout.recordLength);
      expect(made.sieve(three, starts, 3)).toBe(should ? 3 : 0);
      // A screen may let more pass, and drops nothing that should.
      if (!should || made.screen === undefined) return;
      expect([made.screen(three, 0, layout.recordLength, 3, starts), ...starts]).toEqual([3, 0, layout.recordLength, 2 * layout.recordLength]);
    },
  ), { seed: SEED, numRuns: 20_000 });
  expect(asked).toBeGreaterThan(2000);
});

it('leaves to decoding what bytes do not show', () => {
  const [layout] = layouts;
  if (layout === undefined) throw new Error('no layout');
  const [c, , n2, , d, l] = visibleFields(layout);
  const is = (field: DbfField | undefined, value: unknown): boolean => field !== undefined
    && fieldRangeTest(layout, field, { low: { value, inclusive: true }, high: { value, inclusive: true } }) !== undefined;
  expect([is(c, 'é'), is(c, 'blank '), is(c, 5), is(n2, '5'), is(n2, 5n), is(d, 5), is(l, 'T')]).toEqual([false, false, false, false, false, false, false]);
  expect([is(c, 'Ada'), is(n2, 5), is(d, new Date(0)), is(l, true)]).toEqual([true, true, true, true]);
});
