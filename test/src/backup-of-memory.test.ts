import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { char, memo, numeric, open, type Database } from '../../src/main.js';
import { rowsOf } from './check/memory-folder.js';

let folder = '';
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'fieldstone-backup-memory-')); });
afterAll(() => { rmSync(folder, { recursive: true }); });

interface Note { readonly _id: string; readonly tags: readonly string[]; readonly text: string }

/** What the database shows of itself: rows, documents, keys, and finds that take its indexes. */
function contentOf(db: Database): unknown {
  const people = db.table('people');
  const notes = db.collection<Note>('notes');
  const ids = (filter: Parameters<typeof notes.find>[0]): string[] => notes.find(filter).toArray().map(({ _id }) => _id).sort();
  const names = ['by_name', 'by_n', 'BY_UPPER'].map((name) => [...people.index(name).entries()].map(({ key, recno }) => [key, recno]));
  return {
    rows: rowsOf(db, 'people'), fields: people.fields, indexes: people.indexes().map(({ name, kind, unique }) => ({ name, kind, unique })), names,
    found: people.find({ name: 'p17' }).toArray().map((row) => row.$recno), notes: notes.find({}).toArray().sort((a, b) => (a._id < b._id ? -1 : 1)),
    tagged: ids({ tags: 't3' }), one: notes.get('n7'), keys: [...db.kv<string, { n: number }>('settings').entries()],
  };
}

async function filled(): Promise<Database> {
  const db = await open(':memory:');
  const people = await db.createTable('people', { 'A long field name': char(10), name: char(10), n: numeric(6), m: memo() }, { dialect: 'vfp' });
  await people.createIndex('by_name', { on: ['name'], unique: true });
  await people.createIndex('by_n', { on: ['n'], type: 'skiplist' });
  await people.createIndex('BY_UPPER', { expression: 'UPPER(NAME)', type: 'cdx' });
  const row = (i: number): Record<string, unknown> => ({ 'A long field name': `p${i}`, name: `p${i}`, n: i * 7 % 100, m: i % 3 === 0 ? '' : `memo ${i} `.repeat(60) });
  await people.insertMany(Array.from({ length: 3000 }, (_, i) => row(i)));
  const notes = await db.createCollection<Note>('notes', { indexes: [{ name: 'by_tag', on: ['tags'] }] });
  await notes.insertMany(Array.from({ length: 400 }, (_, i) => ({ _id: `n${i}`, tags: [`t${i % 5}`, `u${i % 3}`], text: 'x'.repeat(i) })));
  await db.checkpoint();
  await people.delete(7);
  await people.update(8, { m: 'newer than the checkpoint' });
  await people.insert(row(3000));
  await notes.update('n7', { $set: { text: 'changed' } });
  const settings = db.kv<string, { n: number }>('settings');
  await settings.batch(Array.from({ length: 200 }, (_, n) => ({ type: 'put' as const, key: `k${n}`, value: { n } })));
  return db;
}

test('a database in memory is saved to the disk and opens as a folder with the same content, while it goes on itself', async () => {
  const db = await filled();
  const target = join(folder, 'saved');
  const result = await db.backup(target);
  expect(result).toMatchObject({ tables: 2, records: 3401, unreadable: [] });
  expect(readdirSync(folder)).toEqual(['saved']);
  expect(result.sizeBytes).toBe(readdirSync(target).reduce((sum, name) => sum + readFileSync(join(target, name)).length, 0));
  const before = contentOf(db);
  await db.table('people').insert({ name: 'later' });
  await db.backup(join(folder, 'again'));
  await db.close();

  const copy = await open(target);
  expect(contentOf(copy)).toEqual(before);
  expect((await copy.check()).findings).toEqual([]);
  await expect(copy.table('people').insert({ name: 'p17' })).rejects.toMatchObject({ code: 'DUPLICATE' });
  await copy.table('people').insert({ name: 'p5000', m: 'a row of its own' });
  await copy.close();
  const opened = await open(target, { readOnly: true });
  expect([opened.table('people').recordCount, opened.table('people').find({ name: 'p5000' }).count()]).toEqual([3002, 1]);
  await opened.close();
  const again = await open(join(folder, 'again'), { readOnly: true });
  expect(again.table('people').find({ name: 'later' }).count()).toBe(1);
  await again.close();
});

test('its targets are judged as they are on the disk, and nothing is left of a copy that was cancelled', async () => {
  const db = await filled();
  const place = join(folder, 'refused');
  mkdirSync(place);
  mkdirSync(join(place, 'empty'));
  mkdirSync(join(place, 'full'));
  writeFileSync(join(place, 'full', 'x'), '');
  writeFileSync(join(place, 'file'), '');
  for (const [name, code] of [['full', 'EXISTS'], ['file', 'EXISTS'], ['no/such', 'NOT_FOUND']] as const) {
    await expect(db.backup(join(place, name)), name).rejects.toMatchObject({ code });
  }
  const abort = new AbortController();
  const cancelled = db.backup(join(place, 'cancelled'), { signal: abort.signal, onProgress: () => { abort.abort(); } });
  await expect(cancelled).rejects.toMatchObject({ code: 'ABORTED' });
  expect(readdirSync(place).sort()).toEqual(['empty', 'file', 'full']);
  expect(await db.backup(join(place, 'empty'))).toMatchObject({ tables: 2 });
  await db.close();
});
