import { describe, expect, test } from 'vitest';
import { checkDbf, MemoryVfs, readDbfLayout, type CheckDbfOptions, type Finding, type MemoChecker } from '#storage';
import { dbfImage, type ImageField, type ImageOptions } from '../../support/dbf-image.js';

async function check(fields: readonly ImageField[], options: ImageOptions = {}, memo?: MemoChecker, checkOptions?: CheckDbfOptions): Promise<Finding[]> {
  const file = new MemoryVfs([['/t.dbf', dbfImage(fields, options)]]).open('/t.dbf', 'read');
  const findings: Finding[] = [];
  for await (const finding of checkDbf(file, readDbfLayout(file), memo, checkOptions)) findings.push(finding);
  return findings;
}
const short = (findings: readonly Finding[]): string[] => findings.map((f) => `${f.code}${f.recno === undefined ? '' : ` ${f.recno}`}${f.field === undefined ? '' : ` ${f.field}`}`);
const one = (type: string, length: number, more: Partial<ImageField> = {}): ImageField[] => [{ name: 'A', type, length, ...more }];

describe('checkDbf', () => {
  test('a sound table has no findings', async () => {
    const fields = [...one('C', 5), { name: 'N', type: 'N', length: 4 }, { name: 'D', type: 'D', length: 8 }, { name: 'L', type: 'L', length: 1 }];
    expect(await check(fields, { records: [' abc  1.5020240229T', `*${'?'.padStart(18)}`, `${' '.repeat(10)}00000000 `] })).toEqual([]);
  });

  test.each([
    ['N', 4, [' 12a4', ' ****', '   1 ', ' \0\0\0\0', '    .'], ['NUMBER_INVALID 1 A', 'NUMBER_OVERFLOW 2 A']],
    ['D', 8, [' 20240230', ' 00000000', ' \0\0\0\0\0\0\0\0', ' abcdefgh'], ['DATE_INVALID 1 A', 'DATE_INVALID 4 A']],
    ['L', 1, [' x', ' ?', ' t', ' 1'], ['LOGICAL_INVALID 1 A', 'LOGICAL_INVALID 4 A']],
    ['C', 3, ['xabc', '\0abc', '*abc'], ['DELETE_MARK_ODD 1', 'DELETE_MARK_ODD 2']],
  ] as const)('values of %s', async (type, length, records, expected) => {
    expect(short(await check(one(type, length), { records }))).toEqual(expected);
  });

  test('text that is not in the code page', async () => {
    expect(short(await check(one('C', 2), { version: 0x03, records: [' \xe9 ', ' \x81\xff'], patch: [[29, 0x4f]] }))).toEqual(['TEXT_NOT_IN_CODE_PAGE 1 A', 'TEXT_NOT_IN_CODE_PAGE 2 A']);
  });

  test('memo pointers: no number, and leading nowhere', async () => {
    const memo: MemoChecker = { explain: ({ block }) => (block === 3 ? undefined : 'behind the end of the file') };
    const records = ['          3', '          4', ' ABCDEFGHIJ', '           '];
    expect(short(await check(one('M', 10), { version: 0x83, records }, memo))).toEqual(['MEMO_DANGLING 2 A', 'MEMO_POINTER_INVALID 3 A']);
    expect(short(await check(one('M', 10), { version: 0x83, records }))).toEqual(['MEMO_POINTER_INVALID 3 A']);
  });

  test('the end of the file, and the header', async () => {
    expect(short(await check(one('C', 1), { records: [' a'], end: [] }))).toEqual(['END_MARK_MISSING']);
    expect(short(await check(one('C', 5), { records: [' abcde'], end: [0x1a, 0, 0] }))).toEqual(['TRAILING_BYTES']);
    expect(short(await check(one('C', 1), { records: [' a'], count: 7 }))).toEqual(['COUNT_TOO_LARGE']);
    expect(short(await check(one('C', 1), { records: [' a', ' b'], count: 1 }))).toEqual(['RECORDS_BEYOND_COUNT', 'END_MARK_MISSING']);
  });

  test('a counter that would repeat a value', async () => {
    const record = `${' '}\x05\0\0\0`;
    const options = (next: number): ImageOptions => ({ version: 0x31, records: [record], patch: [[51, next], [55, 1]] });
    expect(short(await check(one('I', 4, { flags: 0x0c }), options(5)))).toContain('AUTOINCREMENT_LOW A');
    expect(short(await check(one('I', 4, { flags: 0x0c }), options(6)))).not.toContain('AUTOINCREMENT_LOW A');
  });

  test('nulls are not looked at', async () => {
    const fields = [{ name: 'D', type: 'D', length: 8, flags: 2 }, { name: '_NullFlags', type: '0', length: 1, flags: 5 }];
    expect(short(await check(fields, { version: 0x30, records: [' garbage!\x01', ' garbage!\x00'] }))).toEqual(['DATE_INVALID 2 D']);
  });

  test('many findings of a kind are counted, not listed', async () => {
    const findings = await check(one('N', 2), { records: new Array<string>(100).fill(' xx') });
    expect(findings.length).toBe(21);
    expect(findings.at(-1)).toMatchObject({ code: 'NUMBER_INVALID', field: 'A', message: '80 more of these in field "A"' });
    expect(findings[0]).toMatchObject({ file: '/t.dbf', recno: 1, offset: 65 });
  });

  test('progress, pauses and cancelling', async () => {
    const records = new Array<string>(3).fill(` ${'x'.repeat(60_000)}`).flatMap((r) => new Array<string>(15).fill(r));
    const seen: [number, number][] = [];
    let pauses = 0;
    const wide = one('C', 60_000);
    await check(wide, { records }, undefined, { onProgress: (done, total) => seen.push([done, total]), pause: () => { pauses++; return Promise.resolve(); } });
    expect(seen).toEqual([[17, 45], [34, 45], [45, 45]]);
    expect(pauses).toBe(3);
    const controller = new AbortController();
    await expect(check(wide, { records }, undefined, { signal: controller.signal, onProgress: () => { controller.abort(); } })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
