import { describe, expect, test } from 'vitest';
import { reportLine, reportText } from '../support/sim/campaign-report.js';
import { runCampaign } from '../support/sim/campaign.js';
import { toyBugs, TOY_BUGS } from './toy/toy-bugs.js';
import { toySystem } from './toy/toy-system.js';

const FILE = 'test/crash/toy.test.ts';

describe('the toy engine', () => {
  test('survives every crash', async () => {
    const report = await runCampaign(toySystem(), { test: { file: FILE, name: 'survives every crash' } });
    expect(report.bad + report.unverifiable, reportText(report)).toBe(0);
    console.log(reportLine(report));
  });
});

describe('planted bugs', () => {
  test.each(toyBugs('crash'))('%s is caught by crashes', async (bug) => {
    const options = { firstSeed: 1, states: 20_000, nestedShare: 0.05, test: { file: FILE, name: bug } };
    const report = await runCampaign(toySystem([bug]), options);
    console.log(reportLine(report), report.failures[0]?.what.slice(0, 60));
    expect(report.bad, `${TOY_BUGS[bug].description} was not caught: ${reportLine(report)}`).toBeGreaterThan(0);
  });
});
