import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MemoryVfs, nodeEnvironment } from '#storage';
import type { Database } from '../../../src/database.js';
import { param } from '../../../src/filter/param.js';
import { KeyedRecords } from '../../../src/indexes/keyed-rows.js';
import { openIn } from '../../../src/open.js';
import { char, memo, numeric } from '../../../src/table/field-types.js';
import { referenceTest } from '../filter/reference.js';

type Fields = Record<string, unknown>;

interface Found { toArray(): unknown[]; first(): unknown; count(): number }
interface Prepared { run(values: Fields): Found }
interface Handle {
  find(filter: Fields): Found;
  prepare(filter: Fields): Prepared;
}

let db: Database;
const openWith = async (options: Fields): Promise<Database> => {
  const vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  return openIn(nodeEnvironment(vfs), '/db', options);
};
beforeEach(async () => { db = await openWith({}); });
afterEach(() => db.close());

/** Numbers from 0 to below 1 (xorshift). */
function random(seed: number): () => number {
  let x = seed >>> 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

const LONG = 'long '.repeat(300);
const KEYS = ['x', 'y', '', 'a\0b', 'Zoë 漢字', LONG, `${LONG}1`, `${LONG}2`, 0, -0, 1, 1.5, -7, true, false];
const OTHERS = [null, new Date(0), 10n, 1n, ['x', 'y'], [], [['x']], [null], [1, 1], { b: 'x' }, NaN];

/** Every way to ask for one value gives what the reference gives of a scan, and twice the same: the first use finds the way, later ones go it. */
function agree(handle: Handle, prepared: ReadonlyMap<string, Prepared>, asked: readonly (readonly [string, unknown])[]): void {
  const all = handle.find({}).toArray();
  for (const [path, value] of asked) {
    const matches = referenceTest({ [path]: value });
    const expected = all.filter((one) => matches(one));
    const query = prepared.get(path)!;
    for (let use = 0; use < 2; use++) {
      for (const found of [() => handle.find({ [path]: value }), () => query.run({ v: value })]) {
        const what = JSON.stringify([path, String(value).slice(0, 20), use]);
        expect([what, found().toArray()]).toEqual([what, expected]);
        expect([what, found().first()]).toEqual([what, expected[0]]);
        expect([what, found().count()]).toEqual([what, expected.length]);
      }
    }
  }
}

function preparedBy(handle: Handle, paths: readonly string[]): Map<string, Prepared> {
  return new Map(paths.map((path) => [path, handle.prepare({ [path]: param('v') })]));
}

describe('values of one key are looked up as they are found by a scan', () => {
  test.each([1, 2, 3])('in a collection, seed %i', async (seed) => {
    const next = random(seed);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!;
    const c = await db.createCollection('c', { columns: { word: char(8) } });
    await c.createIndex('a', { on: ['a'] });
    await c.createIndex('u', { on: ['u'], unique: true, sparse: true });
    await c.createIndex('word', { on: [{ field: 'word', descending: true }] });
    await c.createIndex('p', { on: ['p'], where: { p: { $exists: true } } });
    await c.createIndex('nested', { on: ['n.b'], sparse: true });
    await c.createIndex('late', { on: ['k'], type: 'skiplist' });
    let made = 0;
    const fresh = (): Fields => ({
      _id: `d${made++}`, ...(next() < 0.8 ? { a: pick([...KEYS, ...OTHERS]) } : {}), ...(next() < 0.5 ? { u: `u${made}` } : {}), ...(next() < 0.7 ? { word: pick(['x', 'y', 'zz']) } : {}),
      ...(next() < 0.5 ? { p: pick([...KEYS, ...OTHERS]) } : {}), n: pick<unknown>([{ b: pick(KEYS.slice(0, 3)) }, [{ b: 'x' }, { b: 'y' }, { b: 'x' }], 'x', {}]), k: pick(KEYS),
    });
    const paths = ['a', 'u', 'word', 'p', 'n.b', 'k', '_id'];
    const prepared = preparedBy(c as Handle, paths);
    const asked = (): [string, unknown][] => [
      ...Array.from({ length: 12 }, (): [string, unknown] => [pick(['a', 'p', 'k']), pick([...KEYS, ...OTHERS])]),
      ['u', `u${1 + Math.floor(next() * made)}`], ['word', pick(['x', 'y', 'zz', 'none', 5])], ['n.b', pick(KEYS.slice(0, 3))], ['_id', `d${Math.floor(next() * made)}`],
    ];
    await c.insertMany(Array.from({ length: 60 }, fresh));
    for (let round = 0; round < 6; round++) {
      agree(c as Handle, prepared, asked());
      const snapshot = db.snapshot();
      const then = snapshot.collection(c);
      const before = asked();
      const wasPrepared = preparedBy(then as Handle, paths);
      agree(then as Handle, wasPrepared, before);
      for (let i = 0; i < 8; i++) await c.update({ _id: `d${Math.floor(next() * made)}` }, { $set: { a: pick([...KEYS, ...OTHERS]), k: pick(KEYS) } });
      for (let i = 0; i < 4; i++) await c.delete({ _id: `d${Math.floor(next() * made)}` });
      await c.insertMany([fresh(), fresh()]);
      if (round % 2 === 1) await db.checkpoint();
      agree(then as Handle, wasPrepared, before);
      await db.transaction((tx) => {
        const mine = tx.collection(c);
        const asPrepared = preparedBy(mine as Handle, paths);
        agree(mine as Handle, asPrepared, asked());
        mine.insert(fresh());
        mine.update({ a: 'x' }, { $set: { a: 'y', word: 'zz' } });
        mine.delete({ k: 'y' });
        agree(mine as Handle, asPrepared, asked());
      }, round % 3 === 0 ? { isolation: 'serializable' } : {});
      agree(then as Handle, wasPrepared, before);
      snapshot.close();
    }
    await c.dropIndex('a');
    agree(c as Handle, prepared, asked());
    await c.createIndex('a', { on: ['a'] });
    agree(c as Handle, prepared, asked());
  });

  test('in a table, with deleted rows, memos, and an index of another program', async () => {
    const next = random(7);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!;
    const table = await db.createTable('t', { word: char(8), n: numeric(8, 2), note: memo() });
    await table.createIndex('by_word', { on: ['word'] });
    await table.createIndex('by_n', { on: 'n', type: 'cdx' });
    const row = (): Fields => ({ word: pick(['x', 'y', 'zz', null]), n: pick([1, 2.5, -3, null]), note: pick(['short', LONG, null]) });
    await table.insertMany(Array.from({ length: 50 }, row));
    const prepared = preparedBy(table as unknown as Handle, ['word', 'n', 'WORD']);
    const asked: [string, unknown][] = [['word', 'x'], ['word', 'y '], ['word', 'none'], ['word', null], ['n', 1], ['n', 2.5], ['n', 7], ['n', null]];
    for (let round = 0; round < 5; round++) {
      agree(table as unknown as Handle, prepared, asked);
      expect((table as unknown as Handle).find({ WORD: 'x' }).toArray()).toEqual(table.find({ word: 'x' }).toArray());
      for (let i = 0; i < 6; i++) await table.delete(1 + Math.floor(next() * 50));
      await table.insertMany([row(), row()]);
      if (round === 2) await db.checkpoint();
    }
    await table.pack();
    agree(table as unknown as Handle, prepared, asked);
  });

  test('by several fields, with a limit, and with what no key tells', async () => {
    const c = await db.createCollection<{ _id: number; a: number; b: string; c: number }>('c');
    await c.createIndex('two', { on: ['a', 'b'] });
    await c.insertMany(Array.from({ length: 40 }, (_, i) => ({ _id: i, a: i % 3, b: `b${i % 4}`, c: i % 5 })));
    const both = c.prepare({ a: param('a'), b: param('b') });
    const more = c.prepare({ a: param('a'), b: param('b'), c: param('c') });
    const two = c.prepare({ a: param('a'), b: param('b') }, { limit: 2 });
    const none = c.prepare({ a: param('a'), b: param('b') }, { limit: 0 });
    const ids = (found: { toArray(): { _id: number }[] }): unknown[] => found.toArray().map(({ _id }) => _id);
    for (let use = 0; use < 3; use++) {
      expect(ids(both.run({ a: 1, b: 'b2' }))).toEqual([10, 22, 34]);
      expect(ids(more.run({ a: 1, b: 'b2', c: 2 }))).toEqual([22]);
      expect(ids(two.run({ a: 1, b: 'b2' }))).toEqual([10, 22]);
      expect(two.run({ a: 1, b: 'b2' }).count()).toBe(2);
      expect([ids(none.run({ a: 1, b: 'b2' })), none.run({ a: 1, b: 'b2' }).first()]).toEqual([[], undefined]);
      expect(ids(both.run({ a: 1, b: null }))).toEqual([]);
      expect(ids(both.run({ a: 1, b: ['b2'] }))).toEqual([]);
      expect(() => both.run({ a: 1 })).toThrow(expect.objectContaining({ code: 'QUERY' }));
    }
  });

  test('documents are the callers own, and getters of filters are not called', async () => {
    const c = await db.createCollection<Fields>('c');
    await c.createIndex('a', { on: ['a'] });
    await c.insert({ _id: 'one', a: 'x', list: [1, { b: 2 }] });
    for (let use = 0; use < 3; use++) {
      const found = c.findOne({ a: 'x' });
      expect(found).toEqual({ _id: 'one', a: 'x', list: [1, { b: 2 }] });
      expect(Object.keys(found!)).toEqual(['_id', 'a', 'list']);
      (found!['list'] as unknown[]).push('mine');
      expect(() => c.find({ get a(): string { throw new Error('called'); } })).toThrow(expect.objectContaining({ code: 'QUERY' }));
      expect(() => c.find(Object.create({ a: 1 }, { toString: { value: 1, enumerable: true } }) as Fields).toArray()).not.toThrow();
    }
  });
});

test('queries that are run again are looked up: prepared ones, and filters for one value', async () => {
  const read = vi.spyOn(KeyedRecords.prototype, 'read');
  const counted = vi.spyOn(KeyedRecords.prototype, 'count');
  const c = await db.createCollection<Fields>('c');
  await c.createIndex('a', { on: ['a'] });
  await c.createIndex('p', { on: ['p'], where: { p: { $gt: 0 } } });
  await c.insertMany(Array.from({ length: 50 }, (_, i) => ({ a: `k${i}`, p: i })));
  const table = await db.createTable('t', { word: char(8) });
  await table.createIndex('by_word', { on: ['word'] });
  await table.insertMany(Array.from({ length: 2000 }, (_, i) => ({ word: `x${i}` })));
  const lookedUp = (use: () => unknown): boolean => {
    use();
    const before = read.mock.calls.length + counted.mock.calls.length;
    use();
    return read.mock.calls.length + counted.mock.calls.length > before;
  };
  const query = c.prepare({ a: param('v') });
  expect(lookedUp(() => query.run({ v: 'k1' }).toArray())).toBe(true);
  expect(lookedUp(() => query.run({ v: 'k1' }).count())).toBe(true);
  expect(lookedUp(() => c.findOne({ a: 'k1' }))).toBe(true);
  expect(lookedUp(() => table.find({ word: 'x7' }).toArray())).toBe(true);
  expect(lookedUp(() => c.find({ a: null }).toArray())).toBe(false);
  expect(lookedUp(() => c.find({ a: LONG }).toArray())).toBe(false);
  expect(lookedUp(() => c.find({ p: 5 }).toArray())).toBe(false);
  expect(lookedUp(() => c.find({ b: 5 }).toArray())).toBe(false);
  vi.restoreAllMocks();
});

describe('look-ups are accounted for as runs are', () => {
  const uses = async (options: Fields): Promise<unknown> => {
    const own = await openWith(options);
    const c = await own.createCollection<{ _id: number; a: string; b: number }>('c');
    await c.createIndex('a', { on: ['a'] });
    await c.insertMany(Array.from({ length: 300 }, (_, i) => ({ _id: i, a: `k${i % 100}`, b: i % 2 })));
    const query = c.prepare({ a: param('v') });
    for (let i = 0; i < 20; i++) {
      query.run({ v: `k${i}` }).toArray();
      query.run({ v: `k${i}` }).first();
      query.run({ v: 'none' }).count();
      c.find({ a: `k${i}` }).count();
      c.findOne({ a: `k${i}` });
    }
    const log = own.queryLog.snapshot().map(({ shape, plan, uses: times, fullScans, rowsExamined, rowsReturned, rowCount, fields, latencyNs }) => ({
      shape, plan, times, fullScans, rowsExamined, rowsReturned, rowCount, fields, timed: latencyNs.count,
    }));
    const { runs, fullScans, rowsExamined, rowsReturned, slow } = own.stats().counters['queries']!;
    const slowest = own.queryLog.slow().map(({ shape, plan, filter, rowsReturned: rows, steps }) => [shape, plan, filter, rows, steps.step, steps.actualRows]);
    await own.close();
    log.sort((x, y) => (x.shape < y.shape ? -1 : 1));
    return { log, counters: { runs, fullScans, rowsExamined, rowsReturned, slow }, slowest };
  };

  test('in the log of queries, the counters and the log of slow queries', async () => {
    const options = { slowQueryMs: 0, queryLogValues: true };
    // With results kept nothing is looked up: all is run.
    const run = await uses({ ...options, queryCache: 1 });
    expect(await uses(options)).toEqual(run);
  });

  test('explained, and cancelled', async () => {
    const c = await db.createCollection<Fields>('c');
    await c.createIndex('a', { on: ['a'] });
    await c.insertMany(Array.from({ length: 50 }, (_, i) => ({ a: `k${i}` })));
    const first = c.find({ a: 'k1' }).explain();
    for (let use = 0; use < 3; use++) c.find({ a: 'k1' }).toArray();
    const later = c.find({ a: 'k2' }).explain({ analyze: true });
    expect(later.shape).toBe(first.shape);
    expect([first.text.includes('"k1"'), later.text.includes('"k2"'), later.actual?.rows]).toEqual([true, true, 1]);
    const stop = new AbortController();
    const query = c.prepare({ a: param('v') }, { signal: stop.signal });
    expect(query.run({ v: 'k1' }).toArray()).toHaveLength(1);
    stop.abort();
    expect(() => query.run({ v: 'k1' }).toArray()).toThrow(expect.objectContaining({ code: 'ABORTED' }));
  });

  test('after a table has grown, or a value turned out to be frequent, the query is planned anew', async () => {
    const c = await db.createCollection<Fields>('c');
    await c.createIndex('a', { on: ['a'] });
    await c.insertMany(Array.from({ length: 200 }, (_, i) => ({ a: i })));
    const planned = (): number => db.stats().counters['queries']?.['planned'] ?? 0;
    const query = c.prepare({ a: param('v') });
    for (let use = 0; use < 5; use++) query.run({ v: use }).toArray();
    expect(planned()).toBe(1);
    await c.insertMany(Array.from({ length: 1000 }, () => ({ a: 'many' })));
    expect(query.run({ v: 1 }).toArray()).toHaveLength(1);
    expect(planned()).toBe(2);
    expect(query.run({ v: 'many' }).toArray()).toHaveLength(1000);
    expect(query.run({ v: 'many' }).toArray()).toHaveLength(1000);
    expect(planned()).toBe(3);
  });
});
