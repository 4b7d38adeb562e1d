import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { compareValues } from '../../../src/filter/compare-values.js';
import { compileFilter } from '../../../src/filter/compile-filter.js';
import { ROWS } from '../../../src/filter/item-reader.js';
import { parseFilter } from '../../../src/filter/parse-filter.js';
import {
  avg, char, count, countDistinct, currency, date, datetime, double, integer, logical, max, memo, min, numeric, open, param, sum, varchar,
    type Database, type FindOptions,
} from '../../../src/main.js';

const SEED = Number(process.env['SEED'] ?? 99);
const RUNS = Number(process.env['RUNS'] ?? 60);
const schema = {
  name: char(8), pay: numeric(8, 2), n: numeric(4), born: date(), ok: logical(), i: integer(), d: double(), m: memo(), y: currency(), t: datetime(),
    v: varchar(5),
  big: numeric(20, 0, { as: 'bigint' }), maybe: char(3, { nullable: true }),
};
type Row = Readonly<Record<string, unknown>>;

let db: Database | undefined;
afterEach(async () => { await db?.close(); db = undefined; });

const text = fc.constantFrom('', 'A', 'Ada', 'ada', 'B', 'Bo b', 'é', 'Ö', 'z~');
const day = fc.constantFrom(new Date('1999-12-31'), new Date('2000-01-01'), new Date('2024-02-29'));
const small = fc.integer({ min: -3, max: 4 });
const orNull = <T>(arb: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arb, { freq: 5 });
const row = fc.record({
  name: text, pay: orNull(fc.constantFrom(0, 0.5, -1.25, 3, 99_999.99)), n: orNull(small), born: orNull(day), ok: orNull(fc.boolean()), i: small,
    d: fc.constantFrom(0, 1.5, -2),
  m: text, y: fc.constantFrom(0, 1.5), t: orNull(day), v: text.map((one) => one.slice(0, 4)), big: orNull(fc.constantFrom(5n,
    9_007_199_254_740_993n)), maybe: orNull(fc.constantFrom('x', 'y')),
});
const operand = fc.oneof(text, small, fc.constantFrom(0.5, -1.25, 1.5, 99_999.99, 5n, null, true, false), day, fc.constant(new Date('2000-01-01T12:00:00Z')));
const condition = fc.oneof(
  operand, fc.record({ $gt: operand }), fc.record({ $gte: operand, $lt: operand }), fc.record({ $lte: operand }), fc.record({ $ne: operand }),
  fc.record({ $in: fc.array(operand, { maxLength: 4 }) }), fc.record({ $nin: fc.array(operand, { maxLength: 3 }) }),
    fc.record({ $between: fc.tuple(operand, operand) }),
  fc.record({ $startsWith: text }), fc.record({ $regex: fc.constantFrom('^A', 'a', '~$') }), fc.record({ $exists: fc.boolean() }),
    fc.record({ $not: fc.record({ $gt: operand }) }),
);
const field = fc.constantFrom(...Object.keys(schema));
const leaf = fc.dictionary(field, condition, { minKeys: 1, maxKeys: 3 });
const filter: fc.Arbitrary<Row> = fc.oneof(leaf, fc.constant({}), fc.tuple(leaf, fc.array(leaf, { minLength: 1, maxLength: 3 })).map(([and,
  $or]) => ({ ...and, $or })), fc.record({ $nor: fc.array(leaf, { minLength: 1, maxLength: 2 }) }));
const options = fc.record({ sort: fc.dictionary(field, fc.constantFrom(1 as const, -1 as const), { maxKeys: 2 }), skip: fc.nat(3),
  limit: fc.nat(9) }, { requiredKeys: [] });

/** The answer by a plain filter over a scan. */
function truth(rows: Iterable<Row>, wanted: unknown, { sort = {}, skip = 0, limit = Infinity }: FindOptions): Row[] {
  const matches = compileFilter(parseFilter(wanted), ROWS);
  const found = [...rows].filter(matches);
  const keys = Object.entries(sort);
  const tie = keys[0]?.[1] === -1 ? -1 : 1;
  found.sort((a, b) => {
    for (const [name, direction] of keys) {
      const order = compareValues(a[name], b[name]);
      if (order !== 0) return direction === -1 ? -order : order;
    }
    return (Number(a['$recno']) - Number(b['$recno'])) * tie;
  });
  return found.slice(skip, skip + limit);
}

describe('find on a table', () => {
  it('agrees with a plain filter over a scan: committed, in the log, in a transaction, in a snapshot', async () => {
    db = await open(':memory:');
    const table = await db.createTable('t', schema);
    let round = 0;
    await fc.assert(fc.asyncProperty(fc.array(row, { maxLength: 30 }), fc.array(row, { maxLength: 8 }), fc.array(fc.tuple(filter, options),
      { minLength: 1, maxLength: 4 }), fc.array(fc.nat(40), { maxLength: 5 }),
      async (base, late, queries, gone) => {
        if (db === undefined) throw new Error('closed');
        await table.zap();
        await table.insertMany(base);
        if (round++ % 2 === 0) await db.checkpoint();
        const snapshot = db.snapshot();
        for (const one of late) await table.insert(one);
        for (const recno of gone) if (recno > 0 && recno <= base.length) await table.delete(recno);
        const views = (handle: { scan(): Iterable<Row>; find(f: never,
          o: never): Iterable<Row> & { toArray(): Row[]; count(): number; first(): Row | undefined } }): void => {
          for (const [wanted, how] of queries) {
            const expected = truth(handle.scan(), wanted, how);
            const found = handle.find(wanted as never, how as never);
            expect(found.toArray()).toEqual(expected);
            expect([...found].map((one) => one['$recno'])).toEqual(expected.map((one) => one['$recno']));
            expect(found.count()).toBe(expected.length);
            expect(found.first()).toEqual(expected[0]);
          }
        };
        views(table);
        views(snapshot.table(table));
        snapshot.close();
        db.transactionSync((tx) => {
          const mine = tx.table(table);
          if (mine.get(1) !== undefined) mine.update(1, { name: 'Ada', n: 4 });
          mine.insert({ name: 'Ada', n: 1 });
          views(mine);
        });
      }), { seed: SEED, numRuns: RUNS });
  });

  it('gives rows with their numbers, chosen fields, and names in any letter case', async () => {
    db = await open(':memory:');
    const table = await db.createTable('people', { name: char(10), salary: numeric(10, 2) });
    await table.insertMany([{ name: 'Ada', salary: 10 }, { name: 'Bob', salary: 20 }, { name: 'Cy', salary: 30 }]);
    const found = db.table('people').find({ NAME: { $gte: 'B' } }, { fields: ['Salary'], sort: { SALARY: -1 } });
    expect(found.toArray()).toEqual([{ salary: 30 }, { salary: 20 }]);
    expect(found.first()?.$recno).toBe(3);
    expect(() => db?.table('people').find({ nam: 1 })).toThrow(/no field "nam"; nearest: name/);
    expect(() => db?.table('people').find({ name: { $gte: param('x') } })).toThrow(/prepare/);
    expect(() => db?.table('people').find({}, { sort: { name: 2 as 1 } })).toThrow(/direction/);
  });

  it('prepares, counts, explains; for await yields and can be cancelled', async () => {
    db = await open(':memory:');
    const table = await db.createTable('t', { a: numeric(6), b: char(5) });
    await table.insertMany(Array.from({ length: 20_000 }, (_, i) => ({ a: i, b: i % 2 === 0 ? 'even' : 'odd' })));
    const q = table.prepare({ a: { $gte: param('from') }, b: param('b') });
    expect(q.run({ from: 19_990, b: 'odd' }).toArray().map((one) => one.a)).toEqual([19_991, 19_993, 19_995, 19_997, 19_999]);
    expect(q.run({ from: 10_000, b: 'even' }).count()).toBe(5000);
    expect(() => q.run({ from: 1 })).toThrow(/"b" has no value/);
    expect(() => q.run({ from: 1, b: 'x', c: 1 })).toThrow(/no parameter "c"/);
    const { text: plan, fullScan } = q.run({ from: 10_000, b: 'even' }).explain({ analyze: true });
    expect(fullScan).toBe(true);
    expect(plan).toContain('an index on (b, a) would serve it');
    const controller = new AbortController();
    let seen = 0;
    let turns = 0;
    const ticking = setInterval(() => { turns++; }, 0);
    const walk = async (): Promise<void> => {
      for await (const one of table.find({ b: 'odd' }, { signal: controller.signal })) {
        expect(one.b).toBe('odd');
        if (++seen === 5000) controller.abort();
      }
    };
    await expect(walk()).rejects.toMatchObject({ code: 'ABORTED' });
    clearInterval(ticking);
    expect(seen).toBe(5000);
    expect(turns).toBeGreaterThan(0);
    expect(db.stats().counters['engine']?.['snapshots']).toBe(0);
  });

  it('iterates a stable state while rows change', async () => {
    db = await open(':memory:');
    const table = await db.createTable('t', { a: numeric(6) });
    await table.insertMany(Array.from({ length: 2000 }, (_, i) => ({ a: i })));
    const seen: unknown[] = [];
    for await (const one of table.find({ a: { $lt: 1000 } })) {
      if (seen.push(one.a) === 3) await table.updateWhere({ a: { $gte: 1 } }, { a: 0 });
    }
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  it('changes and deletes where a filter says, all or nothing', async () => {
    db = await open(':memory:');
    const table = await db.createTable('t', { a: numeric(3), b: char(3) });
    await table.insertMany(Array.from({ length: 100 }, (_, i) => ({ a: i })));
    expect(await table.updateWhere({ a: { $lt: 10 } }, (one) => ({ a: (one.a ?? 0) + 1 }))).toBe(10);
    expect(table.find({ a: { $lte: 10 } }).toArray().map((one) => one.a)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]);
    await expect(table.updateWhere({ a: { $gt: 50 } }, (one) => ({ a: one.a === 99 ? 1e9 : 0 }))).rejects.toMatchObject({ code: 'VALUE' });
    expect(table.find({ a: { $gt: 50 } }).count()).toBe(49);
    expect(await table.deleteWhere({ a: { $gt: 50 } })).toBe(49);
    expect(table.find({}).count()).toBe(51);
    expect(db.transactionSync((tx) => tx.table(table).deleteWhere({}))).toBe(51);
  });

  it('aggregates', async () => {
    db = await open(':memory:');
    const table = await db.createTable('t', { city: char(8), pay: numeric(10, 2), who: char(5) });
    await table.insertMany([{ city: 'Oslo', pay: 0.1, who: 'a' }, { city: 'Bergen', pay: 5, who: 'b' }, { city: 'Oslo', pay: 0.2, who: 'a' },
      { city: 'Oslo', who: 'c' }, { city: 'Bergen', pay: 7, who: '' }]);
    expect(table.aggregate({ groupBy: ['city'], n: count(), paid: count('pay'), total: sum('pay'), mean: avg('PAY'), least: min('pay'),
      most: max('who'), people: countDistinct('who') })).toEqual([
      { city: 'Bergen', n: 2, paid: 2, total: 12, mean: 6, least: 5, most: 'b', people: 2 },
      { city: 'Oslo', n: 3, paid: 2, total: 0.30000000000000004, mean: 0.15000000000000002, least: 0.1, most: 'c', people: 2 },
    ]);
    expect(table.aggregate({ where: { city: 'Rome' }, n: count(), total: sum('pay'), mean: avg('pay') })).toEqual([{ n: 0, total: 0, mean: null }]);
    expect(() => table.aggregate({ n: sum('pya') })).toThrow(/no field/);
    expect(() => table.aggregate({ n: 5 as never })).toThrow(/no figure/);
    expect(db.snapshot().table(table).aggregate({ n: count() })).toEqual([{ n: 5 }]);
  });

  it('keeps results until something is written, when asked to', async () => {
    db = await open(':memory:', { queryCache: 10 });
    const table = await db.createTable('t', { a: numeric(6) });
    await table.insertMany(Array.from({ length: 1000 }, (_, i) => ({ a: i })));
    const find = (): unknown[] => table.find({ a: { $gt: 995 } }, { sort: { a: -1 } }).toArray().map((one) => one.a);
    expect(find()).toEqual([999, 998, 997, 996]);
    expect(table.find({ a: { $gt: 995 } }, { sort: { a: -1 } }).count()).toBe(4);
    const scanned = db.stats().counters['tables']?.['rowsScanned'];
    expect(find()).toEqual([999, 998, 997, 996]);
    expect(db.stats().counters['tables']?.['rowsScanned']).toBe(scanned);
    expect(db.stats().counters['queries']).toMatchObject({ resultHits: 1, resultMisses: 2 });
    await table.update(1000, { a: 5000 });
    expect(find()).toEqual([5000, 998, 997, 996]);
    const inside = db.transactionSync((tx) => {
      tx.table(table).delete(1000);
      return tx.table(table).find({ a: { $gt: 995 } }).count();
    });
    expect(inside).toBe(3);
    expect(find()).toEqual([998, 997, 996]);
  });

  it('sorts within its memory, or says what to do', async () => {
    db = await open(':memory:', { sortMemory: '64kb' });
    const table = await db.createTable('t', { a: char(40) });
    await table.insertMany(Array.from({ length: 5000 }, (_, i) => ({ a: String(i * 7919 % 5000).padStart(40, '0') })));
    expect(() => table.find({}, { sort: { a: 1 } }).toArray()).toThrow(/sortMemory/);
    expect(table.find({}, { sort: { a: -1 }, limit: 2 }).toArray().map((one) => one.a.slice(-4))).toEqual(['4999', '4998']);
  });
});

describe('what is remembered of queries', () => {
  it('shapes without values, slow queries, advice with evidence', async () => {
    db = await open(':memory:', { slowQueryMs: 0 });
    const table = await db.createTable('people', { city: char(10), age: numeric(3) });
    await table.insertMany(Array.from({ length: 3000 }, (_, i) => ({ city: `secret${i % 500}`, age: i % 90 })));
    for (let i = 0; i < 4; i++) table.find({ city: `secret${i}`, age: { $gt: i } }).toArray();
    table.find({ city: 'secret7' }).count();
    expect(db.queryLog.top(1)).toHaveLength(1);
    const most = db.queryLog.snapshot().find((one) => one.uses === 4);
    expect(most).toMatchObject({ source: 'people', shape: '(city = ? and age > ?)', fields: ['city', 'age'], uses: 4, fullScans: 4,
      rowsExamined: 12_000, wantedIndex: ['city', 'age'] });
    expect(JSON.stringify([db.queryLog.snapshot(), db.queryLog.slow()])).not.toContain('secret');
    expect(db.queryLog.slow()).toHaveLength(5);
    const [advice] = db.advise();
    expect(advice).toMatchObject({ source: 'people', on: ['city', 'age'], name: 'by_city_age', evidence: { uses: 5, rowsExamined: 15_000 } });
    expect(advice?.reason).toContain('5 queries read 15000 rows of "people"');
    db.queryLog.clear();
    expect(db.advise()).toEqual([]);
  });

  it('writes slow queries to a file, with values only when asked to', async () => {
    db = await open(':memory:', { slowQueryMs: 0, queryLogValues: true });
    const table = await db.createTable('t', { a: numeric(3) });
    const folder = mkdtempSync(join(tmpdir(), 'fieldstone-slow-'));
    const path = join(folder, 'slow.ndjson');
    db.queryLog.writeSlowTo(path);
    table.find({ a: 7 }).toArray();
    expect(db.queryLog.slow()[0]).toMatchObject({ shape: 'a = ?', filter: 'a = 7', fullScan: true });
    db.queryLog.writeSlowTo(undefined);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ source: 't', shape: 'a = ?', filter: 'a = 7' });
    expect(() => db?.queryLog.writeSlowTo(join(folder, 'nowhere', 'slow'))).toThrow();
    rmSync(folder, { recursive: true });
  });
});
