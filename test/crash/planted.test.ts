import { afterAll, describe, expect, test } from 'vitest';
import { patchedSource, plantSource } from '../support/sim/plant-source.js';
import type { VfsBug } from '../support/sim/planted-bug.js';
import { VFS_BUGS } from '../support/sim/planted-bugs.js';
import type { Fault } from '../support/sim/fault-vfs.js';
import type { Judge } from '../support/sim/campaign.js';
import { SMALL_PARTS } from './engine/kv-bugs.js';
import type { SourceBug } from './engine/source-bug.js';
import { SOURCE_BUGS } from './engine/source-bugs.js';
import { timeLimitMs } from '../support/time-limit.js';

/** BUG=id,id runs these alone; CRASH_LONG=1 runs all. */
const ONLY = process.env['BUG']?.split(',');
const LONG = process.env['CRASH_LONG'] !== undefined;
const SHORT: readonly string[] = [
  'ack-before-sync', 'catalog-before-apply', 'journal-not-rewritten', 'conflicts-missed', 'preimages-not-kept',
  'rejected-not-withdrawn', 'log-sync-dropped', 'kv-pages-in-place', 'kv-preimages-not-kept', 'kv-phantom-missed',
  'index-tombstone-dropped', 'index-replay-proves', 'index-pages-in-place', 'index-xbase-in-place', 'index-replay-lost', 'index-unfreeze-forgets',
  'index-overlay-stays', 'kv-sweep-takes-the-living', 'key-of-no-day', 'intern-any-page',
  'document-memo-end-forgotten', 'index-growth-stays', 'index-cut-keys-trusted', 'look-only-once', 'index-damage-unseen', 'index-damage-planned',
  'load-number-twice', 'head-over-cached-row', 'unique-proven-for-good', 'index-phantom-in-flight',
];
const LONGEST_MS = timeLimitMs(1_800_000, 'CRASH_LONG', 'PLANTED_STATES');
const MOST_STATES = Number(process.env['PLANTED_STATES'] ?? 4000);
const CRASHES = { firstSeed: 1, states: MOST_STATES, budgetPerSeed: 160, nestedShare: 0.05 };
const MODEL_RUNS = 60;
const VALUE_RUNS = 4000;
const INDEX_STEPS = 150;
const INDEX_SEEDS = 16;
const CONTRACT_FAULTS: readonly Fault[] = ['halfENOSPC', 'syncLost', 'EIO'];
const CAMPAIGN_FAULTS: readonly Fault[] = ['syncLost', 'syncRevert', 'halfENOSPC', 'EIO', 'shortWrite', 'shortRead'];

/** Campaigns whose verdict comes from a judge: one that accepts everything must let the bug through. */
const JUDGED: readonly SourceBug['caughtBy'][] = ['kv', 'crash', 'load', 'fault', 'index', 'index-stale', 'documents'];

const load = () => import('./engine/engine-campaign.js');
type Campaign = Awaited<ReturnType<typeof load>>;
interface Result { readonly bad: number; readonly after: string; readonly why: string }

const caught: string[] = [];
afterAll(() => { console.log(`caught:\n${caught.join('\n')}`); });

async function search(c: Campaign, by: SourceBug['caughtBy'], plant?: VfsBug, judge?: Judge): Promise<Result> {
  const judged = judge === undefined ? {} : { judge };
  if (by === 'crash' || by === 'load') {
    const options = { ...CRASHES, ...judged, ...(judge === undefined ? {} : { states: 60, budgetPerSeed: 60 }), ...(plant === undefined ? {} : { wrap: (disk: Parameters<VfsBug['plant']>[0]) => plant.plant(disk) }) };
    return resultOf(by === 'load' ? await c.runCampaign(c.loadingEngine(), options) : await c.runCampaign(c.closingEngine(), options));
  }
  if (by === 'fault') {
    const report = await c.runFaultCampaign(c.loadingEngine(), {
      firstSeed: 1, seeds: 2, faults: CAMPAIGN_FAULTS, mostPoints: judge === undefined ? 60 : 2, crashBudget: 4, ...judged,
      ...(plant === undefined ? {} : { wrap: (vfs: Parameters<VfsBug['plant']>[0]) => plant.plant(vfs) }),
    });
    return { bad: report.bad, after: `${report.runs} runs`, why: report.failures[0] ?? '' };
  }
  if (by === 'contract' || by === 'index-contract') {
    const report = await c.runContract({ faults: CONTRACT_FAULTS, mostPoints: 60, ...(by === 'contract' ? {} : { script: c.INDEXES_AND_DOCUMENTS }) });
    return { bad: report.failures.length, after: `${report.runs} runs`, why: report.failures[0] ?? '' };
  }
  const options = { ...CRASHES, budgetPerSeed: 100, ...judged, ...(judge === undefined ? {} : { states: 60, budgetPerSeed: 60 }) };
  if (by === 'kv') return resultOf(await c.runCampaign(c.kvSystem(8), options));
  if (by === 'documents') return resultOf(await c.runCampaign(c.documentsSystem(), options));
  if (by === 'index' || by === 'index-stale') return resultOf(await c.runCampaign(c.indexSystem({ strangers: by === 'index-stale' }), options));
  if (by === 'kv-model') {
    const failure = await c.runKvHistories({ options: {}, runs: MODEL_RUNS, commands: 60, seed: 1 });
    return { bad: failure === undefined ? 0 : 1, after: `${MODEL_RUNS} histories`, why: failure ?? '' };
  }
  if (by === 'kv-race') {
    const failures = await c.runKvAnomalies();
    return { bad: failures.length, after: 'all anomalies', why: failures[0] ?? '' };
  }
  if (by === 'values') {
    const why = c.fieldKeyProblem(VALUE_RUNS, 1) ?? c.interningProblem(VALUE_RUNS, 1);
    return { bad: why === undefined ? 0 : 1, after: `${VALUE_RUNS} values`, why: why ?? '' };
  }
  if (by === 'index-claims' || by === 'amid-claims') {
    const why = by === 'index-claims' ? await c.indexClaimProblem() : await c.amidClaimProblem();
    return { bad: why === undefined ? 0 : 1, after: 'all claims', why: why ?? '' };
  }
  if (by === 'index-model') return searchIndexHistories(c);
  const report = await c.runRaces(1, 300);
  return { bad: report.failures.length, after: `${report.seeds} seeds`, why: report.failures[0] ?? '' };
}

function resultOf(report: Awaited<ReturnType<Campaign['runCampaign']>>): Result {
  return { bad: report.bad, after: `${report.firstBadAt ?? report.distinct} states`, why: report.failures[0]?.what ?? '' };
}

async function searchIndexHistories(c: Campaign): Promise<Result> {
  for (let seed = 1; seed <= INDEX_SEEDS; seed++) {
    const failure = await c.runIndexHistory({ options: {}, seed, steps: INDEX_STEPS });
    if (failure !== undefined) return { bad: 1, after: `${seed} histories`, why: failure };
  }
  return { bad: 0, after: `${INDEX_SEEDS} histories`, why: '' };
}

function wanted(id: string): boolean { return ONLY?.includes(id) ?? (LONG || SHORT.includes(id)); }

function expectCaught(id: string, { bad, after, why }: Result): void {
  console.log(`${bad > 0 ? 'caught' : 'MISSED'} ${id} after ${after}: ${why.slice(0, 160).replaceAll('\n', ' ')}`);
  expect(bad, `${id} was not caught in ${after}`).toBeGreaterThan(0);
  expect(why, 'the reason is the bug, not the test').not.toContain('open for writing in');
  caught.push(`${id}: ${after}`);
}

test('every patch fits its source, and every bug has a name of its own', () => {
  for (const { patches } of SOURCE_BUGS) for (const { file } of patches) patchedSource(file, patches.filter((p) => p.file === file));
  expect(new Set(SOURCE_BUGS.map((bug) => bug.id)).size).toBe(SOURCE_BUGS.length);
  expect(SOURCE_BUGS.length).toBeGreaterThanOrEqual(90);
});

test('the engine without a bug keeps what small cases promise', async () => {
  const c = await load();
  expect(await c.indexClaimProblem()).toBeUndefined();
  expect(await c.amidClaimProblem()).toBeUndefined();
}, LONGEST_MS);

test('the engine without a bug passes the same campaigns', async () => {
  const harmless = { file: 'txn/commit/commit-pipeline.ts', from: 'const GATHER_TURNS = 4;', to: 'const GATHER_TURNS = 5;' };
  const c = await plantSource([harmless], load);
  const few = { firstSeed: 1, states: LONG ? 1500 : 120, budgetPerSeed: 120 };
  for (const report of [await c.runCampaign(c.closingEngine(), few), await c.runCampaign(c.loadingEngine(), few)]) {
    expect(report.failures.map((f) => f.what).join('\n')).toBe('');
  }
  const faults = await c.runFaultCampaign(c.loadingEngine(), { firstSeed: 1, seeds: 2, faults: CAMPAIGN_FAULTS, mostPoints: LONG ? 60 : 3, crashBudget: 4 });
  expect(faults.failures.join('\n')).toBe('');
  expect((await c.runRaces(1, LONG ? 300 : 20)).failures.join('\n')).toBe('');
  expect((await c.runContract({ faults: CONTRACT_FAULTS, mostPoints: LONG ? 60 : 3 })).failures.join('\n')).toBe('');
}, LONGEST_MS);

describe('bugs planted in the sources of the engine are caught, and by the checker alone', () => {
  test.for(SOURCE_BUGS.filter((bug) => wanted(bug.id)))('$id', { timeout: LONGEST_MS }, async (bug) => {
    const { id } = bug;
    const c = await plantSource(bug.caughtBy === 'kv' ? [...bug.patches, SMALL_PARTS] : bug.patches, load);
    expectCaught(id, await search(c, bug.caughtBy));
    if (JUDGED.includes(bug.caughtBy)) expect((await search(c, bug.caughtBy, undefined, () => undefined)).bad).toBe(0);
  });
});

describe('bugs planted between the engine and the disk are caught, and by the checker alone', () => {
  test.for(VFS_BUGS.filter((bug) => wanted(bug.id)))('$id', { timeout: LONGEST_MS }, async (bug) => {
    const { id } = bug;
    const c = await load();
    const by = bug.needs === 'load' ? 'load' : bug.caughtBy;
    expectCaught(id, await search(c, by, bug));
    expect((await search(c, by, bug, () => undefined)).bad).toBe(0);
  });
});
