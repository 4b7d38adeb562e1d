import { expect, test } from 'vitest';
import { compileFilter } from '../../../src/filter/compile-filter.js';
import { DOCUMENTS } from '../../../src/filter/item-reader.js';
import { parseFilter } from '../../../src/filter/parse-filter.js';
import { char, date, integer, logical, memo, numeric, open } from '../../../src/main.js';

const DAY = (n: number): Date => new Date(n * 86_400_000);
const ROWS = 20_000;

/** Filters of one and several conditions on fields of every kind; bounds of one field that belong together, contradict each other, or are of two types. */
const filters: readonly unknown[] = [
  { n: { $gte: 10, $lt: 12.5 } }, { n: { $gt: 12, $lt: 3 } }, { n: { $gte: 5 }, name: 'row 77' }, { born: { $gte: DAY(100), $lte: DAY(103) } }, { born: { $gt: DAY(5), $lt: DAY(6) } },
  { n: { $gte: -3, $lte: -1.5 } }, { n: null }, { n: { $ne: 5 }, ok: true, i: { $lt: 40 } }, { name: { $startsWith: 'row 19' }, n: { $lt: 7 } }, { name: { $in: ['row 5', 'row 6'] } },
  { ok: true, born: { $gte: DAY(0) }, n: { $lt: 1 }, name: { $gte: 'row 3' } }, { i: { $between: [-2, 2] } }, { name: 'Zoë' }, { name: { $regex: '^row 1.3$' }, n: { $gt: 2 } },
  { notes: 'odd', n: { $lt: 50 } }, { n: { $gt: 3 }, $or: [{ i: 3 }, { born: DAY(9) }] }, { n: { $gte: 1, $lt: 2 }, born: { $gte: DAY(1), $lt: DAY(300) } }, { n: { $gt: 4, $lt: 'x' } },
];

test('a filter finds what comparing each row finds: many rows, deleted ones, changes above the file, blanks, odd digits', async () => {
  const db = await open(':memory:');
  const t = await db.createTable('t', { name: char(10), n: numeric(8, 2), born: date(), ok: logical(), i: integer(), notes: memo() }, { dialect: 'vfp' });
  await t.insertMany(Array.from({ length: ROWS }, (_, i) => ({
    name: i % 501 === 0 ? 'Zoë' : `row ${i % 200}`, n: i % 97 === 0 ? null : ((i * 7919) % 10_000) / 100 - 10, born: i % 89 === 0 ? null : DAY(i % 400), ok: i % 3 === 0,
    i: i % 101 - 50, notes: i % 1000 === 0 ? 'odd' : '',
  })));
  for (let recno = 3; recno < ROWS; recno += 997) await t.delete(recno);
  await db.checkpoint();
  const agree = (): void => {
    const rows = t.scan().toArray();
    for (const filter of filters) {
      const matches = compileFilter<unknown>(parseFilter(filter), DOCUMENTS);
      const want = rows.filter(matches).map((row) => row.$recno);
      const found = t.find(filter as never).toArray().map((row) => row.$recno);
      expect({ filter, found }).toEqual({ filter, found: want });
      expect(t.find(filter as never, { sort: { n: -1 } }).count()).toBe(want.length);
    }
  };
  agree();
  for (let recno = 10; recno < ROWS; recno += 1777) await t.update(recno, { n: 11, name: 'row 77' });
  await t.delete(4321);
  await t.insert({ name: 'row 5', n: 1.5, born: DAY(101) });
  agree();
  await db.transaction((tx) => {
    const mine = tx.table(t);
    mine.update(20, { n: 10.25 });
    const rows = mine.scan().toArray();
    for (const filter of filters.slice(0, 6)) {
      const matches = compileFilter<unknown>(parseFilter(filter), DOCUMENTS);
      expect(mine.find(filter as never).toArray().map((row) => row.$recno)).toEqual(rows.filter(matches).map((row) => row.$recno));
    }
    tx.rollback();
  });
  await db.close();
}, 60_000);
