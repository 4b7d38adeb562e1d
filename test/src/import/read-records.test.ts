import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recordWriter } from '../../../src/export/write-records.js';
import { fieldNamesFor } from '../../../src/import/field-names.js';
import { convertValue } from '../../../src/import/field-values.js';
import { dayMs } from '../../../src/import/guess-schema.js';
import { JsonArrayParser } from '../../../src/import/json-array-parser.js';
import { importFields, RecordReader, type ReadOptions } from '../../../src/import/read-records.js';
import { parseSchema, parseType, typeText } from '../../../src/import/schema-text.js';
import { decodeText } from '../../../src/import/text-chunks.js';

async function* pieces(...texts: string[]): AsyncGenerator<string> { for (const text of texts) yield await Promise.resolve(text); }

async function guessed(text: string, options: ReadOptions = { format: 'csv' }, sample = 0): Promise<Record<string, string>> {
  const reader = new RecordReader(pieces(text), options);
  const { complete } = await reader.readSample(sample);
  return Object.fromEntries(Object.entries(reader.guessSchema('vfp', 'cp1252', complete)).map(([name, type]) => [name, typeText(type)]));
}

async function rows(text: string, schema: string, options: ReadOptions = { format: 'csv' }): Promise<unknown[]> {
  const reader = new RecordReader(pieces(text), options);
  await reader.readSample(100);
  const all = [];
  for await (const row of reader.rows(importFields(parseSchema(schema)))) all.push({ ...row });
  return all;
}

describe('guessing a schema', () => {
  test('from CSV: the narrowest type that holds every value', async () => {
    expect(await guessed('i,d,day,at,yes,zip,text,none,neg\n7,1.25,2024-02-29,2024-02-29T10:11:12,true,00123,héllo,,-5\n1234,10.5,1999-12-31,2000-01-01 00:00,FALSE,99,x,,30\n')).toEqual({
      i: 'numeric(4)', d: 'numeric(5,2)', day: 'date', at: 'datetime', yes: 'logical', zip: 'char(5)', text: 'char(5)', none: 'char(1)', neg: 'numeric(2)',
    });
  });
  test('impossible days and mixed columns are text', async () => {
    expect(await guessed('a,b,c\n2023-02-29,1,true\n2023-02-28,x,2\n')).toEqual({ a: 'char(10)', b: 'char(1)', c: 'char(4)' });
  });
  test('long and many-lined text is a memo, many digits keep them all', async () => {
    expect(await guessed(`a,b,c\n${'x'.repeat(255)},"1\n2",123456789012345678\n`)).toEqual({ a: 'memo', b: 'memo', c: 'numeric(18)' });
  });
  test('a sample leaves room for larger values', async () => {
    expect(await guessed('a,b\nabcd,10\nx,1\n', { format: 'csv' }, 1)).toEqual({ a: 'char(10)', b: 'numeric(4)' });
    const reader = new RecordReader(pieces('a,b\nabcd,10\n', 'x,1\n'), { format: 'csv' });
    const { complete } = await reader.readSample(0);
    expect(complete).toBe(true);
  });
  test('from JSON: its own numbers and booleans; strings stay text', async () => {
    expect(await guessed('{"n":1,"s":"2","b":true,"d":"2024-01-01","o":{"x":[1]},"e":1e300}\n{"n":2.5,"x":null}\n', { format: 'ndjson' })).toEqual({
      n: 'numeric(3,1)', s: 'char(1)', b: 'logical', d: 'date', o: 'char(9)', e: 'double', x: 'char(1)',
    });
  });
});

describe('rows', () => {
  test('of CSV, by title; short lines are blank at their end', async () => {
    expect(await rows('B,a\n2,1\n3\n', '{"a":"numeric(3)","b":"char(2)"}')).toEqual([{ b: '2', a: 1 }, { b: '3', a: null }]);
  });
  test('of a JSON array and of NDJSON', async () => {
    const expected = [{ a: 1, t: '{"x":1}' }, { a: null, t: 'ü' }];
    const schema = '{"a":"numeric(3)","t":"char(20)"}';
    expect(await rows('[{"a":1,"t":{"x":1}},\n {"a":null,"t":"\\u00fc"}]', schema, { format: 'json' })).toEqual(expected);
    expect(await rows('{"a":1,"t":{"x":1}}\n\n{"a":null,"t":"ü"}', schema, { format: 'ndjson' })).toEqual(expected);
  });
  test.each<[text: string, schema: string, message: RegExp, options?: ReadOptions]>([
    ['a\n1\nx\n', '{"a":"numeric(3)"}', /line 3: field "a" takes a number, got "x"/],
    ['a,b\n1,2\n', '{"a":"numeric(3)"}', /column "b", the table has no such field/],
    ['a\n1,2\n', '{"a":"numeric(3)"}', /line 2 has 2 fields/],
    ['a\n2023-02-29\n', '{"a":"date"}', /line 2.*a day such as/],
    ['{"a":1}\n{"b":1}\n', '{"a":"numeric(3)"}', /line 2: there is no field for "b"/, { format: 'ndjson' }],
    ['{"a":1}\n[1]\n', '{"a":"numeric(3)"}', /line 2: a record is a JSON object/, { format: 'ndjson' }],
    ['[{"a":1},', '{"a":"numeric(3)"}', /not closed/, { format: 'json' }],
    ['[{"a":1} {"a":2}]', '{"a":"numeric(3)"}', /array of JSON objects is expected/, { format: 'json' }],
    ['[,{"a":1}]', '{"a":"numeric(3)"}', /array of JSON objects is expected/, { format: 'json' }],
    ['[{"a":1},]', '{"a":"numeric(3)"}', /array of JSON objects is expected/, { format: 'json' }],
  ])('%j with %j is refused', async (text, schema, message, options) => {
    await expect(rows(text, schema, options)).rejects.toThrow(message);
  });
  test('a key called __proto__ is a key like others', async () => {
    await expect(rows('{"a":1,"__proto__":{"polluted":1}}\n', '{"a":"numeric(3)"}', { format: 'ndjson' })).rejects.toThrow(/"__proto__"/);
    expect(Object.prototype).not.toHaveProperty('polluted');
  });
});

test('a JSON array reads the same however it is cut', () => {
  const objects = fc.array(fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }), { maxLength: 4 });
  fc.assert(fc.property(objects, fc.array(fc.nat(300), { maxLength: 6 }), fc.boolean(), (list, cuts, pretty) => {
    const text = JSON.stringify(list, null, pretty ? 2 : 0);
    const parser = new JsonArrayParser();
    const got: unknown[] = [];
    let from = 0;
    for (const cut of [...cuts, text.length].map((c) => Math.min(c, text.length)).sort((a, b) => a - b)) {
      got.push(...parser.push(text.slice(from, cut)).records);
      from = cut;
    }
    parser.end();
    expect(got).toEqual(JSON.parse(text));
  }), { numRuns: 500 });
});

test('titles become names', () => {
  expect(fieldNamesFor(['First name', '', 'first NAME', '2024', '__proto__', 'Straße', 'a.b-c'])).toEqual(['First_name', 'column_2', 'first_NAME_2', 'f_2024', 'proto', 'Straße', 'a_b_c']);
});

test.each(['char(30)', 'varchar(5) null', 'numeric(12,2)', 'numeric(20)', 'float(8,1)', 'integer', 'double', 'currency', 'date null', 'datetime', 'logical', 'memo', 'binary'])('type %s comes back', (text) => {
  expect(typeText(parseType(text, 'f'))).toBe(text);
});
test.each(['char', 'chr(3)', 'char(3', '', 'numeric(x)', '__proto__', 'constructor'])('type %j is refused', (text) => {
  expect(() => parseType(text, 'f')).toThrow(expect.objectContaining({ code: 'SCHEMA' }));
});

describe('values', () => {
  const field = (type: string, asText = false): { name: string; type: string; asText: boolean } => ({ name: 'f', type, asText });
  test('of many digits are kept or refused, never rounded', () => {
    expect(convertValue(field('N', true), '12345678901234567.89')).toBe('12345678901234567.89');
    expect(convertValue(field('N'), '12345678901234567890')).toBe(12345678901234567890n);
    expect(() => convertValue(field('N'), '1234567890.1234567')).toThrow(/15 digits/);
    expect(convertValue(field('N'), '0.000000000000001')).toBe(1e-15);
  });
  test.each([
    ['L', 'Yes', true], ['L', 0, false], ['N', '', null], ['D', '20240229', new Date('2024-02-29')],
    ['T', '2024-02-29 10:11', new Date('2024-02-29T10:11:00Z')], ['W', 'AAE=', Buffer.from([0, 1])],
  ])('%s %j', (type, text, value) => {
    expect(convertValue(field(type), text)).toEqual(value);
  });
  test.each([
    ['L', 'maybe'], ['N', '1,5'], ['N', '0x10'], ['N', true], ['D', '2024-13-01'], ['T', 'noon'], ['W', '§'],
  ])('%s %j is refused', (type, text) => {
    expect(() => convertValue(field(type), text)).toThrow(expect.objectContaining({ code: 'VALUE' }));
  });
});

describe('decoding', () => {
  const decoded = async (bytes: Uint8Array, size: number, encoding = 'utf8'): Promise<string> => {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
    }
    let text = '';
    for await (const piece of decodeText(chunks(), encoding)) text += piece;
    return text;
  };
  const sample = 'Grüße, 世界\n😀 second line\nlast';
  test.each([1, 2, 3, 7, 1000])('UTF-8 in chunks of %i bytes', async (size) => {
    expect(await decoded(Buffer.from(sample), size)).toBe(sample);
    expect(await decoded(Buffer.from(`\uFEFF${sample}`), Math.max(3, size))).toBe(sample);
  });
  test('UTF-16 by its mark, code pages by name', async () => {
    expect(await decoded(Buffer.from(`\uFEFF${sample}`, 'utf16le'), 5)).toBe(sample);
    expect(await decoded(Buffer.from([0x80, 0x0a, 0xe9]), 1, 'cp1252')).toBe('€\né');
  });
  test('other bytes are refused', async () => {
    await expect(decoded(Buffer.from([0x61, 0xff, 0x0a]), 9)).rejects.toThrow(/not UTF-8/);
    await expect(decoded(Buffer.from('a'), 9, 'cp125')).rejects.toThrow(/cp1252|cp1250/);
  });
});

test('writers: values of each kind', () => {
  const fields = [{ name: 'd', type: 'D' }, { name: 't', type: 'T' }, { name: 'n', type: 'N' }, { name: 'b', type: 'W' }, { name: 'g', type: 'N' }];
  const row = { d: new Date('2024-02-29'), t: new Date('2024-02-29T10:11:12Z'), n: null, b: Uint8Array.of(0, 1), g: 12345678901234567890n };
  expect(recordWriter('csv', fields).row(row)).toBe('2024-02-29,2024-02-29T10:11:12,,AAE=,12345678901234567890\r\n');
  expect(recordWriter('ndjson', fields).row(row)).toBe('{"d":"2024-02-29","t":"2024-02-29T10:11:12","n":null,"b":"AAE=","g":"12345678901234567890"}\n');
  const json = recordWriter('json', fields);
  expect(JSON.parse(json.begin() + json.row(row) + json.row(row) + json.end())).toHaveLength(2);
  const none = recordWriter('json', fields);
  expect(JSON.parse(none.begin() + none.end())).toEqual([]);
});

test('days are those of the calendar', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 32 }), (y, m, d) => {
    const text = `${String(y).padStart(4, '0')}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`;
    const date = new Date(`${text}T00:00:00Z`);
    const expected = y >= 1 && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) ? date.getTime() : undefined;
    expect(dayMs(text)).toBe(expected);
  }), { numRuns: 3000 });
});
