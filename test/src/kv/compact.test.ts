import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemoryVfs, nodeEnvironment } from '#storage';
import type { OpenOptions } from '../../../src/config/open-options.js';
import type { Database } from '../../../src/database.js';
import { openIn } from '../../../src/open.js';

let vfs: MemoryVfs;
let db: Database;
const open = (options: OpenOptions = {}): Promise<Database> => openIn(nodeEnvironment(vfs), '/db', options);
const sizeOf = (file: string): number => vfs.stat(`/db/${file}`)?.sizeBytes ?? 0;
const keyOf = (i: number): string => `key ${String(i).padStart(6, '0')}`;
const fill = async (name: string, count: number, valueBytes = 100): Promise<void> => {
  const kv = db.kv<string, string>(name, { values: 'utf8' });
  for (let from = 0; from < count; from += 1000) {
    await kv.batch(Array.from({ length: Math.min(1000, count - from) }, (_, i) => ({ type: 'put' as const, key: keyOf(from + i), value: `${from + i} `.padEnd(valueBytes, '.') })));
  }
  await db.checkpoint();
};
const thin = async (name: string, count: number, keepEach: number): Promise<void> => {
  const kv = db.kv<string, string>(name);
  await kv.batch(Array.from({ length: count }, (_, i) => i).filter((i) => i % keepEach !== 0).map((i) => ({ type: 'del' as const, key: keyOf(i) })));
  await db.checkpoint();
};

beforeEach(async () => {
  vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  db = await open();
});
afterEach(() => db.close());

describe('compact', () => {
  test('shrinks the file, keeps every pair, and survives reopening', async () => {
    await fill('s', 5000);
    await thin('s', 5000, 10);
    const before = sizeOf('s.kv');
    const kv = db.kv<string, string>('s');
    const pairs = kv.entries().toArray();
    const seen: number[] = [];
    const result = await kv.compact({ onProgress: ({ done, total }) => { expect(done).toBeLessThanOrEqual(total); seen.push(done); } });
    expect(result.keys).toBe(500);
    expect(result.bytesBefore).toBe(before);
    expect(result.bytesAfter).toBe(sizeOf('s.kv'));
    expect(result.bytesAfter).toBeLessThan(before / 3);
    expect(seen.at(-1)).toBe(500);
    expect(kv.entries().toArray()).toEqual(pairs);
    expect((await db.check()).findings).toEqual([]);
    await db.close();
    expect(vfs.list('/db')).toEqual(['fieldstone.json', 's.kv']);
    db = await open();
    expect(db.kv<string, string>('s').entries().toArray()).toEqual(pairs);
    expect(db.kv('s').count()).toBe(500);
    expect((await db.check()).ok).toBe(true);
  });

  test('takes in what is committed meanwhile; snapshots before, amid and after see what they saw', async () => {
    await fill('s', 20_000);
    const kv = db.kv<string, string>('s');
    const early = db.snapshot();
    await kv.put('early', 'after the first snapshot');
    await kv.delete(keyOf(7));
    let turns = 0;
    const middle: { snap: ReturnType<Database['snapshot']>; count: number }[] = [];
    const writes: Promise<void>[] = [];
    const compaction = kv.compact({
      onProgress: () => {
        turns++;
        writes.push(kv.put(`meanwhile ${turns}`, 'x'), kv.put(keyOf(9), `changed ${turns}`), kv.delete(keyOf(100 + turns)));
        if (turns === 1) {
          writes.push(db.checkpoint().then(() => { middle.push({ snap: db.snapshot(), count: kv.count() }); }));
        }
      },
    });
    await compaction;
    await Promise.all(writes);
    expect(turns).toBeGreaterThan(1);
    expect(kv.get('early')).toBe('after the first snapshot');
    expect(kv.get('meanwhile 1')).toBe('x');
    expect(kv.get(keyOf(9))).toBe(`changed ${turns}`);
    expect(kv.get(keyOf(101))).toBeUndefined();
    expect(kv.get(keyOf(7))).toBeUndefined();
    const old = early.kv(kv);
    expect(old.count()).toBe(20_000);
    expect(old.get('early')).toBeUndefined();
    expect(old.get(keyOf(7))).toBe('7 '.padEnd(100, '.'));
    expect(old.entries().toArray()).toHaveLength(20_000);
    for (const { snap, count } of middle) {
      expect(snap.kv('s').count()).toBe(count);
      expect(snap.kv('s').keys().toArray()).toHaveLength(count);
      snap.close();
    }
    early.close();
    expect(kv.count()).toBe(20_000 + 1 - 1 + turns - turns);
    expect(kv.keys().toArray()).toHaveLength(kv.count());
    expect((await db.check()).findings).toEqual([]);
    await kv.put('later', 'y');
    await db.checkpoint();
    expect((await db.check()).findings).toEqual([]);
  });

  test('of a store whose changes are all in the log, and of an empty one', async () => {
    const kv = db.kv<string, string>('s', { values: 'utf8' });
    expect(await kv.compact()).toEqual({ keys: 0, bytesBefore: 0, bytesAfter: 0 });
    await kv.put('a', '1');
    expect((await kv.compact()).keys).toBe(1);
    await kv.delete('a');
    expect((await kv.compact()).keys).toBe(0);
    expect(kv.get('a')).toBeUndefined();
    expect(sizeOf('s.kv')).toBeLessThan(32_768);
  });

  test('rewrites the parts of large values too', async () => {
    const kv = db.kv<string, Uint8Array>('s', { values: 'binary' });
    const big = new Uint8Array(9 << 20).map((_, i) => i * 7);
    for (const key of ['a', 'b', 'c']) await kv.put(key, big);
    await db.checkpoint();
    await kv.delete('a');
    await kv.delete('b');
    await db.checkpoint();
    const before = sizeOf('s.parts.kv');
    const { bytesAfter } = await kv.compact();
    expect(sizeOf('s.parts.kv')).toBeLessThan(before / 2);
    expect(bytesAfter).toBe(sizeOf('s.kv') + sizeOf('s.parts.kv'));
    expect(Buffer.from(kv.get('c') ?? []).equals(Buffer.from(big))).toBe(true);
  });

  test('cancelled changes nothing', async () => {
    await fill('s', 20_000);
    await thin('s', 20_000, 3);
    const before = sizeOf('s.kv');
    const kv = db.kv<string, string>('s');
    const control = new AbortController();
    await expect(kv.compact({ signal: control.signal, onProgress: () => control.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(kv.compact({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(sizeOf('s.kv')).toBe(before);
    expect(vfs.list('/db').filter((name) => name.includes('.fs-'))).toEqual([]);
    expect(kv.count()).toBe(Math.ceil(20_000 / 3));
    expect((await kv.compact()).bytesAfter).toBeLessThan(before);
  });

  test('gives up when more is written meanwhile than snapshotMemory holds', async () => {
    await db.close();
    db = await open({ snapshotMemory: '256kb' });
    await fill('s', 20_000);
    const kv = db.kv<string, string>('s');
    const writes: Promise<void>[] = [];
    await expect(kv.compact({
      onProgress: () => {
        if (writes.length > 0) return;
        writes.push(kv.batch(Array.from({ length: 3000 }, (_, i) => ({ type: 'put' as const, key: `new ${i}`, value: 'x'.repeat(200) }))).then(() => db.checkpoint()));
      },
    })).rejects.toMatchObject({ code: 'ABORTED' });
    await Promise.all(writes);
    expect(kv.count()).toBe(23_000);
    expect((await db.check()).findings).toEqual([]);
  });

  test('is refused read-only and with options that are none', async () => {
    await fill('s', 10);
    const kv = db.kv('s');
    await expect(kv.compact({ onprogress: 1 } as never)).rejects.toMatchObject({ code: 'OPTION' });
    await db.close();
    db = await open({ readOnly: true });
    await expect(db.kv('s').compact()).rejects.toMatchObject({ code: 'READ_ONLY' });
  });
});
