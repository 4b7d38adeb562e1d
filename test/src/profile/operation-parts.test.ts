import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MemoryVfs, type VfsFile } from '#storage';
import { char, numeric, open, type OperationProfile } from '../../../src/main.js';
import type { Database } from '../../../src/database.js';
import { openIn } from '../../../src/open.js';
import { simEnvironment, type SimEnvironment } from '../../support/sim-clock.js';

// A simulated clock stands still but where a test moves it, so each part of an operation has exactly the time that was put into it.

interface Stage {
  readonly env: SimEnvironment;
  readonly db: Database;
  readonly slow: { readMs: number; writeMs: number; syncMs: number };
  end(): Promise<void>;
}

async function staged(): Promise<Stage> {
  const memory = new MemoryVfs();
  memory.makeFolder('/db');
  const slow = { readMs: 0, writeMs: 0, syncMs: 0 };
  const wrap = (file: VfsFile): VfsFile => ({
    path: file.path, truncate: (size) => { file.truncate(size); }, stat: () => file.stat(), close: () => { file.close(); },
    readAt: (target, position) => { env.advance(slow.readMs); return file.readAt(target, position); },
    writeAt: (source, position) => { env.advance(slow.writeMs); return file.writeAt(source, position); },
    datasync: () => { env.advance(slow.syncMs); file.datasync(); }, sync: () => { env.advance(slow.syncMs); file.sync(); },
    datasyncAsync: () => file.datasyncAsync(), syncAsync: () => file.syncAsync(),
  });
  const vfs = new Proxy(memory, { get: (of, key) => {
    if (key === 'open') return (path: string, mode: Parameters<MemoryVfs['open']>[1]) => wrap(memory.open(path, mode));
    const value: unknown = Reflect.get(of, key);
    return typeof value === 'function' ? (value as (...all: unknown[]) => unknown).bind(of) : value;
  } });
  const env = simEnvironment(9, vfs);
  const db = await openIn(env, '/db', { cacheSize: '64kb', pageSize: 4096, durability: 'none', profiling: 'times', samplingRate: 1 });
  return { env, db, slow, end: async () => {
    Object.assign(slow, { readMs: 0, writeMs: 0, syncMs: 0 });
    const closed = db.close();
    await env.settle();
    await env.advanceAsync(10);
    await closed;
  } };
}

async function settled<Result>(env: SimEnvironment, work: Promise<Result>): Promise<Result> {
  await env.settle();
  return work;
}

/** Milliseconds by part, without those that have none. */
function partsOf({ parts }: OperationProfile<unknown>): Record<string, number> {
  return Object.fromEntries(parts.filter(({ ms }) => ms > 0).map(({ part, ms }) => [part, ms]));
}

/** Parts of an operation as db.stats() has them, in milliseconds. */
function statsOf(db: Database, name: string): Record<string, number> {
  const parts = db.stats().operations.find((one) => one.name === name)?.partsNs ?? {};
  return Object.fromEntries(Object.entries(parts).map(([part, ns]) => [part, ns / 1e6]));
}

test('turning values into bytes is serialization: rows, values of stores, documents', async () => {
  const stage = await staged();
  const { env, db } = stage;
  const t = await settled(env, db.createTable('t', { id: numeric(5), text: char(20) }));
  const kv = db.kv<string, unknown>('things');
  const notes = await settled(env, db.createCollection<{ text: string }>('notes'));
  // Whoever turns it into text asks it, which takes time.
  const slowly = (ms: number): unknown => ({ toJSON: () => { env.advance(ms); return { a: 1 }; } });
  expect(partsOf(await settled(env, db.profileOperation('put', () => kv.put('a', slowly(7)))))).toEqual({ serialization: 7 });
  await settled(env, kv.put('a', slowly(8)));
  expect(statsOf(db, 'kv.put')).toEqual({ serialization: 8 });
  const inTransaction = db.profileOperation('tx', () => db.transaction((tx) => { tx.kv(kv).put('b', slowly(9)); }));
  expect(partsOf(await settled(env, inTransaction))).toEqual({ serialization: 9 });
  expect((await settled(env, db.profileOperation('insert', () => t.insert({ id: 1, text: 'x' })))).durationMs).toBe(0);
  expect((await settled(env, db.profileOperation('document', () => notes.insert({ text: 'x' })))).durationMs).toBe(0);
  await stage.end();
});

test('reading and writing of files is input and output, whatever called for it', async () => {
  const stage = await staged();
  const { env, db, slow } = stage;
  const t = await settled(env, db.createTable('t', { id: numeric(5), text: char(200) }));
  await settled(env, t.insertMany(Array.from({ length: 1000 }, (_, id) => ({ id, text: `row ${id}` }))));
  await settled(env, db.checkpoint());
  await settled(env, t.createIndex('by_id', { on: 'id' }));
  for (let recno = 1; recno <= 900; recno += 10) t.get(recno);
  slow.readMs = 3;
  expect(partsOf(await db.profileOperation('get', () => t.get(955)))).toEqual({ io: 3 });
  t.get(978);
  expect(statsOf(db, 'table.get')['io']).toBe(3);
  const found = await db.profileOperation('find', () => t.find({ id: 500 }).toArray().length);
  expect(found.result).toBe(1);
  expect(Object.keys(partsOf(found))).toEqual(['io']);
  expect(found.durationMs % 3).toBe(0);
  slow.readMs = 0;
  slow.writeMs = 5;
  expect(partsOf(await settled(env, db.profileOperation('put', () => db.kv('things').put('a', 1))))).toMatchObject({ io: expect.any(Number) });
  await stage.end();
});

test('a checkpoint that is asked for is a part of its own, files apart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fieldstone-parts-'));
  try {
    const db = await open(folder);
    await db.kv('things').batch(Array.from({ length: 5000 }, (_, i) => ({ type: 'put' as const, key: `k${i}`, value: 'x'.repeat(100) })));
    const profile = await db.profileOperation('fold', () => db.checkpoint());
    expect(profile.counters['checkpoint.runs']).toBe(1);
    const parts = partsOf(profile);
    expect(parts['checkpoint']).toBeGreaterThan(0);
    expect(parts['io']).toBeGreaterThan(0);
    expect(parts['other'] ?? 0).toBeLessThan(profile.durationMs * 0.2);
    expect(Object.values(parts).reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(profile.durationMs, 3);
    await db.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('planning, walking an index and making rows are told apart on a real clock too', async () => {
  const db = await open(':memory:');
  const t = await db.createTable('t', { id: numeric(6), city: char(20) });
  await t.insertMany(Array.from({ length: 20_000 }, (_, id) => ({ id, city: `city ${id % 200}` })));
  await t.createIndex('by_city', { on: 'city' });
  for (let i = 0; i < 300; i++) t.find({ city: `city ${i % 200}` }).toArray(); // until the code is compiled
  const profiles: OperationProfile<number>[] = [];
  for (let i = 0; i < 30; i++) profiles.push(await db.profileOperation('find', () => t.find({ city: 'city 7' }).toArray().length));
  const [profile = profiles[0]!] = [...profiles].sort((a, b) => a.durationMs - b.durationMs); // the one that was least disturbed
  expect(profile.result).toBe(100);
  const parts = partsOf(profile);
  for (const part of ['index', 'serialization', 'plan']) expect(parts[part], part).toBeGreaterThan(0);
  expect(parts['other'] ?? 0).toBeLessThan(profile.durationMs * 0.6);
  await db.close();
});
