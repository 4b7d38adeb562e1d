// Everything that must be loaded together with a changed engine: campaigns and engine share their modules.
import type { Clock } from '#storage';
import { openIn } from '../../../src/open.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { seededRandom } from '../../support/sim-clock.js';
import { folderProblem } from '../../support/sim/folder-check.js';
import type { Stage, System } from '../../support/sim/system.js';
import { engineSystem } from './engine-system.js';
import type { EngineState } from './engine-state.js';

export { runCampaign } from '../../support/sim/campaign.js';
export { runFaultCampaign } from '../../support/sim/fault-campaign.js';

// The copies of the engine in one test process share their list of held locks; each begins with none.
Reflect.deleteProperty(globalThis, Symbol.for('fieldstone.locks'));

const FIRST_PID = 1_000_000;
const SLOW_NS = 4e6;
let lives = 0;

/** A clock by which every sync takes milliseconds: the engine then leaves syncs to the background. */
export function slowClock(clock: Clock): Clock {
  let looks = 0;
  return { nowMs: () => clock.nowMs(), monotonicNs: () => clock.monotonicNs() + SLOW_NS * ++looks };
}

function onSlowDisk(stage: Stage): Stage {
  return { ...stage, env: { ...stage.env, clock: slowClock(stage.env.clock) } };
}

/** The engine of the crash campaign, with syncs in the background in every second workload, and a look at the folder after close. */
export function closingEngine(steps?: number): System<EngineState> {
  const system = engineSystem(steps);
  return {
    ...system,
    play: (stage, log) => system.play(stage.seed % 2 === 0 ? onSlowDisk(stage) : stage, log),
    close: async (stage) => {
      lives++;
      const db = await openIn({ ...stage.env, random: seededRandom(lives) }, '/db', { profiling: 'off' }, fakeIdentity(FIRST_PID + lives));
      await db.close();
    },
    closedProblem: (image) => folderProblem(image, '/db'),
  };
}
