import { expect, test } from 'vitest';
import { runRaces } from './engine/engine-races.js';

const LONG = process.env['CRASH_LONG'] !== undefined;

test('transactions, loads, checkpoints and snapshots side by side', async () => {
  const firstSeed = Number(process.env['SEED'] ?? 1);
  const report = await runRaces(firstSeed, Number(process.env['RACES'] ?? (LONG ? 2000 : 25)));
  console.log(`races: ${report.seeds} seeds from ${firstSeed}, ${report.increments} increments, ${report.looks} power losses behind a read`);
  expect(report.failures.join('\n'), 'again: SEED=<seed> npx vitest run test/crash/races.test.ts').toBe('');
});
