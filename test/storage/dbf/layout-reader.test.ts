import { describe, expect, test } from 'vitest';
import { displayNames, hasCode } from '#storage';
import { dbfImage, layoutOf, type ImageField } from '../../support/dbf-image.js';

const NAME: ImageField = { name: 'NAME', type: 'C', length: 5 };
const AGE: ImageField = { name: 'AGE', type: 'N', length: 3 };
const codes = (findings: readonly { code: string }[]): string[] => findings.map((f) => f.code);

function codeOf(run: () => unknown): string {
  try { run(); } catch (e) { if (e instanceof Error && 'code' in e) return String(e.code); throw e; }
  return 'no error';
}

describe('readDbfLayout', () => {
  test('reads header facts, fields and offsets', () => {
    const layout = layoutOf(dbfImage([NAME, AGE], { records: [' Ada   36', '*Bob   40'] }));
    expect(layout).toMatchObject({ version: 3, dialect: 'dbase3', headerLength: 97, recordLength: 9, claimedCount: 2, recordCount: 2, physicalCount: 2, encoding: 'cp1252' });
    expect(layout.lastUpdate?.toISOString()).toBe('2026-02-28T00:00:00.000Z');
    expect(layout.fields.map((f) => [f.name, f.type, f.length, f.offset])).toEqual([['NAME', 'C', 5, 1], ['AGE', 'N', 3, 6]]);
    expect(layout.findings).toEqual([]);
  });

  test.each([
    [126, 2026], [99, 1999], [80, 1980], [79, 2079], [0, 2000], [26, 2026], [100, 2000],
  ])('year byte %i is %i', (byte, year) => {
    expect(layoutOf(dbfImage([NAME], { patch: [[1, byte]] })).lastUpdate?.getUTCFullYear()).toBe(year);
  });

  test.each([[0, 28], [13, 1], [2, 30], [2, 0]])('month %i day %i is no date, and no failure', (month, day) => {
    expect(layoutOf(dbfImage([NAME], { patch: [[2, month], [3, day]] })).lastUpdate).toBeNull();
  });

  test('tells dialects apart by the version byte and the end of the header', () => {
    expect(layoutOf(dbfImage([NAME], { tail: [0x0d, 0] })).dialect).toBe('clipper');
    expect(layoutOf(dbfImage([{ name: 'T', type: 'C', length: 1000 }])).dialect).toBe('clipper');
    expect(layoutOf(dbfImage([NAME], { version: 0x8b })).dialect).toBe('dbase4');
    expect(layoutOf(dbfImage([NAME], { version: 0xf5 })).dialect).toBe('foxpro2');
    expect(layoutOf(dbfImage([NAME], { version: 0x30, tail: [0x0d, ...new Array<number>(263).fill(0)] })).dialect).toBe('vfp');
  });

  test('memo files follow from the version byte and the width of the pointer', () => {
    const memo = (length: number, version: number): string | undefined => layoutOf(dbfImage([{ name: 'M', type: 'M', length }], { version })).memoKind;
    expect([memo(10, 0x83), memo(10, 0x8b), memo(10, 0xf5), memo(4, 0xf5), memo(4, 0x30), memo(10, 0xe5)]).toEqual(['dbt3', 'dbt4', 'fpt', 'fpt', 'fpt', 'smt']);
    expect([memo(10, 0x03), memo(4, 0x03)]).toEqual(['dbt3', 'fpt']);
    expect(layoutOf(dbfImage([NAME], { version: 0x83 })).memoKind).toBeUndefined();
  });

  test('long C fields use the decimals byte, unless the record length says otherwise', () => {
    expect(layoutOf(dbfImage([{ name: 'T', type: 'C', length: 1000 }])).fields[0]).toMatchObject({ length: 1000, decimals: 0 });
    expect(layoutOf(dbfImage([{ name: 'T', type: 'C', length: 40, decimals: 2 }])).fields[0]).toMatchObject({ length: 40, decimals: 2 });
  });

  test('the backlink and the language driver', () => {
    const tail = [0x0d, ...Buffer.from('northwind.dbc'), ...new Array<number>(250).fill(0)];
    const layout = layoutOf(dbfImage([NAME], { version: 0x30, tail, patch: [[29, 0xc9]] }));
    expect(layout).toMatchObject({ backlink: 'northwind.dbc', encoding: 'cp1251', languageDriver: 0xc9 });
  });

  test('the encoding is the wish of the caller, then the .cpg file, then the driver', () => {
    const image = dbfImage([NAME], { patch: [[29, 0x65]] });
    expect(layoutOf(image).encoding).toBe('cp866');
    expect(layoutOf(image, { codePageFile: 'UTF-8' }).encoding).toBe('utf8');
    expect(layoutOf(image, { codePageFile: 'UTF-8', encoding: 'latin1' }).encoding).toBe('latin1');
    const odd = layoutOf(image, { codePageFile: 'nonsense' });
    expect([odd.encoding, codes(odd.findings)]).toEqual(['cp866', ['CPG_UNKNOWN']]);
    expect(codes(layoutOf(dbfImage([NAME], { patch: [[29, 0xfe]] })).findings)).toEqual(['CODE_PAGE_UNKNOWN']);
    expect(codeOf(() => layoutOf(image, { encoding: 'nonsense' }))).toBe('OPTION');
  });

  test('null bits are numbered over V, Q and nullable fields, length bit first', () => {
    const fields = [
      { name: 'Q', type: 'Q', length: 10, flags: 2 }, { name: 'V', type: 'V', length: 254, flags: 2 },
      { name: 'V10', type: 'V', length: 10 }, { name: 'N', type: 'N', length: 5, flags: 2 }, { name: '_NullFlags', type: '0', length: 1, flags: 5 },
    ];
    const layout = layoutOf(dbfImage(fields, { version: 0x32 }));
    expect(layout.fields.map((f) => [f.lengthBit, f.nullBit])).toEqual([[0, 1], [2, 3], [4, undefined], [undefined, 5], [undefined, undefined]]);
    expect(layout.nullFlags).toEqual({ offset: 1 + 10 + 254 + 10 + 5, length: 1 });
    const short = layoutOf(dbfImage(fields.map((f) => (f.length === 5 ? { ...f, type: 'V' } : f)).concat([{ name: 'X', type: 'V', length: 2, flags: 2 }, { name: 'Y', type: 'V', length: 2, flags: 2 }]), { version: 0x32 }));
    expect(codes(short.findings)).toContain('NULL_FLAGS_TOO_SHORT');
  });

  test('descriptor flags count only where the writer leaves no garbage', () => {
    const garbage = dbfImage([{ ...NAME, flags: 0xf6 }, { ...AGE, flags: 0x02 }]);
    expect(layoutOf(garbage).fields.map((f) => f.nullable)).toEqual([false, false]);
    expect(layoutOf(dbfImage([{ ...AGE, flags: 0x02 }])).fields[0]?.nullable).toBe(true);
  });

  test('autoincrement fields carry next, step and where the counter stands', () => {
    const image = dbfImage([{ name: 'ID', type: 'I', length: 4, flags: 0x0c }], { version: 0x31, patch: [[51, 78], [55, 2]] });
    expect(layoutOf(image).fields[0]?.autoIncrement).toEqual({ next: 78, step: 2, headerOffset: 51 });
  });

  test.each([
    ['a missing terminator', dbfImage([NAME], { tail: [0x00], records: [' Ada  '] }), 'TERMINATOR_MISSING', 1],
    ['too large a count', dbfImage([NAME], { records: [' Ada  '], count: 0xffffffff }), 'COUNT_TOO_LARGE', 1],
    ['too small a count', dbfImage([NAME], { records: [' Ada  ', '*Bob  '], count: 1 }), 'RECORDS_BEYOND_COUNT', 1],
    ['a record length without the delete mark', dbfImage([NAME], { records: [' Ada  '], recordLength: 5 }), 'RECORD_LENGTH_WRONG', 1],
    ['a record length of 0', dbfImage([NAME], { records: [' Ada  '], recordLength: 0 }), 'RECORD_LENGTH_WRONG', 1],
    ['a record longer than its fields', dbfImage([NAME], { records: [' Ada  xx'], recordLength: 8 }), 'RECORD_TAIL_UNUSED', 1],
    ['no fields', dbfImage([], { records: [' ', '*'] }), 'NO_FIELDS', 2],
    ['a name twice', dbfImage([NAME, { ...NAME, name: 'name' }], { records: [' Ada  Bob  '] }), 'FIELD_NAME_DUPLICATE', 1],
    ['no name', dbfImage([NAME, { ...AGE, name: '' }]), 'FIELD_NAME_EMPTY', 0],
    ['an unknown type', dbfImage([{ ...NAME, type: '%' }]), 'FIELD_TYPE_UNKNOWN', 0],
    ['a field without width', dbfImage([NAME, { ...NAME, name: 'Z', length: 0 }]), 'FIELD_WIDTH_ZERO', 0],
    ['an unknown version', dbfImage([NAME], { version: 0xaa, records: [' Ada  '] }), 'VERSION_UNKNOWN', 1],
  ])('tolerates %s', (_, image, finding, rows) => {
    const layout = layoutOf(image);
    expect(codes(layout.findings)).toContain(finding);
    expect(layout.recordCount).toBe(rows);
  });

  test.each([
    ['an empty file', new Uint8Array(0), 'CORRUPT_DBF'],
    ['31 bytes', new Uint8Array(31).fill(3), 'CORRUPT_DBF'],
    ['a header longer than the file', dbfImage([NAME]).subarray(0, 60), 'CORRUPT_DBF'],
    ['a header of 32 bytes', dbfImage([NAME], { patch: [[8, 32], [9, 0]] }), 'CORRUPT_DBF'],
    ['fields wider than the record', dbfImage([NAME, AGE], { recordLength: 4, records: [' abc'] }), 'CORRUPT_DBF'],
    ['records without descriptors', dbfImage([], { recordLength: 20 }), 'CORRUPT_DBF'],
    ['encrypted SIX tables', dbfImage([NAME], { version: 0x06 }), 'UNSUPPORTED'],
    ['encrypted dBASE IV tables', dbfImage([NAME], { version: 0x8b, patch: [[15, 1]] }), 'UNSUPPORTED'],
    ['an unknown version with an odd header', dbfImage([NAME], { version: 0x4b, recordLength: 0 }), 'UNSUPPORTED'],
  ])('refuses %s', (_, image, code) => {
    expect(codeOf(() => layoutOf(image))).toBe(code);
  });

  test('errors name the file', () => {
    try {
      layoutOf(new Uint8Array(0), {}, '/people.dbf');
    } catch (e) {
      expect(hasCode(e, 'CORRUPT_DBF') && e.file).toBe('/people.dbf');
      return;
    }
    expect.unreachable();
  });

  test('display names are unique', () => {
    const layout = layoutOf(dbfImage([NAME, { ...NAME, name: 'name' }, { ...NAME, name: '' }, { ...NAME, name: 'NAME_2' }]));
    expect(displayNames(layout)).toEqual(['NAME', 'name_3', 'FIELD_3', 'NAME_2']);
  });
});
