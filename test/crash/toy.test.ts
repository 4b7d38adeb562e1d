import { describe, expect, test } from 'vitest';
import { reportLine, reportText } from '../support/sim/campaign-report.js';
import { runCampaign } from '../support/sim/campaign.js';
import { faultReportLine, runFaultCampaign } from '../support/sim/fault-campaign.js';
import type { Fault } from '../support/sim/fault-vfs.js';
import { TOY_BUGS, toyBugs } from './toy/toy-bugs.js';
import { toySystem } from './toy/toy-system.js';

const FILE = 'test/crash/toy.test.ts';
const SURVIVES = 'the toy engine survives every crash';
const MOST_STATES = 20_000;
/** Those that tell soonest come first. */
const FAULTS: readonly Fault[] = ['syncLost', 'syncRevert', 'halfENOSPC', 'shortWrite', 'shortRead', 'EIO'];

test(SURVIVES, async () => {
  const report = await runCampaign(toySystem(), { test: { file: FILE, name: SURVIVES } });
  expect(report.bad + report.unverifiable, reportText(report)).toBe(0);
  if (process.env['CRASH'] === undefined) expect(report.distinct).toBeGreaterThanOrEqual(MOST_STATES);
  console.log(reportLine(report));
});

test('the toy engine keeps its promises through every fault', async () => {
  const report = await runFaultCampaign(toySystem(), { seeds: 1, mostPoints: 30, test: { file: FILE, name: 'through every fault' } });
  expect(report.bad + report.unverifiable, report.failures.join('\n')).toBe(0);
  expect(report.fired).toBeGreaterThan(1000);
  console.log(faultReportLine(report));
});

describe('bugs planted in the toy engine', () => {
  const caught: string[] = [];

  test.each(toyBugs('crash'))('%s is caught by crashes, and only by the checker', async (bug) => {
    const options = { firstSeed: 1, states: MOST_STATES, test: { file: FILE, name: SURVIVES } };
    const report = await runCampaign(toySystem([bug]), options);
    expect(report.bad, `not caught: ${TOY_BUGS[bug].description}\n${reportLine(report)}`).toBeGreaterThan(0);
    caught.push(`${bug} at state ${report.firstBadAt ?? 0}`);
    const sabotaged = await runCampaign(toySystem([bug]), { ...options, states: 200, budgetPerSeed: 200, judge: () => undefined });
    expect(sabotaged.bad + sabotaged.unverifiable).toBe(0);
    expect(sabotaged.recoveries).toBeGreaterThan(0);
  });

  test.each(['journal-not-synced', 'journal-name-not-synced', 'journal-removed-early', 'rewrites-unjournalled'] as const)(
    '%s is caught by crashes alone too, without the journal rule', async (bug) => {
      const report = await runCampaign(toySystem([bug], false), { firstSeed: 1, states: MOST_STATES });
      expect(report.bad, reportLine(report)).toBeGreaterThan(0);
    },
  );

  test.each(toyBugs('fault'))('%s is caught by faults, and only by the checker', async (bug) => {
    const report = await runFaultCampaign(toySystem([bug]), { firstSeed: 1, seeds: 1, faults: FAULTS });
    expect(report.bad, `not caught: ${TOY_BUGS[bug].description}\n${faultReportLine(report)}`).toBeGreaterThan(0);
    caught.push(`${bug} at run ${report.runs}`);
    const sabotaged = await runFaultCampaign(toySystem([bug]), { firstSeed: 1, seeds: 1, faults: FAULTS, mostPoints: 3, judge: () => undefined });
    expect(sabotaged.bad + sabotaged.unverifiable).toBe(0);
  });

  test('there are enough of them', () => {
    expect(Object.keys(TOY_BUGS).length).toBeGreaterThanOrEqual(24);
    console.log(`caught: ${caught.join(', ')}`);
  });
});
