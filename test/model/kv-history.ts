import fc from 'fast-check';
import { expect } from 'vitest';
import { decodeHeader, peekHeader } from '#index';
import { MemoryVfs, nodeEnvironment } from '#storage';
import type { OpenOptions } from '../../src/main.js';
import { openIn } from '../../src/open.js';
import { compareKv, KV_COMMANDS, KvModel, type KvReal } from './kv-commands.js';

export interface KvHistoryOptions {
  readonly options: OpenOptions;
  readonly runs: number;
  readonly commands: number;
  readonly seed?: number | undefined;
}

/** Random histories of one store beside a plain sorted map; the failure as text, with its seed, or undefined. */
export async function runKvHistories({ options, runs, commands, seed }: KvHistoryOptions): Promise<string | undefined> {
  const property = fc.asyncProperty(fc.commands(KV_COMMANDS, { maxCommands: commands, size: 'max' }), async (history) => {
    const vfs = new MemoryVfs();
    vfs.makeFolder('/db');
    const base = nodeEnvironment(vfs);
    const clock: { real?: KvReal } = {};
    const env = { ...base, clock: { nowMs: () => clock.real?.nowMs ?? 1e12, monotonicNs: () => base.clock.monotonicNs() } };
    const reopen = () => openIn(env, '/db', options);
    const db = await reopen();
    const real: KvReal = { db, kv: db.kv<string, string>('s', { values: 'utf8' }), nowMs: 1e12, reopen, snapshots: [], walks: [] };
    clock.real = real;
    const model = new KvModel();
    await fc.asyncModelRun(() => ({ model, real }), history);
    await compareKv(model, real);
    for (const snapshot of real.snapshots.splice(0)) snapshot.close();
    for (const walk of real.walks.splice(0)) walk.return?.();
    await real.db.close();
    const file = vfs.files().get('/db/s.kv');
    if (file !== undefined) expect(keysIn(Buffer.from(file)), 'entries in the file after close: none whose time is over').toBe(model.pairs.size);
    real.db = await reopen();
    real.kv = real.db.kv<string, string>('s', { values: 'utf8' });
    await compareKv(model, real);
    await real.db.close();
    expect([...vfs.files().keys()].filter((path) => !/\.(kv|json)$/.test(path))).toEqual([]);
  });
  const report = await fc.check(property, { numRuns: runs, ...(seed === undefined ? {} : { seed }) });
  if (!report.failed) return undefined;
  const { errorInstance } = report;
  return `${fc.defaultReportMessage(report) ?? ''}\n${errorInstance instanceof Error ? errorInstance.stack ?? errorInstance.message : String(errorInstance)}\nagain: SEED=${report.seed} npx vitest run test/model/kv-model.test.ts`;
}

/** What the first page of the file says. */
function keysIn(file: Buffer): number { return decodeHeader(file.subarray(0, peekHeader(file).pageSizeBytes), file.length).keyCount; }
