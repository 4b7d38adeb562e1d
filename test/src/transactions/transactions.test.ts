import { MemoryVfs } from '#storage';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { char, integer, memo, numeric, open, type Database, type Tx } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { Session } from '../../isolation/session.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { simEnvironment } from '../../support/sim-clock.js';

let db: Database;

beforeEach(async () => {
  db = await open(':memory:', { transactionMemory: '64kb' });
  await db.createTable('t', { name: char(20), n: numeric(8), notes: memo() });
});

afterEach(async () => { await db.close(); });

const names = (): unknown[] => db.table('t').scan().toArray().map((row) => row['name']);
const later = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

describe('a transaction', () => {
  test('sees its own writes, others do not before the commit', async () => {
    await db.transaction(async (tx) => {
      const t = tx.table('t');
      const recno = t.insert({ name: 'one', notes: 'a memo' });
      expect(t.get(recno)).toMatchObject({ name: 'one', notes: 'a memo' });
      t.update(recno, { n: 5, notes: 'another' });
      expect([...t.scan()].map((row) => [row.$recno, row['n'], row['notes']])).toEqual([[recno, 5, 'another']]);
      await later();
      expect(db.table('t').get(recno)).toBeUndefined();
      expect(db.table('t').recordCount).toBe(0);
      expect(t.recordCount).toBe(1);
      t.delete(recno);
      expect(t.get(recno)).toBeUndefined();
      expect(t.get(recno, { deleted: true })).toMatchObject({ name: 'one' });
      expect(t.recall(recno)).toBe(true);
      expect(t.recall(recno)).toBe(false);
    });
    expect(db.table('t').get(1)).toMatchObject({ name: 'one', n: 5, notes: 'another' });
  });

  test('gives the value of its body back; sync and async', async () => {
    expect(await db.transaction(() => 7)).toBe(7);
    expect(await db.transaction(() => Promise.resolve('x'))).toBe('x');
    expect(db.transactionSync(() => 8)).toBe(8);
  });

  test('goes back to savepoints, which stay, nest and may share a name', async () => {
    await db.transaction((tx) => {
      const t = tx.table('t');
      t.insert({ name: 'kept', notes: 'old' });
      tx.savepoint('a');
      t.insert({ name: 'gone' });
      t.update(1, { notes: 'new' });
      tx.savepoint('b');
      t.delete(1);
      tx.savepoint('a');
      t.insert({ name: 'gone too' });
      tx.rollbackTo('a'); // the newest
      expect(t.get(1)).toBeUndefined();
      tx.rollbackTo('b');
      expect(t.get(1)).toMatchObject({ notes: 'new' });
      tx.rollbackTo('a');
      expect([...t.scan()].map((row) => [row['name'], row['notes']])).toEqual([['kept', 'old']]);
      tx.rollbackTo('a');
      expect(() => { tx.rollbackTo('b'); }).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
      t.insert({ name: 'last' });
    });
    expect(names()).toEqual(['kept', 'last']);
    expect(db.table('t').recordCount).toBe(2);
  });

  test('that rolls back or throws leaves nothing, and its record numbers are given again', async () => {
    await db.transaction((tx) => {
      expect(tx.table('t').insert({ name: 'x' })).toBe(1);
      tx.rollback();
      expect(() => tx.table('t').insert({ name: 'y' })).toThrow(expect.objectContaining({ code: 'TXN_DONE' }));
    });
    const mine = new Error('mine');
    await expect(db.transaction((tx) => { tx.table('t').insert({ name: 'x' }); throw mine; })).rejects.toBe(mine);
    await expect(db.transaction(async (tx) => { tx.table('t').insert({ name: 'x' }); await later(); throw mine; })).rejects.toBe(mine);
    expect(() => db.transactionSync((tx) => { tx.table('t').insert({ name: 'x' }); throw mine; })).toThrow(mine);
    expect(await db.table('t').insert({ name: 'z' })).toBe(1);
    expect(db.stats().transactions).toEqual([]);
    expect(db.stats().counters['engine']).toMatchObject({ snapshots: 0, openTransactions: 0 });
  });

  test('that leaks out of its body is done', async () => {
    let leaked: Tx | undefined;
    await db.transaction((tx) => { leaked = tx; tx.table('t').insert({ name: 'x' }); });
    const tx = leaked as Tx;
    const done = expect.objectContaining({ code: 'TXN_DONE' });
    for (const use of [
      () => tx.table('t'), () => { tx.savepoint('s'); }, () => { tx.rollbackTo('s'); }, () => { tx.rollback(); },
    ]) expect(use).toThrow(done);
    await expect(tx.lock('t')).rejects.toThrow(done);
  });

  test('table handles and scans that leak are done too', async () => {
    await db.table('t').insert({ name: 'x' });
    const { t, rows } = await db.transaction((tx) => {
      const table = tx.table('t');
      return { t: table, rows: table.scan() };
    });
    const done = expect.objectContaining({ code: 'TXN_DONE' });
    for (const use of [
      () => t.get(1), () => t.getMany([1]), () => t.recordCount, () => t.insert({}), () => { t.update(1, {}); }, () => t.delete(1), () => t.recall(1),
      () => [...t.scan()], () => [...rows],
    ]) expect(use).toThrow(done);
  });

  test('is run again after a conflict as often as retries says, and counted', async () => {
    await db.table('t').insert({ name: 'x', n: 0 });
    const before = db.stats().counters['transactions'] ?? {};
    let runs = 0;
    const disturbed = (retries: number): Promise<void> => db.transaction(async (tx) => {
      runs++;
      const n = Number(tx.table('t').get(1)?.['n']);
      await db.table('t').update(1, { n: n + 10 });
      tx.table('t').update(1, { n: n + 1 });
    }, { retries });
    await expect(disturbed(3)).rejects.toThrow(expect.objectContaining({ code: 'CONFLICT', table: 't', recno: 1 }));
    expect(runs).toBe(4);
    runs = 0;
    await expect(disturbed(0)).rejects.toThrow(expect.objectContaining({ code: 'CONFLICT' }));
    expect(runs).toBe(1);
    const after = db.stats().counters['transactions'] ?? {};
    expect((after['conflicts'] ?? 0) - (before['conflicts'] ?? 0)).toBe(5);
    expect((after['retries'] ?? 0) - (before['retries'] ?? 0)).toBe(3);
    expect(db.table('t').get(1)?.['n']).toBe(50);
  });

  test('64 increments at once are all counted', async () => {
    await db.table('t').insert({ name: 'counter', n: 0 });
    await Promise.all(Array.from({ length: 64 }, () => db.transaction(async (tx) => {
      const n = Number(tx.table('t').get(1)?.['n']);
      await later();
      tx.table('t').update(1, { n: n + 1 });
    }, { retries: 100 })));
    expect(db.table('t').get(1)?.['n']).toBe(64);
  });

  test('larger than transactionMemory fails with LIMIT and writes nothing', async () => {
    await expect(db.transaction((tx) => {
      for (let i = 0; i < 10_000; i++) tx.table('t').insert({ name: 'x', notes: 'y'.repeat(100) });
    })).rejects.toThrow(expect.objectContaining({ code: 'LIMIT', option: 'transactionMemory' }));
    expect(db.table('t').recordCount).toBe(0);
    await db.transaction((tx) => {
      tx.savepoint('s');
      for (let round = 0; round < 50; round++) {
        for (let i = 0; i < 100; i++) tx.table('t').insert({ name: 'x', notes: 'y'.repeat(100) });
        tx.rollbackTo('s');
      }
      tx.table('t').insert({ name: 'small' });
    });
    expect(names()).toEqual(['small']);
  });

  test('spans tables, all or nothing', async () => {
    await db.createTable('u', { v: numeric(4) });
    await expect(db.transaction((tx) => {
      tx.table('t').insert({ name: 'x' });
      tx.table('u').insert({ v: 123456 });
    })).rejects.toThrow(expect.objectContaining({ code: 'VALUE' }));
    expect([db.table('t').recordCount, db.table('u').recordCount]).toEqual([0, 0]);
  });

  test('goes on after an error that its body caught: the failed call left nothing', async () => {
    await db.transaction((tx) => {
      const t = tx.table('t');
      t.insert({ name: 'one', n: 1 });
      expect(() => t.insert({ name: 'x'.repeat(21) })).toThrow(expect.objectContaining({ code: 'VALUE' }));
      expect(() => { t.update(1, { n: 1, name: 'x'.repeat(21), notes: 'half' }); }).toThrow(expect.objectContaining({ code: 'VALUE' }));
      expect(() => { t.update(9, { n: 1 }); }).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    });
    expect(db.table('t').scan().toArray()).toMatchObject([{ name: 'one', n: 1, notes: '' }]);
  });

  test('serves readers without a write side', async () => {
    expect(await db.transaction((tx) => tx.table('t').recordCount, { isolation: 'serializable' })).toBe(0);
    expect(db.transactionSync((tx) => tx.table('t').recordCount)).toBe(0);
  });
});

describe('transactionSync', () => {
  test('refuses a body that returns a promise, and rolls it back', () => {
    expect(() => db.transactionSync(async (tx) => {
      tx.table('t').insert({ name: 'x' });
      await later();
    })).toThrow(expect.objectContaining({ code: 'OPTION' }));
    expect(db.table('t').recordCount).toBe(0);
  });

  test('commits what waits before it, and is seen at once', async () => {
    const first = db.table('t').insert({ name: 'first' });
    await Promise.resolve();
    db.transactionSync((tx) => { tx.table('t').insert({ name: 'second' }); });
    expect(names()).toContain('second');
    await first;
    expect(names().sort()).toEqual(['first', 'second']);
  });

  test('refuses to wait for locks', async () => {
    await db.table('t').insert({ name: 'x' });
    const holder = new Session(db);
    await holder.step((tx) => tx.lock('t', 1));
    expect(() => { db.transactionSync((tx) => { tx.table('t').update(1, { n: 1 }); }); }).toThrow(expect.objectContaining({ code: 'LOCK_TIMEOUT', recno: 1 }));
    await holder.commit();
    db.transactionSync((tx) => { tx.table('t').update(1, { n: 1 }); });
    expect(db.table('t').get(1)?.['n']).toBe(1);
  });
});

describe('time', () => {
  async function simulated(): Promise<{ env: ReturnType<typeof simEnvironment>; db: Database }> {
    const vfs = new MemoryVfs();
    vfs.makeFolder('/db');
    const env = simEnvironment(1, vfs);
    const simDb = await openIn(env, '/db', { transactionWarnMs: 1000 }, fakeIdentity(1));
    const created = simDb.createTable('t', { n: numeric(4) });
    await env.settle();
    await created;
    return { env, db: simDb };
  }

  test('a transaction over its timeoutMs ends with ABORTED, even when its body never comes back; its locks are free', async () => {
    const { env, db: d } = await simulated();
    let leaked: Tx | undefined;
    const hung = d.transaction(async (tx) => {
      leaked = tx;
      await tx.lock('t');
      tx.table('t').insert({ n: 1 });
      await new Promise(() => undefined);
    }, { timeoutMs: 500, name: 'sleeper' });
    const outcome = hung.catch((e: unknown) => e);
    await env.advanceAsync(499);
    expect(d.stats().transactions).toHaveLength(1);
    await env.advanceAsync(1);
    expect(await outcome).toMatchObject({ code: 'ABORTED', message: expect.stringContaining('sleeper') });
    expect(d.stats().transactions).toEqual([]);
    expect(() => leaked?.table('t')).toThrow(expect.objectContaining({ code: 'ABORTED' }));
    const insert = d.table('t').insert({ n: 2 });
    await env.settle();
    expect(await insert).toBe(1);
  });

  test('an abandoned transaction is reported by name and age', async () => {
    const { env, db: d } = await simulated();
    void d.transaction((tx) => new Promise(() => { tx.table('t'); }), { name: 'abandoned' }).catch(() => undefined);
    await env.advanceAsync(999);
    expect(d.stats().transactions).toMatchObject([{ name: 'abandoned', overdue: false }]);
    await env.advanceAsync(2);
    expect(d.stats().transactions).toMatchObject([{ name: 'abandoned', ageMs: 1001, overdue: true }]);
  });

  test('close() ends open transactions with CLOSED, waits for nobody, and can be called twice', async () => {
    const { env, db: d } = await simulated();
    const hung = d.transaction(async (tx) => { tx.table('t').insert({ n: 1 }); await new Promise(() => undefined); }).catch((e: unknown) => e);
    const late = d.transaction(async (tx) => { await new Promise<void>((r) => { env.scheduler.later(r); }); tx.table('t').insert({ n: 1 }); }).catch((e: unknown) => e);
    const closed = Promise.all([d.close(), d.close()]);
    const begun = d.transaction(() => 1).catch((e: unknown) => e);
    await env.settle();
    await closed;
    expect([await hung, await late, await begun]).toMatchObject([{ code: 'CLOSED' }, { code: 'CLOSED' }, { code: 'CLOSED' }]);
  });
});

describe('automatic numbers', () => {
  test('are never given twice, and a rollback may leave a gap', async () => {
    await db.createTable('auto', { id: integer({ autoIncrement: true }), v: char(4) });
    await db.table('auto').insert({ v: 'a' });
    await expect(db.transaction((tx) => { tx.table('auto').insert({ v: 'x' }); throw new Error('no'); })).rejects.toThrow('no');
    await Promise.all(['b', 'c', 'd'].map((v) => db.table('auto').insert({ v })));
    await db.table('auto').insertMany([{ v: 'e' }, { v: 'f' }], { direct: true });
    const ids = db.table('auto').scan().toArray().map((row) => Number(row['id']));
    expect(new Set(ids).size).toBe(6);
    expect([...ids].sort((a, b) => a - b)).toEqual(ids);
  });
});

describe('large loads', () => {
  test('two at once, a pack and single inserts: all rows are there once', async () => {
    const rows = (tag: string): { name: string }[] => Array.from({ length: 300 }, (_, i) => ({ name: `${tag}${i}` }));
    await Promise.all([
      db.table('t').insertMany(rows('a'), { direct: true }), db.table('t').pack(), db.table('t').insertMany(rows('b'), { direct: true }),
      db.checkpoint(), db.table('t').insert({ name: 'one' }), db.table('t').pack(), db.table('t').insertMany(rows('c'), { direct: true }), db.checkpoint(),
    ]);
    expect([...names()].sort()).toEqual([...rows('a'), ...rows('b'), ...rows('c'), { name: 'one' }].map((row) => row.name).sort());
  });

  test('close() ends one whose rows never come, and leaves a plain file', async () => {
    const vfs = new MemoryVfs();
    vfs.makeFolder('/db');
    const env = simEnvironment(1, vfs);
    const settled = async <R>(work: Promise<R>): Promise<R> => {
      work.catch(() => undefined);
      await env.settle();
      return work;
    };
    const d = await openIn(env, '/db', {}, fakeIdentity(1));
    await settled(d.createTable('t', { n: numeric(4) }));
    await settled(d.table('t').insert({ n: 1 }));
    async function* never(): AsyncGenerator<{ n: number }> {
      for (let i = 0; i < 200_000; i++) yield { n: i % 1000 };
      await new Promise(() => undefined);
    }
    const load = d.table('t').insertMany(never(), { direct: true }).catch((e: unknown) => e);
    await env.settle();
    await settled(d.close());
    expect(await load).toMatchObject({ code: 'CLOSED' });
    const size = vfs.stat('/db/t.dbf')?.sizeBytes ?? 0;
    const again = await openIn(env, '/db', {}, fakeIdentity(2));
    expect(again.table('t').recordCount).toBe(1);
    expect(again.table('t').info()).toMatchObject({ findings: [] });
    expect(await settled(again.table('t').insert({ n: 2 }))).toBe(2);
    await settled(again.close());
    expect(vfs.stat('/db/t.dbf')?.sizeBytes).toBe(size + 5);
  });

  test('wait for a lock on the table, and the table lock waits for them', async () => {
    const holder = new Session(db);
    await holder.step((tx) => tx.lock('t'));
    const load = db.table('t').insertMany([{ name: 'x' }], { direct: true });
    const pack = db.table('t').pack();
    for (let i = 0; i < 20; i++) await later();
    await holder.step((tx) => { tx.table('t').insert({ name: 'holder' }); });
    await holder.commit();
    expect(names()).toContain('holder');
    await Promise.all([load, pack]);
    expect([...names()].sort()).toEqual(['holder', 'x']);
  });
});
