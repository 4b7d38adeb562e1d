import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryVfs, nodeEnvironment } from '#storage';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { char, memo, numeric, open, type Database, type OpenOptions } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { Session } from '../../isolation/session.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { SimDisk } from '../../support/sim/sim-disk.js';
import { simEnvironmentOf, SimScheduler } from '../../support/sim/sim-scheduler.js';
import { crashStates } from '../../support/sim/crash-states.js';

const counter = (db: Database, group: string, name: string): number => db.stats().counters[group]?.[name] ?? 0;

describe('in a real folder', () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'fieldstone-durability-')); });
  afterEach(() => { rmSync(folder, { recursive: true }); });

  test('64 concurrent commits share few syncs', async () => {
    const db = await open(folder);
    await db.createTable('t', { n: numeric(6) });
    const [syncs, groups] = [counter(db, 'wal', 'syncs'), counter(db, 'wal', 'groups')];
    await Promise.all(Array.from({ length: 64 }, (_, n) => db.table('t').insert({ n })));
    expect(counter(db, 'wal', 'syncs') - syncs).toBeLessThanOrEqual(8);
    expect(counter(db, 'wal', 'groups') - groups).toBeLessThanOrEqual(8);
    expect(db.table('t').recordCount).toBe(64);
    await db.close();
    expect(readdirSync(folder).sort()).toEqual(['fieldstone.json', 't.dbf']);
  });

  test.each(['commit', 'interval', 'none'] as const)('durability %s: everything is there after close', async (durability) => {
    const db = await open(folder, { durability });
    const t = await db.createTable('t', { n: numeric(6) });
    const before = counter(db, 'wal', 'syncs');
    for (let n = 0; n < 20; n++) await t.insert({ n });
    const syncs = counter(db, 'wal', 'syncs') - before;
    if (durability === 'commit') expect(syncs).toBe(20); else expect(syncs).toBeLessThan(5);
    await db.close();
    const again = await open(folder);
    expect(again.table('t').recordCount).toBe(20);
    await again.close();
  });
});

let lives = 0;

/** What is left of acknowledged commits when the power fails at once. */
async function survivors(options: OpenOptions, ofTransaction?: 'commit'): Promise<number> {
  const disk = new SimDisk();
  const scheduler = new SimScheduler();
  disk.useScheduler(scheduler);
  const db = await scheduler.settle(openIn(simEnvironmentOf(disk, scheduler, 1), '/db', options, fakeIdentity(++lives)));
  await scheduler.settle(db.createTable('t', { n: numeric(4) }));
  for (let n = 0; n < 5; n++) db.transactionSync((tx) => { tx.table('t').insert({ n }); }, n === 2 && ofTransaction !== undefined ? { durability: ofTransaction } : {});
  const counts: number[] = [];
  for (const state of crashStates(disk.start, disk.trace, { seed: 1, budget: 200, from: disk.trace.length, kinds: ['power'] })) {
    const after = new SimDisk({ start: state.disk() });
    after.useScheduler(scheduler);
    const again = await scheduler.settle(openIn(simEnvironmentOf(after, scheduler, 2), '/db', {}, fakeIdentity(++lives)));
    const found = again.table('t').scan().toArray().map((row) => Number(row['n']));
    expect(found).toEqual([0, 1, 2, 3, 4].slice(0, found.length)); // always a prefix
    counts.push(found.length);
  }
  return Math.min(...counts);
}

test('commit survives a power failure; interval and none may lose the end, never the middle', async () => {
  expect(await survivors({ durability: 'commit' })).toBe(5);
  expect(await survivors({ durability: 'interval' })).toBe(0);
  expect(await survivors({ durability: 'none' })).toBe(0);
  expect(await survivors({ durability: 'none' }, 'commit')).toBe(3); // what came before it is on disk with it
});

describe('bounds', () => {
  const memory = (options: OpenOptions): Promise<Database> => {
    const vfs = new MemoryVfs();
    vfs.makeFolder('/db');
    return openIn(nodeEnvironment(vfs), '/db', options);
  };

  test('past logLimit commits wait for a checkpoint, counted', async () => {
    const db = await memory({ checkpointSize: '64kb', logLimit: '64kb' });
    const t = await db.createTable('t', { text: memo() });
    let largest = 0;
    await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      await new Promise((resolve) => { setImmediate(resolve); });
      await t.insert({ text: String(i).repeat(2000) });
      largest = Math.max(largest, counter(db, 'engine', 'logBytes'));
    }));
    for (let i = 0; i < 50; i++) db.transactionSync((tx) => { tx.table('t').insert({ text: 'x'.repeat(5000) }); });
    expect(counter(db, 'wal', 'stalls')).toBeGreaterThan(0);
    expect(counter(db, 'checkpoint', 'runs')).toBeGreaterThan(2);
    expect(t.recordCount).toBe(150);
    await db.close();
  });

  test('past snapshotMemory the oldest snapshot ends with ABORTED; others and commits go on', async () => {
    const db = await memory({ snapshotMemory: '64kb' });
    await db.createTable('t', { name: char(200), n: numeric(6) });
    await db.transaction((tx) => { for (let i = 0; i < 400; i++) tx.table('t').insert({ name: 'first', n: i }); });
    await db.checkpoint();
    const old = db.snapshot();
    const reader = new Session(db);
    await reader.step((tx) => tx.table('t').get(1));
    const rows = old.table('t').scan()[Symbol.iterator]();
    expect(rows.next().value).toMatchObject({ name: 'first' });
    const rewrite = async (name: string): Promise<void> => {
      await db.transaction((tx) => { for (let i = 1; i <= 400; i++) tx.table('t').update(i, { name }); });
      await db.checkpoint();
    };
    await rewrite('second');
    const young = db.snapshot();
    const aborted = expect.objectContaining({ code: 'ABORTED' });
    expect(() => old.table('t')).toThrow(aborted);
    expect(() => rows.next()).toThrow(aborted);
    await expect(reader.step((tx) => tx.table('t').get(2))).rejects.toThrow(aborted);
    expect(await reader.outcome()).toBe('ABORTED');
    expect(young.table('t').get(3)).toMatchObject({ name: 'second' });
    expect(counter(db, 'engine', 'historyBytes')).toBeLessThanOrEqual(65_536);
    young.close();
    old.close();
    await db.close();
  });
});
