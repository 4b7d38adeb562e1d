import { expect, test } from 'vitest';
import { reportLine, reportText } from '../support/sim/campaign-report.js';
import { CAMPAIGN_TIMEOUT_MS, statesToCheck } from '../support/sim/campaign-size.js';
import { runCampaign } from '../support/sim/campaign.js';
import { runFaultCampaign } from '../support/sim/fault-campaign.js';
import { runContract } from './engine/engine-contract.js';
import { INDEXES_AND_DOCUMENTS } from './engine/index-contract-script.js';
import { indexSystem } from './engine/index-system.js';

const FILE = 'test/crash/indexes.test.ts';
const NAME = 'indexes and collections are those of the recovered rows after every crash';
const LONG = process.env['CRASH_LONG'] !== undefined;

test(NAME, async () => {
  const report = await runCampaign(indexSystem(), { budgetPerSeed: 150, states: statesToCheck(1500), test: { file: FILE, name: NAME } });
  console.log(reportLine(report));
  expect(report.bad + report.unverifiable, reportText(report)).toBe(0);
}, CAMPAIGN_TIMEOUT_MS);

const STALE = 'indexes that another program left stale are those of the rows after every crash amid their remaking';

test(STALE, async () => {
  const report = await runCampaign(indexSystem({ strangers: true }), { budgetPerSeed: 60, states: statesToCheck(300), test: { file: FILE, name: STALE } });
  console.log(reportLine(report));
  expect(report.bad + report.unverifiable, reportText(report)).toBe(0);
}, CAMPAIGN_TIMEOUT_MS);

test('indexes and collections keep their promises when a call fails', async () => {
  const report = await runFaultCampaign(indexSystem({ steps: LONG ? 6 : 4, alone: true }), {
    firstSeed: 1, seeds: LONG ? 4 : 2, faults: ['EIO', 'ENOSPC', 'halfENOSPC', 'syncLost', 'syncRevert', 'syncLate', 'shortWrite', 'shortRead'],
    mostPoints: Number(process.env['FAULT_POINTS'] ?? (LONG ? 60 : 4)), crashBudget: 4,
  });
  console.log(`indexes, failing calls: ${report.runs} runs`);
  expect(report.failures.join('\n')).toBe('');
}, CAMPAIGN_TIMEOUT_MS);

test('what the engine says after a failed call is true for indexes, documents and stores too', async () => {
  const report = await runContract({
    faults: ['EIO', 'ENOSPC', 'halfENOSPC', 'shortWrite', 'shortRead', 'syncLost', 'syncRevert'], script: INDEXES_AND_DOCUMENTS,
    mostPoints: Number(process.env['FAULT_POINTS'] ?? (LONG ? Infinity : 2)),
  });
  console.log(`indexes, promises after failed calls: ${report.runs} runs, ${report.fired} met the fault, ${report.poisoned} poisoned, ${[...report.codes].map(([c, n]) => `${n} ${c}`).join(', ')}`);
  expect(report.failures.join('\n')).toBe('');
}, CAMPAIGN_TIMEOUT_MS);
