import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { afterPrefix, byteRange, compareKeys, head32, head48, isEmptyRange, isInRange, KeyBuffer, keyCodec, type KeyKind, type KeyTypes, type TupleElement } from '#index';

const buffer = new KeyBuffer();

function encode<Kind extends KeyKind>(kind: Kind, key: KeyTypes[Kind]): Buffer {
  keyCodec(kind).encode(key, buffer);
  return buffer.copy();
}

function decode<Kind extends KeyKind>(kind: Kind, bytes: Buffer): KeyTypes[Kind] { return keyCodec(kind).decode(bytes, 0, bytes.length); }

const RANKS = ['null', 'boolean', 'number', 'bigint', 'string', 'bytes', 'date', 'tuple'];
function rank(e: TupleElement): number {
  const name = e === null ? 'null' : e instanceof Uint8Array ? 'bytes' : e instanceof Date ? 'date' : Array.isArray(e) ? 'tuple' : typeof e;
  return RANKS.indexOf(name);
}

/** The order as the documentation states it, without any bytes. */
function order(a: TupleElement, b: TupleElement): number {
  const byType = rank(a) - rank(b);
  if (byType !== 0) return byType;
  if (typeof a === 'string' && typeof b === 'string') return orderOf([...a].map((c) => c.codePointAt(0) ?? 0), [...b].map((c) => c.codePointAt(0) ?? 0));
  if (a instanceof Uint8Array && b instanceof Uint8Array) return orderOf([...a], [...b]);
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime();
  if (Array.isArray(a) && Array.isArray(b)) return orderOf(a, b);
  if (a === null || b === null) return 0;
  return a < b ? -1 : a > b ? 1 : 0;
}

function orderOf(a: readonly TupleElement[], b: readonly TupleElement[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const c = order(a[i] ?? null, b[i] ?? null);
    if (c !== 0) return c;
  }
  return a.length - b.length;
}

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.constantFrom('', '\0', '\0\0', 'a\0', 'a\0\xff', '\u{10ffff}', '\ud7ff', '\uffff'));
const bytes = fc.oneof(fc.uint8Array({ maxLength: 6 }), fc.array(fc.constantFrom(0, 0xff, 1), { maxLength: 5 }).map((a) => Uint8Array.from(a)));
const edges = fc.constantFrom(0, -0, Infinity, -Infinity, Number.MIN_VALUE, -Number.MIN_VALUE);
const number = fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: -3, max: 3 }), edges);
const huge = fc.tuple(fc.bigInt({ min: -3n, max: 3n }), fc.integer({ min: 0, max: 1100 })).map(([a, shift]) => a << BigInt(shift));
const element = fc.letrec<{ e: TupleElement }>((tie) => ({
  e: fc.oneof({ maxDepth: 3 }, fc.constant(null), fc.boolean(), number, fc.bigInt(), huge, text, bytes, fc.date({ noInvalidDate: true }), fc.array(tie('e'), { maxLength: 3 })),
})).e;
const tuple = fc.array(element, { maxLength: 4 });

const sameZero = (e: TupleElement): TupleElement => (Object.is(e, -0) ? 0 : Array.isArray(e) ? e.map(sameZero) : e);

describe('encoded keys', () => {
  test('come back as they were, and sort as tuples do', () => {
    fc.assert(fc.property(tuple, tuple, (a, b) => {
      const [ea, eb] = [encode('tuple', a), encode('tuple', b)];
      expect(decode('tuple', ea)).toEqual(a.map(sameZero));
      expect(Math.sign(compareKeys(ea, ea.length, eb, 0, eb.length))).toBe(Math.sign(orderOf(a, b)));
    }), { numRuns: 3000 });
  });

  test('sort as numbers do', () => {
    fc.assert(fc.property(number, number, (a, b) => {
      const [ea, eb] = [encode('number', a), encode('number', b)];
      expect(decode('number', ea)).toBe(sameZero(a));
      expect(Math.sign(Buffer.compare(ea, eb))).toBe(a < b ? -1 : a > b ? 1 : 0);
    }), { numRuns: 2000 });
  });

  test('sort as texts do by code point', () => {
    fc.assert(fc.property(text, text, (a, b) => {
      const [ea, eb] = [encode('utf8', a), encode('utf8', b)];
      expect(decode('utf8', ea)).toBe(a);
      expect(Math.sign(compareKeys(ea, ea.length, eb, 0, eb.length))).toBe(Math.sign(order(a, b)));
    }), { numRuns: 2000 });
  });

  test.each<[string, Buffer, string]>([
    ['number 0', encode('number', 0), '8000000000000000'],
    ['number 1', encode('number', 1), 'bff0000000000000'],
    ['number -1', encode('number', -1), '400fffffffffffff'],
    ['["a", 1]', encode('tuple', ['a', 1]), '40610020bff0000000000000'],
    ['[null, false, true]', encode('tuple', [null, false, true]), '051011'],
    ['["a\\0"]', encode('tuple', ['a\0']), '406100ff00'],
    ['[258n]', encode('tuple', [258n]), '28820102'],
    ['[-258n]', encode('tuple', [-258n]), '287dfefd'],
    ['[0n]', encode('tuple', [0n]), '2880'],
    ['[["a"], 1]', encode('tuple', [['a']]), '6040610000'],
  ])('%s is what the page says', (_name, bytes_, hex) => expect(bytes_.toString('hex')).toBe(hex));

  test('refuse what has no place in the order', () => {
    for (const key of [[NaN], [new Date(NaN)], ['\ud800'], [undefined], [{}], [() => 1], 'x']) {
      expect(() => encode('tuple', key as never), String(key)).toThrow(expect.objectContaining({ code: 'VALUE' }));
    }
    expect(() => encode('number', NaN)).toThrow(expect.objectContaining({ code: 'VALUE' }));
    expect(() => encode('utf8', 5 as never)).toThrow(expect.objectContaining({ code: 'VALUE' }));
    expect(() => encode('utf8', 'a\udc00b')).toThrow(expect.objectContaining({ code: 'VALUE' }));
    expect(() => encode('binary', 'a' as never)).toThrow(expect.objectContaining({ code: 'VALUE' }));
  });

  test('have 4096 bytes at most', () => {
    expect(encode('utf8', 'x'.repeat(4096)).length).toBe(4096);
    let deep: TupleElement = [];
    for (let i = 0; i < 40; i++) deep = [deep];
    for (const make of [
      () => encode('utf8', 'x'.repeat(4097)), () => encode('utf8', 'é'.repeat(2049)), () => encode('binary', new Uint8Array(4097)),
      () => encode('tuple', [1n << 40000n]), () => encode('tuple', ['\0'.repeat(2048)]), () => encode('tuple', [deep]),
    ]) expect(make).toThrow(expect.objectContaining({ code: 'LIMIT' }));
  });

  test('any bytes decode or are refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 20 }), (raw) => {
      try {
        decode('tuple', Buffer.from(raw));
      } catch (e) {
        expect(e).toMatchObject({ code: 'CORRUPT_PAGE' });
      }
    }), { numRuns: 3000 });
    expect(() => decode('number', Buffer.from('12'))).toThrow(expect.objectContaining({ code: 'CORRUPT_PAGE' }));
  });
});

describe('integer heads', () => {
  test('compare as the keys do, or are equal', () => {
    fc.assert(fc.property(bytes, bytes, fc.nat(2), (a, b, from) => {
      const order_ = Math.sign(Buffer.compare(a.subarray(from), b.subarray(from)));
      for (const head of [head32, head48]) {
        const difference = head(a, from, a.length) - head(b, from, b.length);
        if (difference !== 0) expect(Math.sign(difference)).toBe(order_);
      }
    }), { numRuns: 3000 });
    expect(head48(Uint8Array.of(1, 2, 3, 4, 5, 6, 7), 0, 7)).toBe(0x010203040506);
    expect(head32(Uint8Array.of(1, 2, 3), 0, 3)).toBe(0x01020300);
  });
});

describe('ranges', () => {
  test('hold the keys that their bounds say', () => {
    const bound = fc.option(bytes, { nil: undefined });
    fc.assert(fc.property(fc.record({ gt: bound, gte: bound, lt: bound, lte: bound, prefix: bound }), bytes, (r, key) => {
      const range = byteRange(r, keyCodec('binary'));
      const wanted = (r.gt === undefined || Buffer.compare(key, r.gt) > 0) && (r.gte === undefined || Buffer.compare(key, r.gte) >= 0)
        && (r.lt === undefined || Buffer.compare(key, r.lt) < 0) && (r.lte === undefined || Buffer.compare(key, r.lte) <= 0)
        && (r.prefix === undefined || Buffer.compare(key.subarray(0, r.prefix.length), r.prefix) === 0);
      expect(isInRange(range, key)).toBe(wanted);
      if (isEmptyRange(range)) expect(wanted).toBe(false);
    }), { numRuns: 3000 });
  });

  test('of prefixes end behind the last key that begins so', () => {
    expect(afterPrefix(Uint8Array.of(1, 0xff, 0xff))).toEqual(Buffer.of(2));
    expect(afterPrefix(Uint8Array.of(0xff))).toBeUndefined();
    expect(() => byteRange({ prefix: 1 }, keyCodec('number'))).toThrow(expect.objectContaining({ code: 'OPTION' }));
    const range = byteRange({ prefix: ['a'] }, keyCodec('tuple'));
    expect(isInRange(range, encode('tuple', ['a', 1]))).toBe(true);
    expect(isInRange(range, encode('tuple', ['ab']))).toBe(false);
  });
});
