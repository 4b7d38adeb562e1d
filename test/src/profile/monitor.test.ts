import { expect, test } from 'vitest';
import { MemoryVfs } from '#storage';
import type { Database, MonitorEvent } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { GrowthTracker } from '../../../src/profile/monitor/growth-tracker.js';
import type { Runtime } from '../../../src/profile/runtime.js';
import { simEnvironment, type SimEnvironment } from '../../support/sim-clock.js';

/** A process whose memory, pauses and delays a test sets. */
function fakeRuntime(): { runtime: Runtime; state: { heap: number; delayMs: number; pause: (ms: number) => void } } {
  const listeners = new Set<(kind: string, ns: number) => void>();
  const state = { heap: 50 << 20, delayMs: 1, pause: (ms: number) => { for (const tell of listeners) tell('major', ms * 1e6); } };
  const none = (): never => { throw new Error('not recorded in these tests'); };
  const runtime: Runtime = {
    nodeVersion: 'v0', platform: 'test', arch: 'test', cpuCount: 1, pid: 1,
    memory: () => ({ heapUsedBytes: state.heap, heapTotalBytes: state.heap, externalBytes: 0, arrayBuffersBytes: 0, rssBytes: state.heap }),
    cpuNs: () => 0, eventLoopTimes: () => ({ activeNs: 0, idleNs: 0 }),
    watchGc: (listener) => { listeners.add(listener); return { stop: () => { listeners.delete(listener); } }; },
    watchEventLoop: () => ({ read: () => ({ meanNs: 0, p50Ns: 0, p99Ns: 0, maxNs: state.delayMs * 1e6 }), stop: () => undefined }),
    recordCpu: none, recordHeap: none,
  };
  return { runtime, state };
}

async function opened(): Promise<{ env: SimEnvironment; db: Database; fake: ReturnType<typeof fakeRuntime>; end: () => Promise<void> }> {
  const vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  const env = simEnvironment(5, vfs);
  const fake = fakeRuntime();
  const db = await openIn(env, '/db', { lockTimeoutMs: 60_000 }, undefined, fake.runtime);
  const end = async (): Promise<void> => {
    const closed = db.close();
    await env.settle();
    await env.advanceAsync(10);
    await closed;
  };
  return { env, db, fake, end };
}

test('rules are raised when broken and cleared when kept again, once each', async () => {
  const { env, db, fake, end } = await opened();
  const kv = db.kv<string, number>('things');
  const told: MonitorEvent[] = [];
  const monitor = db.monitor({
    intervalMs: 1000,
    rules: [
      { when: 'throughput-below', perSecond: 5 }, { when: 'gc-pause-above', ms: 50 }, { id: 'late', when: 'event-loop-delay-above', ms: 20 },
      { when: 'counter-above', counter: 'transactions.commits', perSecond: 7 },
    ],
    onEvent: (event) => { told.push(event); throw new Error('dropped'); },
  });
  const second = async (puts: number): Promise<void> => {
    const all = Promise.all(Array.from({ length: puts }, (_, i) => kv.put(`k${i}`, i)));
    await env.settle();
    await all;
    await env.advanceAsync(1000);
  };
  await second(6);
  expect(told).toEqual([]);
  await second(2);
  await second(1);
  expect(told.map(({ kind, rule, value }) => [kind, rule, value])).toEqual([['raised', 'throughput-below', 2]]);
  expect(monitor.broken()).toEqual(['throughput-below']);
  fake.state.pause(60);
  fake.state.delayMs = 35;
  await second(8);
  fake.state.delayMs = 1;
  await second(6);
  expect(told.map(({ kind, rule, value }) => [kind, rule, value])).toEqual([
    ['raised', 'throughput-below', 2], ['cleared', 'throughput-below', 8], ['raised', 'gc-pause-above', 60], ['raised', 'late', 35],
    ['raised', 'counter-above:transactions.commits', 8],
    ['cleared', 'gc-pause-above', 0], ['cleared', 'late', 1], ['cleared', 'counter-above:transactions.commits', 6],
  ]);
  expect(monitor.events()).toEqual(told);
  expect(monitor.history().map(({ operationsPerSecond, commitsPerSecond, gcPauseMs }) => [operationsPerSecond, commitsPerSecond, gcPauseMs])).toEqual([
    [6, 6, 0], [2, 2, 0], [1, 1, 0], [8, 8, 60], [6, 6, 0],
  ]);
  monitor.stop();
  await second(0);
  expect(told.length).toBe(8);
  expect(db.stats().level).toBe('counts');
  await end();
});

test('an operation that takes longer than its limit is reported with its table, not with its values', async () => {
  const { env, db, end } = await opened();
  const kv = db.kv<string, string>('things');
  const monitor = db.monitor({ limitsMs: { update: 100 } });
  const first = kv.put('SECRET', 'SECRET');
  await env.settle();
  await first;
  const blocker = db.transaction(async (tx) => {
    await tx.lock(kv, 'SECRET');
    await new Promise<void>((resolve) => { env.scheduler.timer(resolve, 250); });
  });
  await env.settle();
  const slow = kv.put('SECRET', 'x');
  await env.settle();
  await env.advanceAsync(400);
  await Promise.all([blocker, slow]);
  expect(monitor.events()).toMatchObject([{ kind: 'slow', rule: 'slow:kv.put', value: 250, limit: 100, target: 'things' }]);
  expect(JSON.stringify(monitor.events())).not.toContain('SECRET');
  expect(db.stats().operations.find(({ name }) => name === 'kv.put')?.recent).toMatchObject({ count: 2, maxNs: 250e6 });
  monitor.stop();
  await end();
});

test('the history keeps an hour and no more', async () => {
  const { env, db, end } = await opened();
  const monitor = db.monitor({ intervalMs: 60_000 });
  for (let minute = 0; minute < 100; minute++) await env.advanceAsync(60_000);
  const points = monitor.history();
  expect(points.length).toBe(61);
  expect((points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0)).toBe(3_600_000);
  await end();
});

test('memory: a leak is told from growth that the engine accounts for, and from coming and going', async () => {
  const { env, db, fake, end } = await opened();
  const told: MonitorEvent[] = [];
  const monitor = db.monitor({ intervalMs: 10_000, onEvent: (event) => { told.push(event); } });
  const minutes = async (count: number, rise: number): Promise<void> => {
    for (let i = 0; i < count * 6; i++) {
      fake.state.heap += rise / 6 + (i % 2 === 0 ? 20 << 20 : -(20 << 20)); // garbage comes and goes
      await env.advanceAsync(10_000);
    }
  };
  await minutes(10, 0);
  expect(monitor.memory().verdict).toBe('steady');
  expect(told).toEqual([]);
  await minutes(70, 2 << 20);
  expect(monitor.memory()).toMatchObject({ verdict: 'leaking' });
  expect(monitor.memory().bytesPerHour).toBeCloseTo(120 * 2 ** 20, -6);
  expect(told).toMatchObject([{ kind: 'memory', rule: 'memory', message: expect.stringMatching(/rises by/) }]);
  await minutes(130, 0);
  expect(monitor.memory().verdict).toBe('steady');
  expect(told.length).toBe(2);
  await end();
});

test.each([
  ['steady', (i: number) => [100e6 + (i % 3) * 5e6, 20e6]],
  ['growing', (i: number) => [100e6 + i * 2e6, 20e6 + i * 1.9e6]],
  ['leaking', (i: number) => [100e6 + i * 2e6, 20e6]],
  ['leaking', (i: number) => [100e6 + i * 2e6, 20e6 + i * 0.5e6]],
  ['steady', (i: number) => [100e6 + (i === 15 ? 300e6 : 0), 20e6]], // one window of a large load
])('a tracker that saw so much says %s', (verdict, at) => {
  const tracker = new GrowthTracker({ windowMs: 60_000 });
  expect(tracker.growth().verdict).toBe('unknown');
  for (let i = 0; i < 30; i++) {
    const [used = 0, explained = 0] = at(i);
    for (let j = 0; j < 6; j++) tracker.add(i * 60_000 + j * 10_000, used + j * 1e6, explained);
  }
  expect(tracker.growth()).toMatchObject({ verdict, windows: 29 });
});

test.each([
  [{ rules: [{ when: 'moon-above' }] }], [{ rules: [{ when: 'p99-above', ms: 5 }] }], [{ rules: [{ when: 'gc-pause-above', ms: -1 }] }], [{ limitsMs: { write: 5 } }],
  [{ intervalMs: 1 }], [{ rules: [{ when: 'counter-above', counter: 'wal', perSecond: 1 }] }], [{ onEvent: 5 }],
])('monitors that make no sense are refused: %o', async (options) => {
  const { db, end } = await opened();
  expect(() => db.monitor(options as never)).toThrow();
  expect(db.stats().level).toBe('counts');
  await end();
});
