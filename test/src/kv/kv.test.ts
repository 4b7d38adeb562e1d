import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeEnvironment, MemoryVfs } from '#storage';
import type { Database } from '../../../src/database.js';
import { openIn } from '../../../src/open.js';

let vfs: MemoryVfs;
let nowMs = 0;
let db: Database;
const environment = () => {
  const env = nodeEnvironment(vfs);
  return { ...env, clock: { nowMs: () => nowMs, monotonicNs: () => env.clock.monotonicNs() } };
};
const reopen = async (options = {}): Promise<void> => {
  await db.close();
  db = await openIn(environment(), '/db', options);
};

beforeEach(async () => {
  vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  nowMs = 1e12;
  db = await openIn(environment(), '/db');
});
afterEach(() => db.close());

describe('a store', () => {
  test('keeps what was put, through checkpoints and reopening', async () => {
    const kv = db.kv<string, unknown>('settings');
    expect(db.stores()).toEqual([]);
    await kv.put('a', { n: 1 });
    await kv.put('b', [1, 'two', null]);
    await kv.put('a', { n: 2 });
    expect(kv.get('a')).toEqual({ n: 2 });
    expect(db.stores()).toEqual(['settings']);
    await db.checkpoint();
    expect(kv.get('a')).toEqual({ n: 2 });
    await kv.delete('b');
    expect(kv.get('b')).toBeUndefined();
    expect(kv.has('b')).toBe(false);
    await reopen();
    const again = db.kv('SETTINGS');
    expect(again.get('a')).toEqual({ n: 2 });
    expect([...again.keys()]).toEqual(['a']);
    expect(again.count()).toBe(1);
    expect(db.stores()).toEqual(['settings']);
  });

  test('with pages of 4 KB takes keys that fit into them, and refuses longer ones at once', async () => {
    await reopen({ pageSize: '4kb' });
    const kv = db.kv<string, string>('small', { values: 'utf8' });
    const longest = (i: number): string => `${i}`.padStart(4, '0').padEnd(3968, 'k');
    for (let i = 0; i < 40; i++) await kv.put(longest(i), `value ${i}`);
    await db.checkpoint();
    for (let i = 0; i < 40; i += 3) await kv.delete(longest(i));
    await kv.batch(Array.from({ length: 300 }, (_, i) => ({ type: 'put' as const, key: `short ${i}`, value: 'v'.repeat(i * 20) })));
    await expect(kv.put('x'.repeat(3969), 'no')).rejects.toMatchObject({ code: 'LIMIT' });
    await expect(db.transaction((tx) => { tx.kv(kv).put('x'.repeat(3969), 'no'); })).rejects.toMatchObject({ code: 'LIMIT' });
    expect(kv.get('x'.repeat(3969))).toBeUndefined();
    await kv.compact();
    await reopen();
    const again = db.kv<string, string>('small', { values: 'utf8' });
    await expect(again.put('x'.repeat(3969), 'no')).rejects.toMatchObject({ code: 'LIMIT' });
    for (let i = 0; i < 40; i++) expect(again.get(longest(i))).toBe(i % 3 === 0 ? undefined : `value ${i}`);
    expect(again.get('short 299')).toBe('v'.repeat(5980));
    expect(again.count()).toBe(326);
    expect((await db.check()).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    await db.kv<string, string>('large', { values: 'utf8' }).put('x'.repeat(4096), 'yes');
  });

  test('walks ranges in key order, both ways, sync and async', async () => {
    const kv = db.kv<readonly (string | number)[], string>('t', { keys: 'tuple', values: 'utf8' });
    for (const part of ['x', 'y']) for (let i = 0; i < 30; i++) await kv.put([part, i], `${part}${i}`);
    await db.checkpoint();
    await kv.delete(['x', 5]);
    await kv.put(['x', 5.5], 'half');
    expect(kv.values({ gte: ['x', 4], lt: ['x', 7] }).toArray()).toEqual(['x4', 'half', 'x6']);
    expect(kv.keys({ prefix: ['y'], reverse: true, limit: 2 }).toArray()).toEqual([['y', 29], ['y', 28]]);
    const seen: unknown[] = [];
    for await (const [key, value] of kv.entries({ gt: ['y', 27] })) seen.push([key, value]);
    expect(seen).toEqual([[['y', 28], 'y28'], [['y', 29], 'y29']]);
    expect(kv.count()).toBe(60);
    expect(kv.count({ prefix: ['x'] })).toBe(30);
    expect(kv.count({ gt: ['x', 3], lte: ['x', 6], limit: 2 })).toBe(2);
    await kv.clear({ prefix: ['x'] });
    expect(kv.count()).toBe(30);
    expect(kv.keys({ limit: 1 }).toArray()).toEqual([['y', 0]]);
    await kv.clear();
    expect(kv.count()).toBe(0);
    expect(kv.entries().toArray()).toEqual([]);
  });

  test('applies a batch as a whole, the last change of a key counting', async () => {
    const kv = db.kv<number, Uint8Array>('n', { keys: 'number', values: 'binary' });
    await kv.batch([{ type: 'put', key: 1, value: Uint8Array.of(1) }, { type: 'put', key: -1, value: Uint8Array.of(2) }, { type: 'del', key: 1 }, { type: 'put', key: 1, value: Uint8Array.of(3) }]);
    expect(kv.getMany([1, -1, 0])).toEqual([Uint8Array.of(3), Uint8Array.of(2), undefined]);
    await expect(kv.batch([{ type: 'put', key: 5, value: Uint8Array.of(1) }, { type: 'put', key: NaN, value: Uint8Array.of(1) }])).rejects.toMatchObject({ code: 'VALUE' });
    expect(kv.has(5)).toBe(false);
    expect(kv.keys().toArray()).toEqual([-1, 1]);
  });

  test('refuses other kinds, unknown options and bad names', async () => {
    await db.kv('s', { values: 'utf8' }).put('k', 'v');
    expect(() => db.kv('s', { values: 'json' })).toThrow(expect.objectContaining({ code: 'SCHEMA' }));
    expect(db.kv('s').get('k')).toBe('v');
    expect(() => db.kv('../x')).toThrow(expect.objectContaining({ code: 'NAME' }));
    expect(() => db.kv('x', { key: 'utf8' } as never)).toThrow(expect.objectContaining({ code: 'OPTION' }));
    expect(() => db.kv('s').keys({ from: 'a' } as never)).toThrow(expect.objectContaining({ code: 'OPTION' }));
    await expect(db.kv('j').put('k', undefined)).rejects.toMatchObject({ code: 'VALUE' });
    await reopen();
    expect(() => db.kv('s', { keys: 'number' })).toThrow(expect.objectContaining({ code: 'SCHEMA' }));
  });

  test('never shows an old value from its table of hot values', async () => {
    const kv = db.kv<string, string>('hot', { values: 'utf8' });
    for (let i = 0; i < 50; i++) {
      await kv.put('k', `v${i}`);
      expect([kv.get('k'), kv.get('k')]).toEqual([`v${i}`, `v${i}`]);
      if (i % 10 === 0) await db.checkpoint();
    }
    await kv.delete('k');
    expect(kv.get('k')).toBeUndefined();
  });

  test('lets values expire by the clock', async () => {
    const kv = db.kv<string, number>('ttl');
    await kv.put('short', 1, { expiresAt: nowMs + 1000 });
    await kv.put('long', 2, { expiresAt: new Date(nowMs + 5000) });
    await kv.batch([{ type: 'put', key: 'ever', value: 3 }]);
    expect(kv.count()).toBe(3);
    nowMs += 1000;
    expect([kv.get('short'), kv.has('short'), kv.count()]).toEqual([undefined, false, 2]);
    await reopen();
    nowMs += 4000;
    expect(db.kv('ttl').entries().toArray()).toEqual([['ever', 3]]);
    await expect(db.kv('ttl').put('x', 1, { expiresAt: NaN })).rejects.toMatchObject({ code: 'VALUE' });
  });

  test('keeps large values in parts and streams them', async () => {
    const kv = db.kv<string, Uint8Array>('big', { values: 'binary' });
    const bytes = (n: number, seed: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * seed) >>> 5);
    const nine = bytes(9 << 20, 7);
    await kv.put('direct', nine);
    await kv.put('direct', nine);
    await kv.putStream('stream', (function* () { for (let i = 0; i < 90; i++) yield bytes(100_000, i); })());
    await kv.putStream('small', ['text ', Buffer.from('and bytes')]);
    await reopen();
    const again = db.kv<string, Uint8Array>('big');
    expect(Buffer.compare(again.get('direct') ?? Buffer.alloc(0), nine)).toBe(0);
    const pieces: Buffer[] = [];
    for await (const piece of again.getStream('stream') ?? []) pieces.push(piece as Buffer);
    expect(Buffer.compare(Buffer.concat(pieces), Buffer.concat(Array.from({ length: 90 }, (_, i) => bytes(100_000, i))))).toBe(0);
    expect(again.getStream('none')).toBeUndefined();
    expect(Buffer.from(again.get('small') ?? []).toString()).toBe('text and bytes');
    expect(db.stores()).toEqual(['big']);
    await again.delete('direct');
    await again.put('stream', Uint8Array.of(1));
    expect(again.get('stream')).toEqual(Uint8Array.of(1));
    await expect(again.putStream('broken', (async function* () { yield bytes(5 << 20, 3); await Promise.resolve(); throw new Error('pulled out'); })())).rejects.toThrow('pulled out');
    expect(again.has('broken')).toBe(false);
    await again.clear();
    expect(db.kv('big').count()).toBe(0);
  });
});

describe('transactions', () => {
  test('see their own writes and become visible together', async () => {
    const kv = db.kv<string, number>('acc');
    await kv.batch([{ type: 'put', key: 'a', value: 10 }, { type: 'put', key: 'b', value: 0 }, { type: 'put', key: 'c', value: 1 }]);
    await db.checkpoint();
    await db.transaction((tx) => {
      const t = tx.kv(kv);
      t.put('a', (t.get('a') ?? 0) - 5);
      t.put('b', 5);
      t.delete('c');
      t.put('ab', 1);
      expect(t.entries().toArray()).toEqual([['a', 5], ['ab', 1], ['b', 5]]);
      expect(t.keys({ reverse: true }).toArray()).toEqual(['b', 'ab', 'a']);
      expect(t.count()).toBe(3);
      expect(kv.get('a')).toBe(10);
    });
    expect(kv.entries().toArray()).toEqual([['a', 5], ['ab', 1], ['b', 5]]);
    await expect(db.transaction((tx) => { tx.kv('acc').put('z', 1); throw new Error('no'); })).rejects.toThrow('no');
    expect(kv.has('z')).toBe(false);
  });

  test('go back to savepoints', async () => {
    const kv = db.kv<string, number>('s');
    await db.transaction((tx) => {
      const t = tx.kv(kv);
      t.put('a', 1);
      tx.savepoint('one');
      t.put('a', 2);
      t.put('b', 2);
      t.delete('a');
      tx.rollbackTo('one');
      expect(t.entries().toArray()).toEqual([['a', 1]]);
      t.put('c', 3);
    });
    expect(kv.entries().toArray()).toEqual([['a', 1], ['c', 3]]);
  });

  test('conflict when they wrote the same key, and run again', async () => {
    const kv = db.kv<string, number>('n');
    await kv.put('n', 0);
    const add = (): Promise<void> => db.transaction(async (tx) => {
      const t = tx.kv(kv);
      const n = t.get('n') ?? 0;
      await new Promise((resolve) => { setTimeout(resolve, 1); });
      t.put('n', n + 1);
    }, { retries: 100 });
    await Promise.all(Array.from({ length: 8 }, add));
    expect(kv.get('n')).toBe(8);
    expect(db.stats().counters['transactions']?.['conflicts']).toBeGreaterThan(0);
  });

  test('serializable: a range that was read and changed is a conflict', async () => {
    const kv = db.kv<string, number>('duty');
    await kv.batch([{ type: 'put', key: 'ann', value: 1 }, { type: 'put', key: 'bob', value: 1 }]);
    const leave = (who: string, isolation: 'snapshot' | 'serializable'): Promise<void> => db.transaction(async (tx) => {
      const t = tx.kv(kv);
      const on = t.values().toArray().reduce((a, b) => a + b, 0);
      await new Promise((resolve) => { setTimeout(resolve, 2); });
      if (on > 1) t.put(who, 0);
    }, { isolation });
    await Promise.all([leave('ann', 'serializable'), leave('bob', 'serializable')]);
    expect(kv.values().toArray().reduce((a, b) => a + b, 0)).toBe(1);
    await kv.batch([{ type: 'put', key: 'ann', value: 1 }, { type: 'put', key: 'bob', value: 1 }]);
    await Promise.all([leave('ann', 'snapshot'), leave('bob', 'snapshot')]);
    expect(kv.values().toArray()).toEqual([0, 0]);
  });

  test('serializable: an absent key that appears is a conflict', async () => {
    const kv = db.kv<string, number>('once');
    const results = await Promise.all(['x', 'y'].map((who) => db.transaction(async (tx) => {
      const t = tx.kv(kv);
      const free = !t.has('seat');
      await new Promise((resolve) => { setTimeout(resolve, 2); });
      if (free) t.put(who === 'x' ? 'seat' : 'seat2', 1);
      return free;
    }, { isolation: 'serializable' })));
    expect(results.filter(Boolean).length).toBeLessThanOrEqual(2);
    expect(kv.has('seat')).toBe(true);
  });

  test('wait for locked keys', async () => {
    const kv = db.kv<string, string>('l');
    const order: string[] = [];
    await Promise.all([
      db.transaction(async (tx) => {
        await tx.lock(kv, 'k');
        await new Promise((resolve) => { setTimeout(resolve, 5); });
        tx.kv(kv).put('k', 'locked');
        order.push('locked');
      }),
      new Promise((resolve) => { setTimeout(resolve, 1); }).then(() => kv.put('k', 'free')).then(() => order.push('free')),
    ]);
    expect(order).toEqual(['locked', 'free']);
    expect(kv.get('k')).toBe('free');
  });

  test('span tables and stores', async () => {
    const { char, integer } = await import('../../../src/main.js');
    const people = await db.createTable('people', { name: char(10), n: integer() });
    const kv = db.kv<string, number>('counts');
    await db.transaction((tx) => {
      tx.table(people).insert({ name: 'Ada', n: 1 });
      tx.kv(kv).put('people', 1);
    });
    await reopen();
    expect(db.table('people').get(1)).toMatchObject({ name: 'Ada' });
    expect(db.kv('counts').get('people')).toBe(1);
  });
});

describe('snapshots', () => {
  test('stay as they were through commits and checkpoints', async () => {
    const kv = db.kv<string, number>('v');
    for (let i = 0; i < 40; i++) await kv.put(`k${i % 7}`, i);
    const snaps: { snap: ReturnType<Database['snapshot']>; wanted: unknown }[] = [];
    for (let i = 0; i < 60; i++) {
      if (i % 6 === 0) snaps.push({ snap: db.snapshot(), wanted: kv.entries().toArray() });
      if (i % 3 === 0) await kv.delete(`k${i % 7}`);
      else await kv.put(`k${i % 11}`, 100 + i);
      if (i % 5 === 0) await db.checkpoint();
      for (const { snap, wanted } of snaps) {
        expect(snap.kv(kv).entries().toArray()).toEqual(wanted);
        expect(snap.kv(kv).entries({ reverse: true }).toArray().reverse()).toEqual(wanted);
        expect(snap.kv(kv).count()).toBe((wanted as unknown[]).length);
        for (const [key, value] of wanted as [string, number][]) expect(snap.kv<string, number>(kv).get(key)).toBe(value);
      }
      if (i % 20 === 19) snaps.shift()?.snap.close();
    }
    for (const { snap } of snaps) snap.close();
    expect(db.stats().counters['engine']?.['historyBytes']).toBe(0);
  });

  test('walks go on over checkpoints', async () => {
    const kv = db.kv<number, number>('w', { keys: 'number' });
    await kv.batch(Array.from({ length: 500 }, (_, i) => ({ type: 'put' as const, key: i, value: i })));
    const seen: number[] = [];
    for await (const [key] of kv.entries()) {
      seen.push(key);
      if (key % 100 === 50) {
        await kv.batch([{ type: 'del', key: key + 1 }, { type: 'put', key: key + 0.5, value: 0 }]);
        await db.checkpoint();
      }
    }
    expect(seen).toEqual(Array.from({ length: 500 }, (_, i) => i));
    expect(kv.count()).toBe(500);
  });
});
