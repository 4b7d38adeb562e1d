import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { char, date, logical, memo, numeric, open, param, type Database, type FindOptions } from '../../../src/main.js';
import { day, nullable, operand, queriesOver, small, text, truth, type Row } from './random-queries.js';

const SEED = Number(process.env['SEED'] ?? 7);
const RUNS = Number(process.env['RUNS'] ?? 40);
const schema = {
  c: char(6), n: numeric(6, 1), k: numeric(3), d: date(), l: logical(), m: memo(), big: numeric(20, 0, { as: 'bigint' }), s: numeric(20, 0, { as: 'string' }),
  maybe: char(3, { nullable: true }),
};
type Handle = {
  scan(): Iterable<Row>;
  find(filter: never, options: never): Iterable<Row> & { toArray(): Row[]; count(): number; explain(): { considered: readonly { way: string }[] } };
};

let db: Database | undefined;
afterEach(async () => { await db?.close(); db = undefined; });

const row = fc.record({
  c: text, n: nullable(fc.constantFrom(0, 0.5, -1.5, 3)), k: nullable(small), d: nullable(day), l: nullable(fc.boolean()), m: text,
  big: nullable(fc.constantFrom(1n, 5n, 9_007_199_254_740_993n)), s: nullable(fc.constantFrom('1', '5', '12')), maybe: nullable(fc.constantFrom('x', 'y')),
});
const indexable = fc.constantFrom('c', 'n', 'k', 'd', 'l', 'big', 's', 'maybe');
const index = fc.record({
  on: fc.uniqueArray(fc.record({ field: indexable, descending: fc.boolean() }), { minLength: 1, maxLength: 3, selector: (one) => one.field }),
  type: fc.constantFrom('btree' as const, 'skiplist' as const), sparse: fc.boolean(),
  where: fc.option(fc.dictionary(indexable, fc.oneof(operand, fc.record({ $gte: operand })), { minKeys: 1, maxKeys: 1 }), { nil: undefined, freq: 2 }),
}, { requiredKeys: ['on', 'type'] }).map(({ where, ...rest }) => (where === undefined ? rest : { ...rest, where }));

describe('queries under every set of real indexes', () => {
  it('agree with a plain filter over a scan', async () => {
    db = await open(':memory:');
    const ways = new Map<string, number>();
    let round = 0;
    const agree = (handle: Handle, queries: readonly (readonly [Row, FindOptions])[]): void => {
      for (const [wanted, how] of queries) {
        const found = handle.find(wanted as never, how as never);
        const expected = truth(handle.scan(), wanted, how);
        const way = found.explain().considered[0]?.way ?? '';
        ways.set(way.replace(/ i\d/g, ''), (ways.get(way.replace(/ i\d/g, '')) ?? 0) + 1);
        expect(found.toArray(), way).toEqual(expected);
        expect(found.count(), way).toBe(expected.length);
      }
    };
    await fc.assert(fc.asyncProperty(
      fc.array(row, { maxLength: 60 }), fc.array(row, { maxLength: 8 }), fc.array(index, { minLength: 1, maxLength: 4 }),
      fc.array(queriesOver(Object.keys(schema)), { minLength: 1, maxLength: 8 }), fc.array(fc.nat(60), { maxLength: 6 }),
      async (base, late, specs, queries, gone) => {
        if (db === undefined) throw new Error('closed');
        const name = `t${++round}`;
        const table = await db.createTable(name, schema);
        await table.insertMany(base);
        for (const [i, spec] of specs.entries()) await table.createIndex(`i${i}`, spec);
        if (round % 2 === 0) await db.checkpoint();
        const snapshot = db.snapshot();
        for (const one of late) await table.insert(one);
        for (const recno of gone) if (table.get(recno) !== undefined) await table.delete(recno);
        agree(table, queries);
        agree(snapshot.table(table), queries);
        snapshot.close();
        db.transactionSync((tx) => {
          const mine = tx.table(table);
          if (mine.get(2) !== undefined) mine.update(2, { c: 'Ab', k: 1 });
          if (mine.get(3) !== undefined) mine.delete(3);
          mine.insert({ c: 'Ab', k: 2 });
          agree(mine, queries);
        });
        await db.dropTable(name);
      }), { seed: SEED, numRuns: RUNS });
    const used = [...ways.keys()].join('; ');
    expect(used).toContain('index');
    expect(used).toContain('scan');
  });

  it('reads a handful of rows where a scan would read all', async () => {
    db = await open(':memory:', { slowQueryMs: 0 });
    const table = await db.createTable('t', { id: numeric(6), city: char(8), age: numeric(3) });
    await table.insertMany(Array.from({ length: 5000 }, (_, i) => ({ id: i, city: `c${i % 100}`, age: i % 90 })));
    await table.createIndex('by_id', { on: ['id'], unique: true });
    await table.createIndex('by_city', { on: ['city', 'age'] });
    const q = table.prepare({ id: param('id') });
    expect(q.run({ id: 77 }).first()).toEqual({ id: 77, city: 'c77', age: 77 });
    expect(table.find({ city: 'c5', age: { $gte: 45 } }).count()).toBe(26);
    expect(table.find({ city: 'c5' }, { sort: { age: -1 }, limit: 3, fields: ['age'] }).toArray()).toEqual([{ age: 85 }, { age: 85 }, { age: 85 }]);
    expect(db.queryLog.slow().map((one) => [one.plan, one.rowsExamined])).toEqual([['index by_id', 1], ['index by_city', 26], ['index by_city', 3]]);
    expect(db.advise()).toEqual([]);
  });

  it('makes the indexes by itself that frequent queries lack, when asked to', async () => {
    db = await open(':memory:', { autoIndex: true });
    const table = await db.createTable('t', { id: numeric(6), city: char(8) });
    await table.insertMany(Array.from({ length: 2000 }, (_, i) => ({ id: i, city: `c${i % 500}` })));
    for (let i = 0; i < 90; i++) table.find({ city: `c${i}` }).count();
    await new Promise((resolve) => { setTimeout(resolve, 20); });
    expect(table.indexes()).toEqual([]);
    for (let i = 0; i < 20; i++) table.find({ city: `c${i}` }).count();
    for (let i = 0; i < 200 && table.indexes().length === 0; i++) await new Promise((resolve) => { setTimeout(resolve, 10); });
    expect(table.indexes().map((one) => one.name)).toEqual(['by_city']);
    expect(table.find({ city: 'c7' }).explain().plan.input[0]?.step).toBe('fetch');
    expect(db.stats().counters['queries']?.['indexesMade']).toBe(1);
  });
});
