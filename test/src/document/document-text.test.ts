import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyDocument } from '../../../src/document/document-values.js';
import { documentText, parseDocumentText } from '../../../src/document/document-text.js';

const leaf = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -0, NaN, Infinity, -Infinity, 1e300, 5e-324, '', '$x', '{"$date":1}', 'é\u{1f600}\ud800', 'a"\\\n'),
  fc.bigInt(), fc.double(), fc.string({ unit: 'binary' }), fc.date({ noInvalidDate: true }), fc.uint8Array({ maxLength: 5 }),
);
const name = fc.oneof(fc.constantFrom('a', 'b', '$set', '$date', '$literal', 'constructor', 'toString', 'a.b', '', 'é'), fc.string({ maxLength: 3 })).filter((n) => n !== '__proto__');
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof({ weight: 4, arbitrary: leaf }, { weight: 1, arbitrary: fc.array(tie('any'), { maxLength: 3 }) }, {
    weight: 1, arbitrary: fc.array(fc.tuple(name, tie('any')), { maxLength: 3 }).map((fields) => Object.fromEntries(fields)),
  }),
})).any;
const document = fc.array(fc.tuple(name.filter((n) => n !== '' && !n.startsWith('$')), value), { maxLength: 5 }).map((fields) => Object.fromEntries(fields));

test('any document comes back as it was, through ASCII', () => {
  fc.assert(fc.property(document, (doc) => {
    const text = documentText(doc);
    expect(/^[\x20-\x7e]*$/.test(text)).toBe(true);
    expect([isDeepStrictEqual(parseDocumentText(text), doc), isDeepStrictEqual(copyDocument(doc), doc)]).toEqual([true, true]);
  }), { seed: Number(process.env['SEED'] ?? 3), numRuns: Number(process.env['RUNS'] ?? 1500) });
});

test('is what others can read', () => {
  const text = documentText({ name: 'Zoë', at: new Date(0), bytes: new Uint8Array([1, 2]), long: 5n, huge: 2n ** 70n, odd: NaN, nested: { $set: 1 } });
  expect(text).toBe('{"name":"Zo\\u00eb","at":{"$date":"1970-01-01T00:00:00.000Z"},"bytes":{"$binary":{"base64":"AQI=","subType":"00"}},"long":{"$numberLong":"5"},'
    + '"huge":{"$bigint":"1180591620717411303424"},"odd":{"$numberDouble":"NaN"},"nested":{"$literal":{"$set":1}}}');
});

test.each<[string, string]>([
  ['no JSON', '{"a":'], ['no object', '[1]'], ['an unknown form', '{"a":{"$regex":"x"}}'], ['a date that is none', '{"a":{"$date":"x"}}'],
  ['bytes that are none', '{"a":{"$binary":5}}'], ['a number that is none', '{"a":{"$numberLong":"1e5"}}'], ['digits without end', `{"a":{"$bigint":"${'9'.repeat(20_000)}"}}`],
])('a text of another program that is %s is CORRUPT_MEMO', (_, text) => {
  expect(() => parseDocumentText(text)).toThrowError(expect.objectContaining({ code: 'CORRUPT_MEMO' }));
});

function nested(levels: number): unknown {
  let deep: unknown = 1;
  for (let i = 0; i < levels; i++) deep = { deep };
  return deep;
}

test('bounds', () => {
  const limit = expect.objectContaining({ code: 'LIMIT' });
  expect(copyDocument(nested(100))).toEqual(nested(100));
  expect(parseDocumentText(documentText(nested(100) as Record<string, unknown>))).toEqual(nested(100));
  expect(() => copyDocument(nested(101))).toThrowError(limit);
  expect(() => documentText(nested(101) as Record<string, unknown>)).toThrowError(limit);
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  expect(() => copyDocument(circle)).toThrowError(limit);
  expect(documentText({ a: 'x'.repeat((16 << 20) - 8) })).toHaveLength(16 << 20);
  expect(() => documentText({ a: 'x'.repeat((16 << 20) - 7) })).toThrowError(limit);
  // Deep JSON of another program ends in an error, not in a stack overflow.
  expect(() => parseDocumentText(`{"a":${'['.repeat(5000)}{"$date":"1970-01-01T00:00:00.000Z"}${']'.repeat(5000)}}`)).toThrowError(limit);
});

test.each<[string, unknown]>([
  ['a function', { a: () => 1 }], ['a symbol', { a: Symbol('x') }], ['a map', { a: new Map() }], ['a set', new Set()], ['a promise', { a: Promise.resolve() }],
  ['an invalid date', { a: new Date(NaN) }], ['a regular expression', { a: /x/ }], ['an array', []], ['nothing', null], ['an operator', { $set: 1 }],
  ['an empty name', { '': 1 }], ['__proto__', JSON.parse('{"__proto__": {"a": 1}}')], ['__proto__ inside', { a: JSON.parse('{"__proto__": 1}') }],
  ['a boxed number', { a: Object(1) }], ['floats', { a: new Float64Array(1) }],
])('%s is no document', (_, given) => {
  expect(() => copyDocument(given)).toThrowError(expect.objectContaining({ code: 'VALUE' }));
});

test('own fields of any object count, undefined ones do not; getters are read once', () => {
  class Point {
    x = 1;
    y = undefined;
    toJSON(): string { return 'no'; }
  }
  let reads = 0;
  const given = { p: new Point(), list: [undefined, 1], get now() { return ++reads; } };
  expect(copyDocument(given)).toEqual({ p: { x: 1 }, list: [null, 1], now: 1 });
  expect(reads).toBe(1);
});
