import { expect, test } from 'vitest';
import { reportLine, reportText } from '../support/sim/campaign-report.js';
import { CAMPAIGN_TIMEOUT_MS, statesToCheck } from '../support/sim/campaign-size.js';
import { plantSource } from '../support/sim/plant-source.js';
import { SMALL_PARTS } from './engine/kv-bugs.js';

const FILE = 'test/crash/kv.test.ts';
const NAME = 'stores survive every crash';
const LONG = process.env['CRASH_LONG'] !== undefined;

/** With values in parts of 4 KB instead of 4 MB, so that every third value is in parts. */
test(NAME, async () => {
  const c = await plantSource([SMALL_PARTS], () => import('./engine/engine-campaign.js'));
  const report = await c.runCampaign(c.kvSystem(), { budgetPerSeed: 150, states: statesToCheck(1200), test: { file: FILE, name: NAME } });
  console.log(reportLine(report));
  expect(report.bad + report.unverifiable, reportText(report)).toBe(0);
}, CAMPAIGN_TIMEOUT_MS);

test('stores keep their promises when a call fails', async () => {
  const c = await plantSource([SMALL_PARTS], () => import('./engine/engine-campaign.js'));
  const report = await c.runFaultCampaign(c.kvSystem(LONG ? 6 : 4, true), {
    firstSeed: 1, seeds: LONG ? 4 : 2, faults: ['EIO', 'halfENOSPC', 'syncLost', 'syncRevert', 'syncLate', 'shortWrite', 'shortRead'],
    mostPoints: Number(process.env['FAULT_POINTS'] ?? (LONG ? 60 : 4)), crashBudget: 4,
  });
  console.log(`stores, failing calls: ${report.runs} runs`);
  expect(report.failures.join('\n')).toBe('');
}, CAMPAIGN_TIMEOUT_MS);
