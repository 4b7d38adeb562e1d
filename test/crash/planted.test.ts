import { describe, expect, test } from 'vitest';
import { reportLine } from '../support/sim/campaign-report.js';
import { patchedSource, plantSource } from '../support/sim/plant-source.js';
import { SOURCE_BUGS } from './engine/source-bugs.js';

const ONLY = process.env['BUG'];
const LONG = process.env['CRASH_LONG'] !== undefined || ONLY !== undefined;
const MOST_STATES = Number(process.env['PLANTED_STATES'] ?? 2500);
const load = () => import('./engine/engine-campaign.js');

test('every patch fits its source', () => {
  for (const { patches } of SOURCE_BUGS) for (const { file } of patches) patchedSource(file, patches);
});

describe('crash', () => {
  const bugs = SOURCE_BUGS.filter((b) => b.caughtBy === 'crash' && LONG && (ONLY === undefined || ONLY.split(',').includes(b.id)));
  test.for(bugs.map((b) => [b.id, b] as const))('%s', async ([, bug]) => {
    const { closingEngine, runCampaign } = await plantSource(bug.patches, load);
    const report = await runCampaign(closingEngine(), { firstSeed: 1, states: MOST_STATES, budgetPerSeed: 160, nestedShare: 0.05 });
    console.log(`RESULT ${bug.id}: ${reportLine(report)} || ${report.failures[0]?.what.slice(0, 150).replaceAll('\n', ' ') ?? ''}`);
    expect(report.bad, reportLine(report)).toBeGreaterThan(0);
  });
});
