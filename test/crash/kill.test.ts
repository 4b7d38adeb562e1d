import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { open } from '../../src/main.js';
import { killReportLine, runKillRounds, type KillMode, type KillReport, type KillRound } from '../support/sim/kill-harness.js';
import { verifyIndexes } from './verify-indexes.js';
import { transpile, type Transpiled } from '../support/transpiled.js';
import { timeLimitMs } from '../support/time-limit.js';

const scriptOf = (name: string): string => fileURLToPath(new URL(`./${name}`, import.meta.url));
interface Child { readonly script: string; readonly verify: (round: KillRound) => Promise<void> }
/** Tables and stores; a table with indexes of all kinds, documents and a store. */
const CHILDREN: readonly (readonly [what: string, child: Child, atCalls: number, atRandom: number])[] = [
  ['tables and stores', { script: scriptOf('kill-child.mjs'), verify }, 24, 16],
  ['indexes and documents', { script: scriptOf('kill-index-child.mjs'), verify: verifyIndexes }, 10, 6],
];
const SEED = Number(process.env['SEED'] ?? 1);
/** The long form: so many random kills, and every call three times. */
const ROUNDS = process.env['KILL_ROUNDS'];
const LONGEST_MS = timeLimitMs(1_800_000, 'KILL_ROUNDS');
const workFolder = mkdtempSync(join(tmpdir(), 'fieldstone-kill-engine-'));
let modules: Transpiled;
/** Then the folders stay, for whoever looks into it. */
let failed = false;

beforeAll(() => { modules = transpile(['storage', 'index', 'txn', 'src']); }, 120_000);
afterAll(() => {
  modules.dispose();
  if (!failed) rmSync(workFolder, { recursive: true, force: true });
});

/** Everything acknowledged is there once, nothing is there by half, and the folder closes to plain files. */
async function verify({ folder, acks }: KillRound): Promise<void> {
  const db = await open(folder);
  const rows = (table: string): Map<string, string> => {
    const found = new Map<string, string>();
    if (!db.tables().includes(table)) return found;
    for (const row of db.table(table).scan()) {
      const name = String(row['name']);
      if (found.has(name)) throw new Error(`${name} is in ${table} twice`);
      found.set(name, String(row['notes'] ?? ''));
    }
    return found;
  };
  try {
    const left = rows('left'), right = rows('right');
    const pairs = new Map(db.stores().includes('pairs') ? db.kv<string, string>('pairs').entries() : []);
    const large = new Map([0, 1, 2].map((n) => [String(n), pairs.get(`large ${n}`) ?? '']));
    for (const n of large.keys()) pairs.delete(`large ${n}`);
    for (const ack of acks) {
      if (ack.startsWith('large ')) {
        assertLarge(large, ack.slice(6));
        continue;
      }
      if (ack.startsWith('load ')) assertLoad(left, ack.slice(5), true);
      else if (!left.has(ack)) throw new Error(`${ack} was acknowledged and is gone`);
    }
    for (const [name, notes] of left) {
      if (name.includes('load')) assertLoad(left, name.slice(0, name.indexOf('.')), false);
      else if (right.get(name) !== notes || notes !== `${name} `.repeat(20) || pairs.get(name) !== notes) throw new Error(`${name} is there by half`);
    }
    for (const name of pairs.keys()) if (!left.has(name)) throw new Error(`${name} is in the store only`);
    const { findings } = await db.check();
    const damage = findings.filter((f) => f.severity !== 'note');
    if (damage.length > 0) throw new Error(`the check finds ${damage.map((f) => `${f.code} ${f.message}`).join('; ')}`);
    for (const name of right.keys()) if (!left.has(name)) throw new Error(`${name} is in one table only`);
  } finally {
    await db.close();
  }
  const strangers = readdirSync(folder).filter((name) => !/^((left|right)\.(dbf|fpt|dbt)|pairs(\.parts)?\.kv|fieldstone\.json)$/.test(name));
  if (strangers.length > 0) throw new Error(`after close there is ${strangers.join(', ')}`);
}

function assertLoad(rows: ReadonlyMap<string, string>, seed: string, acked: boolean): void {
  const there = [0, 1, 2, 3, 4].filter((k) => rows.get(`${seed}.load${k}`) === 'x'.repeat(k * 30));
  if (there.length !== 5) throw new Error(`the load of ${seed} ${acked ? 'was acknowledged' : 'is there by half'}: ${there.length} of 5 rows`);
}

/** Whole, and not older than what was acknowledged. */
function assertLarge(large: ReadonlyMap<string, string>, ack: string): void {
  const [n = '', seed = ''] = ack.split(' ');
  const value = large.get(n) ?? '';
  const now = value.slice(0, value.indexOf(' '));
  if (value !== `${now} `.repeat(2_500_000) || Number(now) < Number(seed)) throw new Error(`the large value of ${seed} was acknowledged, but there is that of "${now}"`);
}

async function run(child: Child, mode: KillMode, rounds: number): Promise<KillReport> {
  // At its calls a child begins with nothing where all its calls are counted: half of them make files.
  const freshEvery = mode === 'random' ? 100 : child.verify === verifyIndexes ? 1 : 6;
  const report = await runKillRounds({
    child: child.script, workFolder, seed: SEED, rounds, mode, verify: child.verify, freshEvery, mostDelayMs: 250, env: { FIELDSTONE_JS: modules.url('') },
  });
  failed ||= report.failures.length > 0;
  return report;
}

describe.each(CHILDREN)('a process that is killed loses nothing that it acknowledged, in any durability: %s', (what, child, atCalls, atRandom) => {
  test('at its calls, before, half-way and after', async () => {
    const calls = ROUNDS === undefined ? 0 : (await run(child, 'call', 1)).calls;
    const report = await run(child, 'call', ROUNDS === undefined ? atCalls : 3 * calls);
    console.log(killReportLine(`${what}, killed at calls`, report));
    expect(report.failures.join('\n')).toBe('');
    expect(report.killed).toBeGreaterThan(report.rounds / 2);
  }, LONGEST_MS);

  test('at random times', async () => {
    const report = await run(child, 'random', Number(ROUNDS ?? atRandom));
    console.log(killReportLine(`${what}, killed at random`, report));
    expect(report.failures.join('\n')).toBe('');
    expect(report.acks).toBeGreaterThan(0);
  }, LONGEST_MS);
});
