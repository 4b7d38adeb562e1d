import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CdxKeys, compileExpression, forFilter, keyShapeOf, KeySorter, readSortable, writeSortable } from '#index';
import { layoutOf } from '../expression/test-table.js';

const layout = layoutOf([['C', 'C', 4], ['N', 'N', 8, 2], ['I', 'I', 4], ['Y', 'Y', 8], ['D', 'D', 8], ['T', 'T', 8], ['L', 'L', 1], ['B', 'B', 8],
  ['NULLS', 'C', 3, 0, 0]]);
const record = Buffer.alloc(layout.recordLength, 0x20);
record[layout.recordLength - 1] = 0;

function set(name: string, write: (at: number) => void): Buffer {
  write(layout.fields.find((field) => field.name === name)!.offset);
  return record;
}

function key(expression: string, nulls = false): string {
  const compiled = compileExpression(expression, { layout });
  const shape = keyShapeOf(compiled, nulls);
  const out = Buffer.alloc(shape.keyLength);
  new CdxKeys(compiled, { ...shape, collation: 'MACHINE', name: 'X' }).write({ bytes: record, start: 0, recno: 1 }, out, 0);
  return out.toString('hex');
}

describe('keys are the bytes that FoxPro writes', () => {
  test.each([
    [1, 'bff0000000000000'], [-1, '400fffffffffffff'], [0, '8000000000000000'], [10.5, 'c025000000000000'], [-0.25, '402fffffffffffff'],
  ])('number %d', (number, wanted) => {
    set('N', (at) => record.write(String(number).padStart(8), at, 'latin1'));
    expect(key('N')).toBe(wanted);
    set('B', (at) => record.writeDoubleLE(number, at));
    expect(key('B')).toBe(wanted);
  });
  test.each([[1, '80000001'], [-1, '7fffffff']])('integer %d', (number, wanted) => {
    set('I', (at) => record.writeInt32LE(number, at));
    expect(key('I')).toBe(wanted);
    expect(key('I+0')).toHaveLength(16);
  });
  test('currency', () => {
    set('Y', (at) => record.writeBigInt64LE(15_000n, at));
    expect(key('Y')).toBe('8000000000003a98');
  });
  test('dates and times', () => {
    expect(key('D')).toBe('8000000000000000');
    set('D', (at) => record.write('20000101', at, 'latin1'));
    expect(key('D')).toBe('c142b42c80000000');
    set('T', (at) => { record.writeInt32LE(2451545, at); record.writeInt32LE(3_660_999, at + 4); });
    expect(key('T')).toBe('c142b42c856c77d8');
  });
  test('logicals, texts and NULL', () => {
    expect(key('L')).toBe('46');
    set('L', (at) => { record[at] = 0x74; });
    expect(key('L')).toBe('54');
    expect(key('TRIM(C)+"x"')).toBe('7820202020');
    expect(key('NULLS', true)).toBe('80202020');
    record[layout.recordLength - 1] = 1;
    expect(key('NULLS', true)).toBe('00000000');
    expect(key('NULLS')).toBe('202020');
    record[layout.recordLength - 1] = 0;
  });
});

test('keys tell their values', () => {
  const decode = (expression: string): unknown => {
    const compiled = compileExpression(expression, { layout });
    const shape = keyShapeOf(compiled, false);
    return new CdxKeys(compiled, { ...shape, collation: 'MACHINE', name: 'X' }).decode(Buffer.from(key(expression), 'hex'));
  };
  set('C', (at) => record.write('ab  ', at, 'latin1'));
  expect(decode('C')).toEqual({ value: Buffer.from('ab'), exact: true });
  expect(decode('UPPER(C)')).toEqual({ value: Buffer.from('AB'), exact: false });
  expect(decode('I')).toEqual({ value: -1, exact: true });
  expect(decode('Y')).toEqual({ value: 15_000n, exact: true });
  expect(decode('N')).toEqual({ value: -0.25, exact: true });
  expect(decode('D')).toEqual({ value: 2451545, exact: true });
  expect(decode('L')).toEqual({ value: true, exact: true });
  expect(decode('T')).toEqual({ value: 2451545 * 86_400_000 + 3_661_000, exact: true });
});

test('sortable numbers sort as numbers do', () => {
  const bytes = (value: number): Buffer => {
    const out = Buffer.alloc(8);
    writeSortable(value, out, 0);
    return out;
  };
  fc.assert(fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
    expect(Math.sign(Buffer.compare(bytes(a), bytes(b)))).toBe(a === b ? 0 : a < b ? -1 : 1);
    expect(readSortable(bytes(a), 0)).toBe(a + 0);
  }));
});

test('filters take true alone', () => {
  const row = { bytes: record, start: 0, recno: 1 };
  expect(forFilter(compileExpression('C="ab"', { layout }))(row)).toBe(true);
  expect(forFilter(compileExpression('C="b"', { layout }))(row)).toBe(false);
  expect(() => forFilter(compileExpression('C', { layout }))).toThrow(/logical/);
});

test('a sorter gives entries back in order', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.string({ unit: fc.constantFrom('a', 'b', '\u00ff'), minLength: 3, maxLength: 3 }), fc.nat(50)),
    { maxLength: 400 }), (entries) => {
    const sorter = new KeySorter(3);
    for (const [text, recno] of entries) sorter.add(Buffer.from(text, 'latin1'), 0, recno);
    const sorted = sorter.sorted();
    const got: string[] = [];
    while (sorted.next()) got.push(`${Buffer.from(sorted.keyBytes.subarray(sorted.keyStart,
      sorted.keyStart + 3)).toString('hex')} ${String(sorted.recno).padStart(3)}`);
    expect(got).toEqual(entries.map(([text, recno]) => `${Buffer.from(text, 'latin1').toString('hex')} ${String(recno).padStart(3)}`).sort());
  }));
});
