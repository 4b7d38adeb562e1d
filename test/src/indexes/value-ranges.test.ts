import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isInRange, KeyBuffer, writeValueKey } from '#index';
import { compareValues } from '../../../src/filter/compare-values.js';
import { rankOf } from '../../../src/filter/value-type.js';
import { locate } from '../../../src/indexes/value-ranges.js';

const RUNS = { numRuns: 4000, ...(process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) }) };

// Values that are near each other: bounds are met often.
const value = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, '', 'a', 'ab', 'b', 'a\0', NaN, 1n, 2n ** 60n), fc.integer({ min: -2, max: 3 }),
  fc.integer({ min: 0, max: 2 }).map((n) => new Date(n)), fc.integer({ min: 0, max: 2 }).map((n) => Uint8Array.of(n)),
);

function keyOf(values: readonly unknown[], descending: readonly boolean[]): Buffer {
  const key = new KeyBuffer();
  values.forEach((each, i) => { writeValueKey(each, key, descending[i]); });
  return key.copy();
}

test('a range holds the entries that a plain comparison takes, of the type of its bounds', () => {
  const bound = fc.record({ value, inclusive: fc.boolean() });
  const directed = fc.tuple(fc.boolean(), fc.boolean());
  const pairs = fc.array(fc.tuple(value, value), { maxLength: 30 });
  fc.assert(fc.property(value, fc.boolean(), bound, bound, fc.integer({ min: 1, max: 3 }), directed, pairs, (
    first, hasFirst, one, other, sides, directions, rows,
  ) => {
    const equal = hasFirst ? [first] : [];
    const low = (sides & 1) === 0 ? undefined : one;
    const high = (sides & 2) === 0 ? undefined : low === undefined || rankOf(other.value) === rankOf(one.value) ? other : { ...other, value: one.value };
    const { range, exact } = locate({ equal, ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) }, directions);
    expect(exact).toBe(true);
    const rank = rankOf((low ?? high)?.value);
    for (const [a, b] of rows) {
      const tested = hasFirst ? b : a;
      const isWanted = (!hasFirst || compareValues(a, first) === 0) && rankOf(tested) === rank
        && (low === undefined || compareValues(tested, low.value) >= (low.inclusive ? 0 : Number.MIN_VALUE))
        && (high === undefined || compareValues(tested, high.value) <= (high.inclusive ? 0 : -Number.MIN_VALUE));
      expect(isInRange(range, keyOf([a, b], directions)), JSON.stringify([String(a), String(b)])).toBe(isWanted);
    }
  }), RUNS);
});

test('a prefix holds the text that begins with it', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\u{1f600}'), maxLength: 4 });
  fc.assert(fc.property(text, fc.boolean(), fc.array(fc.oneof(text, value), { maxLength: 20 }), (prefix, descending, rows) => {
    const { range } = locate({ equal: [], prefix }, [descending]);
    for (const row of rows) expect(isInRange(range, keyOf([row], [descending]))).toBe(typeof row === 'string' && row.startsWith(prefix));
  }), RUNS);
});
