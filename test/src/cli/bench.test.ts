import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cli, inFolder } from './run-cli.js';

interface Figure { readonly step: string; readonly calls: number; readonly perSecond: number; readonly p50Ms?: number; readonly p99Ms?: number }
interface Bench { readonly rows: number; readonly durability: string; readonly figures: readonly Figure[] }

test('bench measures in a folder of its own and leaves nothing behind', () => inFolder(async (folder) => {
  writeFileSync(join(folder, 'mine.txt'), 'stays');
  const run = await cli(['bench', folder, '--rows', '500', '--seconds', '1', '--durability', 'none', '--json']);
  expect(run).toMatchObject({ status: 0, err: '' });
  const bench = JSON.parse(run.out) as Bench;
  expect(bench).toMatchObject({ rows: 500, durability: 'none' });
  expect(bench.figures.length).toBeGreaterThan(8);
  for (const { step, calls, perSecond } of bench.figures) expect([calls > 0, perSecond > 0], step).toEqual([true, true]);
  const read = bench.figures.find(({ step }) => step === 'store: read a pair at random');
  expect(read?.p99Ms).toBeGreaterThanOrEqual(read?.p50Ms ?? Infinity);
  expect(readdirSync(folder)).toEqual(['mine.txt']);
}), 60_000);

test('bench ends at Ctrl-C and removes its folder; a folder of that name is left alone', () => inFolder(async (folder) => {
  const stopped = await cli(['bench', folder, '--rows', '100', '--seconds', '60'], { signal: AbortSignal.timeout(300) });
  expect(stopped.status).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
  mkdirSync(join(folder, `fieldstone-bench-${process.pid}`));
  const refused = await cli(['bench', folder]);
  expect(refused.status).toBe(1);
  expect(refused.err).toMatch(/is there already/);
  expect((await cli(['bench', join(folder, 'absent')])).status).toBe(1);
  expect((await cli(['bench', folder, '--durability', 'often'])).status).toBe(2);
}), 60_000);
