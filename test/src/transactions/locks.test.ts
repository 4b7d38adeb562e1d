import { afterEach, beforeEach, expect, test } from 'vitest';
import { numeric, open, type Database } from '../../../src/main.js';
import { Session } from '../../isolation/session.js';

let db: Database;

beforeEach(async () => {
  db = await open(':memory:', { lockTimeoutMs: 200 });
  await db.createTable('t', { n: numeric(8) });
  await db.transaction((tx) => { for (let i = 1; i <= 4; i++) tx.table('t').insert({ n: 0 }); });
});

afterEach(async () => { await db.close(); });

const turns = async (): Promise<void> => { for (let i = 0; i < 10; i++) await new Promise((resolve) => { setImmediate(resolve); }); };
const set = (recno: number, n: number) => (tx: Parameters<Parameters<Database['transaction']>[0]>[0]): void => { tx.table('t').update(recno, { n }); };

test('locked increments never conflict', async () => {
  let runs = 0;
  await Promise.all(Array.from({ length: 20 }, () => db.transaction(async (tx) => {
    runs++;
    await tx.lock('t', 1);
    const n = Number(tx.table('t').get(1)?.['n']);
    await turns();
    tx.table('t').update(1, { n: n + 1 });
  }, { retries: 0 })));
  expect(runs).toBe(20);
  expect(db.table('t').get(1)?.['n']).toBe(20);
}, 20_000);

test('a circle of waits kills the youngest with DEADLOCK, the other goes on', async () => {
  const [a, b] = [new Session(db, { name: 'elder' }), new Session(db, { name: 'younger' })];
  await a.step((tx) => tx.lock('t', 1));
  await b.step((tx) => tx.lock('t', 2));
  const waits = a.step((tx) => tx.lock('t', 2));
  await expect(b.step((tx) => tx.lock('t', 1))).rejects.toThrow(expect.objectContaining({ code: 'DEADLOCK' }));
  await b.rollback();
  await waits;
  await a.commit();
});

test('a wait ends with LOCK_TIMEOUT that names the holder', async () => {
  const holder = new Session(db, { name: 'slow one' });
  await holder.step((tx) => tx.lock('t', 1, 'shared'));
  const other = new Session(db);
  await other.step((tx) => tx.lock('t', 1, 'shared'));
  await expect(other.step((tx) => tx.lock('t', 1, 'exclusive'))).rejects.toThrow(expect.objectContaining({ code: 'LOCK_TIMEOUT', message: expect.stringContaining('slow one') }));
  await other.rollback();
  await holder.commit();
});

test('queues are fair: a reader does not overtake a waiting writer', async () => {
  const order: string[] = [];
  const [first, writer, reader] = [new Session(db), new Session(db), new Session(db)];
  await first.step((tx) => tx.lock('t', 1, 'shared'));
  const w = writer.step((tx) => tx.lock('t', 1, 'exclusive')).then(() => order.push('writer'));
  await turns();
  const r = reader.step((tx) => tx.lock('t', 1, 'shared')).then(() => order.push('reader'));
  await turns();
  expect(order).toEqual([]);
  await first.commit();
  await w;
  await turns();
  expect(order).toEqual(['writer']);
  await writer.commit();
  await r;
  await reader.commit();
});

test('writers without locks respect the locks of others, on rows and on the table', async () => {
  for (const lock of [1, undefined]) {
    const holder = new Session(db);
    await holder.step((tx) => tx.lock('t', lock));
    let done = false;
    const writer = db.table('t').update(1, { n: 5 }).then(() => { done = true; });
    await turns();
    expect(done).toBe(false);
    if (lock === 1) await db.table('t').update(2, { n: 6 }); // another row is free
    await holder.commit();
    await writer;
  }
  const holder = new Session(db);
  await holder.step((tx) => tx.lock('t', 'shared'));
  await expect(db.table('t').insert({ n: 9 })).rejects.toThrow(expect.objectContaining({ code: 'LOCK_TIMEOUT' }));
  await holder.commit();
});

test('locks are kept when the body is run again, and given back at the end', async () => {
  let runs = 0;
  const done = db.transaction(async (tx) => {
    runs++;
    tx.table('t').get(1); // the view begins before the lock
    if (runs === 1) await db.table('t').update(1, { n: 50 });
    await tx.lock('t', 1);
    if (runs === 2) {
      const waiting = db.table('t').update(1, { n: 70 });
      await turns();
      waiting.catch(() => undefined);
    }
    set(1, Number(tx.table('t').get(1)?.['n']) + 1)(tx);
  });
  await done;
  expect(runs).toBe(2);
  await turns();
  expect(db.table('t').get(1)?.['n']).toBe(70);
  expect(db.stats().counters['locks']).toMatchObject({ held: 0, waiting: 0, owners: 0 });
});

test('a lock is refused for what is no table, record or mode', async () => {
  await db.transaction(async (tx) => {
    await expect(tx.lock('nope')).rejects.toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    await expect(tx.lock('t', 1.5)).rejects.toThrow(expect.objectContaining({ code: 'VALUE' }));
    await expect(tx.lock('t', -1)).rejects.toThrow(expect.objectContaining({ code: 'VALUE' }));
    await expect(tx.lock('t', 1, 'exklusive' as 'shared')).rejects.toThrow(expect.objectContaining({ code: 'VALUE' }));
    await expect(tx.lock(undefined as unknown as string)).rejects.toThrow(expect.objectContaining({ code: 'NAME' }));
  });
});
