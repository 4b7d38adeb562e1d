import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FieldstoneError } from '#storage';
import { DocumentReader } from '../../../src/document/document-reader.js';
import { documentText, parseDocumentText } from '../../../src/document/document-text.js';

const seed = Number(process.env['SEED'] ?? 7);
const numRuns = Number(process.env['RUNS'] ?? 3000);
const NAMES = ['a', 'b', 'name', 'c d', '$x', '$date', 'é', 'q"', '7', 'toString', '__proto__', ''];
const leaf = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -0, -5, 1.5, 0.1, -12.25, 1e21, 1e-7, NaN, 123456789012345, 1234567890123456, 0.1234567890123456, '', '"', '\\', 'a\nb', 'é', '$5', '{"a":1}', 7n, new Date(5), new Uint8Array([1])),
  fc.integer(), fc.double({ noNaN: true }), fc.string({ maxLength: 40 }),
);
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: fc.array(tie('any'), { maxLength: 3 }) }, {
    weight: 2, arbitrary: fc.dictionary(fc.constantFrom(...NAMES), tie('any'), { maxKeys: 4 }),
  }),
})).any;
const document = fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 5 });

/** Reads a text in the middle of other bytes, which must not matter. */
function read(reader: DocumentReader, text: Buffer, behind = '}]",1'): Record<string, unknown> | undefined {
  const bytes = Buffer.concat([Buffer.from('{"x'), text, Buffer.from(behind)]);
  const into: Record<string, unknown> = {};
  return reader.read(bytes, 3, 3 + text.length, into) ? into : undefined;
}
/** A value, or the text of an error. */
function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (e) {
    return e instanceof FieldstoneError ? `${e.code} ${e.message}` : `another error: ${String(e)}`;
  }
}
const readText = (text: string): Record<string, unknown> | undefined => read(new DocumentReader(), Buffer.from(text, 'latin1'));

test('the texts of documents give the documents, or are left to the parser', () => {
  const reader = new DocumentReader();
  let count = 0;
  fc.assert(fc.property(document, (fields) => {
    const text = documentText(fields);
    const got = read(reader, Buffer.from(text, 'latin1'));
    if (got === undefined) return;
    count++;
    const want = parseDocumentText(text);
    expect(got).toStrictEqual(want);
    expect(Object.keys(got)).toEqual(Object.keys(want));
    expect(Object.getPrototypeOf(got)).toBe(Object.prototype);
  }), { seed, numRuns });
  expect(count).toBeGreaterThan(numRuns / 5);
});

test('a text that is damaged is never read as anything but what JSON says it is', () => {
  const reader = new DocumentReader();
  const bytes = fc.constantFrom(...Buffer.from('{}[]",:\\0123456789.-+eEtrufalsn $\u0000\u0001\u00ff', 'latin1'));
  const changed = fc.array(fc.tuple(fc.nat(), bytes), { minLength: 1, maxLength: 3 });
  let count = 0;
  fc.assert(fc.property(document, changed, fc.option(fc.nat(), { nil: undefined }), (fields, changes, cut) => {
    let text = Buffer.from(documentText(fields), 'latin1');
    for (const [at, byte] of changes) text[at % text.length] = byte;
    if (cut !== undefined) text = text.subarray(0, cut % (text.length + 1));
    const got = outcome(() => read(reader, text));
    if (got === undefined) return;
    count++;
    expect(got).toStrictEqual(outcome(() => parseDocumentText(text.toString('latin1'))));
  }), { seed, numRuns: numRuns * 2 });
  expect(count).toBeGreaterThan(20);
});

test('every cut of a text is left to the parser, whatever stands behind it', () => {
  const text = Buffer.from('{"a":12,"b":[1,{"c":"x"}],"d":{},"e":[],"f":true,"g":-1.5e3,"h":"\\n"}');
  for (const behind of ['', '}', '5}', '"}', ']}', '1]}}', 'e}', '{}', '}}']) {
    for (let length = 0; length < text.length; length++) expect(read(new DocumentReader(), text.subarray(0, length), behind), `${length} ${behind}`).toBeUndefined();
    expect(read(new DocumentReader(), text, behind)).toEqual(JSON.parse(text.toString()));
  }
});

test.each<[string, unknown]>([
  ['{}', {}], ['{"a":1,"a":2}', { a: 2 }], ['{"a":-0}', { a: -0 }], ['{"a":-0.0}', { a: -0 }], ['{"a":0.1}', { a: 0.1 }], ['{"a":123456789012345}', { a: 123456789012345 }],
  ['{"a":9007199254740993}', { a: 9007199254740993 }], ['{"a":1.7976931348623157e+308}', { a: Number.MAX_VALUE }], ['{"a":0.000000000000001}', { a: 1e-15 }], ['{"a":1E5}', { a: 1e5 }],
  ['{"a":"\\u00e9\\"\\\\"}', { a: 'é"\\' }], ['{"a":{"$date":"1970-01-01T00:00:00.005Z"}}', { a: new Date(5) }], ['{"a":[{"$numberLong":"7"}]}', { a: [7n] }],
])('%s is read', (text, want) => { expect(readText(text)).toStrictEqual(want); });

test.each([
  '', '{', '}', '[]', '1', '{"a":1}x', ' {"a":1}', '{ "a":1}', '{"a" :1}', '{"a": 1}', '{"a":1 }', '{"a":1,}', '{,}', '{"a":[1,]}', '{"a":[,]}', '{"a":01}', '{"a":-}', '{"a":1.}', '{"a":.5}', '{"a":1e}',
  '{"a":+1}', '{"a":tru}', '{"a":nul}', '{"a":"\u0001"}', '{"a":"\\x"}', '{"a":"\u00e9"}', '{"\\u0061":1}', '{"__proto__":1}', '{"$literal":{}}', '{"toString":1}', '{a:1}', '{"a":1}}', '{"a":"b}',
  `{"a":${'['.repeat(101)}${']'.repeat(101)}}`, `{"a":"${'x'.repeat(3000)}"}`, '{"a":[0.12345678901234567,0.12345678901234567,0.12345678901234567,0.12345678901234567]}',
])('%s is left to the parser', (text) => { expect(readText(text)).toBeUndefined(); });

test('strings of a longer document, which are made one by one', () => {
  const fields = { a: 'a text of some length', b: 'y'.repeat(400), c: 5 };
  expect(readText(documentText(fields))).toStrictEqual(fields);
});
