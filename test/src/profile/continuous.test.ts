import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MemoryVfs } from '#storage';
import { open, type ContinuousOptions, type ContinuousProfiler } from '../../../src/main.js';
import type { Database } from '../../../src/database.js';
import { openIn } from '../../../src/open.js';
import type { ProfileData } from '../../../src/profile/profile-data.js';
import { simEnvironment, type SimEnvironment } from '../../support/sim-clock.js';

interface Stage { readonly env: SimEnvironment; readonly db: Database; end(): Promise<void> }

async function staged(): Promise<Stage> {
  await import('../../../src/report/render-report.js'); // loading it takes real time
  const vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  const env = simEnvironment(5, vfs);
  const db = await openIn(env, '/db');
  return { env, db, end: async () => {
    const closed = db.close();
    await env.settle();
    await env.advanceAsync(10_000);
    await closed;
  } };
}

/** Commits and reads every five of so many seconds of simulated time. */
async function work({ env, db }: Stage, seconds: number): Promise<void> {
  const kv = db.kv<string, number>('things');
  for (let second = 0; second < seconds; second += 5) {
    const puts = Promise.all(Array.from({ length: 5 }, (_, i) => kv.put(`k${i}`, second)));
    await env.settle();
    await puts;
    for (let i = 0; i < 5; i++) kv.get(`k${i}`);
    await env.advanceAsync(5000);
  }
}

async function ended({ env }: Stage, continuous: ContinuousProfiler): Promise<void> {
  const stopped = continuous.stop();
  await env.settle();
  await stopped;
}

const PLAN: ContinuousOptions = { everyMs: 60_000, lengthMs: 10_000, profile: { cpu: false, timelineMs: 5000 } };

test('each profile holds the work of its own time, and they begin on time', async () => {
  const stage = await staged();
  const taken: { data: ProfileData; name: string }[] = [];
  const startMs = stage.env.clock.nowMs();
  const continuous = stage.db.profileContinuously({ ...PLAN, upload: (data, name) => { taken.push({ data, name }); } });
  await work(stage, 195);
  expect(continuous.count).toBe(4);
  const times = taken.map(({ data }) => [data.meta.startedAtMs - startMs, data.meta.durationMs]);
  expect(times).toEqual([[0, 10_000], [60_000, 10_000], [120_000, 10_000], [180_000, 10_000]]);
  for (const { data } of taken) expect(data.counters?.['operations']).toMatchObject({ 'kv.put': 10, 'kv.get': 10 });
  expect(taken[1]?.name).toBe('fieldstone-20240101T000100000Z-1.json');
  await work(stage, 50); // five seconds into the next one
  await ended(stage, continuous);
  expect(taken.map(({ data }) => data.meta.durationMs)).toEqual([10_000, 10_000, 10_000, 10_000, 5000]);
  await work(stage, 100);
  expect(taken.length).toBe(5);
  await stage.end();
});

test('a folder keeps what is young enough and fits, the newest in any case', async () => {
  const stage = await staged();
  const sizes = (folder: string): number[] => stage.env.vfs.list(folder).map((name) => stage.env.vfs.stat(`${folder}/${name}`)?.sizeBytes ?? 0);
  const byAge = stage.db.profileContinuously({ ...PLAN, folder: '/by-age', keep: { ageMs: 150_000 } });
  const bySize = stage.db.profileContinuously({ ...PLAN, folder: '/by-size', keep: { bytes: 1 } });
  await work(stage, 75);
  const each = Math.max(...sizes('/by-age'));
  await ended(stage, bySize);
  const roomForThree = stage.db.profileContinuously({ ...PLAN, folder: '/three', keep: { bytes: Math.round(each * 3.5) } });
  await work(stage, 300);
  expect(sizes('/by-age').length).toBe(3); // of now, of one and of two minutes ago
  expect(sizes('/by-size').length).toBe(1);
  expect(sizes('/three').length).toBe(3);
  expect(sizes('/three').reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(each * 3.5);
  const newest = stage.env.vfs.list('/three').sort();
  const text = Buffer.alloc(stage.env.vfs.stat(`/three/${newest.at(-1)}`)?.sizeBytes ?? 0);
  const file = stage.env.vfs.open(`/three/${newest.at(-1)}`, 'read');
  file.readAt(text, 0);
  file.close();
  expect(JSON.parse(text.toString())).toMatchObject({ schemaVersion: 1, counters: { operations: { 'kv.put': 10 } } });
  await ended(stage, byAge);
  await ended(stage, roomForThree);
  await stage.end();
});

test('an upload that fails, or rejects, or both it and the folder: the next profile is taken all the same', async () => {
  const stage = await staged();
  let calls = 0;
  const continuous = stage.db.profileContinuously({
    ...PLAN, folder: '/profiles',
    upload: (): Promise<void> | undefined => {
      calls++;
      if (calls === 1) throw new Error('no network');
      return calls === 2 ? Promise.reject(new Error('status 503')) : undefined;
    },
  });
  await work(stage, 15);
  expect(continuous.lastError).toMatchObject({ message: 'no network' });
  expect(stage.env.vfs.list('/profiles').length).toBe(1); // the file is there
  await work(stage, 60);
  expect(continuous.lastError).toMatchObject({ message: 'status 503' });
  await work(stage, 60);
  expect([continuous.lastError, continuous.count, calls]).toEqual([undefined, 1, 3]);
  stage.env.vfs.unlink(`/profiles/${stage.env.vfs.list('/profiles')[0]}`);
  await stage.end();
});

test('a folder that can not be written does not keep a profile from being uploaded', async () => {
  const stage = await staged();
  const taken: string[] = [];
  const continuous = stage.db.profileContinuously({ ...PLAN, folder: '/profiles', upload: (_data, name) => { taken.push(name); } });
  stage.env.vfs.removeFolder('/profiles');
  await work(stage, 15);
  expect(taken.length).toBe(1);
  expect(continuous.lastError).toMatchObject({ code: 'NOT_FOUND' });
  await ended(stage, continuous);
  await stage.end();
});

test('a slow upload delays no profile and gets them one by one; one that never ends is given up, with its signal', async () => {
  const stage = await staged();
  const log: string[] = [];
  const signals: AbortSignal[] = [];
  const pause = (ms: number): Promise<void> => new Promise((resolve) => { stage.env.scheduler.timer(resolve, ms); });
  const startMs = stage.env.clock.nowMs();
  const continuous = stage.db.profileContinuously({
    ...PLAN, uploadTimeoutMs: 55_000,
    upload: async (data, _name, signal) => {
      const minute = (data.meta.startedAtMs - startMs) / 60_000;
      log.push(`begin ${minute}`);
      signals.push(signal);
      await (minute === 1 ? new Promise<never>(() => undefined) : pause(40_000));
      log.push(`end ${minute}`);
    },
  });
  await work(stage, 60 + 10);
  expect(log).toEqual(['begin 0', 'end 0', 'begin 1']);
  await work(stage, 65); // given up 65 s after minute 1, when the next one waits already
  expect(log).toEqual(['begin 0', 'end 0', 'begin 1', 'begin 2']);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, true, false]);
  expect(continuous.lastError).toMatchObject({ code: 'ABORTED', message: expect.stringMatching(/upload of fieldstone-.* did not end in time/) });
  await work(stage, 45);
  expect([log.at(-1), continuous.lastError, continuous.count]).toEqual(['end 2', undefined, 2]);
  await stage.end();
}, 20_000);

test('close does not wait for an upload that hangs', async () => {
  const stage = await staged();
  const continuous = stage.db.profileContinuously({ ...PLAN, upload: () => new Promise<never>(() => undefined) });
  await work(stage, 15);
  const closed = stage.db.close();
  await stage.env.advanceAsync(4000);
  expect(continuous.lastError).toBeUndefined();
  await stage.env.advanceAsync(7000); // that of the first profile, then that of the one under way
  await closed;
  expect(continuous.lastError).toMatchObject({ code: 'ABORTED' });
});

test('on a real clock and a real disk, beside real work', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fieldstone-continuous-'));
  try {
    const db = await open(join(folder, 'db'));
    const kv = db.kv<string, number>('things');
    const uploaded: ProfileData[] = [];
    const continuous = db.profileContinuously({
      everyMs: 150, lengthMs: 100, folder: join(folder, 'profiles'), format: '.html', keep: { bytes: 10 << 20 },
      profile: { cpu: true, memory: false, timelineMs: 20 },
      upload: async (data) => {
        await new Promise((resolve) => { setTimeout(resolve, 120); });
        uploaded.push(data);
      },
    });
    let puts = 0;
    const endMs = performance.now() + 1500;
    while (performance.now() < endMs) {
      await kv.put(`k${puts % 100}`, puts);
      puts++;
      if (puts % 50 === 0) await new Promise((resolve) => { setTimeout(resolve, 1); });
    }
    await db.close();
    expect(continuous.lastError).toBeUndefined();
    expect(uploaded.length).toBeGreaterThanOrEqual(3);
    const profiled = uploaded.reduce((sum, { counters }) => sum + (counters?.['operations']?.['kv.put'] ?? 0), 0);
    expect(profiled).toBeGreaterThan(0);
    expect(profiled).toBeLessThanOrEqual(puts);
    expect(uploaded.every(({ cpu }) => (cpu?.nodes.length ?? 0) > 0)).toBe(true);
    const files = readdirSync(join(folder, 'profiles'));
    expect(files.length).toBe(uploaded.length);
    for (const name of files) {
      expect(statSync(join(folder, 'profiles', name)).size).toBeGreaterThan(10_000);
      expect(readFileSync(join(folder, 'profiles', name), 'utf8')).toMatch(/^<!doctype html>/);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 30_000);

test.each([
  [{}], [{ folder: '/p', lengthMs: 20_000, everyMs: 10_000 }], [{ folder: '/p', format: '.doc' }], [{ folder: 5 }],
  [{ uploadTimeoutMs: 1, folder: '/p' }], [{ uploadTimeoutMs: '5s', folder: '/p' }], [{ keep: { ageMs: 0 }, folder: '/p' }], [{ keep: { days: 1 }, folder: '/p' }],
])(
  'options that make no sense are refused: %o', async (options) => {
    const stage = await staged();
    expect(() => stage.db.profileContinuously(options as never)).toThrow(expect.objectContaining({ code: 'OPTION' }));
    await stage.end();
  });
