import { beforeEach, describe, expect, test } from 'vitest';
import { hasCode, memo, numeric, open, type Database } from '../../../src/main.js';

/** Longer than a key tells: what comes behind it is cut. */
const LONG = 'x'.repeat(5000);
const TEXTS = ['b', 'a', '', 'c', 'a'].map((end) => LONG + end);

let db: Database;
beforeEach(async () => { db = await open(':memory:'); });

describe.each(['btree', 'skiplist'] as const)('long texts in a %s index of a table', (type) => {
  test.each([false, true])('a row that only begins alike is not found, descending: %s', async (descending) => {
    const t = await db.createTable('t', { m: memo(), n: numeric(4) }, { dialect: 'foxpro2' });
    await t.createIndex('ix', { on: ['m', 'n'], type, descending });
    for (const [n, m] of [...TEXTS, 'short', 'xy'].entries()) await t.insert({ m, n });
    await db.checkpoint();
    const ix = db.table('t').index('ix');
    expect([`${LONG}b`, `${LONG}c`, LONG, `${LONG}d`, 'short'].map((text) => ix.seek(text)?.['n'])).toEqual([0, 3, 2, undefined, 5]);
    expect(ix.seek([`${LONG}a`, 4])?.['n']).toBe(4);
    const numbers = (range: Parameters<typeof ix.range>[0]): unknown[] => ix.range(range).toArray().map(({ n }) => n).sort();
    expect(numbers({ gt: LONG })).toEqual([0, 1, 3, 4, 6]);
    expect(numbers({ gte: `${LONG}b` })).toEqual([0, 3, 6]);
    expect(numbers({ lt: `${LONG}b` })).toEqual([1, 2, 4, 5]);
    expect(numbers({ lte: LONG })).toEqual([2, 5]);
    expect(numbers({ prefix: `${LONG}a` })).toEqual([1, 4]);
    expect(numbers({ prefix: 'x' })).toEqual([0, 1, 2, 3, 4, 6]);
    expect(numbers({ gt: [`${LONG}a`, 1], lte: [`${LONG}b`, 9] })).toEqual([0, 4]);
    expect(numbers({ gt: LONG, limit: 2 }).length).toBe(2);
    expect(db.table('t').find({ m: `${LONG}a` }).toArray().map(({ n }) => n).sort()).toEqual([1, 4]);
    expect((await db.check()).findings).toEqual([]);
    await db.close();
  });
});

test('long values in the indexes of a collection: found by their whole, refused where they must be unique', async () => {
  const c = await db.createCollection('c');
  await c.createIndex('k', { on: 'k' });
  for (const [n, k] of TEXTS.entries()) await c.insert({ n, k });
  const numbers = (filter: Parameters<typeof c.find>[0]): unknown[] => c.find(filter).toArray().map(({ n }) => n).sort();
  expect([numbers({ k: `${LONG}a` }), numbers({ k: { $gt: `${LONG}a` } }), numbers({ k: `${LONG}z` })]).toEqual([[1, 4], [0, 3], []]);
  const u = await db.createCollection('u');
  await u.createIndex('k', { on: 'k', unique: true });
  await expect(u.insert({ k: LONG })).rejects.toSatisfy((e) => hasCode(e, 'VALUE'));
  expect(u.count()).toBe(0);
  expect((await db.check()).findings).toEqual([]);
  await db.close();
});

test('documents of 16 MB and of a hundred levels, and none beyond', async () => {
  const c = await db.createCollection('c');
  await c.createIndex('text', { on: 'text' });
  const text = 'y'.repeat((16 << 20) - 40);
  await c.insert({ _id: 'big', text });
  expect(c.get('big')?.['text'] === text).toBe(true);
  const levels = (n: number): unknown => (n === 0 ? 1 : { d: levels(n - 1) });
  await c.insert({ _id: 'deep', d: levels(99) });
  expect(c.get('deep')?.['d']).toEqual(levels(99));
  const refused: readonly unknown[] = [levels(102), { text: `${text}${'y'.repeat(100)}` }];
  for (const doc of refused) await expect(c.insert(doc as never)).rejects.toSatisfy((e) => hasCode(e, 'LIMIT'));
  expect(c.count()).toBe(2);
  expect((await db.check()).findings).toEqual([]);
  await db.close();
}, 120_000);
