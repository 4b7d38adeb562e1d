import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareValues, equalValues } from '../../../src/filter/compare-values.js';
import { DOCUMENTS } from '../../../src/filter/item-reader.js';
import { sortValue } from '../../../src/filter/sort-value.js';
import { documents } from './random-filters.js';

const values = documents({ arrays: 'all', nulls: true, dots: true, operators: [] });

test('kinds are ordered as in MongoDB', () => {
  const ordered = [
    undefined, null, NaN, -Infinity, -1n, 0, 1.5, 2n, Infinity, '', 'a', 'b', '\uffff', '\u{1f600}',
    {}, { a: 1 }, { a: 2 }, { b: 0 }, [], [1], [1, 2], [2],
    new Uint8Array([0, 255]), new Uint8Array([1]), false, true, new Date(0), new Date(1),
  ];
  for (const [i, a] of ordered.entries()) {
    for (const [j, b] of ordered.entries()) expect([a, b, Math.sign(compareValues(a, b))]).toEqual([a, b, Math.sign(i - j)]);
  }
});

test('is an order, and agrees with equality', () => {
  fc.assert(fc.property(values, values, values, (a, b, c) => {
    expect(Math.sign(compareValues(a, b))).toBe(-Math.sign(compareValues(b, a)) + 0);
    expect(compareValues(a, b) === 0).toBe(equalValues(a, b));
    if (compareValues(a, b) <= 0 && compareValues(b, c) <= 0) expect(compareValues(a, c)).toBeLessThanOrEqual(0);
  }), { seed: Number(process.env['SEED'] ?? 5), numRuns: 1000 });
});

test('the order of fields makes no difference', () => {
  expect(equalValues({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toBe(true);
  expect(compareValues({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(0);
});

test('of a list the least counts, or the greatest', () => {
  const up = sortValue('a.b', false, DOCUMENTS);
  const down = sortValue('a.b', true, DOCUMENTS);
  expect([up({ a: [{ b: 3 }, { b: [1, 5] }] }), down({ a: [{ b: 3 }, { b: [1, 5] }] })]).toEqual([1, 5]);
  expect([up({}), up({ a: { b: [] } }), up({ a: { b: null } }), up({ a: [] })]).toEqual([null, undefined, null, null]);
});
