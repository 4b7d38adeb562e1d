import { expect, test } from 'vitest';
import type { OpenOptions } from '../../src/main.js';
import { runIndexHistory } from './index-history.js';

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

test.each(OPTION_SETS)('after every step of a random history each index is what a rebuild from the rows would be: $label', async ({ options }) => {
  expect(await runIndexHistory({ options, seed: SEED, steps: STEPS }) ?? '').toBe('');
}, 600_000);
