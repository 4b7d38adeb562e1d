import { describe, expect, test } from 'vitest';
import {
  createRowDecoder, createRowEncoder, FieldstoneError, planDbf, writePointer,
  type DbfLayout, type FieldSpec, type NumberForm, type PendingMemo, type WritableDialect,
} from '#storage';
import { dbfImage, layoutOf } from '../../support/dbf-image.js';

const spec = (type: string, length = 0, decimals = 0, more: Partial<FieldSpec> = {}): FieldSpec => ({ name: 'A', type, length, decimals, ...more });

interface Written {
  readonly text: string;
  readonly value: unknown;
  readonly bytes: Uint8Array;
  readonly pending: readonly PendingMemo[];
  readonly layout: DbfLayout;
}

/** Inserts one value into a table of one field. */
function write(field: FieldSpec, value: unknown, dialect: WritableDialect = 'vfp', encoding = 'cp1252', as?: NumberForm): Written {
  const layout = planDbf([field], { dialect, encoding });
  const options = as === undefined ? {} : { as: new Map([['A', as]]) };
  const record = new Uint8Array(layout.recordLength);
  const pending = createRowEncoder(layout, options).encodeInsert({ a: value }, record, 0);
  const bytes = record.subarray(1, 1 + (layout.fields[0]?.length ?? 0));
  return { text: Buffer.from(bytes).toString('latin1'), value: createRowDecoder(layout, options).decode(record, 0, 1)['A'], bytes, pending, layout };
}

function refusal(run: () => unknown): { code: string; field?: string; message: string } {
  try {
    run();
  } catch (e) {
    if (e instanceof FieldstoneError) return { code: e.code, message: e.message, ...(e.field === undefined ? {} : { field: e.field }) };
    throw e;
  }
  return { code: 'none', message: '' };
}
const refused = (field: FieldSpec, value: unknown, dialect: WritableDialect = 'vfp', encoding = 'cp1252', as?: NumberForm): void => {
  expect(refusal(() => write(field, value, dialect, encoding, as))).toMatchObject({ code: 'VALUE', field: 'A' });
};

describe('N and F', () => {
  test.each([
    [5, 0, 12, '   12'], [5, 0, -12, '  -12'], [5, 0, 99999, '99999'], [5, 0, -9999, '-9999'], [5, 0, 0, '    0'], [5, 0, -0, '    0'],
    [6, 2, 1.5, '  1.50'], [6, 2, -0.25, ' -0.25'], [6, 2, 999.99, '999.99'], [6, 2, -99.99, '-99.99'], [6, 2, 12, ' 12.00'],
    [6, 2, 1.005, '  1.01'], [6, 2, -1.005, ' -1.01'], [6, 2, 1.004, '  1.00'], [6, 2, 0.1 + 0.2, '  0.30'], [6, 2, -0.001, '  0.00'], [6, 2, 99.995, '100.00'],
    [5, 0, 1.5, '    2'], [5, 0, 2.5, '    3'], [5, 0, -1.5, '   -2'], [5, 0, 0.4, '    0'], [5, 0, -0.4, '    0'],
    [20, 0, 1e19, '10000000000000000000'], [20, 0, 2 ** 53 + 2, '    9007199254740994'], [20, 10, 1e-7, '        0.0000001000'], [20, 15, 1.234e-12, '   0.000000000001234'],
    [10, 3, 1e3, '  1000.000'], [20, 0, 123n, '                 123'], [20, 2, -123n, '             -123.00'],
  ])('N(%i,%i) of %s is %j', (length, decimals, value, text) => {
    expect(write(spec('N', length, decimals), value).text).toBe(text);
    expect(write(spec('F', length, decimals), value).text).toBe(text);
  });

  test.each([[5, 0, 100000], [5, 0, -10000], [6, 2, 1000], [6, 2, -100], [6, 2, 999.995], [3, 1, -0.5], [20, 0, 1e20], [5, 0, 123456n]])('N(%i,%i) refuses %s', (length, decimals, value) => {
    refused(spec('N', length, decimals), value);
  });

  test.each([Number.NaN, Infinity, -Infinity, '12', true, new Date(0), {}, [], () => 1, Symbol('x')])('refuses %s', (value) => {
    refused(spec('N', 10, 2), value);
    refused(spec('N', 10, 0), value);
  });

  test('text where it is declared so', () => {
    expect(write(spec('N', 20, 2), '12345678901234567.895', 'vfp', 'cp1252', 'string')).toMatchObject({ text: '12345678901234567.90', value: '12345678901234567.90' });
    expect(write(spec('N', 20), '-5', 'vfp', 'cp1252', 'string').text.trim()).toBe('-5');
    for (const odd of ['', ' 5', '1,5', '1e5', '0x10', '--1', '.', '1.2.3']) refused(spec('N', 20, 2), odd, 'vfp', 'cp1252', 'string');
    expect(write(spec('N', 20), 12345678901234567890n, 'vfp', 'cp1252', 'bigint').value).toBe(12345678901234567890n);
  });
});

describe('C and V', () => {
  test('pads with blanks, in the code page', () => {
    expect(write(spec('C', 6), 'Straße').text).toBe('Stra\xdfe');
    expect(write(spec('C', 6), 'ä', 'dbase3', 'cp437').text).toBe('\x84     ');
    expect(write(spec('C', 6), 'ä', 'vfp', 'utf8').value).toBe('ä');
    expect(write(spec('C', 6), '').text).toBe('      ');
  });

  test('refuses what does not fit, cannot be written or is no text', () => {
    refused(spec('C', 3), 'abcd');
    refused(spec('C', 3), 'ab  ');
    refused(spec('C', 3), 'ää', 'vfp', 'utf8');
    refused(spec('C', 9), '日本');
    refused(spec('C', 9), 'a\ud800');
    refused(spec('C', 9), 'a\udc00b', 'vfp', 'utf8');
    refused(spec('C', 9), 'a\0');
    for (const value of [1, true, new Date(0), {}, new Uint8Array(1)]) refused(spec('C', 9), value);
  });

  test('V keeps its length, with blanks, down to empty and up to full', () => {
    for (const text of ['', ' ', 'abc ', 'abcdefghi', 'abcdefghij', '\0']) expect(write(spec('V', 10), text).value).toBe(text);
    refused(spec('V', 10), 'abcdefghijk');
    for (const bytes of [[], [0], [1, 2, 3], new Array<number>(10).fill(32)]) expect(write(spec('Q', 10), new Uint8Array(bytes)).value).toEqual(new Uint8Array(bytes));
    refused(spec('Q', 10), new Uint8Array(11));
    refused(spec('Q', 10), 'text');
  });
});

describe('dates and times', () => {
  test('D is the UTC day', () => {
    expect(write(spec('D'), new Date('1815-12-10')).text).toBe('18151210');
    expect(write(spec('D'), new Date(Date.UTC(9999, 11, 31))).text).toBe('99991231');
    const early = new Date(0);
    early.setUTCFullYear(1, 0, 1);
    expect(write(spec('D'), early).text).toBe('00010101');
  });

  test('refuses times of day, years outside 1 to 9999, and what is no Date', () => {
    expect(refusal(() => write(spec('D'), new Date('2024-01-01T12:00:00Z'))).message).toContain('UTC midnight');
    for (const value of [new Date(Number.NaN), new Date('+010000-01-01'), new Date('-000001-01-01'), '20240101', 20240101, {}]) refused(spec('D'), value);
    for (const value of [new Date(Number.NaN), new Date('+010000-01-01'), 0, '2024']) refused(spec('T'), value);
  });

  test('T stores milliseconds; they are rounded away when read', () => {
    const written = write(spec('T'), new Date('2024-02-29T23:59:59.700Z'));
    const view = new DataView(written.bytes.buffer, written.bytes.byteOffset, 8);
    expect([view.getUint32(0, true), view.getUint32(4, true)]).toEqual([2_460_370, 86_399_700]);
    expect(written.value).toEqual(new Date('2024-03-01T00:00:00Z'));
    expect(write(spec('T'), new Date('1815-12-10T06:00:00Z')).value).toEqual(new Date('1815-12-10T06:00:00Z'));
  });
});

describe('other types', () => {
  test('L takes booleans alone', () => {
    expect([write(spec('L'), true).text, write(spec('L'), false).text]).toEqual(['T', 'F']);
    for (const value of [1, 0, 'T', '']) refused(spec('L'), value);
  });

  test('I holds 32 bits', () => {
    for (const value of [0, -1, 0x7fffffff, -0x80000000]) expect(write(spec('I'), value).value).toBe(value);
    expect(write(spec('I'), -5n).value).toBe(-5);
    for (const value of [0x80000000, -0x80000001, 1.5, Number.NaN, Infinity, '1', 2n ** 40n, 2 ** 60]) refused(spec('I'), value);
  });

  test('B is any finite double', () => {
    for (const value of [0, -1.1, Number.MAX_VALUE, Number.MIN_VALUE]) expect(write(spec('B'), value).value).toBe(value);
    expect(Object.is(write(spec('B'), -0).value, 0)).toBe(true);
    for (const value of [Number.NaN, Infinity, '1', 1n]) refused(spec('B'), value);
  });

  test('Y is rounded to ten-thousandths and bounded', () => {
    expect(write(spec('Y'), 1.00005).value).toBe(1.0001);
    expect(write(spec('Y'), -1.00005).value).toBe(-1.0001);
    expect(write(spec('Y'), -123.4567).value).toBe(-123.4567);
    expect(write(spec('Y'), 9223372036854775807n, 'vfp', 'cp1252', 'bigint').value).toBe(9223372036854775807n);
    expect(write(spec('Y'), '-922337203685477.5808', 'vfp', 'cp1252', 'string').value).toBe('-922337203685477.5808');
    refused(spec('Y'), 1n);
    refused(spec('Y'), 1e15);
    refused(spec('Y'), 2n ** 63n, 'vfp', 'cp1252', 'bigint');
    refused(spec('Y'), Number.NaN);
  });
});

describe('null and absent', () => {
  test('null is null where the field allows it, else no value', () => {
    expect(write(spec('N', 5, 0, { nullable: true }), null).value).toBeNull();
    expect(write(spec('C', 5, 0, { nullable: true }), null).value).toBeNull();
    expect(write(spec('C', 5, 0, { nullable: true }), '').value).toBe('');
    expect(write(spec('C', 5), null).value).toBe('');
    expect(write(spec('N', 5), null).text).toBe('     ');
    expect(write(spec('V', 5, 0, { nullable: true }), null).value).toBeNull();
    expect(write(spec('N', 5), undefined).value).toBeNull();
  });

  test('an update with null clears, with undefined leaves alone', () => {
    const layout = planDbf([spec('N', 5)], { dialect: 'vfp', encoding: 'cp1252' });
    const encoder = createRowEncoder(layout);
    const record = new Uint8Array(layout.recordLength);
    encoder.encodeInsert({ a: 5 }, record, 0);
    encoder.encodeUpdate({ a: undefined }, record, 0);
    expect(Buffer.from(record).toString()).toBe('     5'.padStart(6));
    encoder.encodeUpdate({ a: null }, record, 0);
    expect(Buffer.from(record).toString()).toBe('      ');
  });
});

describe('names', () => {
  const layout = planDbf([{ name: 'SALARY', type: 'N', length: 8, decimals: 2 }, { name: 'NAME', type: 'C', length: 8, decimals: 0 }], { dialect: 'dbase3', encoding: 'cp1252' });
  const record = new Uint8Array(layout.recordLength);

  test('match in any case, by the display names and the header names', () => {
    const encoder = createRowEncoder(layout, { names: ['monthly salary', 'name'] });
    encoder.encodeInsert({ 'Monthly Salary': 1, NAME: 'a' }, record, 0);
    expect(Buffer.from(record).toString()).toBe('     1.00a       ');
    encoder.encodeUpdate({ salary: 2 }, record, 0);
    expect(Buffer.from(record).toString()).toBe('     2.00a       ');
  });

  test('an unknown one gives the nearest; one given twice is refused', () => {
    const encoder = createRowEncoder(layout);
    expect(refusal(() => encoder.encodeInsert({ salery: 1 }, record, 0))).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('SALARY') });
    expect(refusal(() => encoder.encodeInsert({ __proto__x: 1 }, record, 0)).code).toBe('NOT_FOUND');
    expect(refusal(() => encoder.encodeInsert(JSON.parse('{"__proto__": 1}') as Record<string, unknown>, record, 0)).code).toBe('NOT_FOUND');
    expect(refusal(() => encoder.encodeInsert({ name: 'a', NAME: 'b' }, record, 0)).code).toBe('VALUE');
    for (let i = 0; i < 1000; i++) encoder.encodeInsert({ name: 'a' }, record, 0);
  });

  test('what is no object is refused', () => {
    for (const input of [null, 1, 'x', undefined]) expect(refusal(() => createRowEncoder(layout).encodeInsert(input as never, record, 0)).code).toBe('VALUE');
  });
});

describe('memos', () => {
  test('come back to be placed; empty ones are an empty pointer at once', () => {
    const { pending, layout, text } = write(spec('M'), 'Grüße');
    expect(pending.map((p) => [p.content, [...p.bytes]])).toEqual([['text', [...Buffer.from('Gr\xfc\xdfe', 'latin1')]]]);
    expect(text).toBe('\0\0\0\0');
    const record = new Uint8Array(layout.recordLength);
    const [field] = layout.fields;
    if (field === undefined) throw new Error('no field');
    writePointer(layout, field, { block: 0x01020304 }, record, 0);
    expect([...record.subarray(1, 5)]).toEqual([4, 3, 2, 1]);
    for (const block of [0, -1, 1.5, 2 ** 32]) expect(refusal(() => writePointer(layout, field, { block }, record, 0)).code).toBe('VALUE');
    for (const empty of ['', null]) expect(write(spec('M'), empty)).toMatchObject({ pending: [], value: '' });
    expect(write(spec('G'), new Uint8Array(2)).pending[0]?.content).toBe('object');
    expect(write(spec('W'), new Uint8Array(2)).pending[0]?.content).toBe('text');
    expect(write(spec('G'), new Uint8Array(0)).pending).toEqual([]);
  });

  test('text pointers are right-justified', () => {
    const { layout } = write(spec('M'), 'x', 'dbase4');
    const record = new Uint8Array(layout.recordLength);
    const [field] = layout.fields;
    if (field === undefined) throw new Error('no field');
    writePointer(layout, field, { block: 9_999_999_999 }, record, 0);
    expect(Buffer.from(record.subarray(1)).toString()).toBe('9999999999');
    writePointer(layout, field, { block: 12 }, record, 0);
    expect(Buffer.from(record.subarray(1)).toString()).toBe('        12');
  });

  test('refuses what the memo file cannot hold', () => {
    refused(spec('M'), 'a\x1ab', 'dbase3');
    expect(write(spec('M'), 'a\x1ab', 'dbase4').pending.length).toBe(1);
    refused(spec('M'), '日本');
    refused(spec('M'), new Uint8Array(1));
    refused(spec('M', 0, 0, { binary: true }), 'text');
    refused(spec('G'), 'text');
  });

  test('the bytes are a copy of what was given', () => {
    const given = new Uint8Array([1, 2, 3]);
    const { pending } = write(spec('G'), given);
    given.fill(9);
    expect([...pending[0]?.bytes ?? []]).toEqual([1, 2, 3]);
  });
});

test('dialects that are only read are refused', () => {
  const layout = layoutOf(dbfImage([{ name: 'A', type: 'C', length: 3 }]));
  for (const dialect of ['dbase2', 'dbase7', 'flagship'] as const) expect(refusal(() => createRowEncoder({ ...layout, dialect })).code).toBe('UNSUPPORTED');
  const odd = layoutOf(dbfImage([{ name: 'A', type: '%', length: 3 }]));
  expect(refusal(() => createRowEncoder(odd).encodeInsert({ a: 'x' }, new Uint8Array(4), 0)).code).toBe('VALUE');
});
