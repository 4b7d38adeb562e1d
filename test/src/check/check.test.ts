import { describe, expect, test } from 'vitest';
import { char, memo, numeric } from '../../../src/main.js';
import { dbfImage } from '../../support/dbf-image.js';
import { filesOf, FOLDER, memoryFolder, openMemory } from './memory-folder.js';

const FIELDS = [{ name: 'NAME', type: 'C', length: 4 }, { name: 'N', type: 'N', length: 3 }];
const GOOD = [' Ada   1', '*Bob   2', ' Cy    3'];

async function codes(files: Readonly<Record<string, Uint8Array>>): Promise<string[]> {
  const vfs = memoryFolder(files);
  const before = filesOf(vfs);
  const db = await openMemory(vfs, { readOnly: true });
  const result = await db.check();
  await db.close();
  expect(filesOf(vfs)).toEqual(before);
  expect(result.ok).toBe(result.findings.every((f) => f.severity === 'note'));
  return result.findings.filter((f) => f.severity !== 'note').map((f) => f.code);
}

describe('one table', () => {
  test('fine', async () => expect(await codes({ 'a.dbf': dbfImage(FIELDS, { records: GOOD }) })).toEqual([]));
  test.each<[name: string, image: Uint8Array, expected: string[]]>([
    ['count too large', dbfImage(FIELDS, { records: GOOD, count: 0xffff_ffff }), ['COUNT_TOO_LARGE']],
    ['records behind the count', dbfImage(FIELDS, { records: GOOD, count: 1 }), ['RECORDS_BEYOND_COUNT']],
    ['odd delete mark', dbfImage(FIELDS, { records: ['xAda   1'] }), ['DELETE_MARK_ODD']],
    ['no number', dbfImage(FIELDS, { records: [' Ada  x1'] }), ['NUMBER_INVALID']],
    ['not a table', Buffer.from('hello, this is no table at all, just a text file of some length'), ['CORRUPT_DBF']],
    ['empty file', Buffer.alloc(0), ['CORRUPT_DBF']],
    ['memo missing', dbfImage([{ name: 'M', type: 'M', length: 10 }], { version: 0x83, records: ['          1'] }), ['MEMO_FILE_MISSING']],
  ])('%s', async (_name, image, expected) => expect(await codes({ 'a.dbf': image })).toEqual(expected));

  test('a pointer that leads nowhere names its record', async () => {
    const vfs = memoryFolder();
    const db = await openMemory(vfs);
    const t = await db.createTable('t', { a: numeric(3), m: memo() }, { dialect: 'dbase3' });
    await t.insertMany([{ a: 1, m: 'one' }, { a: 2, m: 'two' }]);
    await db.close();
    const file = vfs.open(`${FOLDER}/t.dbf`, 'write');
    const { headerLengthBytes, recordLengthBytes } = await (async () => {
      const other = await openMemory(vfs, { readOnly: true });
      const info = other.table('t').info();
      await other.close();
      return info;
    })();
    file.writeAt(Buffer.from('      9999'), headerLengthBytes + recordLengthBytes + 4);
    file.close();
    const again = await openMemory(vfs, { readOnly: true });
    const { findings, ok } = await again.check();
    expect(ok).toBe(false);
    expect(findings.find((f) => f.code === 'MEMO_DANGLING')).toMatchObject({ recno: 2, severity: 'error' });
    await again.close();
  });
});

describe('an open database', () => {
  test('is checked as committed, rows and memos still in the log included, and beside a writer', async () => {
    const vfs = memoryFolder();
    const db = await openMemory(vfs);
    const t = await db.createTable('t', { a: numeric(5), m: memo() });
    for (let i = 0; i < 50; i++) await t.insert({ a: i, m: `memo ${i}` });
    await db.checkpoint();
    for (let i = 1; i <= 20; i++) await t.update(i, { m: `changed ${i}` });
    await t.insert({ a: 99, m: 'in the log' });
    const reader = await openMemory(vfs, { readOnly: true });
    for (const handle of [db, reader]) {
      expect(await handle.check()).toMatchObject({ ok: true, tables: 1, records: 51 });
    }
    // A checkpoint moves the files under the reader: it goes on from the new state.
    await db.checkpoint();
    await t.insert({ a: 100 });
    expect(await reader.check()).toMatchObject({ ok: true, records: 52 });
    await reader.close();
    await db.close();
  });

  test('stays fine while writes, checkpoints and packs go on', async () => {
    const vfs = memoryFolder();
    const db = await openMemory(vfs, { checkpointSize: '64kb' });
    const t = await db.createTable('t', { a: numeric(8), m: memo() });
    let done = false;
    const writing = (async () => {
      for (let i = 0; i < 400; i++) {
        const recno = await t.insert({ a: i, m: 'x'.repeat(i % 300) });
        if (i % 3 === 0) await t.delete(recno);
        if (i % 100 === 99) await t.pack();
      }
      done = true;
    })();
    let checks = 0;
    while (!done) {
      const { findings } = await db.check();
      expect(findings.filter((f) => f.severity !== 'note')).toEqual([]);
      checks++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writing;
    expect(checks).toBeGreaterThan(1);
    await db.close();
  });

  test('options: tables, progress, signal', async () => {
    const vfs = memoryFolder({ 'a.dbf': dbfImage(FIELDS, { records: GOOD }), 'b.dbf': dbfImage(FIELDS, { records: ['xAda   1'] }) });
    const db = await openMemory(vfs);
    const seen: number[] = [];
    expect(await db.check({ tables: ['A'], onProgress: ({ done }) => seen.push(done) })).toMatchObject({ ok: true, tables: 1, records: 3 });
    expect(seen.at(-1)).toBe(3);
    await expect(db.check({ tables: ['c'] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(db.check({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    await db.close();
    await expect((async () => db.check())()).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

test('catalog and leftovers are compared with the folder', async () => {
  const vfs = memoryFolder();
  const db = await openMemory(vfs);
  await db.createTable('t', { a: char(3) });
  await db.createTable('gone', { a: char(3) });
  await db.close();
  vfs.unlink(`${FOLDER}/gone.dbf`);
  vfs.open(`${FOLDER}/t.dbf.fs-abc1`, 'exclusive').close();
  const reader = await openMemory(vfs, { readOnly: true });
  const { findings } = await reader.check();
  expect(findings.map((f) => f.code).sort()).toEqual(['CATALOG_TABLE_MISSING', 'LEFTOVER']);
  await reader.close();
});
