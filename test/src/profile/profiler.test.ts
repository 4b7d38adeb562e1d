import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MemoryVfs, nodeEnvironment } from '#storage';
import { char, open, type Profiler } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { PACKAGE_VERSION } from '../../../src/package-version.js';
import { simEnvironment } from '../../support/sim-clock.js';

function memoryVfs(): MemoryVfs {
  const vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  return vfs;
}

test('the version in reports is that of the package', () => {
  expect(PACKAGE_VERSION).toBe((JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }).version);
});

test('a profile holds what happened while it ran, and nothing from before or after', async () => {
  const db = await open(':memory:');
  const kv = db.kv('things');
  for (let i = 0; i < 100; i++) await kv.put(`k${i}`, i);
  const profiler = db.profile({ memory: true, cache: true, timelineMs: 10, title: 'a test' });
  for (let i = 0; i < 40; i++) await kv.put(`m${i}`, i);
  for (let i = 0; i < 30; i++) kv.get(`k${i}`);
  await db.checkpoint();
  for (let i = 0; i < 30; i++) kv.get(`k${i}`);
  await new Promise((resolve) => { setTimeout(resolve, 80); });
  const profile = await profiler.stop();
  for (let i = 0; i < 10; i++) kv.get(`k${i}`);
  expect(await profiler.stop()).toBe(profile);
  const { data } = profile;
  expect(data.meta).toMatchObject({ engineVersion: PACKAGE_VERSION, database: ':memory:', title: 'a test', level: 'times', samplingRate: 1, includesValues: false, pid: process.pid });
  expect(data.counters?.['operations']).toMatchObject({ 'kv.put': 40, 'kv.get': 60, 'checkpoint': 1 });
  const put = data.operations?.find(({ name }) => name === 'kv.put');
  expect(put?.count).toBe(40);
  expect(Object.values(put?.phases ?? {}).reduce((sum, ns) => sum + ns, 0)).toBeCloseTo(put?.totalNs ?? 0, -3);
  expect(data.histograms?.find(({ name }) => name === 'op.kv.put')).toMatchObject({ unit: 'ns', count: 40 });
  expect(data.timeline?.length).toBeGreaterThan(2);
  expect(data.timeline?.reduce((sum, sample) => sum + (sample.operations?.['kv.put'] ?? 0), 0)).toBe(40);
  expect(data.timeline?.at(-1)?.heapUsedBytes).toBeGreaterThan(1e6);
  expect(data.log).toMatchObject({ records: 40 });
  expect(data.log?.checkpoints?.length).toBe(1);
  expect(data.cpu?.nodes.length).toBeGreaterThan(1);
  expect(data.heap?.head).toBeDefined();
  expect(data.cacheTrace?.dropped).toBe(0);
  expect(data.io?.find(({ kind }) => kind === 'log')?.writes).toBeGreaterThan(0);
  expect(data.knobs?.find(({ name }) => name === 'cacheSize')).toMatchObject({ value: '64mb', source: 'default' });
  expect(db.stats().level).toBe('counts');
  await db.close();
});

test('reports of a database in memory are saved to the disk', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fieldstone-profile-'));
  const db = await open(':memory:');
  const profile = await db.profile({ cpu: true }).stop();
  for (const name of ['a.html', 'a.json', 'a.pb.gz']) await profile.save(join(folder, name));
  expect(readdirSync(folder).sort()).toEqual(['a.html', 'a.json', 'a.pb.gz']);
  expect(readFileSync(join(folder, 'a.json'), 'utf8')).toContain(':memory:');
  await expect(profile.save(join(folder, 'missing', 'a.html'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await db.close();
  rmSync(folder, { recursive: true });
});

test('lock sections: heat by shard and time, hot locks, the graph of waits, deadlocks', async () => {
  const env = simEnvironment(3, memoryVfs());
  const db = await openIn(env, '/db', { lockShards: 4, lockTimeoutMs: 10_000, retries: 0 });
  const kv = db.kv<string, number>('accounts');
  const put = kv.put('a', 1);
  await env.settle();
  await put;
  const profiler = db.profile({ timelineMs: 100 });
  const pause = (ms: number): Promise<void> => new Promise((resolve) => { env.scheduler.timer(resolve, ms); });
  const holders = ['one', 'two', 'three'].map((name) => db.transaction(async (tx) => { await tx.lock(kv, 'a'); await pause(200); }, { name }));
  await env.settle();
  await env.advanceAsync(1000);
  await Promise.all(holders);
  const crossed = [['a', 'b'], ['b', 'a']].map(([x = '', y = ''], i) => db.transaction(async (tx) => {
    await tx.lock(kv, x);
    await pause(50);
    await tx.lock(kv, y);
  }, { name: `cross ${i}` }).catch((e: unknown) => e));
  await env.settle();
  await env.advanceAsync(500);
  await Promise.all(crossed);
  const stopping = profiler.stop();
  await env.settle();
  const { locks } = (await stopping).data;
  expect(locks?.hot?.[0]).toMatchObject({ waits: 3, waitNs: 600e6, maxWaitNs: 400e6 });
  expect(locks?.shards[locks.hot?.[0]?.shard ?? -1]?.waits).toBeGreaterThanOrEqual(3);
  const heat = locks?.heat;
  expect(heat?.waits.flat().reduce((sum, n) => sum + n, 0)).toBe(4);
  expect(heat?.waits.every((row) => row.length === heat.untilMs.length)).toBe(true);
  expect(locks?.waitGraph?.edges.length).toBe(3); // two wait for the first, the third also for the second
  expect(locks?.waitGraph?.nodes.map(({ name }) => name).sort()).toEqual(['one', 'three', 'two']);
  expect(locks?.deadlocks).toMatchObject([{ cycle: [{ name: expect.stringMatching(/cross/) }, { name: expect.stringMatching(/cross/) }] }]);
  expect(locks?.shards.reduce((sum, shard) => sum + (shard.deadlocks ?? 0), 0)).toBe(1);
  const closed = db.close();
  await env.settle();
  await closed;
});

test('the longest wait of a profile is one of its own', async () => {
  const env = simEnvironment(3, memoryVfs());
  const db = await openIn(env, '/db', { lockShards: 1, lockTimeoutMs: 10_000 });
  const kv = db.kv<string, number>('accounts');
  const queue = async (count: number, ms: number): Promise<void> => {
    const all = Array.from({ length: count }, () => db.transaction(async (tx) => {
      await tx.lock(kv, 'a');
      await new Promise<void>((resolve) => { env.scheduler.timer(resolve, ms); });
    }));
    await env.settle();
    await env.advanceAsync(count * ms + 1);
    await Promise.all(all);
  };
  const during = async (count: number, ms: number): Promise<unknown[]> => {
    const profiler = db.profile({ cpu: false });
    await queue(count, ms);
    const stopping = profiler.stop();
    await env.settle();
    const { locks } = (await stopping).data;
    const [shard] = locks?.shards ?? [];
    return [shard?.waits, shard?.waitNs, shard?.maxWaitNs, shard?.maxQueue, locks?.hot?.[0]?.waitNs, locks?.hot?.[0]?.maxWaitNs];
  };
  await queue(3, 500); // waits of 500 and 1,000 ms
  expect(await during(2, 200)).toEqual([1, 200e6, undefined, undefined, 200e6, undefined]);
  expect(await during(4, 500)).toEqual([3, 3000e6, 1500e6, 3, 3000e6, 1500e6]);
  const closed = db.close();
  await env.settle();
  await closed;
});

test('a filter narrows operations, files and the parts of the code', async () => {
  const db = await open(':memory:');
  const kv = db.kv('things');
  const t = await db.createTable('t', { text: char(10) });
  const profiler = db.profile({ filter: { operations: ['kv.*'], targets: ['t'], parts: ['txn'] }, cpuIntervalUs: 100 });
  for (let i = 0; i < 300; i++) { await kv.put(`k${i}`, 'x'.repeat(100)); await t.insert({ text: `${i}` }); }
  await db.checkpoint();
  const { data } = await profiler.stop();
  expect(data.operations?.map(({ name }) => name)).toEqual(['kv.put']);
  expect(data.io?.map(({ file }) => file)).toEqual(['t.dbf']);
  const urls = data.cpu?.nodes.slice(1).map(({ callFrame }) => callFrame.url) ?? [];
  expect(urls.length).toBeGreaterThan(0);
  expect(urls.filter((url) => !/\/txn\//.test(url))).toEqual([]);
  const ids = new Set(data.cpu?.nodes.map(({ id }) => id));
  expect(data.cpu?.samples?.every((id) => ids.has(id))).toBe(true);
  await db.close();
});

test('production mode takes fewer samples when it costs too much, and says what it took', async () => {
  const db = await open(':memory:');
  const kv = db.kv('things');
  await kv.put('a', 1);
  const profiler: Profiler = db.profile({ production: true, cpu: false, samplingRate: 1, maxOverhead: 0.0001, timelineMs: 5 });
  const until = performance.now() + 300;
  while (performance.now() < until) {
    for (let i = 0; i < 500; i++) kv.get('a');
    await new Promise((resolve) => { setImmediate(resolve); });
  }
  expect(profiler.samplingRate).toBeLessThan(0.5);
  const { data } = await profiler.stop();
  expect(data.meta.overheadShare).toBeGreaterThan(0);
  expect(data.meta.timelineIntervalMs).toBeGreaterThan(5);
  await db.close();
});

test('several profiles at the same time do not disturb each other; closing ends them', async () => {
  const db = await open(':memory:');
  const kv = db.kv('things');
  const outer = db.profile({ cpu: false });
  await kv.put('a', 1);
  const inner = db.profile({ cpu: false, signal: AbortSignal.abort() });
  await kv.put('b', 1);
  expect((await inner.stop()).data.counters?.['operations']?.['kv.put']).toBe(0);
  await db.close();
  expect((await outer.stop()).data.counters?.['operations']?.['kv.put']).toBe(2);
  expect(() => db.profile()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
});

test.each([
  [{ samplingRate: 2 }], [{ cpu: 1 }], [{ cpuIntervalUs: 1 }], [{ what: true }], [{ filter: { parts: ['kernel'] } }], [{ filter: { operations: 'kv.get' } }], [{ title: 4 }],
])('options that make no sense are refused: %o', async (options) => {
  const db = await open(':memory:');
  expect(() => db.profile(options as never)).toThrow(expect.objectContaining({ code: 'OPTION' }));
  expect(db.stats().level).toBe('counts');
  await db.close();
});

test('an operation is taken apart: its own work and waits, not those of others', async () => {
  const env = nodeEnvironment(memoryVfs());
  const db = await openIn(env, '/db', { lockTimeoutMs: 5000 });
  const t = await db.createTable('t', { text: char(100) });
  const kv = db.kv<string, string>('things');
  await t.insert({ text: 'first' });
  await db.checkpoint();
  let release = (): void => undefined;
  const blocker = db.transaction(async (tx) => {
    await tx.lock(t, 1);
    await new Promise<void>((resolve) => { release = resolve; });
  });
  let others = true;
  const noise = (async () => { while (others) { await kv.put('noise', 'x'.repeat(1000)); t.get(1); await new Promise((resolve) => { setImmediate(resolve); }); } })();
  setTimeout(() => { release(); }, 60);
  const start = performance.now();
  const profile = await db.profileOperation('change', () => db.transaction(async (tx) => {
    await tx.lock(t, 1);
    tx.table(t).update(1, { text: 'changed' });
    return 42;
  }));
  const outsideMs = performance.now() - start;
  others = false;
  await Promise.all([noise, blocker]);
  expect(profile.result).toBe(42);
  expect(profile.durationMs).toBeLessThanOrEqual(outsideMs);
  expect(profile.parts.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(profile.durationMs, 1);
  const of = (part: string): number => profile.parts.find((one) => one.part === part)?.ms ?? 0;
  expect(of('lockWait')).toBeGreaterThan(40);
  expect(of('log')).toBeGreaterThan(0);
  expect(of('serialization')).toBeGreaterThan(0);
  expect(of('serialization') + of('cache') + of('io')).toBeLessThan(20);
  expect(profile.text).toMatch(/^change \d+\.\d\d ms: lockWait /);
  await expect(db.profileOperation('bad', () => { throw new Error('no'); })).rejects.toThrow('no');
  await expect(db.profileOperation('', () => 1)).rejects.toMatchObject({ code: 'NAME' });
  expect((await db.profileOperation('nothing', () => 7)).result).toBe(7);
  await db.close();
});

test('a trace keeps the last events, tells a callback, and is off when it is off', async () => {
  const db = await open(':memory:');
  const kv = db.kv('things');
  const told: string[] = [];
  const trace = db.trace(['wal', 'lock', 'io', 'checkpoint'], { capacity: 5, onEvent: (event) => { told.push(`${event.subsystem} ${event.event}`); throw new Error('dropped'); } });
  await kv.put('SECRET', 'SECRET');
  await db.transaction(async (tx) => { await tx.lock(kv, 'SECRET'); });
  await db.checkpoint();
  expect(told).toEqual(expect.arrayContaining(['wal append', 'wal sync', 'wal publish', 'lock grant', 'lock release', 'io write', 'io sync', 'checkpoint begin', 'checkpoint journal', 'checkpoint end']));
  expect(trace.count).toBe(told.length);
  expect(trace.events.map((event) => `${event.subsystem} ${event.event}`)).toEqual(told.slice(-5));
  expect(JSON.stringify(trace.events)).not.toContain('SECRET');
  const times = trace.events.map(({ atNs }) => atNs);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  trace.stop();
  await kv.put('c', 1);
  expect(trace.count).toBe(told.length);
  expect(() => db.trace('kernel' as never)).toThrow(expect.objectContaining({ code: 'OPTION' }));
  expect(() => db.trace('lock', { capacity: 0 })).toThrow(expect.objectContaining({ code: 'OPTION' }));
  await db.close();
});
