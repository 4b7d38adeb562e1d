import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyBuffer, ValueKeyReader, writeTextPrefix, writeValueKey } from '#index';
import { compareValues } from '../../../src/filter/compare-values.js';

const SEED = process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) };
const RUNS = { numRuns: 3000, ...SEED };

const scalar = fc.oneof(
  fc.constantFrom<unknown>(null, NaN, 0, -0, Infinity, -Infinity, 5e-324, 2 ** 53, 2 ** 53 + 2, '', '\0', '\0\0', 'a', 'a\0', 'a\u0001', '\ud800', '\udfff', '\uffff', '\u{10000}', true, false),
  fc.double(), fc.integer(), fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), fc.integer({ min: -4, max: 4 }).map((n) => BigInt(2 ** 53) + BigInt(n)),
  fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 6 }), fc.boolean(), fc.date({ noInvalidDate: true }), fc.uint8Array({ maxLength: 8 }),
);

function keyOf(values: readonly unknown[], descending = false): { bytes: Buffer; exact: boolean } {
  const key = new KeyBuffer();
  let exact = true;
  for (const value of values) exact = writeValueKey(value, key, descending) && exact;
  return { bytes: key.copy(), exact };
}

const sign = (order: number): number => Math.sign(order);

test('the order of the bytes is that of the values, in both directions, one value or several', () => {
  fc.assert(fc.property(scalar, scalar, (a, b) => {
    const order = sign(compareValues(a, b));
    expect(sign(keyOf([a]).bytes.compare(keyOf([b]).bytes))).toBe(order);
    expect(sign(keyOf([a], true).bytes.compare(keyOf([b], true).bytes))).toBe(order === 0 ? 0 : -order);
  }), RUNS);
  fc.assert(fc.property(scalar, scalar, scalar, scalar, (a, b, c, d) => {
    const order = sign(compareValues(a, c) || compareValues(b, d));
    expect(sign(keyOf([a, b]).bytes.compare(keyOf([c, d]).bytes))).toBe(order);
  }), RUNS);
});

/** Texts, bytes and numbers that begin alike: where one key could be the beginning of another. */
const zeros = fc.string({ unit: fc.constantFrom('a', '\0', '\u00ff'), maxLength: 4 });
const alike = fc.oneof(
  scalar, zeros, zeros.map((text) => Buffer.from(text, 'latin1')), zeros.map((text) => 'x'.repeat(1000 - text.length) + text), zeros.map((text) => 'x'.repeat(999) + text),
  fc.constantFrom<unknown>(Infinity, 2n ** 2000n, [], ['a'], ['a\0'], {}, { a: 1 }),
);

test('no key of an index is the beginning of another: with record numbers behind them they stand in the order of the keys', () => {
  const list = fc.tuple(alike, alike);
  fc.assert(fc.property(list, list, fc.tuple(fc.boolean(), fc.boolean()), (a, b, descending) => {
    for (const fields of [1, 2]) {
      const [left, right] = [a, b].map((values) => Buffer.concat(values.slice(0, fields).map((value, i) => keyOf([value], descending[i]).bytes)));
      if (left === undefined || right === undefined || left.equals(right)) continue;
      expect(left.subarray(0, right.length).equals(right)).toBe(false);
      expect(right.subarray(0, left.length).equals(left)).toBe(false);
    }
  }), { ...RUNS, numRuns: 10_000 });
});

test('values come back as they were, also one behind the other', () => {
  fc.assert(fc.property(scalar, scalar, fc.boolean(), (a, b, descending) => {
    const { bytes } = keyOf([a, b], descending);
    const reader = new ValueKeyReader(bytes, 0, bytes.length);
    for (const value of [a, b]) {
      const back = reader.read(descending);
      expect(compareValues(back, value)).toBe(0);
      if (typeof value === 'string' || typeof value === 'bigint' && typeof back === 'bigint') expect(back).toBe(value);
    }
    expect(reader.isAtEnd).toBe(true);
  }), RUNS);
});

test('long text is cut, says so, and stands where its beginning does', () => {
  const long = 'x'.repeat(1200);
  expect([keyOf([long]).exact, keyOf(['x'.repeat(1000)]).exact, keyOf([2n ** 2000n]).exact]).toEqual([false, true, false]);
  expect(keyOf(['x'.repeat(1000)]).bytes.compare(keyOf([long]).bytes)).toBe(-1);
  expect(keyOf([long]).bytes.compare(keyOf(['y']).bytes)).toBe(-1);
  const { bytes } = keyOf([long]);
  expect(new ValueKeyReader(bytes, 0, bytes.length).read()).toBe('x'.repeat(1000));
});

test('the keys of text that begins with a prefix begin with the key of the prefix, and no others', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\0', 'é', '\u{1f600}'), maxLength: 5 });
  fc.assert(fc.property(text, text, fc.boolean(), (prefix, value, descending) => {
    const key = new KeyBuffer();
    writeTextPrefix(prefix, key, descending);
    const begin = key.copy();
    expect(keyOf([value], descending).bytes.subarray(0, begin.length).equals(begin)).toBe(value.startsWith(prefix));
  }), RUNS);
});

test('what is no value of an index is refused, and damaged keys give CORRUPT_INDEX', () => {
  for (const value of [() => 1, Symbol('s'), new Date(NaN)]) expect(() => keyOf([value])).toThrow(expect.objectContaining({ code: 'VALUE' }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
    const reader = new ValueKeyReader(Buffer.from(bytes), 0, bytes.length);
    try {
      while (!reader.isAtEnd) reader.read();
    } catch (error) {
      expect(error).toMatchObject({ code: 'CORRUPT_INDEX' });
    }
  }), RUNS);
});
