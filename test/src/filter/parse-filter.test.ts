import { describe, expect, test } from 'vitest';
import { FieldstoneError } from '#storage';
import { bindFilter, paramsOf, pathsOf } from '../../../src/filter/bind-filter.js';
import { compileFilter } from '../../../src/filter/compile-filter.js';
import { DOCUMENTS, ROWS } from '../../../src/filter/item-reader.js';
import { param } from '../../../src/filter/param.js';
import { parseFilter } from '../../../src/filter/parse-filter.js';

const value = (v: unknown) => ({ kind: 'value', value: v });
const eq = (path: string, v: unknown) => ({ op: 'eq', path, operand: value(v) });
const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (e) {
    return e instanceof FieldstoneError ? `${e.code}: ${e.message}` : String(e);
  }
  return 'nothing thrown';
};

describe('a filter after parsing', () => {
  test.each<[string, unknown, unknown]>([
    ['an empty one passes all', {}, { op: 'true' }],
    ['one field', { a: 1 }, eq('a', 1)],
    ['groups in groups', { $and: [{ a: 1 }, { $and: [{ b: 2 }, { c: 3 }] }] }, { op: 'and', parts: [eq('a', 1), eq('b', 2), eq('c', 3)] }],
    ['alternatives of one field', { $or: [{ a: 1 }, { b: 2 }, { a: 3 }] }, { op: 'or', parts: [{ op: 'in', path: 'a', operands: [value(1), value(3)] }, eq('b', 2)] }],
    ['a list of one', { a: { $in: [1] } }, eq('a', 1)],
    ['an empty list', { a: { $in: [] } }, { op: 'false' }],
    ['$nor', { $nor: [{ a: 1 }, { b: { $gt: 2 } }] }, {
      op: 'and', parts: [{ op: 'ne', path: 'a', operand: value(1) }, { op: 'not', part: { op: 'gt', path: 'b', operand: value(2) } }],
    }],
    ['$not twice', { a: { $not: { $not: { $gt: 1 } } } }, { op: 'gt', path: 'a', operand: value(1) }],
    ['a pattern that is a prefix', { a: /^Ad/ }, { op: 'startsWith', path: 'a', operand: value('Ad') }],
    ['a pattern', { a: { $regex: 'x', $options: 'i' } }, { op: 'regex', path: 'a', source: 'x', flags: 'i' }],
    ['elements', { a: { $elemMatch: { b: 1, c: 2 } } }, { op: 'elemMatch', path: 'a', part: { op: 'and', parts: [eq('b', 1), eq('c', 2)] } }],
    ['elements themselves', { a: { $elemMatch: { $gt: 1 } } }, { op: 'elemMatch', path: 'a', part: { op: 'gt', path: '', operand: value(1) } }],
    ['undefined is null', { a: undefined }, eq('a', null)],
  ])('%s', (_, filter, node) => expect(parseFilter(filter)).toEqual(node));

  test('keeps nothing of the object', () => {
    const list = [1, 2];
    const filter = { a: { $in: list }, b: { c: [1] } };
    const node = parseFilter(filter);
    const before = JSON.stringify(node);
    list.push(3);
    filter.b.c.push(2);
    expect(JSON.stringify(node)).toBe(before);
  });

  test('on tables: fields by their own spelling', () => {
    const resolvePath = (name: string): string => {
      if (name.toUpperCase() === 'NAME') return 'Name';
      throw new FieldstoneError('NOT_FOUND', `no field "${name}"`);
    };
    expect(parseFilter({ nAmE: 'x' }, { resolvePath })).toEqual(eq('Name', 'x'));
    expect(codeOf(() => parseFilter({ $or: [{ nam: 1 }] }, { resolvePath }))).toMatch(/^NOT_FOUND/);
    const test = compileFilter(parseFilter({ name: { $in: ['x', null] } }, { resolvePath }), ROWS);
    expect([test({ Name: 'x' }), test({ Name: null }), test({ Name: 'y' })]).toEqual([true, true, false]);
  });
});

describe('is refused', () => {
  test.each<[string, unknown, RegExp]>([
    ['no object', 5, /^QUERY: the filter must be an object/],
    ['an array', [], /^QUERY/],
    ['nothing', undefined, /^QUERY/],
    ['a class with no fields', new Map(), /^QUERY/],
    ['code', { $where: 'this.a' }, /^QUERY: "\$where".*never run/],
    ['expressions', { $expr: {} }, /^QUERY/],
    ['a function', { a: () => true }, /^QUERY/],
    ['an unknown operator, with the nearest', { a: { $gtt: 1 } }, /^QUERY: "\$gtt" in field "a".*did you mean \$gt/],
    ['an operator of fields at the top', { $gt: 1 }, /^QUERY.*can not stand there/],
    ['a group at a field', { a: { $or: [] } }, /^QUERY.*can not stand there/],
    ['operators and fields mixed', { a: { $gt: 1, b: 2 } }, /^QUERY: field "a" mixes/],
    ['an empty group', { $or: [] }, /^QUERY: \$or takes an array/],
    ['$in without a list', { a: { $in: 1 } }, /^QUERY: \$in of field "a" takes an array/],
    ['$between of three', { a: { $between: [1, 2, 3] } }, /^QUERY: \$between/],
    ['$exists of text', { a: { $exists: 'yes' } }, /^QUERY: \$exists/],
    ['$type of nonsense', { a: { $type: 'strnig' } }, /^QUERY: \$type.*did you mean string/],
    ['$size below 0', { a: { $size: -1 } }, /^QUERY: \$size/],
    ['$not of a value', { a: { $not: 5 } }, /^QUERY: \$not.*use \$ne/],
    ['$options alone', { a: { $options: 'i' } }, /^QUERY: \$options/],
    ['a broken pattern', { a: { $regex: '(' } }, /^QUERY: \$regex "\("/],
    ['an empty name in a path', { 'a..b': 1 }, /^QUERY: the path/],
    ['__proto__', JSON.parse('{"__proto__": {"a": 1}}'), /^QUERY.*__proto__/],
    ['__proto__ in a path', { 'a.__proto__.b': 1 }, /^QUERY.*__proto__/],
    ['__proto__ in a value', { a: JSON.parse('{"__proto__": 1}') }, /^QUERY.*__proto__/],
    ['an invalid date', { a: new Date(NaN) }, /^QUERY.*invalid Date/],
    ['a symbol', { a: Symbol('x') }, /^QUERY/],
  ])('%s', (_, filter, message) => expect(codeOf(() => parseFilter(filter))).toMatch(message));

  test('a getter, which is not called', () => {
    let called = 0;
    const get = (): number => ++called;
    expect(codeOf(() => parseFilter(Object.defineProperty({}, 'a', { enumerable: true, get })))).toMatch(/^QUERY.*getter/);
    expect(codeOf(() => parseFilter({ a: Object.defineProperty({}, '$gt', { enumerable: true, get }) }))).toMatch(/^QUERY.*getter/);
    expect(called).toBe(0);
  });

  test('a circle and what is too deep, with LIMIT', () => {
    const circle: Record<string, unknown> = {};
    circle['$and'] = [circle];
    expect(codeOf(() => parseFilter(circle))).toMatch(/^LIMIT/);
    const value: unknown[] = [];
    value.push(value, value);
    expect(codeOf(() => parseFilter({ a: value }))).toMatch(/^LIMIT/);
    let shared: unknown = [1];
    for (let i = 0; i < 60; i++) shared = [shared, shared];
    expect(codeOf(() => parseFilter({ a: shared }))).toMatch(/^LIMIT/);
    expect(codeOf(() => parseFilter({ [Array.from({ length: 200 }, () => 'a').join('.')]: 1 }))).toMatch(/^LIMIT/);
  });
});

test('what prototypes have is no field', () => {
  const matches = (filter: unknown, document: unknown): boolean => compileFilter(parseFilter(filter), DOCUMENTS)(document);
  expect(matches({ constructor: { $exists: true } }, {})).toBe(false);
  expect(matches({ 'a.toString': { $exists: true } }, { a: {} })).toBe(false);
  expect(matches({ 'a.length': { $exists: true } }, { a: [1] })).toBe(false);
  expect(matches({ constructor: 1 }, { constructor: 1 })).toBe(true);
  expect(matches({ a: { $elemMatch: { length: 1 } } }, { a: [[1]] })).toBe(false);
});

describe('parameters', () => {
  test('are named, bound and checked', () => {
    const node = parseFilter({ a: { $gt: param('min') }, b: { $in: param('list') }, c: { $in: [param('one'), 2] }, d: { $between: [param('min'), 9] }, e: { $nin: param('list') } });
    expect(paramsOf(node)).toEqual(['min', 'list', 'one']);
    expect(pathsOf(node)).toEqual(['a', 'b', 'c', 'd', 'e']);
    const bound = bindFilter(node, { min: 1, list: ['x'], one: null });
    expect(bound).toEqual(parseFilter({ a: { $gt: 1 }, b: { $in: ['x'] }, c: { $in: [null, 2] }, d: { $between: [1, 9] }, e: { $nin: ['x'] } }));
    expect(codeOf(() => bindFilter(node, { min: 1, list: [] }))).toMatch(/^QUERY.*"one" has no value/);
    expect(codeOf(() => bindFilter(node, { min: 1, list: 5, one: 1 }))).toMatch(/^QUERY: \$in of field "b" takes an array/);
    expect(codeOf(() => bindFilter(node, { mni: 1 }))).toMatch(/^QUERY.*no parameter "mni"; it has: min/);
    expect(codeOf(() => bindFilter(parseFilter({ a: { $size: param('n') } }), { n: 'x' }))).toMatch(/^QUERY: \$size/);
    expect(codeOf(() => compileFilter(node, DOCUMENTS))).toMatch(/^QUERY.*has no value/);
  });

  test('do not stand inside values', () => expect(codeOf(() => parseFilter({ a: { b: param('x') } }))).toMatch(/^QUERY.*param/));
});
