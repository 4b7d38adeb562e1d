import { describe, expect, test } from 'vitest';
import { compareValues } from '../../../src/filter/compare-values.js';
import { char, date, numeric, open, type Database } from '../../../src/main.js';

const schema = { name: char(20), born: date(), n: numeric(8, 2) };

async function filled(): Promise<Database> {
  const db = await open(':memory:');
  const t = await db.createTable('people', schema);
  await t.insertMany(['Cy', 'Ada', 'Bob', 'Ada'].map((name, i) => ({ name, n: i, born: new Date(Date.UTC(1900 + i, 0, 1)) })));
  return db;
}

describe.each(['btree', 'skiplist'] as const)('an index of kind %s', (type) => {
  test('lists rows in key order, before and after a checkpoint, and follows changes', async () => {
    const db = await filled();
    const t = db.table('people', schema);
    await t.createIndex('by_name', { on: ['name'], type });
    const ix = t.index('BY_NAME');
    const names = (): string[] => ix.scan().toArray().map((row) => `${row.name}${row.$recno}`);
    expect(names()).toEqual(['Ada2', 'Ada4', 'Bob3', 'Cy1']);
    await t.update(3, { name: 'Dan' });
    await t.delete(2);
    await t.insert({ name: 'Abe' });
    const want = ['Abe5', 'Ada4', 'Cy1', 'Dan3'];
    expect(names()).toEqual(want);
    await db.checkpoint();
    expect(names()).toEqual(want);
    await t.recall(2);
    expect(names()).toEqual(['Abe5', 'Ada2', 'Ada4', 'Cy1', 'Dan3']);
    expect(ix.seek('Ada')?.$recno).toBe(2);
    expect(ix.seek('Zed')).toBeUndefined();
    expect(ix.range({ gte: 'Ada', lt: 'Cz', reverse: true }).toArray().map((r) => r.$recno)).toEqual([1, 4, 2]);
    expect(ix.prefix('A').toArray().map((r) => r.$recno)).toEqual([5, 2, 4]);
    expect(ix.entries().toArray()[0]).toEqual({ key: 'Abe', recno: 5 });
    await db.close();
  });

  test('a snapshot and a transaction see their own state', async () => {
    const db = await filled();
    const t = db.table('people', schema);
    await t.createIndex('by_n', { on: [{ field: 'n', descending: true }], type });
    const snap = db.snapshot();
    await t.update(1, { n: 99 });
    await db.transaction((tx) => {
      const mine = tx.table(t);
      mine.update(2, { n: 50 });
      const recno = mine.insert({ n: 70 });
      expect(mine.index('by_n').scan().toArray().map((r) => r.$recno)).toEqual([1, recno, 2, 4, 3]);
      tx.savepoint('s');
      mine.update(3, { n: 1000 });
      expect(mine.index('by_n').seek(1000)?.$recno).toBe(3);
      tx.rollbackTo('s');
      expect(mine.index('by_n').seek(1000)).toBeUndefined();
      tx.rollback();
    });
    await db.checkpoint();
    expect(snap.table(t).index('by_n').scan().toArray().map((r) => r.$recno)).toEqual([4, 3, 2, 1]);
    expect(t.index('by_n').scan().toArray().map((r) => r.$recno)).toEqual([1, 4, 3, 2]);
    snap.close();
    await db.close();
  });

  test('unique keys are kept unique', async () => {
    const db = await filled();
    const t = db.table('people', schema);
    await expect(t.createIndex('u', { on: 'name', unique: true, type })).rejects.toMatchObject({ code: 'DUPLICATE' });
    await t.delete(2);
    await t.createIndex('u', { on: 'name', unique: true, type });
    await expect(t.insert({ name: 'Bob' })).rejects.toMatchObject({ code: 'DUPLICATE' });
    await expect(t.recall(2)).rejects.toMatchObject({ code: 'DUPLICATE' });
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => t.insert({ name: 'Eve' })));
    expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(1);
    expect(results.flatMap((r) => (r.status === 'rejected' ? [r.reason.code] : []))).toEqual(Array.from({ length: 7 }, () => 'DUPLICATE'));
    await t.update(t.index('u').seek('Eve')!.$recno, { n: 5 });
    await expect(t.insertMany(Array.from({ length: 5000 }, (_, i) => ({ name: `x${i % 4999}` })))).rejects.toMatchObject({ code: 'DUPLICATE' });
    expect(t.index('u').scan().toArray().map((r) => r.name)).toEqual(['Ada', 'Bob', 'Cy', 'Eve']);
    await db.close();
  });

  test('large loads, pack, alter, rename', async () => {
    const db = await filled();
    const t = db.table('people', schema);
    await t.createIndex('by_name', { on: ['name', 'n'], type });
    await t.createIndex('some', { on: 'n', where: { n: { $gte: 9990 } }, type });
    await t.insertMany(Array.from({ length: 10_000 }, (_, i) => ({ name: `row ${(i * 7919) % 10_000}`, n: i })));
    const check = (name: string, index: string): void => {
      const rows = db.table(name).scan().toArray();
      const want = rows.map((r) => ({ key: [r[index], r['n']], recno: r.$recno }))
        .sort((a, b) => compareValues(a.key[0], b.key[0]) || compareValues(a.key[1], b.key[1]) || a.recno - b.recno);
      expect(db.table(name).index('by_name').entries().toArray()).toEqual(want);
      expect(db.table(name).index('some').entries().toArray().map((e) => e.key)).toEqual([9990, 9991, 9992, 9993, 9994, 9995, 9996, 9997, 9998, 9999]);
    };
    check('people', 'name');
    await db.checkpoint();
    check('people', 'name');
    for (let recno = 10; recno < 5000; recno += 3) await t.delete(recno);
    check('people', 'name');
    await t.pack();
    check('people', 'name');
    await db.alterTable('people', { rename: { name: 'title' } });
    check('people', 'title');
    await expect(db.alterTable('people', { drop: ['title'] })).rejects.toMatchObject({ code: 'SCHEMA' });
    await db.renameTable('people', 'folk');
    check('folk', 'title');
    await db.table('folk').dropIndex('some');
    expect(db.table('folk').indexes().map((ix) => ix.name)).toEqual(['by_name']);
    await db.table('folk').zap();
    expect(db.table('folk').index('by_name').entries().toArray()).toEqual([]);
    await db.close();
  });
});
