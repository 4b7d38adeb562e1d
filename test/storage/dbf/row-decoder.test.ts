import { describe, expect, test } from 'vitest';
import { createRowDecoder, decodeField, type FieldValue, type MemoSource, type NumberForm, type Row } from '#storage';
import { dbfImage, layoutOf, type ImageField } from '../../support/dbf-image.js';

/** The value of one field whose bytes are given as latin1 text or numbers. */
function valueOf(
  field: Partial<ImageField> & { type: string }, bytes: string | readonly number[], version = 0x03, as?: NumberForm, memo?: MemoSource,
): FieldValue {
  const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes);
  const layout = layoutOf(dbfImage([{ name: 'A', length: data.length, ...field }], { version }), { encoding: 'cp1252' });
  const record = Buffer.concat([Buffer.from(' '), data]);
  const decoder = createRowDecoder(layout, as === undefined ? {} : { as: new Map([['a', as]]) });
  const value = decoder.decode(record, 0, 1, memo)['A'] ?? null;
  const only = layout.fields[0];
  if (as === undefined && only !== undefined) expect(decodeField(layout, only, record, 0, memo)).toEqual(value);
  return value;
}

const le = (write: (b: Buffer) => void, size = 8): number[] => { const b = Buffer.alloc(size); write(b); return [...b]; };

describe('values', () => {
  test.each([
    ['     ', null], ['   12', 12], ['12   ', 12], ['-1.50', -1.5], [' +7  ', 7], ['  .5 ', 0.5], ['  5. ', 5], ['*****', null], ['\0\0\0\0\0', null],
    ['\0\x0012 ', 12], ['  1e3', 1000], ['1.5e2', 150], ['12a4 ', null], ['  1,5', null], [' 0x1F', null], ['   --', null], ['    -', null],
    ['    .', 0], ['0  . ', 0], ['1 . 5', 1.5], ['1 2  ', null], ['-0.00', 0], ['  NaN', null], ['1e999', null], ['Infinity', null],
    ['12345678901234567890', 12345678901234567890], ['0.1', 0.1], ['1234567890123.45', 1234567890123.45], ['9007199254740993', 9007199254740992],
  ])('N %j is %j', (text, value) => {
    expect(Object.is(valueOf({ type: 'N' }, text), value)).toBe(true);
    expect(Object.is(valueOf({ type: 'F' }, text), value)).toBe(true);
  });

  test('every number of up to 15 digits is the one that its text says', () => {
    for (let i = 0; i < 3000; i++) {
      const digits = String((i * 7_919_381_177) % 999_999_999_999_989).padStart(16, '0').slice(1);
      const text = `${i % 3 === 0 ? '-' : ''}${digits.slice(0, i % 15 + 1)}.${digits.slice(i % 15 + 1)}`;
      expect(valueOf({ type: 'N' }, text)).toBe(Number(text) + 0);
    }
  });

  test('N as bigint and as string', () => {
    expect(valueOf({ type: 'N' }, ' 12345678901234567890', 3, 'bigint')).toBe(12345678901234567890n);
    expect(valueOf({ type: 'N' }, '-7.50', 3, 'bigint')).toBe(-8n);
    expect(valueOf({ type: 'N' }, '7.49', 3, 'bigint')).toBe(7n);
    expect(valueOf({ type: 'N' }, '1.5e3', 3, 'bigint')).toBe(1500n);
    expect(valueOf({ type: 'N' }, '5e-1', 3, 'bigint')).toBe(1n);
    expect(valueOf({ type: 'N' }, '     ', 3, 'bigint')).toBeNull();
    expect(valueOf({ type: 'N' }, '  12345678901234567890.10', 3, 'string')).toBe('12345678901234567890.10');
    expect(() => valueOf({ type: 'C' }, 'abc', 3, 'bigint')).toThrow(expect.objectContaining({ code: 'SCHEMA' }));
  });

  test.each([
    ['18151210', '1815-12-10'], ['20240229', '2024-02-29'], ['19000229', null], ['20000229', '2000-02-29'], ['20240230', null], ['00000000', null],
    ['        ', null], ['\0\0\0\0\0\0\0\0', null], ['99999999', null], ['2024010 ', null], ['ABCDEFGH', null], ['20241301', null], ['00010101', '0001-01-01'], ['99991231', '9999-12-31'],
  ])('D %j is %j', (text, day) => {
    const value = valueOf({ type: 'D' }, text);
    expect(value instanceof Date ? value.toISOString() : value).toBe(day === null ? null : `${day}T00:00:00.000Z`);
  });

  test('a Date is never shared between rows', () => {
    const layout = layoutOf(dbfImage([{ name: 'D', type: 'D', length: 8 }]));
    const decoder = createRowDecoder(layout);
    const record = Buffer.from(' 20240229');
    expect(decoder.decode(record, 0, 1)['D']).not.toBe(decoder.decode(record, 0, 2)['D']);
  });

  test('L', () => {
    expect([...'TtYyFfNn ?x01\0'].map((c) => valueOf({ type: 'L' }, c))).toEqual([true, true, true, true, false, false, false, false, null, null, null, null, null, null]);
  });

  test('C keeps leading blanks and cuts trailing blanks and NULs', () => {
    expect(valueOf({ type: 'C' }, '  a b \0 \0')).toBe('  a b');
    expect(valueOf({ type: 'C' }, 'Stra\xdfe \x80')).toBe('Straße €');
    expect(valueOf({ type: 'C' }, '        ')).toBe('');
  });

  test('binary numbers', () => {
    expect(valueOf({ type: 'I' }, le((b) => b.writeInt32LE(-5), 4), 0x30)).toBe(-5);
    expect(valueOf({ type: 'B' }, le((b) => b.writeDoubleLE(-1.25)), 0x30)).toBe(-1.25);
    expect(valueOf({ type: 'B' }, le((b) => b.writeDoubleLE(Number.NaN)), 0x30)).toBeNull();
    expect(valueOf({ type: 'Y' }, le((b) => b.writeBigInt64LE(-1234567n)), 0x30)).toBe(-123.4567);
    expect(valueOf({ type: 'Y' }, le((b) => b.writeBigInt64LE(-1234567n)), 0x30, 'bigint')).toBe(-1234567n);
    expect(valueOf({ type: 'Y' }, le((b) => b.writeBigInt64LE(-67n)), 0x30, 'string')).toBe('-0.0067');
    expect(valueOf({ type: 'I', decimals: 4 }, le((b) => b.writeBigInt64LE(946250n)))).toBe(94.625);
    expect(valueOf({ type: 'I' }, [0xff, 0xff])).toBe(-1);
    expect(valueOf({ type: '^' }, le((b) => b.writeBigUInt64LE(2n ** 63n)))).toBe(2 ** 63);
  });

  test('the ordered double of O', () => {
    expect(valueOf({ type: 'O' }, [0xc0, 0x45, 0xd3, 0x33, 0x33, 0x33, 0x33, 0x33], 0x30)).toBe(43.65);
    expect(valueOf({ type: 'O' }, [0x3f, 0xad, 0x58, 0x51, 0xeb, 0x85, 0x1e, 0xb7], 0x30)).toBe(-74.62);
    expect(valueOf({ type: 'O' }, new Array<number>(8).fill(0), 0x30)).toBeNull();
  });

  test('T is rounded to the second in Visual FoxPro only; 24:00 is the next day', () => {
    const at = (ms: number): number[] => le((b) => { b.writeUInt32LE(2_440_588 + 1, 0); b.writeUInt32LE(ms, 4); });
    const iso = (bytes: number[], version: number): string | undefined => (valueOf({ type: 'T' }, bytes, version) as Date | null)?.toISOString();
    expect(iso(at(3_599_999), 0x30)).toBe('1970-01-02T01:00:00.000Z');
    expect(iso(at(86_399_999), 0x30)).toBe('1970-01-03T00:00:00.000Z');
    expect(iso(at(3_599_424), 0xf5)).toBe('1970-01-02T00:59:59.424Z');
    expect(valueOf({ type: 'T' }, at(86_400_001), 0x30)).toBeNull();
    expect(valueOf({ type: 'T' }, new Array<number>(8).fill(0), 0x30)).toBeNull();
    expect(valueOf({ type: 'T' }, new Array<number>(8).fill(0xff), 0x30)).toBeNull();
    expect(valueOf({ type: 'T' }, '        ', 0x30)).toBeNull();
  });

  test('memos: text, bytes, empty, dangling, garbage', () => {
    const memo: MemoSource = { read: ({ block }) => (block === 7 ? Buffer.from('H\xe9llo', 'latin1') : undefined) };
    expect(valueOf({ type: 'M' }, '         7', 0x83, undefined, memo)).toBe('Héllo');
    expect(valueOf({ type: 'M' }, '0000000007', 0x83, undefined, memo)).toBe('Héllo');
    expect(valueOf({ type: 'M' }, [7, 0, 0, 0], 0x30, undefined, memo)).toBe('Héllo');
    expect(valueOf({ type: 'M', flags: 4 }, [7, 0, 0, 0], 0x30, undefined, memo)).toEqual(new Uint8Array(Buffer.from('H\xe9llo', 'latin1')));
    expect(valueOf({ type: 'G' }, [7, 0, 0, 0], 0x30, undefined, memo)).toBeInstanceOf(Uint8Array);
    expect(valueOf({ type: 'B' }, '         7', 0x8b, undefined, memo)).toBeInstanceOf(Uint8Array);
    expect(valueOf({ type: 'M' }, [1, 0, 5, 0, 0, 0, 7, 0, 0, 0], 0xe5, undefined, memo)).toBe('Héllo');
    for (const empty of ['          ', '         0', '\0\0\0\0\0\0\0\0\0\0']) expect(valueOf({ type: 'M' }, empty, 0x83, undefined, memo)).toBe('');
    expect(valueOf({ type: 'G' }, [0, 0, 0, 0], 0x30, undefined, memo)).toBeNull();
    for (const lost of ['         8', 'ABCDEFGHIJ', '        -1']) expect(valueOf({ type: 'M' }, lost, 0x83, undefined, memo)).toBeNull();
    expect(valueOf({ type: 'M' }, '         7', 0x83)).toBeNull();
  });

  test('unknown types are bytes, and a copy of them', () => {
    expect(valueOf({ type: '%' }, 'abc')).toEqual(new Uint8Array([97, 98, 99]));
    expect(valueOf({ type: 'Y' }, 'abc')).toEqual(new Uint8Array([97, 98, 99]));
  });
});

const record = (fields: readonly ImageField[], text: string, options: Parameters<typeof createRowDecoder>[1] = {}): Row =>
  createRowDecoder(layoutOf(dbfImage(fields)), options).decode(Buffer.from(text, 'latin1'), 0, 42);
const c = (name: string): ImageField => ({ name, type: 'C', length: 3 });

describe('rows', () => {
  test('are plain: own enumerable fields in order, $recno and $deleted besides', () => {
    const row = record([c('B'), c('A')], '*b  a  ');
    expect(Object.keys(row)).toEqual(['B', 'A']);
    expect(JSON.stringify(row)).toBe('{"B":"b","A":"a"}');
    expect({ ...row }).toEqual({ B: 'b', A: 'a' });
    expect([row.$recno, row.$deleted, '$recno' in row, Object.hasOwn(row, '$recno')]).toEqual([42, true, true, false]);
    expect(record([c('B')], ' b  ').$deleted).toBe(false);
    expect(record([c('B')], '\0b  ').$deleted).toBe(false);
  });

  test('no field name reaches the prototype', () => {
    const names = ['__proto__', 'constructor', '$recno', '$deleted', 'toString', 'hasOwnProperty', 'valueOf'];
    const row = createRowDecoder(layoutOf(dbfImage(names.map((_, i) => c(`F${i}`)))), { names }).decode(Buffer.from(` ${'abc'.repeat(7)}`), 0, 1);
    expect(Object.keys(row)).toEqual(names);
    for (const name of names) expect(Object.getOwnPropertyDescriptor(row, name)).toMatchObject({ value: 'abc', enumerable: true, writable: true });
    expect(Object.getPrototypeOf(row)).not.toBe('abc');
    expect(({} as Record<string, unknown>)['abc']).toBeUndefined();
    const spread = { ...record([c('__proto__')], ' abc') };
    expect(Object.getOwnPropertyDescriptor(spread, '__proto__')?.value).toBe('abc');
  });

  test.each([1, 2, 15, 16, 17, 24, 25, 255])('of %i fields hold every value', (count) => {
    const fields = Array.from({ length: count }, (_, i) => c(`F${i}`));
    const row = record(fields, ` ${fields.map((_, i) => String(i).padEnd(3)).join('')}`);
    expect(Object.values(row)).toEqual(fields.map((_, i) => String(i)));
    expect(row.$recno).toBe(42);
  });

  test('projection takes fields in the order asked, by any case', () => {
    expect(Object.entries(record([c('A'), c('B'), c('C')], ' a  b  c  ', { fields: ['c', 'A'] }))).toEqual([['C', 'c'], ['A', 'a']]);
    expect(Object.entries(record([c('A'), c('B')], ' a  b  ', { names: ['first', 'second'], fields: ['SECOND', 'a'] }))).toEqual([['second', 'b'], ['first', 'a']]);
    expect(Object.keys(record([c('A')], ' a  ', { fields: [] }))).toEqual([]);
  });

  test('an unknown field names the nearest', () => {
    expect(() => record([c('SALARY'), c('NAME')], ' a  b  ', { fields: ['salery'] })).toThrow(expect.objectContaining({ code: 'NOT_FOUND', message: expect.stringContaining('SALARY') }));
  });

  test('a second field of the same name is reachable', () => {
    expect({ ...record([c('A'), c('a')], ' 1  2  ') }).toEqual({ A: '1', a_2: '2' });
  });

  test('text of a run does not depend on where the record lies', () => {
    const layout = layoutOf(dbfImage([c('A'), { name: 'N', type: 'N', length: 4 }, { name: 'LONG', type: 'C', length: 90 }]), { encoding: 'cp437' });
    const bytes = Buffer.from(Array.from({ length: 100 }, (_, i) => ` ${String(i).padEnd(3)}${String(i).padStart(4)}${`line ${i} \x84`.padEnd(90)}`).join(''), 'latin1');
    const decoder = createRowDecoder(layout);
    const rows: Row[] = [];
    decoder.decodeRun(bytes, 0, 100, 1, rows);
    bytes.fill(0);
    expect(rows.map((row) => ({ ...row }))).toEqual(Array.from({ length: 100 }, (_, i) => ({ A: String(i), N: i, LONG: `line ${i} ä` })));
  });
});
