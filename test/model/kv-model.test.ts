import { expect, test } from 'vitest';
import type { OpenOptions } from '../../src/main.js';
import { runKvHistories } from './kv-history.js';
import { timeLimitMs } from '../support/time-limit.js';

// Every knob that changes how the same history is carried out.
const OPTION_SETS: readonly { readonly label: string; readonly options: OpenOptions }[] = [
  { label: 'defaults', options: {} },
  { label: 'checkpoint after nearly every commit', options: { checkpointSize: '64kb', logLimit: '64kb' } },
  { label: 'a small cache', options: { cacheSize: '64kb', pageSize: '4kb' } },
  { label: 'lz4, durability interval', options: { compression: 'lz4', compressionThreshold: 64, durability: 'interval' } },
  { label: 'deflate, durability none', options: { compression: 'deflate', compressionThreshold: 64, durability: 'none' } },
  { label: 'no compression, no filter', options: { compression: 'none', bloomBitsPerKey: 0 } },
  { label: 'large pages, large filter', options: { pageSize: '64kb', cacheSize: '1mb', bloomBitsPerKey: 20 } },
  { label: 'one lock shard, times', options: { lockShards: 1, profiling: 'times', samplingRate: 1 } },
  { label: 'no retries, lz4 of all', options: { retries: 0, compression: 'lz4', compressionThreshold: 128, checkpointSize: '128kb' } },
];

const RUNS = Number(process.env['MODEL_RUNS'] ?? 6);
const COMMANDS = Number(process.env['MODEL_COMMANDS'] ?? 50);
const seed = process.env['SEED'] === undefined ? undefined : Number(process.env['SEED']);

test.each(OPTION_SETS)('random histories of a store agree with a sorted map: $label', async ({ options }) => {
  expect(await runKvHistories({ options, runs: RUNS, commands: COMMANDS, seed }) ?? '').toBe('');
}, timeLimitMs(300_000, 'MODEL_RUNS', 'MODEL_COMMANDS'));
