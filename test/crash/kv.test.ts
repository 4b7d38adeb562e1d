import { expect, test } from 'vitest';
import { reportLine, reportText } from '../support/sim/campaign-report.js';
import { runCampaign } from '../support/sim/campaign.js';
import { kvSystem } from './engine/kv-system.js';

const FILE = 'test/crash/kv.test.ts';

test('stores survive every crash', async () => {
  const report = await runCampaign(kvSystem(), { budgetPerSeed: 150, states: Number(process.env['CRASH_STATES'] ?? 1200), test: { file: FILE, name: 'stores survive every crash' } });
  console.log(reportLine(report));
  expect(report.bad + report.unverifiable, reportText(report)).toBe(0);
}, 1_800_000);
