import { expect, test } from 'vitest';
import { MemoryVfs, nodeEnvironment, type Vfs, type VfsFile } from '#storage';
import { char, memo, numeric, type DatabaseStats, type OpenOptions } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import type { Database } from '../../../src/database.js';
import { simEnvironment, type SimEnvironment } from '../../support/sim-clock.js';

interface Moved { reads: number; bytesRead: number; writes: number; bytesWritten: number; syncs: number }

/** A file system that counts by itself, below the engine's own counters. */
function tallied(inner: Vfs): { vfs: Vfs; byFile: Map<string, Moved> } {
  const byFile = new Map<string, Moved>();
  const of = (path: string): Moved => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const known = byFile.get(name) ?? { reads: 0, bytesRead: 0, writes: 0, bytesWritten: 0, syncs: 0 };
    byFile.set(name, known);
    return known;
  };
  const wrap = (file: VfsFile): VfsFile => {
    const moved = of(file.path);
    return {
      path: file.path,
      readAt: (target, position) => { const n = file.readAt(target, position); moved.reads++; moved.bytesRead += n; return n; },
      writeAt: (source, position) => { const n = file.writeAt(source, position); moved.writes++; moved.bytesWritten += n; return n; },
      truncate: (size) => file.truncate(size), stat: () => file.stat(), close: () => file.close(),
      datasync: () => { file.datasync(); moved.syncs++; }, sync: () => { file.sync(); moved.syncs++; },
      datasyncAsync: async () => { await file.datasyncAsync(); moved.syncs++; }, syncAsync: async () => { await file.syncAsync(); moved.syncs++; },
    };
  };
  return { byFile, vfs: { ...bound(inner), open: (path, mode) => wrap(inner.open(path, mode)) } };
}

function bound(vfs: Vfs): Vfs {
  return {
    open: (p, m) => vfs.open(p, m), stat: (p) => vfs.stat(p), list: (p) => vfs.list(p), realPath: (p) => vfs.realPath(p),
    rename: (a, b) => vfs.rename(a, b), unlink: (p) => vfs.unlink(p), syncFolder: (p) => vfs.syncFolder(p),
    makeFolder: (p) => vfs.makeFolder(p), removeFolder: (p) => vfs.removeFolder(p),
  };
}

function memoryVfs(): MemoryVfs {
  const vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  return vfs;
}

async function inMemory(options?: OpenOptions, vfs: Vfs = memoryVfs()): Promise<Database> { return openIn(nodeEnvironment(vfs), '/db', options); }

test.each(['off', 'counts', 'times'] as const)('bytes and calls by file are those of the file system (%s)', async (profiling) => {
  const { vfs, byFile } = tallied(memoryVfs());
  const db = await inMemory(profiling === 'off' ? { profiling } : { profiling, samplingRate: 1 }, vfs);
  const people = await db.createTable('people', { name: char(20), notes: memo() });
  for (let i = 0; i < 50; i++) await people.insert({ name: `n${i}`, notes: 'x'.repeat(i * 10) });
  const kv = db.kv('things');
  for (let i = 0; i < 50; i++) await kv.put(`k${i}`, { i });
  await db.checkpoint();
  for (let i = 1; i <= 50; i++) { people.get(i); kv.get(`k${i}`); }
  const { files, counters } = db.stats();
  const expected = new Map<string, Moved>();
  for (const [name, moved] of byFile) {
    const reported = name.replace(/^fieldstone-\d+\.wal$/, 'fieldstone-*.wal').replace(/\.fs-[0-9a-z]+$/, '.fs-*').replace(/^[0-9a-f]{32}\.json$/, 'fieldstone.lock');
    const sum = expected.get(reported) ?? { reads: 0, bytesRead: 0, writes: 0, bytesWritten: 0, syncs: 0 };
    for (const key of Object.keys(sum) as (keyof Moved)[]) sum[key] += moved[key];
    expected.set(reported, sum);
  }
  const counted = new Map(files.map(({ file, reads, bytesRead, writes, bytesWritten, syncs }) => [file, { reads, bytesRead, writes, bytesWritten, syncs }]));
  expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(expected));
  const total = (key: keyof Moved): number => [...byFile.values()].reduce((sum, moved) => sum + moved[key], 0);
  expect(counters['io']).toMatchObject({ reads: total('reads'), bytesRead: total('bytesRead'), writes: total('writes'), bytesWritten: total('bytesWritten'), syncs: total('syncs') });
  expect(total('bytesWritten')).toBeGreaterThan(10_000);
  await db.close();
});

test('hits and misses of the cache are exact, with their reasons', async () => {
  const rowBytes = 128;
  const pageRows = 4096 / rowBytes;
  const vfs = memoryVfs();
  const loading = await inMemory({}, vfs);
  const schema = { id: numeric(10), text: char(rowBytes - 11) };
  const filled = await loading.createTable('t', schema);
  await filled.insertMany(Array.from({ length: pageRows * 40 }, (_, id) => ({ id, text: `row ${id}` })));
  await loading.close();
  const db = await inMemory({ pageSize: 4096, cacheSize: '64kb' }, vfs); // 16 pages
  const t = db.table('t', schema);
  const before = db.stats().cache.table;
  const at = (page: number, row = 0): number => page * pageRows + row + 1;
  for (let page = 0; page < 10; page++) for (let row = 0; row < 5; row++) t.get(at(page, row));
  const warm = delta(before, db.stats());
  expect(warm).toEqual({ hits: 40, misses: 10, missesCold: 10, missesEvicted: 0, missesInvalidated: 0, evictions: 0 });
  for (let page = 10; page < 40; page++) t.get(at(page));
  const flooded = delta(before, db.stats());
  expect(flooded).toMatchObject({ hits: 40, misses: 40, missesCold: 40, missesEvicted: 0 });
  expect(flooded.evictions).toBe(24);
  const evictionsBefore = flooded.evictions;
  for (let page = 0; page < 40; page++) t.get(at(page)); // each page is either still there or had to leave: none is new
  const again = delta(before, db.stats());
  expect(again.missesCold).toBe(40);
  expect(again.hits - 40 + again.missesEvicted).toBe(40);
  expect(again.missesEvicted).toBeGreaterThanOrEqual(24);
  expect(again.evictions - evictionsBefore).toBe(again.missesEvicted); // each page that came in pushed one out
  expect(db.stats().cache.table.hitRate).toBeCloseTo(again.hits / (again.hits + again.misses), 10);
  await db.close();
});

test('a page that a checkpoint writes anew is read again, and counted as invalidated', async () => {
  const { vfs, byFile } = tallied(memoryVfs());
  const db = await inMemory({ pageSize: 4096, cacheSize: '16mb' }, vfs);
  const kv = db.kv<string, { i: number; text: string }>('things');
  const key = (i: number): string => `key ${String(i).padStart(4, '0')}`;
  await kv.batch(Array.from({ length: 2000 }, (_, i) => ({ type: 'put' as const, key: key(i), value: { i, text: 'x'.repeat(100) } })));
  await db.checkpoint();
  const readAll = (): { hits: number; cold: number; evicted: number; invalidated: number; reads: number } => {
    const before = db.stats().cache.tree;
    const reads = byFile.get('things.kv')?.reads ?? 0;
    for (let i = 0; i < 2000; i++) kv.get(key(i));
    const now = db.stats().cache.tree;
    return {
      hits: now.hits - before.hits, cold: now.missesCold - before.missesCold, evicted: now.missesEvicted - before.missesEvicted,
      invalidated: now.missesInvalidated - before.missesInvalidated, reads: (byFile.get('things.kv')?.reads ?? 0) - reads,
    };
  };
  const first = readAll();
  expect(first.cold).toBeGreaterThan(20);
  expect(first).toMatchObject({ evicted: 0, invalidated: 0, reads: first.cold });
  expect(readAll()).toMatchObject({ cold: 0, evicted: 0, invalidated: 0, reads: 0 });
  const trace = db.trace('cache');
  await kv.put(key(1000), { i: -1, text: 'changed' });
  await db.checkpoint();
  const dropped = new Set(trace.events.filter(({ event }) => event === 'invalidate').map(({ page }) => page));
  trace.stop();
  expect(dropped.size).toBeGreaterThan(0);
  const again = readAll();
  expect(again).toMatchObject({ evicted: 0, invalidated: dropped.size });
  expect(again.reads).toBe(again.cold + again.invalidated);
  expect(readAll()).toMatchObject({ cold: 0, evicted: 0, invalidated: 0, reads: 0 });
  await db.close();
});

test('what the codec was given and gave is what the codec gives for the same bytes', async () => {
  const db = await inMemory({ compression: 'deflate', compressionThreshold: 64, profiling: 'times', samplingRate: 1 });
  const kv = db.kv<string, string>('things', { values: 'utf8' });
  await kv.put('first', 'x'); // makes the store
  const before = db.stats().codecs[0];
  const start = process.hrtime.bigint();
  for (let i = 0; i < 20; i++) await kv.put(`k${i}`, `line ${i} `.repeat(100));
  const outsideNs = Number(process.hrtime.bigint() - start);
  const after = db.stats().codecs[0];
  const since = (name: 'tried' | 'triedBytes' | 'triedBytesOut' | 'compressed' | 'bytesIn' | 'bytesOut' | 'compressNs'): number => (after?.[name] ?? 0) - (before?.[name] ?? 0);
  expect([since('tried'), since('compressed')]).toEqual([20, 20]); // one record of the log each
  expect(since('bytesIn')).toBe(since('triedBytes'));
  expect(since('bytesOut')).toBe(since('triedBytesOut'));
  expect(since('triedBytes')).toBeGreaterThan(20 * 700);
  expect(since('triedBytesOut')).toBeLessThan(since('triedBytes') / 4);
  expect(db.stats().counters['wal']?.['bytes']).toBeGreaterThanOrEqual(since('bytesOut'));
  expect(since('compressNs')).toBeGreaterThan(0);
  expect(since('compressNs')).toBeLessThan(outsideNs);
  await db.close();
});

function delta(before: DatabaseStats['cache']['table'], stats: DatabaseStats): Omit<DatabaseStats['cache']['table'], 'bytes' | 'hitRate'> {
  const now = stats.cache.table;
  const of = (key: 'hits' | 'misses' | 'missesCold' | 'missesEvicted' | 'missesInvalidated' | 'evictions'): number => now[key] - before[key];
  return { hits: of('hits'), misses: of('misses'), missesCold: of('missesCold'), missesEvicted: of('missesEvicted'), missesInvalidated: of('missesInvalidated'), evictions: of('evictions') };
}

test('groups of commits have the sizes that were committed together', async () => {
  const db = await inMemory();
  const kv = db.kv('things');
  await kv.put('first', 0);
  const before = db.stats();
  for (const size of [1, 7, 32]) await Promise.all(Array.from({ length: size }, (_, i) => kv.put(`k${size}-${i}`, i)));
  const after = db.stats();
  const since = (group: string, name: string): number => (after.counters[group]?.[name] ?? 0) - (before.counters[group]?.[name] ?? 0);
  expect([since('wal', 'groups'), since('wal', 'records'), since('transactions', 'commits')]).toEqual([3, 40, 40]);
  const sizes = after.histograms['wal.groupSize'];
  expect(sizes?.max).toBe(32);
  expect((sizes?.sum ?? 0) - (before.histograms['wal.groupSize']?.sum ?? 0)).toBe(40);
  await db.close();
});

test('waits for locks are those of the script, on the simulated clock', async () => {
  const env: SimEnvironment = simEnvironment(7, memoryVfs());
  const db = await openIn(env, '/db', { lockShards: 4, lockTimeoutMs: 1000 });
  const kv = db.kv<string, number>('accounts');
  const put = kv.put('a', 1);
  await env.settle();
  await put;
  const held = (name: string, ms: number): Promise<void> => db.transaction(async (tx) => {
    await tx.lock(kv, 'a');
    await new Promise<void>((resolve) => { env.scheduler.timer(resolve, ms); });
  }, { name });
  const first = held('first', 300);
  await env.settle();
  const second = held('second', 200); // waits 300
  const third = held('third', 100); // waits 500
  await env.settle();
  await env.advanceAsync(1000);
  await Promise.all([first, second, third]);
  const blocker = held('blocker', 2000);
  await env.settle();
  const refused = held('refused', 1).catch((e: unknown) => e);
  await env.settle();
  await env.advanceAsync(3000);
  await blocker;
  expect(await refused).toMatchObject({ code: 'LOCK_TIMEOUT' });
  const { counters, histograms, locks } = db.stats();
  expect(counters['locks']).toMatchObject({ waits: 3, timeouts: 1, held: 0, waiting: 0 });
  expect(histograms['locks.waitNs']).toMatchObject({ count: 3, sum: 1800e6, max: 1000e6 });
  expect(locks.shards.reduce((sum, shard) => sum + shard.waits, 0)).toBe(3);
  expect(locks.hot).toEqual([{ resource: expect.stringMatching(/^k:accounts\/#[0-9a-f]+$/), waits: 3, overcount: 0 }]);
  expect(JSON.stringify(locks)).not.toContain('"a"');
  await closing(env, db);
});

async function closing(env: SimEnvironment, db: Database): Promise<void> {
  const closed = db.close();
  await env.settle();
  await env.advanceAsync(1000);
  await closed;
}

test('operations are counted exactly; their times are within those of an outside clock', async () => {
  const env = nodeEnvironment(memoryVfs());
  const db = await openIn(env, '/db', { profiling: 'times', samplingRate: 1 });
  const t = await db.createTable('t', { id: numeric(10), text: char(100) });
  const kv = db.kv('things');
  const outside: Record<string, number> = {};
  const timed = async (name: string, run: () => unknown): Promise<void> => {
    const start = env.clock.monotonicNs();
    await run();
    outside[name] = (outside[name] ?? 0) + env.clock.monotonicNs() - start;
  };
  for (let id = 1; id <= 100; id++) {
    await timed('table.insert', () => t.insert({ id, text: 'some text' }));
    await timed('kv.put', () => kv.put(`k${id}`, { id }));
    await timed('table.get', () => t.get(id));
    await timed('kv.get', () => kv.get(`k${id}`));
    if (id % 2 === 0) await timed('table.update', () => t.update(id, { text: 'other' }));
    if (id % 4 === 0) await timed('kv.delete', () => kv.delete(`k${id}`));
  }
  const counts = { 'table.insert': 100, 'kv.put': 100, 'table.get': 100, 'kv.get': 100, 'table.update': 50, 'kv.delete': 25 };
  const stats = db.stats();
  for (const [name, count] of Object.entries(counts)) {
    const operation = stats.operations.find((one) => one.name === name);
    expect([name, operation?.count, operation?.latencyNs.count, operation?.recent.count]).toEqual([name, count, count, count]);
    const sum = operation?.latencyNs.sum ?? 0;
    expect(sum, name).toBeLessThanOrEqual(outside[name] ?? 0);
    expect(sum, name).toBeGreaterThan(0);
    const parts = Object.values(operation?.partsNs ?? {}).reduce((total, ns) => total + ns, 0);
    expect(parts, `${name}: its parts are not more than the whole`).toBeLessThanOrEqual(sum * 1.001);
  }
  expect(stats.counters['operations']).toMatchObject(counts);
  await db.close();
});

test('off means off: no times, no histograms, no reasons, and the counters go on', async () => {
  const db = await inMemory({ profiling: 'off', cacheSize: '64kb', pageSize: 4096 });
  const t = await db.createTable('t', { text: char(200) });
  await t.insertMany(Array.from({ length: 2000 }, () => ({ text: 'x' })));
  await db.checkpoint();
  for (let round = 0; round < 2; round++) for (let recno = 1; recno <= 2000; recno += 20) t.get(recno);
  await t.insert({ text: 'y' });
  const { histograms, files, gc, cache, operations, level } = db.stats();
  expect(level).toBe('off');
  expect(Object.entries(histograms).filter(([, h]) => h.count > 0)).toEqual([]);
  expect(files.filter((file) => file.readNs !== undefined || file.writeNs !== undefined || file.syncNs !== undefined)).toEqual([]);
  expect(gc).toEqual([]);
  expect(cache.table).toMatchObject({ missesEvicted: 0, missesInvalidated: 0 });
  expect(cache.table.misses).toBeGreaterThan(100);
  expect(operations.find(({ name }) => name === 'table.get')?.count).toBe(200);
  await db.close();
});

test('the level can be changed at run time; counts go on', async () => {
  const db = await inMemory({ profiling: 'off' });
  const kv = db.kv('things');
  const timed = (): (number | undefined)[] => {
    const operation = db.stats().operations.find(({ name }) => name === 'kv.get');
    return [operation?.count, operation?.latencyNs.count];
  };
  for (let i = 0; i < 10; i++) kv.get('a');
  expect(timed()).toEqual([10, 0]);
  db.setProfiling('times', 1);
  for (let i = 0; i < 10; i++) kv.get('a');
  expect(timed()).toEqual([20, 10]);
  db.setProfiling('counts');
  for (let i = 0; i < 10; i++) kv.get('a');
  expect(timed()).toEqual([30, 10]);
  expect(() => db.setProfiling('all' as never)).toThrow(expect.objectContaining({ code: 'OPTION' }));
  expect(() => db.setProfiling('times', 2)).toThrow(expect.objectContaining({ code: 'OPTION' }));
  await db.close();
});

test('statistics hold no values of users', async () => {
  const db = await inMemory({ profiling: 'times', samplingRate: 1 });
  const secret = 'SECRET-4711';
  const t = await db.createTable('t', { text: char(40) });
  const kv = db.kv('things');
  await t.insert({ text: secret });
  await kv.put(secret, secret);
  kv.get(secret);
  await db.transaction(async (tx) => { await tx.lock(kv, secret); tx.kv(kv).put(secret, 'x'); });
  expect(JSON.stringify(db.stats())).not.toContain(secret);
  expect(JSON.stringify(db.health())).not.toContain(secret);
  await db.close();
});

