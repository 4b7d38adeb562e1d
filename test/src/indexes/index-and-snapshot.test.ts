import { expect, test } from 'vitest';
import { char, numeric, open, type IndexOptions } from '../../../src/main.js';

const ROWS = 3000;
const KINDS: readonly NonNullable<IndexOptions['type']>[] = ['btree', 'skiplist', 'cdx', 'idx'];

test.each(KINDS)('a snapshot that is older than an index, or than its remaking, reads its own rows: %s', async (type) => {
  const db = await open(':memory:');
  const t = await db.createTable('t', { name: char(8), n: numeric(6) }, { dialect: 'foxpro2' });
  await t.insertMany(Array.from({ length: ROWS }, (_, i) => ({ name: `r${i}`, n: i })));
  const before = db.snapshot();
  await t.update(7, { n: 50_000 });
  await t.createIndex('ix', { on: 'n', type });
  expect(before.table('t').find({ n: 6 }).toArray().map((row) => row['name']), 'older than the index').toEqual(['r6']);
  expect(before.table('t').find({ n: 50_000 }).count()).toBe(0);
  const between = db.snapshot();
  await t.update(8, { n: 60_000 });
  await t.update(9, { n: 7 });
  await t.reindex();
  expect(between.table('t').find({ n: 7 }).toArray().map((row) => row['name']), 'older than the remaking').toEqual(['r7']);
  expect(between.table('t').find({ n: 60_000 }).count()).toBe(0);
  expect(between.table('t').find({ n: 50_000 }).count()).toBe(1);
  expect(t.find({ n: 7 }).toArray().map((row) => row['name'])).toEqual(['r8']);
  expect(t.find({ n: 50_000 }).explain().fullScan).toBe(false);
  before.close();
  between.close();
  await db.close();
});
