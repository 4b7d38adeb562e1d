import { describe, expect, test } from 'vitest';
import { memo, numeric, integer } from '../../../src/main.js';
import { dbfImage, type ImageOptions } from '../../support/dbf-image.js';
import { bytesOf, filesOf, FOLDER, memoryFolder, openMemory, rowsOf } from './memory-folder.js';

const FIELDS = [{ name: 'NAME', type: 'C', length: 4 }, { name: 'N', type: 'N', length: 3 }];
const GOOD = [' Ada   1', '*Bob   2', ' Cy    3'];
const ROWS = [
  { $recno: 1, $deleted: false, NAME: 'Ada', N: 1 }, { $recno: 2, $deleted: true, NAME: 'Bob', N: 2 }, { $recno: 3, $deleted: false, NAME: 'Cy', N: 3 },
];

function image(options: Partial<ImageOptions> = {}): Uint8Array { return dbfImage(FIELDS, { records: GOOD, ...options }); }

function cut(bytes: Uint8Array, off: number): Uint8Array { return bytes.subarray(0, bytes.length - off); }

describe('damage that is mended', () => {
  test.each<[name: string, bytes: Uint8Array, rows: unknown[], action: RegExp]>([
    ['count too large', image({ count: 0xffff_ffff }), ROWS, /count of 4294967295 corrected: the file holds 3/],
    ['count too small', image({ count: 1 }), ROWS, /2 whole records behind the count of 1 taken in/],
    ['count zero', image({ count: 0 }), ROWS, /3 whole records/],
    ['odd delete mark', image({ records: ['xAda   1', ...GOOD.slice(1)] }), ROWS, /1 odd delete marks/],
    ['header length too small', image({ patch: [[8, 40], [9, 0]] }), ROWS, /header length 40 corrected to 97/],
    ['header length too large', image({ patch: [[8, 0xff], [9, 0xff]] }), ROWS, /header length 65535 corrected to 97/],
    ['header length zero', image({ patch: [[8, 0], [9, 0]] }), ROWS, /header length 0 corrected/],
    ['record length too small', image({ recordLength: 5 }), ROWS, /record length 5 corrected to 8/],
    ['both lengths wrong', image({ patch: [[8, 3], [9, 0], [10, 2], [11, 0]] }), ROWS, /header length 3 corrected/],
    ['header length 32 too large, records shifted', image({ patch: [[8, 129]], records: [...GOOD, ...Array.from({ length: 20 }, (_, i) => ` R${i % 10}    ${i % 10}`)] }), [...ROWS, ...Array.from({ length: 20 }, (_, i) => ({ $recno: i + 4, $deleted: false, NAME: `R${i % 10}`, N: i % 10 }))], /header length 129 corrected to 97/],
    ['last record cut in its second field', cut(image(), 3), [...ROWS.slice(0, 2), { ...ROWS[2], N: null }], /its whole fields are kept/],
    ['last record cut in its first field', cut(image(), 7), [...ROWS.slice(0, 2), { ...ROWS[2], NAME: '', N: null }], /cut off/],
  ])('%s', async (_name, bytes, rows, action) => {
    const vfs = memoryFolder({ 't.dbf': bytes });
    const db = await openMemory(vfs);
    const { tables } = await db.repair();
    expect(tables).toMatchObject([{ table: 't', status: 'repaired', kept: ['t.dbf.bak-1'] }]);
    expect(tables[0]?.actions.join('\n')).toMatch(action);
    expect(rowsOf(db, 't')).toEqual(rows);
    expect(bytesOf(vfs, `${FOLDER}/t.dbf.bak-1`).equals(bytes)).toBe(true);
    expect(await db.check()).toMatchObject({ ok: true });
    // The table takes writes again, and a second repair finds nothing to do.
    await db.table('t').update(1, { N: 9 });
    expect((await db.repair()).tables).toMatchObject([{ status: 'fine', actions: [], kept: [] }]);
    await db.close();
    const again = await openMemory(vfs, { readOnly: true });
    expect(again.table('t').recordCount).toBe(rows.length);
    expect(again.tables()).toEqual(['t']);
    await again.close();
  });

  test('uncounted: ignore and truncated: drop do as they say', async () => {
    const db = await openMemory(memoryFolder({ 'a.dbf': image({ count: 1 }), 'b.dbf': cut(image(), 3) }));
    const { tables } = await db.repair({ uncounted: 'ignore', truncated: 'drop' });
    expect(tables.map((t) => [t.table, t.status])).toEqual([['a', 'fine'], ['b', 'repaired']]);
    expect(rowsOf(db, 'b')).toEqual(ROWS.slice(0, 2));
    await db.close();
  });

  test('a missing memo file is made, pointers become empty, the rest stays', async () => {
    const vfs = memoryFolder();
    const first = await openMemory(vfs);
    const t = await first.createTable('t', { a: numeric(3), m: memo() }, { dialect: 'dbase3' });
    await t.insertMany([{ a: 1, m: 'one' }, { a: 2, m: '' }]);
    await first.close();
    vfs.unlink(`${FOLDER}/t.dbt`);
    const db = await openMemory(vfs);
    const { tables } = await db.repair();
    expect(tables).toMatchObject([{ status: 'repaired', actions: ['1 memo pointers that lead nowhere made empty', 'missing memo file made: t.dbt'] }]);
    expect(rowsOf(db, 't')).toMatchObject([{ a: 1, m: '' }, { a: 2, m: '' }]);
    await db.table('t').update(1, { m: 'again' });
    expect(db.table('t').get(1)).toMatchObject({ m: 'again' });
    expect((await db.check()).ok).toBe(true);
    await db.close();
  });

  test('committed rows that are still in the log are part of the repaired table', async () => {
    const vfs = memoryFolder({ 't.dbf': image({ records: ['xAda   1', ...GOOD.slice(1)] }) });
    const db = await openMemory(vfs);
    await db.table('t').update(3, { N: 33 });
    await db.table('t').insert({ NAME: 'Dee', N: 4 });
    await db.repair();
    expect(rowsOf(db, 't')).toEqual([...ROWS.slice(0, 2), { ...ROWS[2], N: 33 }, { $recno: 4, $deleted: false, NAME: 'Dee', N: 4 }]);
    await db.close();
  });

  test('an automatic number that is in use is passed over', async () => {
    const vfs = memoryFolder();
    const first = await openMemory(vfs);
    const t = await first.createTable('t', { id: integer({ autoIncrement: true }), a: numeric(3) });
    for (let i = 0; i < 3; i++) await t.insert({ a: i });
    await first.close();
    const file = vfs.open(`${FOLDER}/t.dbf`, 'write');
    file.writeAt(Uint8Array.of(2, 0, 0, 0), 32 + 19);
    file.close();
    const db = await openMemory(vfs);
    expect((await db.repair()).tables).toMatchObject([{ status: 'repaired', actions: ['the next automatic number of "ID" is 4: smaller ones are in use'] }]);
    const recno = await db.table('t').insert({ a: 9 });
    expect(db.table('t').get(recno)).toMatchObject({ id: 4 });
    await db.close();
  });
});

describe('what is not touched', () => {
  test.each<[name: string, bytes: Uint8Array, status: string, code: string | undefined]>([
    ['a fine table', image(), 'fine', undefined],
    ['a text file', Buffer.from('this is no table at all, just some text that goes on for more than the shortest header'), 'failed', 'CORRUPT_DBF'],
    ['an empty file', Buffer.alloc(0), 'failed', 'CORRUPT_DBF'],
    ['a header without records that fit', image({ patch: [[8, 40]], records: ['\x01\x02\x03\x04\x05\x06\x07\x08'.repeat(30)] }), 'failed', 'CORRUPT_DBF'],
    ['an encrypted table', image({ version: 0x06 }), 'failed', 'UNSUPPORTED'],
    ['wrong values alone', image({ records: [' Ada  x1'] }), 'fine', undefined],
  ])('%s', async (_name, bytes, status, code) => {
    const vfs = memoryFolder({ 't.dbf': bytes });
    const before = filesOf(vfs);
    const db = await openMemory(vfs);
    const { tables } = await db.repair();
    expect(tables).toMatchObject([{ status, kept: [] }]);
    expect(tables[0]?.error?.code).toBe(code);
    await db.close();
    expect(filesOf(vfs)['t.dbf']).toBe(before['t.dbf']);
    expect(Object.keys(filesOf(vfs)).filter((name) => /bak|fs-/.test(name))).toEqual([]);
  });

  test('a table with an index file, unless it may be set aside', async () => {
    const vfs = memoryFolder({ 't.dbf': image({ count: 1 }), 't.cdx': Buffer.from('index') });
    const db = await openMemory(vfs);
    expect((await db.repair()).tables).toMatchObject([{ status: 'failed', error: { code: 'UNSUPPORTED' } }]);
    expect((await db.repair({ indexes: 'detach' })).tables).toMatchObject([{ status: 'repaired' }]);
    expect(vfs.list(FOLDER)).toContain('t.cdx.detached');
    expect(rowsOf(db, 't')).toEqual(ROWS);
    await db.close();
  });

  test('a read-only handle, an aborted repair', async () => {
    const vfs = memoryFolder({ 't.dbf': image({ count: 1 }) });
    const before = filesOf(vfs);
    const reader = await openMemory(vfs, { readOnly: true });
    await expect((async () => reader.repair())()).rejects.toMatchObject({ code: 'READ_ONLY' });
    await reader.close();
    const db = await openMemory(vfs);
    const abort = new AbortController();
    await expect(db.repair({ signal: abort.signal, onProgress: () => abort.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    await db.close();
    expect(filesOf(vfs)['t.dbf']).toBe(before['t.dbf']);
    expect(vfs.list(FOLDER).filter((name) => /fs-|bak/.test(name))).toEqual([]);
  });
});

test('the originals of a second repair get the next number', async () => {
  const vfs = memoryFolder({ 't.dbf': image({ count: 1 }), 't.dbf.bak-1': Buffer.from('older') });
  const db = await openMemory(vfs);
  expect((await db.repair()).tables).toMatchObject([{ kept: ['t.dbf.bak-2'] }]);
  expect(bytesOf(vfs, `${FOLDER}/t.dbf.bak-1`).toString()).toBe('older');
  await db.close();
});
