import { expect, test } from 'vitest';
import { reportLine, reportText } from '../support/sim/campaign-report.js';
import { CAMPAIGN_TIMEOUT_MS, statesToCheck } from '../support/sim/campaign-size.js';
import { runCampaign } from '../support/sim/campaign.js';
import { engineSystem } from './engine/engine-system.js';

const FILE = 'test/crash/engine.test.ts';

test('the engine survives every crash', async () => {
  const report = await runCampaign(engineSystem(), { budgetPerSeed: 1200, states: statesToCheck(20_000), test: { file: FILE, name: 'the engine survives every crash' } });
  console.log(reportLine(report));
  expect(report.bad + report.unverifiable, reportText(report)).toBe(0);
}, CAMPAIGN_TIMEOUT_MS);
