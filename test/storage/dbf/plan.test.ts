import { describe, expect, test } from 'vitest';
import { headerPatches, planDbf, shortFieldNames, type FieldSpec, type WritableDialect } from '#storage';
import { dbfImage, layoutOf } from '../../support/dbf-image.js';

const spec = (name: string, type: string, length = 0, decimals = 0, more: Partial<FieldSpec> = {}): FieldSpec => ({ name, type, length, decimals, ...more });
const plan = (specs: FieldSpec[], dialect: WritableDialect, encoding = 'cp1252') => planDbf(specs, { dialect, encoding });

function codeOf(run: () => unknown): string {
  try { run(); } catch (e) { if (e instanceof Error && 'code' in e) return String(e.code); throw e; }
  return 'no error';
}

describe('planDbf', () => {
  test.each([
    ['dbase3', 0x03, 0x83, 33, 'dbt3', 10], ['dbase4', 0x03, 0x8b, 33, 'dbt4', 10], ['clipper', 0x03, 0x83, 34, 'dbt3', 10],
    ['foxpro2', 0x03, 0xf5, 33, 'fpt', 10], ['vfp', 0x30, 0x30, 296, 'fpt', 4],
  ] as const)('%s: version byte, header length, memo', (dialect, plain, withMemo, base, memoKind, pointer) => {
    const without = plan([spec('A', 'C', 5)], dialect);
    expect([without.version, without.headerLength, without.memoKind, without.dialect]).toEqual([plain, base + 32, undefined, dialect]);
    const memo = plan([spec('A', 'C', 5), spec('M', 'M')], dialect);
    expect([memo.version, memo.headerLength, memo.memoKind, memo.fields[1]?.length]).toEqual([withMemo, base + 64, memoKind, pointer]);
    expect(memo.headerBytes.length).toBe(memo.headerLength);
    expect(memo.findings).toEqual([]);
  });

  test('Visual FoxPro: offsets, flags, _NullFlags, backlink, memo flag, version by type', () => {
    const layout = plan([spec('ID', 'I', 0, 0, { autoIncrement: { next: 5, step: 2 } }), spec('N', 'C', 10, 0, { nullable: true }), spec('M', 'M')], 'vfp');
    const h = Buffer.from(layout.headerBytes);
    expect([h[0], h[28], h[29]]).toEqual([0x31, 0x02, 0x03]);
    expect([h.readUInt32LE(32 + 12), h.readUInt32LE(64 + 12), h.readUInt32LE(96 + 12), h.readUInt32LE(128 + 12)]).toEqual([1, 5, 15, 19]);
    expect([h[32 + 18], h[64 + 18], h[96 + 18], h[128 + 18]]).toEqual([0x0c, 0x02, 0, 0x05]);
    expect([h.readUInt32LE(32 + 19), h[32 + 23]]).toEqual([5, 2]);
    expect(h.toString('latin1', 128, 138)).toBe('_NullFlags');
    expect(h[160]).toBe(0x0d);
    expect(h.subarray(161)).toEqual(Buffer.alloc(263));
    expect(layout).toMatchObject({ recordLength: 20, nullFlags: { offset: 19, length: 1 } });
    expect(plan([spec('V', 'V', 9)], 'vfp')).toMatchObject({ version: 0x32, nullFlags: { length: 1 } });
    expect(plan([spec('B', 'B', 0, 3)], 'vfp').fields[0]).toMatchObject({ length: 8, decimals: 3 });
  });

  test('what is planned is what is read', () => {
    const specs = [spec('NAME', 'C', 20), spec('AMOUNT', 'N', 12, 2), spec('BORN', 'D'), spec('OK', 'L'), spec('NOTES', 'M')];
    for (const dialect of ['dbase3', 'dbase4', 'clipper', 'foxpro2', 'vfp'] as const) {
      const planned = plan(specs, dialect, 'cp850');
      const read = layoutOf(planned.headerBytes);
      expect({ ...read, dialect, findings: [] }).toEqual(planned);
      expect(read.dialect).toBe(dialect);
    }
    expect(plan([spec('LONG', 'C', 1000)], 'clipper').fields[0]?.length).toBe(1000);
  });

  test('the code page stands in byte 29 where it has a number', () => {
    const byte = (encoding: string): number | undefined => plan([spec('A', 'C', 1)], 'vfp', encoding).headerBytes[29];
    expect([byte('cp1252'), byte('cp437'), byte('cp1251'), byte('utf8'), byte('latin1')]).toEqual([0x03, 0x01, 0xc9, 0, 0]);
    expect(plan([spec('A', 'C', 1)], 'vfp', 'UTF-8').encoding).toBe('utf8');
  });

  test.each([
    ['an unknown type', [spec('A', 'X', 1)], 'vfp', 'SCHEMA'],
    ['a type of another dialect', [spec('A', 'I')], 'dbase3', 'SCHEMA'],
    ['F in dBASE III', [spec('A', 'F', 10, 2)], 'dbase3', 'SCHEMA'],
    ['C of 255 in FoxPro', [spec('A', 'C', 255)], 'vfp', 'SCHEMA'],
    ['C of 0', [spec('A', 'C', 0)], 'vfp', 'SCHEMA'],
    ['C of 1.5', [spec('A', 'C', 1.5)], 'vfp', 'SCHEMA'],
    ['N of 21', [spec('A', 'N', 21)], 'vfp', 'SCHEMA'],
    ['more decimals than fit', [spec('A', 'N', 5, 4)], 'vfp', 'SCHEMA'],
    ['negative decimals', [spec('A', 'N', 5, -1)], 'vfp', 'SCHEMA'],
    ['null values in dBASE', [spec('A', 'C', 5, 0, { nullable: true })], 'dbase4', 'SCHEMA'],
    ['autoincrement of C', [spec('A', 'C', 5, 0, { autoIncrement: { next: 1, step: 1 } })], 'vfp', 'SCHEMA'],
    ['no fields', [], 'vfp', 'SCHEMA'],
    ['129 fields in dBASE III', Array.from({ length: 129 }, (_, i) => spec(`F${i}`, 'L')), 'dbase3', 'SCHEMA'],
    ['255 fields with a nullable one', Array.from({ length: 255 }, (_, i) => spec(`F${i}`, 'L', 1, 0, { nullable: i === 0 })), 'vfp', 'SCHEMA'],
    ['a record too long', Array.from({ length: 20 }, (_, i) => spec(`F${i}`, 'C', 254)), 'dbase3', 'SCHEMA'],
    ['a long name', [spec('ELEVENCHARS', 'C', 1)], 'vfp', 'NAME'],
    ['an empty name', [spec('', 'C', 1)], 'vfp', 'NAME'],
    ['a name with a blank', [spec('A B', 'C', 1)], 'vfp', 'NAME'],
    ['a name twice', [spec('A', 'C', 1), spec('a', 'C', 1)], 'vfp', 'NAME'],
    ['the name of the null flags', [spec('_nullflags', 'C', 1)], 'vfp', 'NAME'],
  ] as const)('refuses %s', (_, specs, dialect, code) => {
    expect(codeOf(() => plan([...specs], dialect))).toBe(code);
  });

  test('254 fields with a nullable one are the most of Visual FoxPro', () => {
    expect(plan(Array.from({ length: 254 }, (_, i) => spec(`F${i}`, 'L', 1, 0, { nullable: i === 0 })), 'vfp').fields.length).toBe(255);
  });
});

describe('shortFieldNames', () => {
  test('cuts, numbers and cleans', () => {
    expect(shortFieldNames(['name', 'description 1', 'description 2', 'Größe', '2nd', 'a b', '_NullFlags', 'DESCRIPTIO'])).toEqual(
      ['NAME', 'DESCRIPT_2', 'DESCRIPT_3', 'GROSSE', 'F2ND', 'A_B', '_NULLFLA_2', 'DESCRIPTIO']);
    const many = shortFieldNames(Array.from({ length: 200 }, (_, i) => `a very long name number ${i}`));
    expect(new Set(many).size).toBe(200);
    expect(many.every((name) => /^[A-Z_][A-Z0-9_]{0,9}$/.test(name))).toBe(true);
  });

  test('refuses names that differ only in case, and none', () => {
    expect(codeOf(() => shortFieldNames(['a', 'A']))).toBe('NAME');
    expect(codeOf(() => shortFieldNames(['']))).toBe('NAME');
  });
});

describe('headerPatches', () => {
  const day = new Date('2026-03-09T12:00:00Z');
  const state = { recordCount: 0x01020304, lastUpdate: day, autoIncrementNext: new Map<string, number>() };

  test('date and count are one write, with the year rule of the dialect', () => {
    const bytes = (dialect: WritableDialect): number[] => headerPatches(plan([spec('A', 'C', 1)], dialect), state).flatMap((p) => [p.offset, ...p.bytes]);
    expect(bytes('dbase3')).toEqual([1, 126, 3, 9, 4, 3, 2, 1]);
    expect(bytes('clipper')).toEqual([1, 126, 3, 9, 4, 3, 2, 1]);
    expect(bytes('vfp')).toEqual([1, 26, 3, 9, 4, 3, 2, 1]);
    expect(bytes('foxpro2')).toEqual([1, 26, 3, 9, 4, 3, 2, 1]);
  });

  test('a table whose writer used two digits keeps them', () => {
    expect(headerPatches(layoutOf(dbfImage([{ name: 'A', type: 'C', length: 1 }], { patch: [[1, 25]] })), state)[0]?.bytes[0]).toBe(26);
  });

  test('without a date only the count is written', () => {
    const [patch] = headerPatches(plan([spec('A', 'C', 1)], 'vfp'), { ...state, lastUpdate: undefined });
    expect([patch?.offset, [...patch?.bytes ?? []]]).toEqual([4, [4, 3, 2, 1]]);
  });

  test('counters and flags go where they stand', () => {
    const layout = plan([spec('A', 'C', 1), spec('ID', 'I', 0, 0, { autoIncrement: { next: 1, step: 1 } })], 'vfp');
    const patches = headerPatches(layout, { ...state, autoIncrementNext: new Map([['ID', 300]]), tableFlags: 3 });
    expect(patches.slice(1).map((p) => [p.offset, [...p.bytes]])).toEqual([[64 + 19, [44, 1, 0, 0]], [28, [3]]]);
    expect(codeOf(() => headerPatches(layout, { ...state, autoIncrementNext: new Map([['A', 1]]) }))).toBe('NOT_FOUND');
  });

  test('refuses dBASE II and counts that do not fit', () => {
    const layout = plan([spec('A', 'C', 1)], 'vfp');
    expect(codeOf(() => headerPatches({ ...layout, dialect: 'dbase2' }, state))).toBe('UNSUPPORTED');
    for (const recordCount of [-1, 1.5, 2 ** 32, Number.NaN]) expect(codeOf(() => headerPatches(layout, { ...state, recordCount }))).toBe('LIMIT');
  });
});
