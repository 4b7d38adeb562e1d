// Everything that must be loaded together with a changed engine: campaigns and engine share their modules.
import { openIn } from '../../../src/open.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { seededRandom } from '../../support/sim-clock.js';
import type { DiskImage } from '../../support/sim/disk-image.js';
import { folderProblem } from '../../support/sim/folder-check.js';
import type { Stage, System } from '../../support/sim/system.js';
import { FieldstoneError, type Database, type Durability } from '../../../src/main.js';
import { contractKey, PROBE, readContract, SCRIPT, type ContractState } from './contract-script.js';
import { engineSystem, journalRule } from './engine-system.js';
import type { EngineState } from './engine-state.js';
import { slowClock } from './slow-clock.js';

export { runCampaign } from '../../support/sim/campaign.js';
export { runContract } from './engine-contract.js';
export { runRaces } from './engine-races.js';
export { documentsSystem } from './documents-system.js';
export { kvSystem } from './kv-system.js';
export { INDEXES_AND_DOCUMENTS } from './index-contract-script.js';
export { amidClaimProblem } from './amid-claims.js';
export { indexClaimProblem } from './index-claims.js';
export { indexSystem } from './index-system.js';
export { fieldKeyProblem } from '../../src/indexes/field-key-problem.js';
export { interningProblem } from '../../storage/codepage/interning-problem.js';
export { runIndexHistory } from '../../model/index-history.js';
export { runKvHistories } from '../../model/kv-history.js';
export { runKvAnomalies } from '../../isolation/kv-anomalies.js';
export { runFaultCampaign } from '../../support/sim/fault-campaign.js';

// The copies of the engine in one test process share their list of held locks; each begins with none.
Reflect.deleteProperty(globalThis, Symbol.for('fieldstone.locks'));

const FIRST_PID = 1_000_000;
let lives = 0;

function onSlowDisk(stage: Stage): Stage {
  return { ...stage, env: { ...stage.env, clock: slowClock(stage.env.clock) } };
}

/** The engine of the crash campaign, with syncs in the background in every second workload, and a look at the folder after close. */
export function closingEngine(steps?: number): System<EngineState> {
  const system = engineSystem(steps);
  return {
    ...system,
    play: (stage, log) => system.play(stage.seed % 2 === 0 ? onSlowDisk(stage) : stage, log),
    close: async (stage) => { await (await openNext(stage)).close(); },
    closedProblem,
  };
}

/** Beyond what the folder check sees: every record begins with a mark that other programs know, and nothing stands behind the end mark. */
function closedProblem(image: DiskImage): string | undefined {
  for (const [path, { bytes }] of image.files) {
    if (!path.endsWith('.dbf')) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const count = view.getUint32(4, true), headerLength = view.getUint16(8, true), recordLength = view.getUint16(10, true);
    const end = headerLength + count * recordLength + 1;
    if (bytes.length > end) return `${path} has ${bytes.length - end} bytes behind its end mark`;
    for (let recno = 1; recno <= count; recno++) {
      const mark = bytes[headerLength + (recno - 1) * recordLength];
      if (mark !== 0x20 && mark !== 0x2a) return `record ${recno} of ${path} begins with ${String(mark)}`;
    }
  }
  return folderProblem(image, '/db');
}

function openNext(stage: Stage, durability: Durability = 'commit'): Promise<Database> {
  lives++;
  return openIn({ ...stage.env, random: seededRandom(lives) }, '/db', { durability, profiling: 'off', cacheSize: '64kb' }, fakeIdentity(FIRST_PID + lives));
}

/** Recovery cuts what loads left that never committed; the next checkpoint would hide it. */
function assertEndsThere(db: Database): void {
  for (const name of db.tables()) {
    const { headerLengthBytes, recordLengthBytes, sizeBytes } = db.table(name).info();
    const end = headerLengthBytes + db.table(name).recordCount * recordLengthBytes + 1;
    if (sizeBytes > end) throw new Error(`recovery leaves ${sizeBytes - end} bytes behind ${name}`);
  }
}

const LOADS = ['insert', 'load', 'die', 'insert', 'die', 'commits after the load', 'load', 'checkpoint', 'pause', 'update', 'alter', 'group', 'insert sync', 'pause', 'commits after the load'];
const PAUSE_MS = 100;

/**
 * How workloads begin. A load has bytes below the published end (its head: the end mark stands there) only right behind a checkpoint; a row under it that
 * changes before the next one would rarely come by chance.
 */
const BEGINNINGS = [['create a', 'insert', 'load'], ['create a', 'load', 'commits after the load'], ['create a', 'insert', 'load']];

/** Another workload: one table, many loads and changes of loaded rows, and pauses in which timers run. */
export function loadingEngine(): System<ContractState> {
  return {
    name: 'engine, loads', initial: new Map(), key: contractKey, journalRule,
    play: async (stage, log) => {
      const random = seededRandom(stage.seed);
      const durability = stage.seed % 3 === 2 ? 'interval' : 'commit';
      const place = stage.seed % 2 === 0 ? onSlowDisk(stage) : stage;
      let db = await openNext(place, durability);
      let state: ContractState = new Map();
      let altered = false;
      const beginning = BEGINNINGS[stage.seed % BEGINNINGS.length] ?? [];
      for (const name of [...beginning, ...Array.from({ length: 5 }, () => random.pick(LOADS))]) {
        if (name === 'die') db = await openNext(place, durability); // nobody closed it: what comes next stands on a replayed log
        if (name === 'pause') await new Promise<void>((resolve) => { stage.scheduler.timer(resolve, PAUSE_MS); });
        if (name === 'alter' && altered) continue;
        altered ||= name === 'alter';
        const operation = SCRIPT.find((o) => o.name === name);
        for (const step of operation?.steps ?? []) {
          state = step.effect(state);
          const number = log.begin(state);
          try {
            await step.run(db);
          } catch (e) {
            if (!(e instanceof FieldstoneError)) throw e;
            // Every other code says that it did not happen.
            if (e.code !== 'COMMIT_UNKNOWN' && e.code !== 'POISONED') log.reject(number);
            return;
          }
          log.ack(number, durability === 'commit' || operation?.files === true || name === 'load');
        }
      }
    },
    observe: async (stage) => {
      const db = await openNext(stage);
      assertEndsThere(db);
      return readContract(db);
    },
    extend: async (stage, seen, _lost, log) => {
      const db = await openNext(stage);
      if (seen.has('a')) {
        log.begin(PROBE.effect(seen));
        await PROBE.run(db);
      } else {
        const create = SCRIPT.find((o) => o.name === 'create a')?.steps[0];
        if (create === undefined) return;
        log.begin(create.effect(seen));
        await create.run(db);
      }
      log.ack();
    },
    close: async (stage) => { await (await openNext(stage)).close(); },
    closedProblem,
  };
}
