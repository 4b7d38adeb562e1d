import { describe, expect, test } from 'vitest';
import { reportLine } from '../support/sim/campaign-report.js';
import { runCampaign } from '../support/sim/campaign.js';
import { faultReportLine, runFaultCampaign } from '../support/sim/fault-campaign.js';
import type { Fault } from '../support/sim/fault-vfs.js';
import { plantModule } from '../support/sim/plant-module.js';
import type { VfsBug } from '../support/sim/planted-bug.js';
import { MODULE_BUGS } from '../support/sim/planted-fault-bugs.js';
import { PLANTED_BUGS, VFS_BUGS } from '../support/sim/planted-bugs.js';
import { toySystem } from './toy/toy-system.js';

const FAULTS: readonly Fault[] = ['EIO', 'syncLost', 'shortWrite', 'shortRead', 'halfENOSPC'];

/** Bugs that the toy cannot show: it has no memos, no deleted rows, no loads that bypass the log. */
const forToy = VFS_BUGS.filter((bug) => bug.needs === undefined);

test('every planted bug has a name of its own and says what it is', () => {
  expect(new Set(PLANTED_BUGS.map((bug) => bug.id)).size).toBe(PLANTED_BUGS.length);
  expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(40);
  for (const bug of PLANTED_BUGS) expect(bug.description.length, bug.id).toBeGreaterThan(15);
});

describe('bugs planted around the toy engine are caught', () => {
  const names = (caughtBy: VfsBug['caughtBy']): (readonly [string, VfsBug])[] => forToy.filter((bug) => bug.caughtBy === caughtBy).map((bug) => [bug.id, bug]);

  test.each(names('crash'))('%s, by crashes', async (_id, bug) => {
    const report = await runCampaign(toySystem(), { firstSeed: 1, states: 10_000, wrap: (disk) => bug.plant(disk) });
    expect(report.bad, reportLine(report)).toBeGreaterThan(0);
  });

  test.each(names('fault'))('%s, by faults', async (_id, bug) => {
    const report = await runFaultCampaign(toySystem(), { firstSeed: 1, seeds: 1, faults: FAULTS, wrap: (vfs) => bug.plant(vfs) });
    expect(report.bad, faultReportLine(report)).toBeGreaterThan(0);
  });

  test.each(MODULE_BUGS.map((bug) => [bug.id, bug] as const))('%s, in a module', async (_id, bug) => {
    const toy = await plantModule(bug, () => import('./toy/toy-system.js'));
    const bad = bug.caughtBy === 'crash'
      ? (await runCampaign(toy.toySystem(), { firstSeed: 1, states: 10_000 })).bad
      : (await runFaultCampaign(toy.toySystem(), { firstSeed: 1, seeds: 1, faults: FAULTS })).bad;
    expect(bad).toBeGreaterThan(0);
  });

  test('and modules are whole again afterwards', async () => {
    const toy = await import('./toy/toy-system.js');
    const report = await runCampaign(toy.toySystem(), { firstSeed: 1, states: 300, budgetPerSeed: 300 });
    expect(report.bad, reportLine(report)).toBe(0);
  });
});
