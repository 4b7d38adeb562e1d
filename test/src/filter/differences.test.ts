import { expect, test } from 'vitest';
import { compileFilter } from '../../../src/filter/compile-filter.js';
import { DOCUMENTS } from '../../../src/filter/item-reader.js';
import { parseFilter } from '../../../src/filter/parse-filter.js';
import { mingoTest, siftTest } from '../../support/query-oracles.js';

type Fields = Record<string, unknown>;
const ours = (filter: Fields, document: Fields): boolean => compileFilter(parseFilter(filter), DOCUMENTS)(document);

// Each row: why, filter, document, our answer. The other one answers the opposite; when it no longer does, the row can go.
test.each<[string, Fields, Fields, boolean]>([
  ['a missing value counts as null in every comparison with null', { a: { $gte: null } }, {}, true],
  ['an element without the field has a missing value there', { 'a.b': null }, { a: [{ c: 1 }] }, true],
  ['a path that leads nowhere gives no list', { 'a.b.1': { $exists: true } }, { a: [] }, false],
  ['nor a list to count', { 'a.b': { $size: 0 } }, { a: [] }, false],
  ['nor a list to compare', { 'a.b': { $eq: [] } }, { a: [] }, false],
  ['nor a kind', { 'a.b': { $type: 'array' } }, { a: [] }, false],
  ['lists of several elements are not counted together', { 'a.b': { $size: 2 } }, { a: [{ b: [1] }, { b: [2] }] }, false],
  ['$type looks at the elements of a list too', { a: { $type: 'string' } }, { a: ['x'] }, true],
  ['$all holds for a single value too', { a: { $all: [1] } }, { a: 1 }, true],
  ['lists are ordered among each other', { a: { $gt: [1, 2] } }, { a: [1, 3] }, true],
  ['$in takes lists as values', { a: { $in: [[1, 2]] } }, { a: [1, 2] }, true],
  ['and $all', { a: { $all: [[1, 2]] } }, { a: [1, 2] }, true],
  ['a list in a list is not looked into', { 'a.b': 1 }, { a: [[1]] }, false],
  ['a single value has no fields', { a: { $elemMatch: { b: 1 } } }, { a: [1] }, false],
  ['a place that a list does not have gives no value', { 'a.5': null }, { a: [1] }, false],
  ['a list at a place is one value', { 'a.0': 1 }, { a: [[1]] }, false],
  ['NaN is not ordered', { a: { $lte: NaN } }, { a: 5 }, false],
  ['bigints and numbers are one kind', { a: 5 }, { a: 5n }, true],
  ['and ordered exactly', { a: { $gt: 9_007_199_254_740_992 } }, { a: 9_007_199_254_740_993n }, true],
  ['text is ordered by characters', { a: { $gt: '\u{ffff}' } }, { a: '\u{1f600}' }, true],
  ['bytes are bytes, whatever class holds them', { a: Buffer.from([1]) }, { a: new Uint8Array([1]) }, true],
])('other than mingo: %s', (_, filter, document, answer) => {
  expect(ours(filter, document)).toBe(answer);
  expect(mingoTest(filter)(document)).toBe(!answer);
});

test.each<[string, Fields, Fields, boolean]>([
  ['elements that are no objects give no missing value', { 'a.b': null }, { a: [1] }, false],
  ['dates are no numbers', { a: { $gt: 0 } }, { a: new Date(5) }, false],
  ['null is ordered among nulls only', { a: { $gte: null } }, { a: [] }, false],
  ['a list in a list is not looked into', { a: 1 }, { a: [[1]] }, false],
  ['a missing value is of no kind', { 'a.b': { $type: 'null' } }, { a: null }, false],
  ['the characters of text are no elements', { 'a.0': 'x' }, { a: 'xy' }, false],
])('other than sift: %s', (_, filter, document, answer) => {
  expect(ours(filter, document)).toBe(answer);
  expect(siftTest(filter)(document)).toBe(!answer);
});
