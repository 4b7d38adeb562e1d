import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { MemoryVfs } from '#storage';
import { char } from '../../../../src/main.js';
import type { Database } from '../../../../src/database.js';
import { openIn } from '../../../../src/open.js';
import { nodeRuntime } from '../../../../src/profile/node-runtime.js';
import type { MemoryGrowth } from '../../../../src/profile/monitor/growth-tracker.js';
import { simEnvironment } from '../../../support/sim-clock.js';

// The memory is that of this process; the hours are simulated.

const MINUTES = 30;
const LOOKS_A_MINUTE = 6;
const MB = 1 << 20;

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc') as () => void;

/** What the monitor says of the memory of half an hour in which `each` runs six times a minute. */
async function halfHour(each: (db: Database, look: number) => void, cacheSize: '1mb' | '512mb' = '1mb'): Promise<MemoryGrowth & { readonly told: readonly string[] }> {
  const vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  const env = simEnvironment(5, vfs);
  const db = await openIn(env, '/db', { cacheSize, pageSize: '64kb' }, undefined, nodeRuntime());
  const t = await filled(env, db);
  const told: string[] = [];
  const monitor = db.monitor({ intervalMs: 60_000 / LOOKS_A_MINUTE, onEvent: ({ kind }) => { told.push(kind); } });
  for (let look = 0; look < MINUTES * LOOKS_A_MINUTE; look++) {
    each(t, look);
    if (look % LOOKS_A_MINUTE === LOOKS_A_MINUTE - 1) collect(); // once a minute, as it would in a program at work
    await env.advanceAsync(60_000 / LOOKS_A_MINUTE);
  }
  const result = { ...monitor.memory(), told };
  const closed = db.close();
  await env.settle();
  await env.advanceAsync(10);
  await closed;
  return result;
}

/** Rows of about 2,000 bytes. */
const schema = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`text${i}`, char(250)]));
const ROWS = 30_000;

async function filled(env: ReturnType<typeof simEnvironment>, db: Database): Promise<Database> {
  const making = db.createTable('t', schema);
  await env.settle();
  const loading = (await making).insertMany(Array.from({ length: ROWS }, () => ({ text0: 'x' })));
  await env.settle();
  await loading;
  return db;
}

test('objects that are kept, half a megabyte at a time, are a leak', async () => {
  const kept: number[][] = [];
  const { verdict, bytesPerHour, told } = await halfHour(() => { kept.push(Array.from({ length: MB / 16 }, Math.random)); });
  expect(verdict).toBe('leaking');
  expect(bytesPerHour / MB).toBeGreaterThan(60 * LOOKS_A_MINUTE * 0.4);
  expect(bytesPerHour / MB).toBeLessThan(60 * LOOKS_A_MINUTE * 0.7);
  expect(told).toEqual(['memory']);
  expect(kept.length).toBe(MINUTES * LOOKS_A_MINUTE);
}, 120_000);

test('as many objects that come and go are none', async () => {
  let kept: number[][] = [];
  const { verdict, told } = await halfHour((_, look) => {
    if (look % (LOOKS_A_MINUTE * 5) === 0) kept = [];
    kept.push(Array.from({ length: MB / 16 }, Math.random));
  });
  expect(verdict).toBe('steady');
  expect(told).toEqual([]);
}, 120_000);

test('a cache that fills is growth', async () => {
  const rowsEach = Math.ceil(ROWS / (MINUTES * LOOKS_A_MINUTE));
  const { verdict, bytesPerHour, explainedBytesPerHour, told } = await halfHour((db, look) => {
    const t = db.table('t', schema);
    for (let i = 1; i <= rowsEach; i++) t.get(Math.min(ROWS, look * rowsEach + i));
  }, '512mb');
  expect(verdict).toBe('growing');
  expect(explainedBytesPerHour / bytesPerHour).toBeGreaterThan(0.5);
  expect(told).toEqual([]);
}, 120_000);
