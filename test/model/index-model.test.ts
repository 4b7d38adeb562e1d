import { expect, test } from 'vitest';
import type { OpenOptions } from '../../src/main.js';
import { runIndexHistory } from './index-history.js';
import { timeLimitMs } from '../support/time-limit.js';

const OPTION_SETS: readonly { readonly label: string; readonly options: OpenOptions }[] = [
  { label: 'defaults', options: {} },
  { label: 'checkpoint after nearly every commit', options: { checkpointSize: '64kb', logLimit: '64kb' } },
  { label: 'a small cache and small pages', options: { cacheSize: '64kb', pageSize: '4kb' } },
  { label: 'lz4, durability interval', options: { compression: 'lz4', compressionThreshold: 64, durability: 'interval' } },
  { label: 'no filter, durability none', options: { bloomBitsPerKey: 0, durability: 'none' } },
  { label: 'no retries, one lock shard', options: { retries: 0, lockShards: 1 } },
];

const STEPS = Number(process.env['MODEL_COMMANDS'] ?? 200);
const SEED = Number(process.env['SEED'] ?? 1);

/** With MODEL_COMMANDS=1700 all histories together change more rows than this. */
const LONG_STEPS = 1700;
const LONG_CHANGES = 10_000;
let changes = 0;

test.each(OPTION_SETS)('after every step of a random history each index is what a rebuild from the rows would be: $label', async ({ label, options }) => {
  const ended = (count: number): void => {
    changes += count;
    console.log(`${label}: ${STEPS} steps, ${count} changes of rows.`);
  };
  expect(await runIndexHistory({ options, seed: SEED, steps: STEPS, ended }) ?? '').toBe('');
}, timeLimitMs(1_800_000, 'MODEL_COMMANDS'));

test('a long run is one of more than 10,000 changes', () => {
  console.log(`${changes} changes of rows in all histories.`);
  expect(changes).toBeGreaterThan(STEPS >= LONG_STEPS ? LONG_CHANGES : OPTION_SETS.length * STEPS);
});
