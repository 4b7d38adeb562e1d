import fc from 'fast-check';
import { expect, test } from 'vitest';
import { documentText, parseDocumentText } from '../../../src/document/document-text.js';
import { TextScanner } from '../../../src/document/text-scanner.js';
import { IN_LIST } from '../../../src/filter/item-reader.js';

const NAMES = ['a', 'b', 'name', 'c d', '$x', 'é', 'q"', '7'];
const leaf = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -0, -5, 1.5, 1e21, NaN, 123456789, 1234567890, '', '"', '\\', 'é', '{"a":1}', 'true', 7n, new Date(5), new Uint8Array([1])),
  fc.integer(), fc.string({ maxLength: 12 }),
);
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: fc.array(tie('any'), { maxLength: 3 }) }, {
    weight: 3, arbitrary: fc.dictionary(fc.constantFrom(...NAMES), tie('any'), { maxKeys: 4 }),
  }),
})).any;
const document = fc.dictionary(fc.constantFrom(...NAMES.filter((name) => name !== '$x')), value, { maxKeys: 5 });
const path = fc.array(fc.constantFrom(...NAMES.filter((name) => name !== '$x')), { minLength: 1, maxLength: 3 });

function walk(document: unknown, names: readonly string[]): unknown {
  let here = document;
  for (const name of names) {
    if (Array.isArray(here)) return IN_LIST;
    const isFields = typeof here === 'object' && here !== null && !(here instanceof Date) && !(here instanceof Uint8Array);
    here = isFields && Object.hasOwn(here as object, name) ? (here as Record<string, unknown>)[name] : undefined;
  }
  return here;
}

test('what is found in a text is what is in the document, or the text is left to the parser', () => {
  let understood = 0;
  fc.assert(fc.property(document, fc.array(path, { minLength: 1, maxLength: 4 }), fc.nat(5), (doc, paths, before) => {
    const scanner = new TextScanner();
    const slots = paths.map((names) => scanner.add(names));
    const text = documentText(doc);
    const bytes = Buffer.from(`${'x'.repeat(before)}${text}}}]"`, 'latin1');
    if (!scanner.scan(bytes, before, before + text.length)) return;
    understood++;
    const parsed = parseDocumentText(text);
    paths.forEach((names, i) => {
      const slot = slots[i];
      if (slot !== undefined) expect(scanner.value(slot)).toEqual(walk(parsed, names));
    });
  }), { seed: Number(process.env['SEED'] ?? 7), numRuns: Number(process.env['RUNS'] ?? 3000) });
  expect(understood).toBeGreaterThan(500);
});

const scanned = (text: string, ...names: string[]): unknown => {
  const scanner = new TextScanner();
  const slot = scanner.add(names);
  const bytes = Buffer.from(text, 'latin1');
  return slot !== undefined && scanner.scan(bytes, 0, bytes.length) ? scanner.value(slot) : 'left';
};

test('of a name that comes twice the last one counts, as in JSON', () => {
  expect([scanned('{"a":1,"a":2}', 'a'), scanned('{"a":{"b":1},"a":{}}', 'a', 'b'), scanned('{"a":{"b":1},"a":[]}', 'a', 'b'), scanned('{"a":{"b":1},"a":5}', 'a', 'b')]).toEqual([2, undefined, IN_LIST, undefined]);
});

test.each<[string, string]>([
  ['blanks', '{"a": 1}'], ['a cut text', '{"a":1'], ['nothing', ''], ['a list', '[1]'], ['more behind it', '{"a":1}x'], ['an escaped name', '{"\\u0061":1}'], ['bytes that are not ASCII', '{"a":"é"}'],
  ['a name of its own forms at the top', '{"$date":1}'], ['a form on the way', '{"a":{"$literal":{"b":1}}}'], ['no colon', '{"a"1}'], ['depth without end', `{"a":${'['.repeat(100_000)}`],
  ['a text without an end', '{"a":"x'], ['an escape at the end', '{"a":"x\\'], ['no value', '{"a":}'], ['no comma', '{"a":1"b":2}'], ['an open list', '{"a":[1'], ['two commas', '{"a":[1,,2]}'],
])('%s is left to the parser', (_, text) => { expect(scanned(text, 'a', 'b')).toBe('left'); });

test('every cut and every changed byte of a text ends, with a value, without one, or as CORRUPT_MEMO', () => {
  const read = (damaged: string): void => {
    try {
      scanned(damaged, 'a', 'd');
    } catch (e) {
      expect(e).toEqual(expect.objectContaining({ code: 'CORRUPT_MEMO' }));
    }
  };
  const text = documentText({ a: { b: [1, { c: 'x\n' }], d: null }, e: new Date(0), f: 1.5 });
  for (let i = 0; i < text.length; i++) {
    read(text.slice(0, i));
    for (const odd of ['"', '{', '}', '[', ']', ',', ':', '\\', '1', ' ', '$', '\xff']) read(text.slice(0, i) + odd + text.slice(i + 1));
  }
  expect(scanned(text, 'a', 'd')).toBeNull();
});
