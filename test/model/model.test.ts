import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryVfs, nodeEnvironment } from '#storage';
import type { OpenOptions, WritableDialect } from '../../src/main.js';
import { openIn } from '../../src/open.js';
import { applyToModel, applyToTx, changeArb, command, compareAll, rowArb, SCHEMA, TABLES, type Command, type Real, type RowInput } from './commands.js';
import { Model } from './table-model.js';
import { timeLimitMs } from '../support/time-limit.js';

interface OptionSet { readonly label: string; readonly dialect: WritableDialect; readonly options: OpenOptions }

// Every knob that changes how the same history is carried out.
const OPTION_SETS: readonly OptionSet[] = [
  { label: 'defaults, vfp', dialect: 'vfp', options: {} },
  { label: 'checkpoint after nearly every commit', dialect: 'foxpro2', options: { checkpointSize: '64kb', logLimit: '64kb' } },
  { label: 'one page of cache', dialect: 'dbase3', options: { cacheSize: '64kb', pageSize: '4kb' } },
  { label: 'lz4 log, durability interval', dialect: 'dbase4', options: { compression: 'lz4', compressionThreshold: 64, durability: 'interval' } },
  { label: 'deflate log, durability none', dialect: 'clipper', options: { compression: 'deflate', compressionThreshold: 64, durability: 'none' } },
  { label: 'one lock shard, small buffers', dialect: 'vfp', options: { lockShards: 1, bufferPool: '1mb', readAhead: '64kb' } },
  { label: 'large pages', dialect: 'vfp', options: { pageSize: '64kb', cacheSize: '1mb' } },
  { label: 'profiling with times, cp850', dialect: 'dbase4', options: { profiling: 'times', samplingRate: 1, encoding: 'cp850' } },
];

const tableArb = fc.constantFrom(...TABLES);
const asRow = (row: RowInput): Record<string, unknown> => ({ ...row });

const commands: fc.Arbitrary<Command>[] = [
  tableArb.map((name) => command(`create ${name}`, async (m, r) => {
    await r.db.createTable(name, SCHEMA, { dialect: r.dialect });
    m.tables.set(name, []);
  }, (m) => !m.tables.has(name))),
  fc.tuple(tableArb, fc.array(changeArb, { minLength: 1, maxLength: 6 })).map(([name, changes]) => command(`transaction on ${name}: ${JSON.stringify(changes)}`, async (m, r) => {
    const rows = m.tables.get(name) ?? [];
    await r.db.transaction((tx) => {
      for (const change of changes) {
        applyToTx(tx, name, rows, change);
        applyToModel(rows, change);
      }
    });
  }, (m) => m.tables.has(name))),
  fc.tuple(tableArb, fc.array(changeArb, { minLength: 1, maxLength: 3 })).map(([name, changes]) => command(`transactionSync on ${name}`, (m, r) => {
    const rows = m.tables.get(name) ?? [];
    r.db.transactionSync((tx) => {
      for (const change of changes) {
        applyToTx(tx, name, rows, change);
        applyToModel(rows, change);
      }
    });
    return Promise.resolve();
  }, (m) => m.tables.has(name))),
  fc.tuple(tableArb, fc.array(changeArb, { minLength: 1, maxLength: 5 }), fc.nat(5)).map(([name, changes, keep]) => command(`savepoint after ${keep} of ${changes.length}, then back, on ${name}`, async (m, r) => {
    const rows = m.tables.get(name) ?? [];
    await r.db.transaction((tx) => {
      const scratch = [...rows];
      changes.forEach((change, i) => {
        if (i === Math.min(keep, changes.length - 1)) tx.savepoint('here');
        applyToTx(tx, name, scratch, change);
        applyToModel(scratch, change);
        if (i < Math.min(keep, changes.length - 1)) applyToModel(rows, change);
      });
      tx.rollbackTo('here');
    });
  }, (m) => m.tables.has(name))),
  fc.tuple(tableArb, fc.array(changeArb, { minLength: 1, maxLength: 4 })).map(([name, changes]) => command(`rolled back on ${name}`, async (m, r) => {
    const scratch = [...(m.tables.get(name) ?? [])];
    await expect(r.db.transaction((tx) => {
      for (const change of changes) {
        applyToTx(tx, name, scratch, change);
        applyToModel(scratch, change);
      }
      throw new Error('no');
    })).rejects.toThrow('no');
  }, (m) => m.tables.has(name))),
  fc.tuple(tableArb, fc.array(rowArb, { minLength: 1, maxLength: 5 }), fc.constantFrom(1, 1, 1, 900)).map(([name, rows, times]) => command(`insertMany ${rows.length * times} into ${name}`, async (m, r) => {
    const all = Array.from({ length: times }, () => rows).flat();
    const result = await r.db.table(name).insertMany(all.map(asRow));
    expect(result.count).toBe(all.length);
    for (const row of all) applyToModel(m.tables.get(name) ?? [], { op: 'insert', row });
  }, (m) => m.tables.has(name) && (m.tables.get(name)?.length ?? 0) < 9000)),
  fc.constant(command('checkpoint', async (_m, r) => { await r.db.checkpoint(); })),
  fc.constant(command('close and open', async (m, r) => {
    for (const snapshot of r.snapshots.splice(0)) snapshot.close();
    m.snapshots = [];
    await r.db.close();
    r.db = await r.reopen();
  })),
  fc.constant(command('open a snapshot', (m, r) => {
    r.snapshots.push(r.db.snapshot());
    m.snapshots.push(m.copy());
    return Promise.resolve();
  }, (m) => m.snapshots.length < 3)),
  fc.constant(command('close the oldest snapshot', (m, r) => {
    r.snapshots.shift()?.close();
    m.snapshots.shift();
    return Promise.resolve();
  }, (m) => m.snapshots.length > 0)),
  tableArb.map((name) => command(`pack ${name}`, async (m, r) => {
    await r.db.table(name).pack();
    m.tables.set(name, (m.tables.get(name) ?? []).filter((row) => !row.deleted));
  }, (m) => m.tables.has(name))),
  tableArb.map((name) => command(`zap ${name}`, async (m, r) => {
    await r.db.table(name).zap();
    m.tables.set(name, []);
  }, (m) => m.tables.has(name))),
  tableArb.map((name) => command(`drop ${name}`, async (m, r) => {
    await r.db.dropTable(name);
    m.tables.delete(name);
  }, (m) => m.tables.has(name))),
  tableArb.map((name) => command(`rename ${name} there and back`, async (m, r) => {
    await r.db.renameTable(name, 'gamma');
    await r.db.renameTable('gamma', name);
  }, (m) => m.tables.has(name))),
];

const RUNS = Number(process.env['MODEL_RUNS'] ?? 12);
const COMMANDS = Number(process.env['MODEL_COMMANDS'] ?? 40);
const seed = process.env['SEED'] === undefined ? undefined : Number(process.env['SEED']);

test.each(OPTION_SETS)('random histories agree with a plain array: $label', async ({ dialect, options }) => {
  await fc.assert(fc.asyncProperty(fc.commands(commands, { maxCommands: COMMANDS, size: 'max' }), async (history) => {
    const vfs = new MemoryVfs();
    vfs.makeFolder('/db');
    const env = nodeEnvironment(vfs);
    const reopen = () => openIn(env, '/db', options);
    const real: Real = { db: await reopen(), reopen, dialect, options, snapshots: [] };
    const model = new Model();
    await fc.asyncModelRun(() => ({ model, real }), history);
    for (const snapshot of real.snapshots.splice(0)) snapshot.close();
    model.snapshots = [];
    await real.db.close();
    real.db = await reopen();
    compareAll(model, real);
    await real.db.close();
    expect([...vfs.files().keys()].filter((path) => !/\.(dbf|fpt|dbt|json)$/.test(path))).toEqual([]);
  }), { numRuns: RUNS, ...(seed === undefined ? {} : { seed }) });
}, timeLimitMs(120_000, 'MODEL_RUNS', 'MODEL_COMMANDS'));
