import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvLine } from '../../../src/export/write-records.js';
import { CsvParser, guessDelimiter } from '../../../src/import/csv-parser.js';
import { MAX_RECORD_CHARS } from '../../../src/import/record-parser.js';

function parse(text: string, cuts: readonly number[] = [], delimiter = ','): { records: string[][]; lines: number[] } {
  const parser = new CsvParser(delimiter);
  const records: string[][] = [];
  const lines: number[] = [];
  let from = 0;
  for (const cut of [...cuts, text.length].map((c) => Math.min(c, text.length)).sort((a, b) => a - b)) {
    const batch = parser.push(text.slice(from, cut));
    records.push(...batch.records);
    lines.push(...batch.lines);
    from = cut;
  }
  const last = parser.end();
  return { records: [...records, ...last.records], lines: [...lines, ...last.lines] };
}

describe('RFC 4180', () => {
  test.each<[name: string, text: string, records: string[][]]>([
    ['plain lines', 'a,b\r\nc,d\r\n', [['a', 'b'], ['c', 'd']]],
    ['no line end at the end', 'a,b\nc,d', [['a', 'b'], ['c', 'd']]],
    ['quotes, with delimiter, line end and doubled quote', '"a,1","b\r\n2","c""3"\n', [['a,1', 'b\r\n2', 'c"3']]],
    ['empty fields', ',,\n"",x,""\n', [['', '', ''], ['', 'x', '']]],
    ['a single empty quoted field', '""\n', [['']]],
    ['empty lines are no records', '\na\n\r\n\nb\n', [['a'], ['b']]],
    ['CR alone ends a line', 'a,b\rc,d\r', [['a', 'b'], ['c', 'd']]],
    ['a quote inside an unquoted field is text', 'a"b,5" pipe\n', [['a"b', '5" pipe']]],
    ['blanks belong to fields', ' a , b \n', [[' a ', ' b ']]],
    ['nothing', '', []],
  ])('%s', (_name, text, records) => {
    expect(parse(text).records).toEqual(records);
    for (let cut = 0; cut <= text.length; cut++) expect(parse(text, [cut]).records, `cut at ${cut}`).toEqual(records);
  });

  test('lines are those on which records begin', () => expect(parse('a\n"b\nb"\n\nc\n').lines).toEqual([1, 2, 5]));

  test.each([
    ['"a"x,b\n', /line 1: text after the closing quote/],
    ['a\n"b\nc', /line 2: a quote is opened and never closed/],
    ['"a\nb" ,c\n', /line 2: text after/],
  ])('refuses %j', (text, message) => expect(() => parse(text)).toThrow(message));

  test('a record without an end is refused in time and memory', () => {
    const parser = new CsvParser();
    parser.push('"');
    const piece = 'x'.repeat(1 << 20);
    expect(() => { for (let i = 0; i <= MAX_RECORD_CHARS / piece.length; i++) parser.push(piece); }).toThrow(/quote left open/);
  });

  test.each(['', '"', '\n', ';;'])('delimiter %j is refused', (delimiter) => expect(() => new CsvParser(delimiter)).toThrow(/delimiter/));
});

test('what the writer writes the reader reads, cut anywhere', () => {
  const value = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', ';', '\n', '\r', ' ', '\t', '😀'), maxLength: 8 });
  const rows = fc.array(fc.array(value, { minLength: 1, maxLength: 5 }), { maxLength: 8 });
  fc.assert(fc.property(rows, fc.constantFrom(',', ';', '\t'), fc.array(fc.nat(200), { maxLength: 6 }), (records, delimiter, cuts) => {
    const text = records.map((record) => csvLine(record, delimiter)).join('');
    expect(parse(text, cuts, delimiter).records).toEqual(records);
  }), { numRuns: 2000 });
});

test('any text gives records or a typed error, the same however it is cut', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '"', '"', ',', '\n', '\r'), maxLength: 40 });
  const outcome = (given: string, cuts: readonly number[]): unknown => {
    try {
      return parse(given, cuts);
    } catch (e) {
      expect(e).toHaveProperty('code', 'VALUE');
      return 'refused';
    }
  };
  fc.assert(fc.property(text, fc.array(fc.nat(40), { maxLength: 5 }), (given, cuts) => {
    expect(outcome(given, cuts)).toEqual(outcome(given, []));
  }), { numRuns: 4000 });
});

test.each([['a,b,c\n1;2', ','], ['a;b;c\n', ';'], ['a\tb', '\t'], ['a|b', '|'], ['"a,a";b\n', ';'], ['one', ','], ['', ',']])('delimiter of %j is %j', (text, delimiter) => {
  expect(guessDelimiter(text)).toBe(delimiter);
});
