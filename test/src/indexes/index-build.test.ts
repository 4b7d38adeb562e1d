import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FieldstoneError, nodeEnvironment } from '#storage';
import { compareValues } from '../../../src/filter/compare-values.js';
import { char, date, integer, logical, memo, numeric, open, varchar, type Database, type TableSchema } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { interceptVfs } from '../../support/sim/intercept-vfs.js';
import { FOLDER, memoryFolder } from '../check/memory-folder.js';

const SEED = process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) };
const plain = { name: char(12), n: numeric(8, 2), born: date(), ok: logical() };
const rich = { ...plain, name: char(12, { nullable: true }), n: numeric(8, 2, { nullable: true }), i: integer(), v: varchar(8), big: numeric(18, 0, { as: 'bigint' }), notes: memo() };
type Row = Record<string, unknown>;

const text = fc.oneof(fc.constantFrom('', 'Ada', 'Ada b', 'Émile', 'Zoë', 'ad'), fc.stringMatching(/^[ -~]{0,10}[!-~]$/));
const someRow: fc.Arbitrary<Row> = fc.record({
  name: text, n: fc.option(fc.integer({ min: -9999, max: 9999 }).map((n) => n / 100)), ok: fc.option(fc.boolean()),
  born: fc.option(fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }).map((d) => new Date(Math.floor(d.getTime() / 86_400_000) * 86_400_000))),
  i: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), v: fc.constantFrom('', 'a', 'a ', 'é '), big: fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n }), notes: text,
});
const history = fc.record({
  dialect: fc.constantFrom('dbase3', 'clipper', 'foxpro2', 'vfp', 'vfp'), encoding: fc.constantFrom('cp1252', 'cp437', 'utf8'),
  base: fc.array(someRow, { maxLength: 60 }), added: fc.array(someRow, { maxLength: 12 }),
  changes: fc.array(fc.tuple(fc.nat(80), fc.constantFrom('delete', 'recall', 'update'), someRow), { maxLength: 25 }), folds: fc.boolean(),
});
const definition = fc.record({
  on: fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 3 }), descending: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  sparse: fc.boolean(), partial: fc.boolean(), type: fc.constantFrom('btree', 'skiplist'),
});

/** A table with rows in the file, deleted ones, and rows changed and added since the last checkpoint. */
async function tableOf(db: Database, h: typeof history extends fc.Arbitrary<infer T> ? T : never): Promise<{ schema: TableSchema }> {
  const schema: TableSchema = h.dialect === 'vfp' ? rich : plain;
  const t = db.table('t', undefined);
  const fit = (row: Row): Row => Object.fromEntries(Object.keys(schema).map((name) => [name, row[name]]));
  await t.insertMany(h.base.map(fit));
  await db.checkpoint();
  for (const row of h.added) await t.insert(fit(row));
  for (const [at, what, row] of h.changes) {
    const recno = at % Math.max(1, t.recordCount) + 1;
    if (t.get(recno, { deleted: true }) === undefined) continue;
    if (what === 'update' && t.get(recno) !== undefined) await t.update(recno, fit(row));
    else if (what === 'delete' && t.get(recno) !== undefined) await t.delete(recno);
    else if (what === 'recall' && t.get(recno) === undefined) await t.recall(recno);
  }
  if (h.folds) await db.checkpoint();
  return { schema };
}

/** Keys tell a number that is whole as a number, whatever the field gives. */
const shown = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
const isNothing = (value: unknown): boolean => value === null || value === undefined;

test('an index that is built holds what a plain walk over the rows says: deleted, changed and new rows, nulls, every kind of field', async () => {
  await fc.assert(fc.asyncProperty(history, definition, async (h, d) => {
    const db = await open(':memory:');
    await db.createTable('t', h.dialect === 'vfp' ? rich : plain, { dialect: h.dialect as 'vfp', encoding: h.encoding });
    const { schema } = await tableOf(db, h);
    const names = Object.keys(schema);
    const on = [...new Set(d.on.map((i) => names[i % names.length]!))].map((field, i) => ({ field, descending: d.descending[i] === true }));
    const t = db.table('t');
    await t.createIndex('ix', { on, sparse: d.sparse, type: d.type as 'btree', ...(d.partial ? { where: { n: { $gte: 0 } } } : {}) });
    const want = t.scan().toArray().filter((row) => !d.partial || (typeof row['n'] === 'number' && row['n'] >= 0))
      .map((row) => ({ values: on.map(({ field }) => row[field]), recno: row.$recno })).filter(({ values }) => !d.sparse || !values.every(isNothing))
      .sort((a, b) => {
        for (let i = 0; i < on.length; i++) {
          const order = compareValues(a.values[i], b.values[i]);
          if (order !== 0) return on[i]!.descending ? -order : order;
        }
        return a.recno - b.recno;
      }).map(({ values, recno }) => ({ values: values.map(shown), recno }));
    const got = (): unknown[] => t.index('ix').entries().toArray().map(({ key, recno }) => ({ values: (Array.isArray(key) ? key : [key]).map(shown), recno }));
    expect(got()).toEqual(want);
    expect((await db.check()).findings).toEqual([]);
    await t.reindex();
    expect(got()).toEqual(want);
    await db.close();
  }), { numRuns: 120, ...SEED });
}, 120_000);

test('building reports progress, can be cancelled, and leaves nothing then', async () => {
  const db = await open(':memory:');
  const t = await db.createTable('t', plain);
  await t.insertMany(Array.from({ length: 60_000 }, (_, i) => ({ name: `row ${(i * 7919) % 60_000}`, n: i % 1000 })));
  await db.checkpoint();
  const seen: number[] = [];
  await t.createIndex('by_name', { on: ['name'], onProgress: ({ done }) => { seen.push(done); } });
  expect(seen.length).toBeGreaterThan(3);
  expect(seen.at(-1)).toBe(60_000);
  const cancel = new AbortController();
  await expect(t.createIndex('by_n', { on: ['n'], signal: cancel.signal, onProgress: () => { cancel.abort(); } })).rejects.toThrow();
  expect(t.indexes().map((ix) => ix.name)).toEqual(['by_name']);
  let turns = 0;
  const timer = setInterval(() => { turns++; }, 0);
  await t.createIndex('by_n', { on: ['n'] });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
  expect(t.index('by_n').entries().toArray()).toHaveLength(60_000);
  await expect(t.createIndex('u', { on: ['n'], unique: true })).rejects.toMatchObject({ code: 'DUPLICATE' });
  await db.close();
});

test('a large index file is synced while the rest of it is computed; that sync failing alone fails the build, and nothing of it stays', async () => {
  const inner = memoryFolder();
  let failing: number | undefined;
  let syncs = 0;
  const vfs = interceptVfs(inner, {
    syncAsync: (file, _full, next) => {
      if (file.path.includes('.fsi.fs-') && ++syncs === failing) return Promise.reject(new FieldstoneError('IO', 'the disk took nothing'));
      return next();
    },
  });
  const db = await openIn(nodeEnvironment(vfs), FOLDER);
  const t = await db.createTable('t', { n: numeric(8) });
  await t.insertMany(Array.from({ length: 400_000 }, (_, i) => ({ n: i })), { direct: true });
  for (failing of [1, 2]) {
    syncs = 0;
    await expect(t.createIndex('by_n', { on: ['n'] })).rejects.toMatchObject({ code: 'IO' });
    expect(syncs).toBe(failing);
    expect(inner.list(FOLDER).filter((name) => name.includes('.fsi'))).toEqual([]);
  }
  failing = undefined;
  await t.createIndex('by_n', { on: ['n'] });
  expect(t.find({ n: 123_456 }).first()?.['n']).toBe(123_456);
  await db.close();
});
