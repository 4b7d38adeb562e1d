import { describe, expect, it } from 'vitest';
import { param } from '../../../src/filter/param.js';
import { parseFilter } from '../../../src/filter/parse-filter.js';
import { findSpec } from '../../../src/query/find-options.js';
import { PreparedQuery } from '../../../src/query/prepared-query.js';
import { Shape } from '../../../src/query/shape.js';
import { FakeSource, type Doc, type FakeIndexSpec } from './fake-source.js';
import { find, testContext, truth } from './query-kit.js';

const ROWS = Array.from({ length: 5000 }, (_, i): Doc => ({ id: i, city: `c${i % 50}`, age: i % 100, vip: i % 1000 === 0, name: `n${i}` }));
function way(source: FakeSource, filter: unknown, options?: Parameters<typeof find>[2]): string | undefined {
  return find(source, filter, options).explain().considered[0]?.way;
}

function withIndexes(...indexes: FakeIndexSpec[]): FakeSource { return new FakeSource(ROWS, indexes); }

describe('the plan that is chosen', () => {
  it.each<[string, FakeIndexSpec[], unknown, Parameters<typeof find>[2], string]>([
    ['the more selective of two indexes', [{ name: 'city', on: ['city'] }, { name: 'id', on: ['id'], unique: true }], { city: 'c1', id: 51 }, undefined, 'index id'],
    ['a composite one before its parts', [{ name: 'city', on: ['city'] }, { name: 'both', on: ['city', 'age'] }], { city: 'c1', age: 1 }, undefined, 'index both'],
    ['a scan where nearly all rows match', [{ name: 'age', on: ['age'] }], { age: { $gte: 0 } }, undefined, 'scan'],
    ['a scan without an index', [], { city: 'c1' }, undefined, 'scan'],
    ['the order of an index for the first few rows', [{ name: 'age', on: ['age'] }], {}, { sort: { age: -1 }, limit: 5 }, 'index age'],
    ['the best few of a scan without one', [], {}, { sort: { age: -1 }, limit: 5 }, 'scan, top'],
    ['leading keys by index, the rest by sorting groups', [{ name: 'city', on: ['city'] }], {}, { sort: { city: 1, age: -1 }, limit: 5 }, 'index city, groups'],
    ['a union for $or', [{ name: 'city', on: ['city'] }, { name: 'id', on: ['id'] }], { $or: [{ city: 'c1' }, { id: 7 }] }, undefined, 'union of city, id, collect'],
    ['a scan when one branch of $or has no index', [{ name: 'city', on: ['city'] }], { $or: [{ city: 'c1' }, { name: 'n7' }] }, undefined, 'scan'],
    ['a partial index when the filter implies it', [{ name: 'vips', on: ['age'], where: parseFilter({ vip: true }) }], { vip: true, age: 0 }, undefined, 'index vips'],
    ['no partial index when it does not', [{ name: 'vips', on: ['age'], where: parseFilter({ vip: true }) }], { age: 0 }, undefined, 'scan'],
    ['no sparse index for null', [{ name: 'name', on: ['name'], sparse: true }], { name: null }, undefined, 'scan'],
  ])('%s', (_, indexes, filter, options, expected) => {
    const source = withIndexes(...indexes);
    expect(way(source, filter, options)?.replace(', collect', '')).toBe(expected.replace(', collect', ''));
    expect(find(source, filter, options).toArray()).toEqual(truth(ROWS, filter, options));
  });

  it('reads no row for what an index covers or counts', () => {
    const source = withIndexes({ name: 'cover', on: ['city', 'age'], covering: true });
    const covered = find(source, { city: 'c7' }, { sort: { age: 1 }, fields: ['city', 'age'] });
    expect(covered.toArray()).toEqual(truth(ROWS, { city: 'c7' }, { sort: { age: 1 }, fields: ['city', 'age'] }));
    expect(find(source, { city: 'c7', age: { $lt: 50 } }).count()).toBe(50);
    expect(source.fetched).toBe(0);
  });

  it('stops early: the first rows of an order read hardly more rows', () => {
    const source = withIndexes({ name: 'age', on: ['age'] });
    expect(find(source, {}, { sort: { age: 1 }, limit: 3 }).toArray()).toHaveLength(3);
    expect(source.indexes[0]?.walked).toBeLessThan(200);
    expect(find(source, { age: 5 }).first()).toEqual(ROWS[5]);
    expect(source.indexes[0]?.walked).toBeLessThan(220);
  });

  it('names the index that a full scan lacks', () => {
    const { hint, fullScan, text } = find(withIndexes(), { city: 'c1', age: { $gt: 5 } }).explain();
    expect(fullScan).toBe(true);
    expect(hint?.on).toEqual(['city', 'age']);
    expect(text).toContain('full scan; an index on (city, age) would serve it');
    expect(find(withIndexes(), { name: { $ne: 'x' } }).explain().hint).toBeUndefined();
  });

  it('plans a prepared query once, and again for values that are far more frequent', () => {
    const rows = Array.from({ length: 3000 }, (_, i): Doc => ({ kind: i < 2700 ? 'common' : `rare${i}` }));
    const source = new FakeSource(rows, [{ name: 'kind', on: ['kind'] }]);
    const context = testContext();
    const query = new PreparedQuery(source, context, new Shape('things', parseFilter({ kind: param('kind') }), findSpec(undefined, (path) => path)));
    for (let i = 2700; i < 2720; i++) expect(query.run({ kind: `rare${i}` }).toArray()).toHaveLength(1);
    expect(context.plans.planned).toBe(1);
    // The first frequent value is a surprise; from then on the index is asked.
    expect(query.run({ kind: 'common' }).toArray()).toHaveLength(2700);
    expect(query.run({ kind: 'common' }).toArray()).toHaveLength(2700);
    expect(query.run({ kind: 'rare2701' }).toArray()).toHaveLength(1);
    expect(context.reports.slice(-3).map((one) => one.plan)).toEqual(['index kind', 'scan', 'index kind']);
    expect(context.plans.planned).toBe(2);
  });

  it('forgets choices when indexes change', () => {
    const source = withIndexes({ name: 'city', on: ['city'] });
    const context = testContext();
    const query = new PreparedQuery(source, context, new Shape('things', parseFilter({ city: param('c') }), findSpec(undefined, (path) => path)));
    expect(query.run({ c: 'c3' }).count()).toBe(100);
    source.indexes = [];
    expect(query.run({ c: 'c3' }).count()).toBe(100);
    expect(context.reports.map((one) => one.plan)).toEqual(['index city', 'scan']);
  });
});

describe('explain', () => {
  it('shows every step with cost and rows', () => {
    const source = withIndexes({ name: 'city', on: ['city'] });
    const { text } = find(source, { city: 'c7', age: { $lt: 50 } }, { sort: { name: 1 }, skip: 1, limit: 2, fields: ['name'] }).explain({ analyze: true });
    expect(text).toMatchInlineSnapshot(`
      "find in things: (city = ? and age < ?) | sort name | skip ? | limit ? | fields name
      cost 132, about 2 rows
      -> rows: name; skip 1, limit 2 (cost 0.9, about 2 rows; really 2 rows, 0.109 ms)
        -> top: the first 3 by name (cost 7.4, about 3 rows; really 3 rows, 0.105 ms)
          -> fetch: rows in the order of their numbers, test age < 50 (cost 100, about 30 rows; really 50 rows, 0.051 ms)
            -> index: city (btree): city = "c7" (cost 23.2, about 100 rows)
      not taken: scan, top (2508)
      run: 2 rows of 100 looked at, 0.109 ms"
    `);
  });

  it('shows unions and partial indexes', () => {
    const source = withIndexes({ name: 'city', on: ['city'] }, { name: 'vips', on: [{ path: 'age', descending: true }], where: parseFilter({ vip: true }) });
    expect(find(source, { $or: [{ city: { $in: ['c1', 'c2'] } }, { vip: true, age: { $between: [3, 5] } }] }).explain().text).toMatchInlineSnapshot(`
      "find in things: (city in [?] or (vip = ? and age between ? and ?))
      cost 308, about 200 rows
      -> rows: all fields (cost 60, about 200 rows)
        -> fetch: rows in the order of their numbers, test (city in ["c1", "c2"] or (vip = true and age between 3 and 5)) (cost 200, about 200 rows)
          -> union: union of city, vips (cost 0, about 200 rows)
            -> index: city = "c1" or city = "c2" (cost 48.3, about 200 rows)
            -> index: age >= 3, age <= 5 (cost 0, about 0 rows)
      not taken: scan (2560)"
    `);
    expect(find(source, { vip: true, age: { $gt: 7 } }, { sort: { age: 1 } }).explain().text).toMatchInlineSnapshot(`
      "find in things: (vip = ? and age > ?) | sort age
      cost 1.5, about 0 rows
      -> rows: all fields (cost 0, about 0 rows)
        -> sort: by age (cost 0, about 0 rows)
          -> fetch: rows in the order of their numbers, test vip = true (cost 0, about 0 rows)
            -> index: vips (btree, partial): age > 7 (cost 1.5, about 0 rows)
      not taken: index vips, groups (1.5), scan, sort (2500)"
    `);
  });
});
