import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copyDocument } from '../../../src/document/document-values.js';
import { documentText } from '../../../src/document/document-text.js';
import { DocumentWriter } from '../../../src/document/document-writer.js';

const leaf = fc.oneof(
  fc.constantFrom<unknown>(null, true, undefined, 0, -0, -1, 7, 10, 99, 100, 1234567890, 2147483647, 2147483648, -2147483648, NaN, -Infinity, 1e300, 0.1, '', '$x', 'é\u{1f600}\ud800', 'a"\\\n\x7f'),
  fc.bigInt(), fc.double(), fc.integer(), fc.string({ unit: 'binary' }), fc.string({ minLength: 40, maxLength: 90 }), fc.date({ noInvalidDate: true }), fc.uint8Array({ maxLength: 5 }),
);
const name = fc.oneof(fc.constantFrom('a', 'b', '$set', '$date', '$literal', 'constructor', '', 'é', '7'), fc.string({ maxLength: 3 })).filter((n) => n !== '__proto__');
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof({ weight: 4, arbitrary: leaf }, { weight: 1, arbitrary: fc.array(tie('any'), { maxLength: 3 }) }, {
    weight: 1, arbitrary: fc.array(fc.tuple(name, tie('any')), { maxLength: 3 }).map((fields) => Object.fromEntries(fields)),
  }),
})).any;
const document = fc.array(fc.tuple(name.filter((n) => n !== '' && !n.startsWith('$')), value), { maxLength: 5 }).map((fields) => Object.fromEntries(fields));

const writer = new DocumentWriter();

function written(fields: Readonly<Record<string, unknown>>): string {
  writer.begin();
  for (const field of Object.keys(fields)) writer.field(field, fields[field]);
  writer.finish();
  return writer.memory.bytes.toString('latin1', writer.start, writer.end);
}

function codeOf(work: () => unknown): unknown {
  try {
    work();
  } catch (e) {
    return e instanceof Error && 'code' in e ? e.code : e;
  }
  return undefined;
}

describe('the writer of documents', () => {
  test('writes what is written of a copy of the document', () => {
    fc.assert(fc.property(document, (doc) => { expect(written(doc)).toBe(documentText(copyDocument(doc))); }), {
      seed: Number(process.env['SEED'] ?? 5), numRuns: Number(process.env['RUNS'] ?? 2000),
    });
  });

  test.each<[string, unknown]>([
    ['a function', () => 1], ['a symbol', Symbol('x')], ['a map', new Map()], ['an invalid date', new Date(NaN)], ['a regular expression', /x/],
    ['__proto__ inside', JSON.parse('{"__proto__": 1}')], ['a boxed number', Object(1)], ['floats', new Float64Array(1)], ['a getter that throws', { get a() { throw new RangeError('no'); } }],
  ])('refuses %s as a copy does', (_, given) => {
    for (const field of [given, [given], { deep: [{ given }] }]) {
      expect(codeOf(() => written({ field }))).toEqual(codeOf(() => copyDocument({ field })));
      expect(codeOf(() => written({ field }))).toBeDefined();
    }
    expect(written({ a: 1 })).toBe('{"a":1}');
  });

  test('sees every character that JSON writes in another way, wherever it stands', () => {
    const check = (text: string): void => { if (written({ text }) !== documentText({ text })) expect(written({ text })).toBe(documentText({ text })); };
    for (let length = 1; length <= 13; length++) {
      for (let at = 0; at < length; at++) {
        for (const code of [...Array(0x181).keys(), 0x2022, 0x4141, 0x5c5c, 0x8000, 0xd800, 0xff41]) check(`${'a'.repeat(at)}${String.fromCharCode(code)}${'~'.repeat(length - at - 1)}`);
      }
    }
    // Four are looked at together: what one of them borrows from the next must not hide or make anything.
    const edges = [0, 1, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c, 0x5d, 0x7e, 0x7f, 0x80, 0xff].map((code) => String.fromCharCode(code));
    for (const a of edges) for (const b of edges) for (const c of edges) for (const d of edges) check(a + b + c + d);
  });

  test('reads every value once', () => {
    let reads = 0;
    const given = { get now() { return ++reads; }, list: [{ get now() { return ++reads; } }] };
    expect(written(given)).toBe('{"now":1,"list":[{"now":2}]}');
  });

  test('bounds depth, length and the number of values', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : { deep: nested(levels - 1) });
    expect(written({ a: nested(99) })).toBe(documentText({ a: nested(99) }));
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    for (const given of [{ a: nested(100) }, circle, { a: 'x'.repeat((16 << 20) - 7) }, { a: 'é'.repeat(3 << 20) }, { a: Array.from({ length: 40 }, () => 'x'.repeat(1 << 20)) }]) {
      expect(codeOf(() => written(given))).toBe('LIMIT');
    }
    expect(written({ a: 'x'.repeat((16 << 20) - 8) })).toHaveLength(16 << 20);
    expect(codeOf(() => written({ a: new Array(5_000_000) }))).toBe('LIMIT');
    expect(written({ a: [] })).toBe('{"a":[]}');
    expect(writer.memory.bytes.length).toBeLessThan(1 << 20);
  });

  test('does not keep more names than so many', () => {
    for (let i = 0; i < 10_000; i++) expect(written({ [`n${i}`]: i })).toBe(`{"n${i}":${i}}`);
  });
});
