import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemoryVfs, nodeEnvironment } from '#storage';
import type { OpenOptions } from '../../../src/config/open-options.js';
import type { Database } from '../../../src/database.js';
import { openIn } from '../../../src/open.js';

let vfs: MemoryVfs;
let nowMs = 0;
let db: Database;
const open = (options: OpenOptions = {}): Promise<Database> => {
  const env = nodeEnvironment(vfs);
  return openIn({ ...env, clock: { nowMs: () => nowMs, monotonicNs: () => env.clock.monotonicNs() } }, '/db', options);
};
const sizeOf = (file: string): number => vfs.stat(`/db/${file}`)?.sizeBytes ?? 0;
const removed = (): number => Number(db.stats().counters['kv']?.['expiredRemoved'] ?? 0);
/** Keys in the tree file, expired or not. */
const keysInFile = (): number => {
  const file = vfs.open('/db/s.kv', 'read');
  const head = Buffer.alloc(64);
  file.readAt(head, 0);
  file.close();
  return head.readUIntLE(32 + 24, 6);
};

beforeEach(async () => {
  vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  nowMs = 1e12;
  db = await open();
});
afterEach(() => db.close());

describe('expired values', () => {
  test('leave the file by themselves at checkpoints, and the counts stay right', async () => {
    const kv = db.kv<string, string>('s', { values: 'utf8' });
    await kv.batch(Array.from({ length: 6000 }, (_, i) => ({ type: 'put' as const, key: `k${i}`, value: `v${i}`, ...(i % 2 === 0 ? { expiresAt: nowMs + 1000 } : {}) })));
    await db.checkpoint();
    expect(keysInFile()).toBe(6000);
    expect(kv.count()).toBe(6000);
    nowMs += 2000;
    expect(kv.count()).toBe(3000);
    await db.checkpoint();
    expect(keysInFile()).toBe(3000);
    expect(removed()).toBe(3000);
    expect(kv.count()).toBe(3000);
    expect(kv.get('k2')).toBeUndefined();
    expect(kv.get('k3')).toBe('v3');
    await db.checkpoint();
    expect(removed()).toBe(3000);
    expect((await db.check()).findings).toEqual([]);
  });

  test('are looked for when the database is closed', async () => {
    const kv = db.kv<string, string>('s', { values: 'utf8' });
    await kv.batch(Array.from({ length: 3000 }, (_, i) => ({ type: 'put' as const, key: `k${i}`, value: `v${i}`, ...(i % 2 === 0 ? { expiresAt: nowMs + 1000 } : {}) })));
    await db.checkpoint();
    expect(keysInFile()).toBe(3000);
    nowMs += 2000;
    await db.close();
    expect(keysInFile()).toBe(1500);
    db = await open();
    expect(db.kv<string, string>('s').count()).toBe(1500);
    expect((await db.check()).findings).toEqual([]);
  });

  test('are looked for a part at a time: each checkpoint goes on where the last one stopped', async () => {
    const kv = db.kv<number, string>('s', { keys: 'number', values: 'utf8' });
    const count = 20_000;
    for (let from = 0; from < count; from += 5000) {
      await kv.batch(Array.from({ length: 5000 }, (_, i) => ({ type: 'put' as const, key: from + i, value: 'x', ...((from + i) % 100 === 0 ? { expiresAt: nowMs + 1 } : {}) })));
    }
    nowMs += 10;
    await db.checkpoint();
    const first = removed();
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(100);
    for (let i = 0; i < 6; i++) await db.checkpoint();
    expect(removed()).toBe(200);
    expect(kv.count()).toBe(count - 200);
    expect(keysInFile()).toBe(count - 200);
  });

  test('take their parts with them, also when the store is compacted', async () => {
    const kv = db.kv<string, Uint8Array>('s', { values: 'binary' });
    await kv.put('a', new Uint8Array(9 << 20).fill(1), { expiresAt: nowMs + 5 });
    await kv.put('b', new Uint8Array(5 << 20).fill(2), { expiresAt: nowMs + 50 });
    await kv.put('c', new Uint8Array(5 << 20).fill(3));
    await db.checkpoint();
    nowMs += 10;
    await db.checkpoint();
    expect((await db.check()).findings).toEqual([]);
    expect(kv.keys().toArray()).toEqual(['b', 'c']);
    nowMs += 100;
    expect(await kv.compact()).toMatchObject({ keys: 1 });
    expect(sizeOf('s.parts.kv')).toBeLessThan(6 << 20);
    expect(kv.get('c')?.[0]).toBe(3);
    expect((await db.check()).findings).toEqual([]);
  });

  test('put anew meanwhile stay; snapshots and open transactions are not disturbed', async () => {
    const kv = db.kv<string, string>('s', { values: 'utf8' });
    await kv.put('a', 'old', { expiresAt: nowMs + 1 });
    await kv.put('b', 'stays');
    const snap = db.snapshot();
    nowMs += 10;
    const sweeping = db.checkpoint();
    await kv.put('a', 'new');
    await sweeping;
    await db.checkpoint();
    expect(kv.get('a')).toBe('new');
    expect(snap.kv(kv).get('b')).toBe('stays');
    expect(snap.kv(kv).count()).toBe(1);
    snap.close();
  });

  test('go behind checkpoints that come by themselves', async () => {
    await db.close();
    db = await open({ checkpointSize: '64kb' });
    const kv = db.kv<string, string>('s', { values: 'utf8' });
    for (let i = 0; i < 50; i++) await kv.put(`old ${i}`, 'x', { expiresAt: nowMs + 1 });
    nowMs += 10;
    for (let i = 0; i < 60 && removed() === 0; i++) {
      await kv.put('filler', 'y'.repeat(5000));
      await new Promise((resolve) => { setTimeout(resolve, 5); });
    }
    expect(removed()).toBe(50);
    expect(kv.count()).toBe(1);
  });
});
