import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memo, numeric, open, type Database, type ScanOptions, type Tx } from '../../src/main.js';
import { Session } from './session.js';

// A reader looks, others change what it looked at by every way there is, perhaps a checkpoint folds the change into the files
// or a pack replaces them, the reader looks again and then writes elsewhere.
const ROWS = 40;
const DELETED = 7;

const LOOKS: Record<string, (tx: Tx) => unknown> = {
  'scan': (tx) => rowsOf(tx, {}),
  'scan backwards': (tx) => rowsOf(tx, { reverse: true }),
  'scan with deleted': (tx) => rowsOf(tx, { deleted: true }),
  'scan of the end': (tx) => rowsOf(tx, { from: 5 }),
  'get each': (tx) => Array.from({ length: 2 * ROWS }, (_, i) => tx.table('test').get(i + 1)?.['value']),
  'get each with deleted': (tx) => Array.from({ length: 2 * ROWS }, (_, i) => tx.table('test').get(i + 1, { deleted: true })?.['text']),
  'getMany': (tx) => tx.table('test').getMany(Array.from({ length: 2 * ROWS }, (_, i) => i + 1)).map((row) => row?.['value']),
};

function rowsOf(tx: Tx, options: ScanOptions): unknown[] {
  return [...tx.table('test').scan(options)].map((row) => [row.$recno, row.$deleted, row['value'], row['text']]);
}

/** `seenBy`: the looks that a change of this kind changes, so that a serializable reader must be stopped. */
const CHANGES: Record<string, { run: (db: Database) => Promise<unknown>; unseenBy?: readonly string[] }> = {
  'an insert': { run: (d) => d.table('test').insert({ value: 1000, text: 'new' }) },
  'a small insertMany': { run: (d) => d.table('test').insertMany([{ value: 1, text: 'x' }, { value: 2 }]) },
  'a large insertMany': { run: (d) => d.table('test').insertMany([{ value: 1, text: 'x' }, { value: 2 }], { direct: true }) },
  'an update': { run: (d) => d.table('test').update(12, { value: 77, text: 'changed' }) },
  'a delete': { run: (d) => d.table('test').delete(12) },
  'a recall': { run: (d) => d.table('test').recall(DELETED) },
  'an insert that is deleted again': { run: async (d) => { await d.table('test').delete(await d.table('test').insert({ value: 3 })); } },
};

const EVENTS: Record<string, (db: Database) => Promise<unknown>> = {
  'nothing': () => Promise.resolve(),
  'a checkpoint': (d) => d.checkpoint(),
  'two checkpoints with a change between': async (d) => {
    await d.checkpoint();
    await d.table('test').update(3, { value: 33 });
    await d.checkpoint();
  },
  'a pack': (d) => d.table('test').pack(),
  'a rename': (d) => d.renameTable('test', 'renamed'),
};

let db: Database;

beforeEach(async () => {
  db = await open(':memory:');
  await db.createTable('test', { value: numeric(8), text: memo() });
  await db.createTable('other', { value: numeric(8) });
  await db.transaction((tx) => { for (let i = 1; i <= ROWS; i++) tx.table('test').insert({ value: i, text: `memo ${i}` }); });
  await db.table('test').delete(DELETED);
  await db.checkpoint();
});

afterEach(async () => { await db.close(); });

const CASES = Object.keys(LOOKS).flatMap((look) => Object.keys(CHANGES).flatMap((change) => Object.keys(EVENTS).map((event) => ({ look, change, event }))));

describe.each(CASES)('$look, $change, $event', ({ look, change, event }) => {
  const see = LOOKS[look] ?? ((): unknown => undefined);

  test('a snapshot stays as it is', async () => {
    const reader = new Session(db);
    const before = await reader.step(see);
    await CHANGES[change]?.run(db);
    expect(await reader.step(see)).toEqual(before);
    await EVENTS[event]?.(db);
    expect(await reader.step(see)).toEqual(before);
    await reader.step((tx) => { tx.table('other').insert({ value: 1 }); });
    expect(await reader.step(see)).toEqual(before);
    expect(await reader.outcome()).toBe('committed');
  });

  test('a serializable transaction does not write by what has changed', async () => {
    const reader = new Session(db, { isolation: 'serializable' });
    await reader.step(see);
    await CHANGES[change]?.run(db);
    await EVENTS[event]?.(db);
    await reader.step((tx) => { tx.table('other').insert({ value: 1 }); });
    expect(await reader.outcome()).toBe('CONFLICT');
    expect(db.table('other').recordCount).toBe(0);
  });
});

describe('record numbers that were given before the snapshot and committed after it', () => {
  const read = (tx: Tx): (Record<string, unknown> | undefined)[] => [1, 2, 3].map((i) => tx.table('other').get(i, { deleted: true }));

  test.each(Object.keys(EVENTS).filter((name) => !name.startsWith('a rename')))('%s', async (event) => {
    const early = new Session(db);
    expect(await early.step((tx) => tx.table('other').insert({ value: 1 }))).toBe(1);
    expect(await db.table('other').insert({ value: 2 })).toBe(2);
    const reader = new Session(db);
    const strict = new Session(db, { isolation: 'serializable' });
    expect((await reader.step(read)).map((row) => row?.['value'])).toEqual([undefined, 2, undefined]);
    await strict.step(read);
    await EVENTS[event]?.(db);
    expect((await reader.step(read)).map((row) => row?.['value'])).toEqual([undefined, 2, undefined]);
    await early.commit();
    await EVENTS[event]?.(db);
    expect((await reader.step(read)).map((row) => row?.['value'])).toEqual([undefined, 2, undefined]);
    expect(await reader.step((tx) => [...tx.table('other').scan({ deleted: true })].map((row) => row.$recno))).toEqual([2]);
    await strict.step((tx) => { tx.table('test').insert({ value: 5 }); });
    expect(await strict.outcome()).toBe('CONFLICT');
    await reader.commit();
    expect(db.table('other').scan().toArray().map((row) => row['value'])).toEqual([1, 2]);
  });
});

test('the record count is something that was read', async () => {
  for (const checkpoint of [false, true]) {
    const [t1, t2] = [new Session(db, { isolation: 'serializable' }), new Session(db, { isolation: 'serializable' })];
    const insertOnce = (tx: Tx): void => { if (tx.table('other').recordCount % 2 === 0) tx.table('other').insert({ value: 1 }); };
    await t1.step(insertOnce);
    await t2.step(insertOnce);
    await t1.commit();
    if (checkpoint) await db.checkpoint();
    expect(await t2.outcome()).toBe('CONFLICT');
    await db.table('other').insert({ value: 2 });
  }
});

test('a scan that began keeps its rows while the table changes under it', async () => {
  const rows: unknown[] = [];
  const expected = db.table('test').scan().toArray().map((row) => [row.$recno, row['value']]);
  for await (const row of db.table('test').scan()) {
    rows.push([row.$recno, row['value']]);
    if (row.$recno === 2) await db.table('test').insertMany(Array.from({ length: 9 }, () => ({ value: 5 })), { direct: true });
    if (row.$recno === 4) await db.table('test').update(20, { value: 999 });
    if (row.$recno === 5) await db.checkpoint();
    if (row.$recno === 10) await db.table('test').pack();
    if (row.$recno === 15) await db.dropTable('test');
  }
  expect(rows).toEqual(expected);
});
