import { describe, expect, test } from 'vitest';
import { MemoryVfs } from '#storage';
import { openDbf, type DbfFile, type Row } from '../../../src/dbf/main.js';
import { dbfImage, type ImageField } from '../../support/dbf-image.js';

const FIELDS: readonly ImageField[] = [{ name: 'NAME', type: 'C', length: 10 }, { name: 'N', type: 'N', length: 6 }];
const line = (i: number): string => `${i % 5 === 0 ? '*' : ' '}${`name ${i}`.padEnd(10)}${String(i).padStart(6)}`;
const records = (count: number): string[] => Array.from({ length: count }, (_, i) => line(i + 1));

function open(files: Record<string, Uint8Array | string>, path = Object.keys(files)[0] ?? '', encoding?: string): Promise<DbfFile> {
  const vfs = new MemoryVfs(Object.entries(files).map(([name, bytes]) => [`/d/${name}`, typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes] as const));
  return openDbf(`/d/${path}`, { vfs, ...(encoding === undefined ? {} : { encoding }) });
}
const rowsOf = (rows: Iterable<Row>): number[] => Array.from(rows, (row) => Number(row['N']));
async function rowsAsync(rows: AsyncIterable<Row>): Promise<number[]> {
  const all: number[] = [];
  for await (const row of rows) all.push(Number(row['N']));
  return all;
}
const live = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1).filter((n) => n % 5 !== 0);

describe('openDbf', () => {
  test('get: by record number, deleted ones on request', async () => {
    const table = await open({ 't.dbf': dbfImage(FIELDS, { records: records(10) }) });
    expect({ ...table.get(3) }).toEqual({ NAME: 'name 3', N: 3 });
    expect(table.get(5)).toBeUndefined();
    expect(table.get(5, { deleted: true })).toMatchObject({ N: 5 });
    expect(table.get(5, { deleted: true })?.$deleted).toBe(true);
    for (const none of [0, 11, -1, 1.5, Number.NaN, Infinity]) expect(table.get(none)).toBeUndefined();
    expect(() => table.get('3' as never)).toThrow(TypeError);
  });

  test.each([0, 1, 31, 32, 33, 1000])('scan of %i records gives every live row, both ways, sync and async', async (count) => {
    const table = await open({ 't.dbf': dbfImage(FIELDS, { records: records(count) }) });
    const all = Array.from({ length: count }, (_, i) => i + 1);
    expect(rowsOf(table.scan())).toEqual(live(count));
    expect(rowsOf(table.scan({ deleted: true }))).toEqual(all);
    expect(rowsOf(table.scan({ reverse: true }))).toEqual(live(count).reverse());
    expect(await rowsAsync(table.scan())).toEqual(live(count));
    expect(await rowsAsync(table.scan({ reverse: true, deleted: true }))).toEqual(all.reverse());
    for (const row of table.scan({ deleted: true })) expect([row.$recno, row.$deleted]).toEqual([row['N'], row.$recno % 5 === 0]);
  });

  test('scan crosses windows of the file in both directions', async () => {
    const wide: ImageField[] = [{ name: 'N', type: 'N', length: 6 }, { name: 'TEXT', type: 'C', length: 60_000 }];
    const table = await open({ 't.dbf': dbfImage(wide, { records: Array.from({ length: 50 }, (_, i) => ` ${String(i + 1).padStart(6)}${'x'.repeat(60_000)}`) }) });
    const all = Array.from({ length: 50 }, (_, i) => i + 1);
    expect(rowsOf(table.scan({ fields: ['n'] }))).toEqual(all);
    expect(rowsOf(table.scan({ reverse: true }))).toEqual([...all].reverse());
    expect(await rowsAsync(table.scan())).toEqual(all);
  });

  test('scan takes a range and fields', async () => {
    const table = await open({ 't.dbf': dbfImage(FIELDS, { records: records(100) }) });
    expect(rowsOf(table.scan({ from: 3, to: 7, deleted: true }))).toEqual([3, 4, 5, 6, 7]);
    expect(rowsOf(table.scan({ from: 3, to: 7, deleted: true, reverse: true }))).toEqual([7, 6, 5, 4, 3]);
    expect(rowsOf(table.scan({ from: 99, to: 1e9 }))).toEqual([99]);
    expect(rowsOf(table.scan({ from: 9, to: 3 }))).toEqual([]);
    expect(rowsOf(table.scan({ from: 0 })).length).toBe(80);
    expect([...table.scan({ fields: ['name'], to: 1 })].map((row) => ({ ...row }))).toEqual([{ NAME: 'name 1' }]);
    expect(() => table.scan({ fields: ['nane'] })).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    for (const bad of [1.5, Number.NaN, -1]) expect(() => table.scan({ from: bad })).toThrow(RangeError);
  });

  test('a scan iterates again from the start, and two at once do not disturb each other', async () => {
    const table = await open({ 't.dbf': dbfImage(FIELDS, { records: records(100) }) });
    const scan = table.scan();
    expect(rowsOf(scan)).toEqual(rowsOf(scan));
    const [a, b] = [scan[Symbol.iterator](), scan[Symbol.iterator]()];
    for (let i = 0; i < 80; i++) expect(a.next().value).toEqual(b.next().value);
    const kept = [...scan];
    expect(kept.map((row) => row['NAME'])).toEqual(live(100).map((n) => `name ${n}`));
  });

  test('stopping early, and cancelling', async () => {
    const table = await open({ 't.dbf': dbfImage(FIELDS, { records: records(100) }) });
    for (const row of table.scan()) if (row.$recno === 3) break;
    const controller = new AbortController();
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      for await (const row of table.scan({ signal: controller.signal })) {
        seen.push(row.$recno);
        if (row.$recno === 2) controller.abort(new Error('enough'));
      }
    };
    await expect(run()).rejects.toMatchObject({ code: 'ABORTED', cause: expect.objectContaining({ message: 'enough' }) });
    expect(seen.length).toBeLessThan(40);
    const iterator = table.scan({ signal: controller.signal })[Symbol.iterator]();
    expect(() => iterator.next()).toThrow(expect.objectContaining({ code: 'ABORTED' }));
    expect(iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('the memo file is found whatever its case and extension', async () => {
    const memoFields: ImageField[] = [{ name: 'M', type: 'M', length: 10 }];
    const dbt = Buffer.alloc(1024);
    dbt.writeUInt32LE(2, 0);
    dbt.write('Hello\x1a\x1a', 512, 'latin1');
    const image = dbfImage(memoFields, { version: 0x83, records: ['          1', '          '] });
    for (const name of ['notes.dbt', 'NOTES.DBT', 'Notes.Dbt']) {
      const table = await open({ 'notes.dbf': image, [name]: dbt });
      expect(table.get(1)?.['M']).toBe('Hello');
      expect(table.info().memo).toEqual({ kind: 'dbt3', path: `/d/${name}` });
    }
    const fpt = Buffer.alloc(640);
    fpt.writeUInt32BE(10, 0);
    fpt.writeUInt16BE(64, 6);
    fpt.writeUInt32BE(1, 512);
    fpt.writeUInt32BE(3, 516);
    fpt.write('fpt', 520);
    const fox = await open({ 'notes.dbf': dbfImage(memoFields, { version: 0x83, records: [' '.padEnd(10) + '8'] }), 'notes.FPT': fpt });
    expect(fox.get(1)?.['M']).toBe('fpt');
  });

  test('a missing memo file is a finding, and its values are null', async () => {
    const table = await open({ 't.dbf': dbfImage([{ name: 'M', type: 'M', length: 10 }, ...FIELDS], { version: 0x83, records: [`         7 name     ${'     5'}`] }) });
    expect(table.get(1)).toMatchObject({ M: null });
    expect(table.info().findings.map((f) => f.code)).toEqual(['MEMO_FILE_MISSING']);
    expect(table.info().memo).toEqual({ kind: 'dbt3' });
  });

  test('the .cpg file and the encoding option', async () => {
    const image = dbfImage([{ name: 'A', type: 'C', length: 4 }], { records: [' \xc3\xa9  '] });
    const table = await open({ 't.dbf': image, 'T.CPG': 'UTF-8\n' });
    expect([table.get(1)?.['A'], table.info().encoding, table.info().codePageFile]).toEqual(['é', 'utf8', '/d/T.CPG']);
    expect((await open({ 't.dbf': image })).get(1)?.['A']).toBe('Ã©');
    expect((await open({ 't.dbf': image, 't.cpg': 'UTF-8' }, 't.dbf', 'latin1')).get(1)?.['A']).toBe('\xc3\xa9');
    await expect(open({ 't.dbf': image }, 't.dbf', 'nonsense')).rejects.toMatchObject({ code: 'OPTION' });
  });

  test('fields and info', async () => {
    const table = await open({ 't.dbf': dbfImage(FIELDS, { records: records(3), count: 9 }) });
    expect(table.fields).toEqual([
      { name: 'NAME', type: 'C', length: 10, decimals: 0, nullable: false, binary: false }, { name: 'N', type: 'N', length: 6, decimals: 0, nullable: false, binary: false }]);
    expect(table.info()).toMatchObject({
      path: '/d/t.dbf', dialect: 'dbase3', version: 3, recordCount: 3, claimedCount: 9, recordLengthBytes: 17, headerLengthBytes: 97, sizeBytes: 97 + 3 * 17 + 1,
      hasStructuralIndex: false, findings: [{ code: 'COUNT_TOO_LARGE' }],
    });
    expect(table.recordCount).toBe(3);
  });

  test('after close everything throws CLOSED, a running scan too', async () => {
    const table = await open({ 't.dbf': dbfImage(FIELDS, { records: records(100) }) });
    const iterator = table.scan()[Symbol.iterator]();
    iterator.next();
    await table.close();
    await table.close();
    table[Symbol.dispose]();
    for (const use of [() => table.get(1), () => table.scan(), () => table.info(), () => { for (;;) if (iterator.next().done === true) return; }]) {
      expect(use).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    }
  });

  test('errors: no file, no table; a file that became shorter', async () => {
    await expect(open({ 't.dbf': 'x' }, 'other.dbf')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(open({ 't.dbf': 'just text, not a table at all' })).rejects.toMatchObject({ code: 'CORRUPT_DBF' });
    const vfs = new MemoryVfs([['/t.dbf', dbfImage(FIELDS, { records: records(100) })]]);
    const table = await openDbf('/t.dbf', { vfs });
    const writer = vfs.open('/t.dbf', 'write');
    writer.truncate(200);
    expect(() => table.get(50)).toThrow(expect.objectContaining({ code: 'EXTERNAL_CHANGE' }));
    expect(() => [...table.scan()]).toThrow(expect.objectContaining({ code: 'EXTERNAL_CHANGE' }));
  });
});
