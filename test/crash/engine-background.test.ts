import { expect, test } from 'vitest';
import { reportLine, reportText } from '../support/sim/campaign-report.js';
import { CAMPAIGN_TIMEOUT_MS, statesToCheck } from '../support/sim/campaign-size.js';
import { closingEngine, runCampaign } from './engine/engine-campaign.js';

const NAME = 'the engine survives every crash, with syncs in the background, and closes to plain files';

test(NAME, async () => {
  const report = await runCampaign(closingEngine(), { budgetPerSeed: 300, states: statesToCheck(600), test: { file: 'test/crash/engine-background.test.ts', name: NAME } });
  console.log(reportLine(report));
  expect(report.bad + report.unverifiable, reportText(report)).toBe(0);
}, CAMPAIGN_TIMEOUT_MS);
