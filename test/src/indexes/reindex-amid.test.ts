import { expect, test } from 'vitest';
import { numeric } from '../../../src/main.js';
import { memoryFolder, openMemory } from '../check/memory-folder.js';

const ROWS = Array.from({ length: 20_000 }, (_, n) => ({ n }));

test('a cancelled reindex leaves an index in memory as it was, and rows that repeat a key are still refused', async () => {
  const db = await openMemory(memoryFolder());
  const t = await db.createTable('t', { n: numeric(8) });
  await t.insertMany(ROWS);
  await t.createIndex('by_n', { on: 'n', type: 'skiplist', unique: true });
  const controller = new AbortController();
  await expect(t.reindex({ signal: controller.signal, onProgress: () => { controller.abort(); } })).rejects.toMatchObject({ code: 'ABORTED' });
  expect(t.index('by_n').seek(7)?.$recno).toBe(8);
  await expect(t.insert({ n: 7 })).rejects.toMatchObject({ code: 'DUPLICATE' });
  await t.update(9, { n: 70_000 });
  await t.reindex();
  expect([8, 70_000].map((n) => t.index('by_n').seek(n)?.$recno)).toEqual([undefined, 9]);
  await db.close();
});

test('no row comes between while an index in memory is made anew', async () => {
  const db = await openMemory(memoryFolder());
  const t = await db.createTable('t', { n: numeric(8) });
  await t.insertMany(ROWS);
  await t.createIndex('by_n', { on: 'n', type: 'skiplist', unique: true });
  const inserts: Promise<unknown>[] = [];
  await t.reindex({ onProgress: () => { if (inserts.length === 0) inserts.push(expect(t.insert({ n: 7 })).rejects.toMatchObject({ code: 'DUPLICATE' })); } });
  await Promise.all(inserts);
  expect(inserts.length).toBe(1);
  await db.close();
});

test('an index that is dropped while the others are made anew is no error', async () => {
  const db = await openMemory(memoryFolder());
  const t = await db.createTable('t', { n: numeric(8) });
  await t.insertMany(ROWS);
  for (const name of ['a', 'b', 'c']) await t.createIndex(name, { on: 'n' });
  const reindexed = t.reindex();
  await t.dropIndex('b');
  await reindexed;
  expect(t.indexes().map(({ name }) => name).sort()).toEqual(['a', 'c']);
  expect((await db.check()).findings).toEqual([]);
  await db.close();
});
