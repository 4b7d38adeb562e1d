import { expect, test } from 'vitest';
import { SOURCE_BUGS } from '../crash/engine/source-bugs.js';
import { plantSource, type SourcePatch } from '../support/sim/plant-source.js';
import { timeLimitMs } from '../support/time-limit.js';

Error.stackTraceLimit = 40;
const SEED = Number(process.env['SEED'] ?? 1);
const RUNS = Number(process.env['RACE_RUNS'] ?? 40);
const ACTORS = process.env['RACE_ACTORS']?.split(',').filter((id) => id !== '');

/** Long works give way after a few rows, so that few rows are enough to come between. */
export const SHORT_TURNS: readonly SourcePatch[] = [
  { file: 'src/table/rebuild.ts', from: 'const ROWS_PER_TURN = 2048;', to: 'const ROWS_PER_TURN = 8;' },
  { file: 'src/table/insert-many.ts', from: 'const ROWS_PER_TURN = 4096;', to: 'const ROWS_PER_TURN = 8;' },
  { file: 'src/table/insert-many.ts', from: 'const SMALL_ROWS = 512;', to: 'const SMALL_ROWS = 16;' },
  { file: 'src/import/import-table.ts', from: 'const ROWS_PER_TURN = 4096;', to: 'const ROWS_PER_TURN = 8;' },
  { file: 'src/table/scan.ts', from: 'const ROWS_PER_TURN = 512;', to: 'const ROWS_PER_TURN = 8;' },
  { file: 'src/check/check-table.ts', from: 'const ROWS_PER_TURN = 4096;', to: 'const ROWS_PER_TURN = 8;' },
  { file: 'src/backup.ts', from: 'const ROWS_PER_TURN = 2048;', to: 'const ROWS_PER_TURN = 8;' },
  { file: 'txn/transaction/bulk-load.ts', from: 'const BUFFER_BYTES = 1 << 18;', to: 'const BUFFER_BYTES = 1 << 10;' },
];

/** BUG=id plants mistakes of the campaigns in the engine; then a run must fail, and its number is told. */
/** Planted bugs to look for, one after the other; none: there must be no failure. */
const BUGS = process.env['BUG']?.split(',') ?? ['none'];

async function run(bugs: readonly string[]): Promise<string[]> {
  const patches = SOURCE_BUGS.filter(({ id }) => bugs.includes(id)).flatMap((bug) => bug.patches);
  const { runInterleavings } = await plantSource([...SHORT_TURNS, ...patches], () => import('./interleavings/run.js'));
  const report = await runInterleavings({ firstSeed: SEED, runs: RUNS, actors: ACTORS, isTraced: process.env['RACE_TRACE'] !== undefined });
  const listed = (counts: ReadonlyMap<string, number>): string => [...counts].sort().map(([what, count]) => `${what} ${count}`).join(', ');
  console.log(`interleavings: ${report.runs} runs from seed ${SEED}, ${report.steps} works, ${report.looks} crashes, ${report.faults} faults
  ends: ${listed(report.codes)}
  findings: ${listed(report.findings)}`);
  return report.failures;
}

test.for(BUGS)('whatever comes amid whatever: what was acknowledged is there, and nothing else (planted bug: %s)', { timeout: timeLimitMs(120_000, 'RACE_RUNS') }, async (id) => {
  const failures = await run(id === 'none' ? [] : [id]);
  if (id === 'none') expect(failures.join('\n\n')).toBe('');
  else expect(failures.length, `${id} was not found`).toBe(1);
});
