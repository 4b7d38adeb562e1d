import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryVfs, nodeEnvironment } from '#storage';
import { applyUpdate, upsertDocument } from '../../../src/document/apply-update.js';
import { parseUpdate } from '../../../src/document/parse-update.js';
import { compareValues } from '../../../src/filter/compare-values.js';
import { DOCUMENTS } from '../../../src/filter/item-reader.js';
import { parseFilter } from '../../../src/filter/parse-filter.js';
import { sortValue } from '../../../src/filter/sort-value.js';
import { char } from '../../../src/table/field-types.js';
import { openIn } from '../../../src/open.js';
import { mingoTest } from '../../support/query-oracles.js';
import { documents, filters, type Domain } from '../filter/random-filters.js';
import { referenceTest } from '../filter/reference.js';

type Fields = Record<string, unknown>;
const ALL = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$between', '$exists', '$type', '$regex', '$startsWith', '$not', '$elemMatch', '$size', '$all'];
const EVERYTHING: Domain = { arrays: 'all', nulls: true, dots: true, operators: ALL };
const COMMON: Domain = { arrays: 'objects', nulls: false, dots: true, operators: ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$regex', '$not'] };

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

const changes = fc.oneof(
  fc.tuple(fc.constantFrom('$set', '$max', '$push', '$addToSet'), fc.constantFrom('a', 'b', 'a.b', 'c.a'), fc.constantFrom(1, 'a', 5, 'b')).map(([op, path, v]) => ({ [op]: { [path]: v } })),
  fc.tuple(fc.constantFrom('$inc', '$mul'), fc.constantFrom('a', 'b.c', 'n')).map(([op, path]) => ({ [op]: { [path]: 2 } })),
  fc.tuple(fc.constantFrom('$unset', '$pop'), fc.constantFrom('a', 'b', 'c.a')).map(([op, path]) => ({ [op]: { [path]: 1 } })),
);

const INDEXES = [
  { name: 'i1', on: ['a'] }, { name: 'i2', on: ['a.b', 'c'] }, { name: 'i3', on: ['b', { field: 'a', descending: true }] }, { name: 'i4', on: ['c'], sparse: true },
  { name: 'i5', on: ['b'], where: { a: { $exists: true } } }, { name: 'i6', on: ['c.a', 'b.a'], type: 'skiplist' as const }, { name: 'i7', on: ['word'] }, { name: 'i8', on: ['_id', 'word'] },
];

async function run(seed: number, steps: number, domain: Domain, oracle: (filter: Fields) => (document: unknown) => boolean, options: Fields, compression: 'none' | 'lz4'): Promise<void> {
  const next = random(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!;
  const docs = fc.sample(documents(domain), { seed, numRuns: 80 });
  const asked = fc.sample(filters(domain, 1), { seed: seed + 1, numRuns: 80 });
  const updates = fc.sample(changes, { seed: seed + 2, numRuns: 40 });
  const vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  let db = await openIn(nodeEnvironment(vfs), '/db', options);
  let c = await db.createCollection('c', { columns: { word: char(8) }, compression });
  const model = new Map<string, Fields>();
  const made = new Set<string>();
  let ids = 0;
  const fresh = (): Fields => ({ _id: `d${ids++}`, ...structuredClone(pick(docs)), ...(next() < 0.5 ? { word: pick(['x', 'y', 'zz']) } : {}) });
  const matching = (filter: Fields): Fields[] => [...model.values()].filter(oracle(filter));
  const parsed = (change: Fields) => parseUpdate(change, { now: () => new Date(0) });
  const changed = (document: Fields, change: Fields): Fields | undefined => {
    try {
      return applyUpdate(document, parsed(change));
    } catch {
      return undefined; // refused with VALUE
    }
  };

  const commands: (() => Promise<void>)[] = [
    async () => {
      const document = fresh();
      await c.insert(document);
      model.set(document['_id'] as string, document);
    },
    async () => {
      const many = Array.from({ length: 5 }, fresh);
      await c.insertMany(many);
      for (const document of many) model.set(document['_id'] as string, document);
    },
    async () => {
      const filter = pick(asked);
      const change = pick(updates);
      const [first] = matching(filter);
      if (first === undefined) return;
      const after = changed(first, change);
      if (after === undefined) await expect(c.update(filter, change)).rejects.toMatchObject({ code: 'VALUE' });
      else {
        expect((await c.update(filter, change)).matched).toBe(1);
        model.set(first['_id'] as string, after);
      }
    },
    async () => {
      const filter = pick(asked);
      const change = pick(updates);
      const targets = matching(filter);
      const after = targets.map((document) => changed(document, change));
      if (after.includes(undefined)) {
        await expect(c.update(filter, change, { multi: true })).rejects.toMatchObject({ code: 'VALUE' });
        return;
      }
      expect((await c.update(filter, change, { multi: true })).matched).toBe(targets.length);
      after.forEach((document) => model.set(document!['_id'] as string, document!));
    },
    async () => {
      const id = `d${Math.floor(next() * (ids + 3))}`;
      const change = pick(updates);
      const before = model.get(id);
      const after = before === undefined ? upsertDocument(parseFilter({ _id: id }), parsed(change)) : changed(before, change);
      if (after === undefined) return;
      await c.update(id, change, { upsert: true });
      model.set(id, after);
      ids = Math.max(ids, Number(id.slice(1)) + 1);
    },
    async () => {
      const filter = pick(asked);
      const [first] = matching(filter);
      expect(await c.delete(filter)).toBe(first === undefined ? 0 : 1);
      if (first !== undefined) model.delete(first['_id'] as string);
    },
    async () => {
      const index = pick(INDEXES);
      if (made.delete(index.name)) await c.dropIndex(index.name);
      else {
        const { name, ...wanted } = index;
        await c.createIndex(name, wanted);
        made.add(index.name);
      }
    },
    async () => { await db.checkpoint(); },
    async () => {
      await db.close();
      db = await openIn(nodeEnvironment(vfs), '/db', options);
      c = db.collection('c');
    },
  ];
  const weights = [8, 2, 4, 1, 3, 3, 2, 1, 0.5];
  const total = weights.reduce((a, b) => a + b);

  const look = (): void => {
    for (let i = 0; i < 6; i++) {
      const filter = pick(asked);
      expect({ filter, found: c.find(filter).toArray() }).toEqual({ filter, found: matching(filter) });
      expect(c.count(filter)).toBe(matching(filter).length);
    }
    const path = pick(['a', 'b', 'word', '_id', 'a.b']);
    const direction = pick([1, -1] as const);
    const read = sortValue(path, direction === -1, DOCUMENTS);
    const filter = pick(asked);
    // Documents with equal keys stand as they were inserted, in a descending sort backwards.
    const sorted = matching(filter).map((d, place) => ({ d, key: read(d), place }))
      .sort((a, b) => direction * (compareValues(a.key, b.key) || a.place - b.place)).map(({ d }) => d);
    expect({ path, found: c.find(filter, { sort: { [path]: direction }, skip: 1, limit: 4 }).toArray() }).toEqual({ path, found: sorted.slice(1, 5) });
    const id = `d${Math.floor(next() * (ids + 1))}`;
    expect(c.get(id)).toEqual(model.get(id));
  };

  try {
    for (let step = 0; step < steps; step++) {
      let roll = next() * total;
      const command = commands[weights.findIndex((weight) => (roll -= weight) < 0)]!;
      await command();
      if (step % 3 === 0) look();
    }
    look();
    expect(c.find().toArray()).toEqual([...model.values()]);
  } catch (e) {
    console.error(`seed ${seed}, indexes ${[...made].join(' ')}; again: SEED=${seed} STEPS=${steps} npx vitest run test/src/collection/model.test.ts`);
    throw e;
  } finally {
    await db.close();
  }
}

const seed = Number(process.env['SEED'] ?? 1);
const steps = Number(process.env['STEPS'] ?? 120);

test.each<[string, Domain, (filter: Fields) => (document: unknown) => boolean, Fields, 'none' | 'lz4']>([
  ['any documents and filters', EVERYTHING, referenceTest, {}, 'none'],
  ['the same, small cache, often folded', EVERYTHING, referenceTest, { cacheSize: '256kb', checkpointSize: '64kb', pageSize: 4096 }, 'lz4'],
  ['what mingo understands alike', COMMON, mingoTest, {}, 'none'],
  ['the same, without syncs', COMMON, mingoTest, { durability: 'none' }, 'lz4'],
])('a collection with changing indexes is a map with a filter: %s', async (_, domain, oracle, options, compression) => {
  for (let i = 0; i < 3; i++) await run(seed * 100 + i, steps, domain, oracle, options, compression);
});
