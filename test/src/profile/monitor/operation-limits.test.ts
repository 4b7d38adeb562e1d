import { expect, test } from 'vitest';
import { MemoryVfs, type Vfs } from '#storage';
import { char, numeric, type Monitor, type MonitorOptions } from '../../../../src/main.js';
import type { Database } from '../../../../src/database.js';
import { openIn } from '../../../../src/open.js';
import { DEFAULT_LIMITS_MS } from '../../../../src/profile/monitor/monitor-rules.js';
import { simEnvironment, type SimEnvironment } from '../../../support/sim-clock.js';

const schema = { id: numeric(10), text: char(100) };

/** A database on a clock that moves by `stage.readMs` with the next read of a table's file, and otherwise when a test says so. */
interface Stage { readonly env: SimEnvironment; readonly db: Database; readMs: number; end(): Promise<void> }

/** The same object with one method replaced. */
function instead<Of extends object, Name extends keyof Of>(of: Of, name: Name, method: Of[Name]): Of {
  return new Proxy(of, { get: (target, key) => {
    if (key === name) return method;
    const value: unknown = Reflect.get(target, key);
    return typeof value === 'function' ? (value as (...all: unknown[]) => unknown).bind(target) : value;
  } });
}

async function staged(): Promise<Stage> {
  const memory = new MemoryVfs();
  memory.makeFolder('/db');
  const slow = { readMs: 0 };
  const vfs = instead(memory as Vfs, 'open', (path, mode) => {
    const file = memory.open(path, mode);
    return !/\/t\.dbf/i.test(path) ? file : instead(file, 'readAt', (target, position) => {
      env.advance(slow.readMs);
      slow.readMs = 0;
      return file.readAt(target, position);
    });
  });
  const env = simEnvironment(9, vfs);
  const db = await openIn(env, '/db', { cacheSize: '64kb', pageSize: 4096, lockTimeoutMs: 60_000 });
  const t = await settled(env, db.createTable('t', schema));
  await settled(env, t.insertMany(Array.from({ length: 3000 }, (_, id) => ({ id, text: `row ${id}` }))));
  await settled(env, db.checkpoint());
  return Object.defineProperty({ env, db, readMs: 0, end: async () => {
    const closed = db.close();
    await env.settle();
    await env.advanceAsync(10);
    await closed;
  } }, 'readMs', { get: () => slow.readMs, set: (ms: number) => { slow.readMs = ms; } });
}

async function settled<Result>(env: SimEnvironment, work: Promise<Result>): Promise<Result> {
  await env.settle();
  return work;
}

/** Holds a lock on the whole table for so long, while `work` waits for it. */
async function behindLock({ env, db }: Stage, ms: number, work: () => Promise<unknown>): Promise<void> {
  const holder = db.transaction(async (tx) => {
    await tx.lock(db.table('t', schema));
    await new Promise<void>((resolve) => { env.scheduler.timer(resolve, ms); });
  });
  await env.settle();
  const done = work();
  await env.settle();
  await env.advanceAsync(ms + 1);
  await Promise.all([holder, done]);
}

/** Runs one operation of that kind that takes exactly so long by the clock of the database. */
const RUNS: Readonly<Record<keyof typeof DEFAULT_LIMITS_MS, readonly [operation: string, run: (stage: Stage, ms: number) => Promise<void>]>> = {
  read: ['table.get', (stage, ms) => {
    for (let recno = 1; recno <= 3000; recno += 30) stage.db.table('t', schema).get(recno); // others take the pages out of the cache
    stage.readMs = ms;
    stage.db.table('t', schema).get(1500);
    expect(stage.readMs, 'the page was read').toBe(0);
    return Promise.resolve();
  }],
  search: ['table.find', (stage, ms) => {
    stage.readMs = ms;
    expect(stage.db.table('t', schema).find({ text: 'row 7' }).toArray().length).toBe(1);
    expect(stage.readMs, 'the table was read').toBe(0);
    return Promise.resolve();
  }],
  update: ['table.update', (stage, ms) => behindLock(stage, ms, () => stage.db.table('t', schema).update(7, { text: 'other' }))],
  append: ['table.insert', (stage, ms) => behindLock(stage, ms, () => stage.db.table('t', schema).insert({ id: 9999, text: 'new' }))],
};

function monitored(stage: Stage, options: MonitorOptions = {}): Monitor { return stage.db.monitor({ intervalMs: 3_600_000, samplingRate: 1, ...options }); }

test('the defaults are those of the documentation', () => { expect(DEFAULT_LIMITS_MS).toEqual({ read: 100, search: 5000, update: 200, append: 150 }); });

test.each(Object.entries(DEFAULT_LIMITS_MS))('%s: at its default of %d ms nothing is told, just above it is', async (kind, limitMs) => {
  const stage = await staged();
  const monitor = monitored(stage);
  const [operation, run] = RUNS[kind as keyof typeof DEFAULT_LIMITS_MS];
  for (const ms of [1, limitMs - 1, limitMs]) await run(stage, ms);
  expect(monitor.events()).toEqual([]);
  await run(stage, limitMs + 0.5);
  expect(monitor.events()).toMatchObject([{ kind: 'slow', rule: `slow:${operation}`, value: limitMs + 0.5, limit: limitMs, target: 't' }]);
  expect(monitor.events()[0]?.message).toBe(`${operation} on "t" took ${limitMs}.5 ms; its limit is ${limitMs} ms`);
  expect(stage.db.stats().operations.find(({ name }) => name === operation)?.recent.maxNs).toBe((limitMs + 0.5) * 1e6);
  await stage.end();
});

test('a limit of its own, and none', async () => {
  const stage = await staged();
  const monitor = monitored(stage, { limitsMs: { read: 10, append: Infinity } });
  await RUNS.read[1](stage, 11);
  await RUNS.append[1](stage, 100_000 / 2);
  await RUNS.update[1](stage, 201);
  expect(monitor.events().map(({ rule, limit }) => [rule, limit])).toEqual([['slow:table.get', 10], ['slow:table.update', 200]]);
  await stage.end();
});

test('events are kept for an hour and no longer', async () => {
  const stage = await staged();
  const monitor = monitored(stage);
  for (let minute = 0; minute < 90; minute += 10) {
    await RUNS.read[1](stage, 101);
    await stage.env.advanceAsync(600_000 - 101);
  }
  const events = monitor.events();
  expect(events.length).toBe(6);
  expect(stage.env.clock.nowMs() - (events[0]?.atMs ?? 0)).toBeLessThanOrEqual(3_600_000);
  await stage.end();
});
