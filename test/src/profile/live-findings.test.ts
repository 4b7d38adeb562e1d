import { describe, expect, test } from 'vitest';
import { MemoryVfs, nodeEnvironment } from '#storage';
import { KNOB_NAMES } from '../../../src/config/knobs.js';
import type { Database } from '../../../src/database.js';
import { char, numeric, type OpenOptions } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { nodeRuntime } from '../../../src/profile/node-runtime.js';
import type { ProfileData, ProfileFinding } from '../../../src/profile/profile-data.js';
import { findFindings } from '../../../src/report/findings/find-findings.js';
import { htmlReport } from '../../../src/report/html/html-report.js';
import { seededRandom, simEnvironment, type SimEnvironment } from '../../support/sim-clock.js';

// Each of the findings that a profile of a real run is to show: a run that provokes it, and the same work set up well, which must not.

const QUICK = { cpu: false, memory: false } as const;

function memoryVfs(): MemoryVfs {
  const vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  return vfs;
}

/** The profile of `work`, on the real clock. */
async function profiled(
  options: OpenOptions, prepare: (db: Database) => Promise<void>, work: (db: Database) => Promise<void>, cache = false,
): Promise<ProfileData> {
  const db = await openIn(nodeEnvironment(memoryVfs()), '/db', options, undefined, nodeRuntime());
  await prepare(db);
  const profiler = db.profile({ ...QUICK, cache });
  await work(db);
  const { data } = await profiler.stop();
  await db.close();
  return data;
}

/** The same where time stands still but for what `work` says. */
async function simulated(options: OpenOptions, work: (db: Database, env: SimEnvironment) => Promise<void>): Promise<ProfileData> {
  const env = simEnvironment(11, memoryVfs());
  const db = await openIn(env, '/db', options);
  const profiler = db.profile({ timelineMs: 500 });
  await work(db, env);
  const stopping = profiler.stop();
  await env.settle();
  const { data } = await stopping;
  const closed = db.close();
  await env.settle();
  await env.advanceAsync(1000);
  await closed;
  return data;
}

function found(data: ProfileData, id: string): ProfileFinding | undefined { return findFindings(data).find((finding) => finding.id === id); }

/** Each says what is the case, shows a figure, names a knob or a call, and stands in the page. */
function expectWellSaid(data: ProfileData, finding: ProfileFinding | undefined, evidence: RegExp, remedy: RegExp): void {
  expect(finding?.title).toMatch(/^[A-Z].*\.$/);
  expect(finding?.evidence).toMatch(evidence);
  expect(finding?.remedy).toMatch(remedy);
  const knobs = KNOB_NAMES.filter((name) => finding?.remedy.includes(name));
  expect(knobs.length > 0 || /index|Hold it for less|Close snapshots/.test(finding?.remedy ?? ''), finding?.remedy).toBe(true);
  const page = htmlReport(data);
  expect(page).toContain(`href="#${finding?.section}">See ${finding?.section}</a>`);
}

describe('cache too small', () => {
  const ROWS = 2000;
  const schema = { id: numeric(10), text: char(240) };
  const run = (cacheSize: '64kb' | '4mb'): Promise<ProfileData> => profiled({ cacheSize, pageSize: 4096 }, async (db) => {
    await (await db.createTable('t', schema)).insertMany(Array.from({ length: ROWS }, (_, id) => ({ id, text: `row ${id}` })));
    await db.checkpoint();
  }, (db) => {
    const t = db.table('t', schema);
    const random = seededRandom(3);
    for (let i = 0; i < 6000; i++) expect(t.get(1 + random.int(ROWS))?.text).toBeDefined();
    return Promise.resolve();
  }, true);

  test('a working set of eight times the cache', async () => {
    const data = await run('64kb');
    const finding = found(data, 'cache-too-small');
    expect(finding?.level).toBe('problem');
    expectWellSaid(data, finding, /lookups missed; [\d.]+ % of the misses were pages that had been in the cache.* of 64 KB\. By the trace, a cache of [\d.]+ KB would have answered \d+/, /cacheSize/);
  });

  test('the same in a cache that holds it', async () => { expect(found(await run('4mb'), 'cache-too-small')).toBeUndefined(); });
});

describe('missing index', () => {
  const schema = { id: numeric(10), city: char(20) };
  const run = (isIndexed: boolean): Promise<ProfileData> => profiled({}, async (db) => {
    const t = await db.createTable('people', schema);
    await t.insertMany(Array.from({ length: 5000 }, (_, id) => ({ id, city: `city ${id % 500}` })));
    if (isIndexed) await t.createIndex('by_city', { on: 'city' });
  }, (db) => {
    const t = db.table('people', schema);
    for (let i = 0; i < 20; i++) expect(t.find({ city: `city ${i}` }).toArray().length).toBe(10);
    return Promise.resolve();
  });

  test('twenty searches through the whole table', async () => {
    const data = await run(false);
    const finding = found(data, 'missing-index');
    expect(finding?.level).toBe('problem');
    expectWellSaid(data, finding, /people city = \? read the whole table in 20 of 20 runs .*100,000 rows were read to give 200: 500 for each/, /an index on \(city\)/);
    expect(JSON.stringify(data)).not.toContain('city 7');
  });

  test('the same with the index', async () => {
    const data = await run(true);
    expect(found(data, 'missing-index')).toBeUndefined();
    expect(data.queries?.shapes[0]).toMatchObject({ count: 20, fullScans: 0, index: 'by_city' });
  });
});

describe('lock hot spot', () => {
  const run = (keyOf: (i: number) => string): Promise<ProfileData> => simulated({ lockTimeoutMs: 600_000 }, async (db, env) => {
    const kv = db.kv<string, number>('counters');
    const all = Array.from({ length: 80 }, (_, i) => db.transaction(async (tx) => {
      await tx.lock(kv, keyOf(i));
      await new Promise<void>((resolve) => { env.scheduler.timer(resolve, 10); });
    }));
    await env.settle();
    await env.advanceAsync(2000);
    await Promise.all(all);
  });

  test('eighty transactions for one key', async () => {
    const data = await run(() => 'total');
    const finding = found(data, 'lock-hot-spot');
    expect(finding?.level).toBe('problem');
    // The n-th waits n times 10 ms: 10 + 20 + ... + 790 ms.
    expectWellSaid(data, finding, /^79 of 79 waits \(100 %\) were for it\. They took 31\.6 s of 31\.6 s spent waiting, the longest 790 ms\.$/, /Hold it for less time/);
    expect(finding?.title).toMatch(/k:counters\/#[0-9a-f]+/);
  });

  test('the same, each with a key of its own, and five to a key', async () => {
    expect((await run((i) => `k${i}`)).locks?.shards.reduce((sum, shard) => sum + shard.waits, 0)).toBe(0);
    const spread = await run((i) => `k${i % 16}`);
    expect(spread.locks?.shards.reduce((sum, shard) => sum + shard.waits, 0)).toBe(64);
    expect(found(spread, 'lock-hot-spot')).toBeUndefined();
  });
});

describe('log too small', () => {
  const run = (options: OpenOptions): Promise<ProfileData> => profiled(options, () => Promise.resolve(), async (db) => {
    const kv = db.kv<string, string>('things', { values: 'utf8' });
    for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 50 }, (_, i) => kv.put(`k${round}-${i}`, 'x'.repeat(500))));
  });

  test('half a megabyte of commits through a log of 32 KB', async () => {
    const data = await run({ checkpointSize: '16kb', logLimit: '32kb' });
    const finding = found(data, 'log-too-small');
    expect(data.log?.checkpoints?.every(({ cause }) => cause === 'log size' || cause === 'log full')).toBe(true);
    expectWellSaid(data, finding, /\d+ checkpoints ran and took \d+(\.\d+)? % of the time; [\d.]+ [KM]B went through the log/, /checkpointSize.*logLimit/);
  });

  test('the same through the log of the defaults, also when the program asks for checkpoints', async () => {
    expect(found(await run({}), 'log-too-small')).toBeUndefined();
    const asked = await profiled({}, () => Promise.resolve(), async (db) => {
      for (let i = 0; i < 6; i++) {
        await db.kv('things').put(`k${i}`, i);
        await db.checkpoint();
      }
    });
    expect(asked.log?.checkpoints?.map(({ cause, stores }) => [cause, stores])).toEqual(Array.from({ length: 6 }, () => ['asked', 1]));
    expect(found(asked, 'log-too-small')).toBeUndefined();
  });
});

describe('long reader', () => {
  const run = (options: OpenOptions, heldMs: number): Promise<ProfileData> => simulated(options, async (db, env) => {
    const kv = db.kv<string, string>('things', { values: 'utf8' });
    const write = async (mark: string): Promise<void> => {
      const all = Promise.all(Array.from({ length: 100 }, (_, i) => kv.put(`k${i}`, mark.repeat(1000))));
      await env.settle();
      await all;
      const done = db.checkpoint();
      await env.settle();
      await done;
    };
    await write('a');
    const snapshot = db.snapshot();
    await write('b');
    await write('c');
    await env.advanceAsync(heldMs);
    snapshot.close();
  });

  test('a snapshot that stays open for 12 seconds', async () => {
    const data = await run({}, 12_000);
    const finding = found(data, 'long-reader');
    expect(finding?.level).toBe('advice');
    expectWellSaid(data, finding, /The oldest was 12(\.0)? s old\. Old versions took up to 0\.[1-9] MB\./, /Close snapshots and end scans early.*snapshotMemory/);
  });

  test('one that is ended as its old versions take too much', async () => {
    const data = await run({ snapshotMemory: '64kb' }, 0);
    const finding = found(data, 'long-reader');
    expect(finding?.level).toBe('problem');
    expectWellSaid(data, finding, /1 snapshot had to be ended/, /snapshotMemory/);
  });

  test('the same, closed after a second', async () => { expect(found(await run({}, 1000), 'long-reader')).toBeUndefined(); });
});

describe('compression not worth it', () => {
  const run = (compression: 'lz4' | 'none', isRandom: boolean): Promise<ProfileData> => profiled({ compression }, () => Promise.resolve(), async (db) => {
    const kv = db.kv<string, Buffer>('files', { values: 'binary' });
    const random = seededRandom(5);
    for (let i = 0; i < 100; i++) {
      const bytes = Buffer.alloc(20_000, `line ${i} of a text that repeats; `);
      if (isRandom) random.fill(bytes);
      await kv.put(`k${i}`, bytes);
    }
    await db.checkpoint();
  });

  test('two megabytes of noise', async () => {
    const data = await run('lz4', true);
    const finding = found(data, 'compression-not-worth-it');
    expectWellSaid(data, finding, /MB became .* \(100 %\); 100 % of the values were kept as they were, after .* of trying; the codec took .* % of the processor/, /compression to none.*compressionThreshold/);
  });

  test('text, and no codec', async () => {
    const text = await run('lz4', false);
    expect(text.codecs?.[0]?.triedBytes).toBeGreaterThan(1e6);
    expect(found(text, 'compression-not-worth-it')).toBeUndefined();
    expect(found(await run('none', true), 'compression-not-worth-it')).toBeUndefined();
  });
});
