import { expect, test } from 'vitest';
import { reportLine, reportText } from '../support/sim/campaign-report.js';
import { CAMPAIGN_TIMEOUT_MS, statesToCheck } from '../support/sim/campaign-size.js';
import { runCampaign } from '../support/sim/campaign.js';
import { documentsSystem } from './engine/documents-system.js';

const FILE = 'test/crash/documents.test.ts';

test('collections survive every crash, with stores in the same transactions', async () => {
  const report = await runCampaign(documentsSystem(), {
    budgetPerSeed: 120, states: statesToCheck(240), test: { file: FILE, name: 'collections survive every crash, with stores in the same transactions' },
  });
  console.log(reportLine(report));
  expect(report.bad + report.unverifiable, reportText(report)).toBe(0);
}, CAMPAIGN_TIMEOUT_MS);
