import { describe, expect, test } from 'vitest';
import { open } from '../../../src/main.js';
import { char, date, integer } from '../../../src/table/field-types.js';

/** More than what an ordinary transaction takes. */
const MANY = 6000;

type Doc = Record<string, unknown>;
type Db = Awaited<ReturnType<typeof open>>;

function documents(): Doc[] {
  return Array.from({ length: MANY }, (_, i): Doc => ({
    _id: [`id-${i}`, i, BigInt(i), new Date(i), new Uint8Array([i >> 8, i & 255]), `long-${'é'.repeat(50)}-${i}`][i % 6],
    city: i % 7 === 0 ? null : `city ${i % 50}`, tags: [`t${i % 9}`, `t${i % 11}`], at: new Date(1e12 + i * 86_400_000), deep: { list: [{ n: i % 13 }, { n: i % 17 }], $odd: 1n },
    ...(i % 3 === 0 ? {} : { n: i }), ...(i % 5 === 0 ? { note: 'x'.repeat(i % 700) } : {}), empty: undefined,
  }));
}

/** One by one, in an ordinary transaction. */
function insertEach(db: Db, name: string, docs: readonly Doc[]): Promise<void> {
  return db.transaction((tx) => { for (const doc of docs) tx.collection(name).insert(doc); });
}

/** Two collections, for the same documents. */
async function pair(options: Parameters<Awaited<ReturnType<typeof open>>['createCollection']>[1]) {
  const db = await open(':memory:');
  const indexes = [
    { name: 'city', on: ['city'] }, { name: 'tags', on: ['tags'] }, { name: 'deep', on: ['deep.list.n', 'city'] }, { name: 'n', on: ['n'], unique: true, sparse: true },
    { name: 'part', on: ['city'], where: { 'deep.list.n': { $gt: 9 } } },
  ];
  const loaded = await db.createCollection<Doc>('loaded', { ...options, indexes });
  const single = await db.createCollection<Doc>('single', { ...options, indexes });
  return { db, loaded, single };
}

const CASES: [string, Parameters<typeof pair>[0]][] = [
  ['text', {}], ['columns', { columns: { city: char(20), at: date(), n: integer() } }], ['packed', { compression: 'lz4' }],
];

describe.each(CASES)('a large load into a collection (%s)', (kind, options) => {
  // A day, where the column holds days.
  const given = kind === 'columns' ? documents().map((doc, i) => ({ ...doc, at: new Date(Date.UTC(2000, 0, i % 300)) })) : documents();

  test('keeps the same documents and index entries as single inserts', async () => {
    const { db, loaded, single } = await pair(options);
    const ids = await loaded.insertMany(given);
    for (let i = 0; i < MANY; i += 1000) await insertEach(db, 'single', given.slice(i, i + 1000));
    expect(ids).toEqual(given.map((doc: Doc) => doc['_id']));
    expect(loaded.find().toArray()).toEqual(single.find().toArray());
    expect(loaded.get('id-600')).toEqual(single.get('id-600'));
    for (const filter of [{ city: 'city 3' }, { tags: 't4' }, { 'deep.list.n': 12, city: 'city 5' }, { n: { $gte: 5990 } }, { city: 'city 9', 'deep.list.n': { $gt: 9 } }]) {
      const found = loaded.find(filter).toArray();
      expect(found).toEqual(single.find(filter).toArray());
      expect(found.length).toBeGreaterThan(0);
    }
    expect(loaded.indexes()).toEqual(single.indexes());
    await db.checkpoint();
    expect(await db.check()).toMatchObject({ ok: true, findings: [] });
    await db.close();
  }, 60_000);

  test('takes iterables, whose objects may be used again, and asynchronous ones', async () => {
    const { db, loaded, single } = await pair(options);
    function* reused(): Generator<Doc> {
      const one: Doc = {};
      for (let i = 0; i < MANY; i++) {
        Object.assign(one, { _id: `i${i}`, city: `c${i % 10}`, n: i });
        yield one;
      }
    }
    async function* later(): AsyncGenerator<Doc> { for (const doc of reused()) yield doc; }
    await loaded.insertMany(reused());
    await single.insertMany(later());
    expect(loaded.count()).toBe(MANY);
    for (const c of [loaded, single]) expect(c.find({ n: { $in: [0, 4095, 4096, 4097, MANY - 1] } }).toArray().map(({ _id }) => _id)).toEqual(['i0', 'i4095', 'i4096', 'i4097', `i${MANY - 1}`]);
    await db.checkpoint();
    expect(await db.check()).toMatchObject({ ok: true, findings: [] });
    await db.close();
  }, 60_000);
});

describe('a large load', () => {
  const load = async (c: { insertMany(documents: Doc[]): Promise<unknown> }, at: number, doc: unknown): Promise<unknown> => {
    const many: unknown[] = Array.from({ length: MANY }, (_, i) => ({ _id: `x${i}` }));
    many[at] = doc;
    return c.insertMany(many as Doc[]).catch((e: unknown) => (e instanceof Error && 'code' in e ? e.code : e));
  };

  test.each<[string, unknown, string]>([
    ['no object', 5, 'VALUE'], ['a list', [], 'VALUE'], ['a map', new Map(), 'VALUE'], ['an operator', { $set: 1 }, 'VALUE'], ['an empty name', { '': 1 }, 'VALUE'],
    ['__proto__', JSON.parse('{"__proto__": 1}'), 'VALUE'], ['a function', { a: () => 1 }, 'VALUE'], ['an id that is none', { _id: { a: 1 } }, 'VALUE'], ['an id twice', { _id: 'x7' }, 'DUPLICATE'],
    ['a text that does not fit its column', { city: 'x'.repeat(21) }, 'VALUE'], ['blanks that a column would lose', { city: 'x ' }, 'VALUE'], ['a time in a day', { at: new Date(1) }, 'VALUE'],
  ])('with %s leaves nothing behind', async (_, doc, code) => {
    const db = await open(':memory:');
    const c = await db.createCollection<Doc>('c', { columns: { city: char(20), at: date() } });
    for (const at of [0, 5000, MANY - 1]) expect(await load(c, at, doc)).toBe(code);
    expect([c.count(), await load(c, 3, {})]).toEqual([0, expect.any(Array)]);
    expect(c.count()).toBe(MANY);
    await db.close();
  }, 60_000);

  test('reads every value of a document once, also those of indexes', async () => {
    const db = await open(':memory:');
    const c = await db.createCollection<Doc>('c', { columns: { city: char(20) }, indexes: [{ name: 'a', on: ['a'] }, { name: 'b', on: ['b.c'] }] });
    let reads = 0;
    const odd = { _id: 'odd', get a() { return ++reads; }, get city() { return `city ${++reads}`; }, b: { get c() { return ++reads; } } };
    expect(await load(c, 5, odd)).toHaveLength(MANY);
    const kept = { _id: 'odd', city: 'city 2', a: 1, b: { c: 3 } };
    expect([c.get('odd'), reads, c.find({ a: 1 }).toArray(), c.find({ 'b.c': 3 }).toArray()]).toEqual([kept, 3, [kept], [kept]]);
    await db.close();
  }, 30_000);
});

test('a load that fills its buffers several times: rows begin empty each time', async () => {
  const db = await open(':memory:');
  const c = await db.createCollection<Doc>('c');
  const many = 50_000;
  // Long ids with a text, then short ones without.
  const docOf = (i: number): Doc => (i % 30_000 < 22_000 ? { _id: `a rather long id of number ${i}`, note: 'x'.repeat(i % 90) } : { _id: `${i}` });
  await c.insertMany(Array.from({ length: many }, (_, i) => docOf(i)));
  let i = 0;
  for (const doc of c.find()) {
    const want = docOf(i++);
    if (JSON.stringify(doc) !== JSON.stringify(want)) expect(doc).toEqual(want);
  }
  expect(i).toBe(many);
  await db.close();
}, 30_000);

describe('a large load of odd documents', () => {
  class Made {
    n: number;
    constructor(n: number) { this.n = n; }
    get double(): number { return this.n * 2; }
  }
  Object.defineProperty(Made.prototype, 'inherited', { value: 1, enumerable: true });
  const texts = ['', 'a', '#', '#"x"', '"', ' ', 'x ', ' x', 'a"b', 'a\\b', 'a\u0000b', '\u007f', 'é', '\ud800', 'x'.repeat(40), 'x'.repeat(41), 'y'.repeat(48), 'y'.repeat(49), 'z'.repeat(500), 'z'.repeat(501), 'z'.repeat(999), `${'z'.repeat(990)}é`, 'w'.repeat(1100)];
  const values: unknown[] = [...texts, null, undefined, 0, -0, -1, 1.5, NaN, Infinity, 2 ** 31, 10n, 2n ** 70n, true, false, new Date(5), new Uint8Array([0, 255]), [], [1, 'a', null], [[1]], { a: 1 }, new Made(3)];
  const odd = (): Doc[] => [
    ...texts.filter((text) => text !== '' && Buffer.byteLength(text) <= 1000).map((text, i): Doc => ({ _id: text, v: i })),
    ...values.map((v, i): Doc => ({ _id: `v${i}`, v, w: [v], more: { v } })),
    ...values.map((v, i): Doc => ({ v, _id: i, w: v })),
    { _id: 'long', v: 'l'.repeat(3 << 20), w: 1 }, { _id: 'behind', v: 'short' }, { _id: 'none' }, { v: 1, a: 1, _id: 'other order', w: 'x' },
    Object.assign(Object.create(null) as Doc, { _id: 'bare', v: 7 }), Object.assign(new Made(4), { _id: 'made' }) as unknown as Doc,
  ];
  const indexes = [
    { name: 'v', on: ['v'] }, { name: 'w', on: [{ field: 'w', descending: true }], sparse: true }, { name: 'both', on: ['v', 'w'] }, { name: 'more', on: ['more.v'] },
  ];

  test('keeps them, and their keys, as single inserts do', async () => {
    const db = await open(':memory:');
    const loaded = await db.createCollection<Doc>('loaded', { indexes });
    const single = await db.createCollection<Doc>('single', { indexes });
    const given = odd();
    const filler = Array.from({ length: MANY }, (_, i): Doc => ({ _id: `filler ${i}`, v: `filler ${i % 7}` }));
    await loaded.insertMany([...filler.slice(0, 3000), ...given, ...filler.slice(3000)]);
    for (let i = 0; i < filler.length; i += 1000) await insertEach(db, 'single', filler.slice(i, i + 1000));
    for (const doc of given) await single.insert(doc);
    const byId = (doc: Doc): unknown => (doc['_id'] instanceof Uint8Array ? doc['_id'].join() : doc['_id']);
    for (const doc of given) expect(loaded.get(byId(doc) as string)).toEqual(single.get(byId(doc) as string));
    for (const path of ['v', 'w', 'more.v']) {
      for (const value of [...values, 1, 'l'.repeat(3 << 20), 'short', 'filler 3']) {
        if (value instanceof Made || typeof value === 'object' && value !== null && !(value instanceof Date) && !(value instanceof Uint8Array)) continue;
        const found = (c: typeof loaded): unknown[] => c.find({ [path]: value ?? null }).toArray().map(byId).map(String).sort();
        expect(found(loaded), `${path} ${String(value).slice(0, 20)}`).toEqual(found(single));
      }
    }
    expect(loaded.get('made')).toEqual({ _id: 'made', n: 4 });
    await db.checkpoint();
    expect((await db.check()).findings).toEqual([]);
    await db.close();
  }, 60_000);

  test('refuses what a unique index can not tell apart', async () => {
    const db = await open(':memory:');
    const c = await db.createCollection<Doc>('c', { indexes: [{ name: 'v', on: ['v'], unique: true, sparse: true }] });
    const many = (v: unknown): Doc[] => Array.from({ length: MANY }, (_, i) => (i === 4500 ? { v } : { v: i }));
    for (const v of ['w'.repeat(1100), { a: 1 }]) await expect(c.insertMany(many(v))).rejects.toMatchObject({ code: 'VALUE' });
    for (const v of [7, [8, 8]]) await expect(c.insertMany(many(v))).rejects.toMatchObject({ code: 'DUPLICATE' });
    await c.insertMany(many('z'.repeat(501)));
    expect(c.find({ v: 'z'.repeat(501) }).count()).toBe(1);
    await db.close();
  }, 30_000);
});

test('an id that comes twice is named, by small and by large loads', async () => {
  const db = await open(':memory:');
  const c = await db.createCollection<Doc>('c', { indexes: [{ name: 'mail', on: ['mail'], unique: true, sparse: true }] });
  await c.insert({ _id: 'there', mail: 'x' });
  const many = Array.from({ length: MANY }, (_, i): Doc => ({ _id: `x${i}` }));
  for (const before of [[], many]) {
    for (const [ids, named] of [[['a', 'b', 'a'], '"a"'], [['a', 'there'], '"there"'], [[5, 5], '5']] as const) {
      await expect(c.insertMany([...before, ...ids.map((_id): Doc => ({ _id }))])).rejects.toMatchObject({ code: 'DUPLICATE', message: `collection "c" already holds a document with the _id ${named}` });
    }
    await expect(c.insertMany([...before, { _id: 5 }, { _id: 5n }])).rejects.toMatchObject({ code: 'DUPLICATE', message: 'collection "c" already holds a document with the same _id' });
    await expect(c.insertMany([...before, { mail: 'x' }])).rejects.toMatchObject({ code: 'DUPLICATE', details: { index: 'mail' } });
  }
  expect(c.count()).toBe(1);
  await db.close();
}, 30_000);

test('many small loads, with finds, changes and checkpoints in between, leave what single inserts would', async () => {
  const seed = Number(process.env['SEED'] ?? 5);
  let state = seed;
  const random = (below: number): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) % below;
  const db = await open(':memory:');
  const c = await db.createCollection<Doc>('c', { indexes: [{ name: 'city', on: ['city'] }, { name: 'n', on: ['n'], unique: true }] });
  const want = new Map<number, Doc>();
  const told = `SEED=${seed} npx vitest run test/src/collection/load.test.ts`;
  for (let step = 0; step < 400; step++) {
    const dice = random(10);
    if (dice < 6) {
      const docs = Array.from({ length: 1 + random(60) }, (): Doc => ({ _id: random(20_000), city: `c${random(30)}`, n: random(1e9) }));
      const ids = new Set(docs.map(({ _id }) => _id));
      const isNew = ids.size === docs.length && docs.every(({ _id }) => !want.has(Number(_id)));
      const done = await c.insertMany(docs).then(() => true, (e: unknown) => { expect(e, told).toMatchObject({ code: 'DUPLICATE' }); return false; });
      expect(done, told).toBe(isNew);
      if (isNew) for (const doc of docs) want.set(Number(doc['_id']), doc);
    } else if (dice === 6) {
      const id = random(20_000);
      await c.delete({ _id: id as never });
      want.delete(id);
    } else if (dice === 7 && random(4) === 0) await db.checkpoint();
    else {
      const city = `c${random(30)}`;
      const found = c.find({ city }).toArray().map(({ _id }) => Number(_id)).sort((a, b) => a - b);
      expect(found, told).toEqual([...want.values()].filter((doc) => doc['city'] === city).map(({ _id }) => Number(_id)).sort((a, b) => a - b));
    }
  }
  for (const [id, doc] of want) expect(c.get(id as never), told).toEqual(doc);
  expect(c.count(), told).toBe(want.size);
  await db.checkpoint();
  expect((await db.check()).findings, told).toEqual([]);
  await db.close();
}, 60_000);

test('a load that ends while a checkpoint takes the keys of the one before refuses the same ids', async () => {
  let during = 0;
  for (let turns = 0; turns < 40; turns++) {
    const db = await open(':memory:');
    const c = await db.createCollection<Doc>('c');
    await c.insertMany(Array.from({ length: 3000 }, (_, i): Doc => ({ _id: `x${i}` })));
    let isRunning = true;
    let checkpoint: Promise<unknown> | undefined;
    async function* again(): AsyncGenerator<Doc> {
      for (let i = 0; i < 40; i++) yield { _id: `y${i}` };
      checkpoint = db.checkpoint().finally(() => { isRunning = false; });
      for (let i = 0; i < turns; i++) await new Promise((resolve) => { setImmediate(resolve); });
      if (isRunning) during++;
      yield { _id: 'x7' };
    }
    await expect(c.insertMany(again())).rejects.toMatchObject({ code: 'DUPLICATE' });
    await checkpoint;
    expect(c.count()).toBe(3000);
    await db.close();
  }
  expect(during).toBeGreaterThan(0);
}, 60_000);

test.each([20, 5000])('a load of %i documents that is cancelled inserts nothing, whenever that comes', async (count) => {
  const db = await open(':memory:');
  const c = await db.createCollection<Doc>('c');
  const docs = Array.from({ length: count }, (_, i): Doc => ({ _id: `x${i}` }));
  await expect(c.insertMany(docs, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  for (const at of [0, count - 1]) {
    const ending = new AbortController();
    function* rows(): Generator<Doc> {
      for (const [i, doc] of docs.entries()) {
        if (i === at) ending.abort();
        yield doc;
      }
    }
    await expect(c.insertMany(rows(), { direct: true, signal: ending.signal }), `at ${at}`).rejects.toMatchObject({ code: 'ABORTED' });
  }
  expect(c.count()).toBe(0);
  expect(await c.insertMany(docs)).toHaveLength(count);
  await db.close();
});
