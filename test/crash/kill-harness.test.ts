import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { killReportLine, runKillRounds, type KillOptions, type KillReport, type KillRound } from '../support/sim/kill-harness.js';

const CHILD = fileURLToPath(new URL('./kill-example/append-child.mjs', import.meta.url));
const workFolder = mkdtempSync(join(tmpdir(), 'fieldstone-kill-'));
afterAll(() => rmSync(workFolder, { recursive: true, force: true }));

/** Whole lines count 1, 2, 3 ... up to the last acknowledgement at least. */
function verify({ folder, acks }: KillRound): void {
  const path = join(folder, 'log');
  const lines = existsSync(path) ? readFileSync(path, 'latin1').split('\n').slice(0, -1) : [];
  for (const [i, line] of lines.entries()) if (!/^\d+ \d+ x{40}$/.test(line) || parseInt(line, 10) !== i + 1) throw new Error(`line ${i + 1} is: ${line}`);
  const acked = Number(acks.at(-1) ?? 0);
  if (lines.length < acked) throw new Error(`${acked} lines were acknowledged, ${lines.length} are there`);
}

function run(options: Partial<KillOptions>, bug = ''): Promise<KillReport> {
  return runKillRounds({ child: CHILD, workFolder, seed: 1, rounds: 12, mode: 'call', verify, env: { BUG: bug }, ...options });
}

describe('the kill harness', () => {
  test('kills at the calls of the child, before, half-way and after; a correct child survives', async () => {
    const report = await run({ rounds: 24, freshEvery: 8 });
    expect(report.failures.join('\n')).toBe('');
    // open, stat, 40 x (write, sync), close; reading only when the folder is not new
    expect(report.calls).toBe(83);
    expect(report.killed).toBe(24);
    expect(report.acks).toBeGreaterThan(100);
    console.log(killReportLine('append by call', report));
  });

  test('kills at random times', async () => {
    const report = await run({ mode: 'random', rounds: 8, mostDelayMs: 8, freshEvery: 4 });
    expect(report.failures.join('\n')).toBe('');
    expect(report.killed).toBeGreaterThan(0);
    expect(report.acks).toBeGreaterThan(0);
    console.log(killReportLine('append by time', report));
  });

  test.each([['ack-first', 'lines were acknowledged'], ['tail-kept', 'line ']])('catches a child with %s', async (bug, complaint) => {
    const report = await run({ rounds: 40, freshEvery: 4 }, bug);
    expect(report.failures.join('\n')).toContain(complaint);
    expect(report.failures.join('\n')).toContain('again: SEED=1');
  });

  test('cannot see a missing sync: that is what the simulated disk is for', async () => {
    expect((await run({ rounds: 6 }, 'no-sync')).failures).toEqual([]);
  });

  test('a failing child is a failure, and its folder is kept', async () => {
    const report = await run({ mode: 'random', rounds: 1, child: join(workFolder, 'none.mjs') });
    expect(report.failures.join('\n')).toContain('the child ended with 1');
  });
});
