import { memo, numeric, type Database } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { seededRandom } from '../../support/sim-clock.js';
import { crashStates, endState } from '../../support/sim/crash-states.js';
import { SimDisk } from '../../support/sim/sim-disk.js';
import { makeStage, type Stage } from '../../support/sim/system.js';
import type { TraceEvent } from '../../support/sim/trace.js';

const ROWS = Array.from({ length: 40 }, (_, n) => ({ n, m: `memo ${n}` }));
let lives = 0;

function openNext(stage: Stage, durability: 'commit' | 'interval' = 'commit'): Promise<Database> {
  lives++;
  return openIn({ ...stage.env, random: seededRandom(lives) }, '/db', { durability, profiling: 'off', cacheSize: '64kb' }, fakeIdentity(1000 + lives));
}

async function inLife<Result>(disk: SimDisk, work: (stage: Stage) => Promise<Result>): Promise<Result> {
  const stage = makeStage(disk, 1);
  return stage.scheduler.settle(work(stage));
}

/** Bytes behind the end marks of the tables. */
function behindEnds(db: Database): number {
  return db.tables().reduce((sum, name) => {
    const { headerLengthBytes, recordLengthBytes, sizeBytes } = db.table(name).info();
    return sum + Math.max(0, sizeBytes - headerLengthBytes - db.table(name).recordCount * recordLengthBytes - 1);
  }, 0);
}

/** A process is killed at that point, the power fails anywhere in the recovery: what the next recovery leaves behind the ends of tables. */
async function leftAfter(
  play: (db: Database) => Promise<unknown>, pointOf: (trace: readonly TraceEvent[]) => number,
): Promise<{ readonly states: number; readonly left: ReadonlySet<number> }> {
  const first = new SimDisk();
  await inLife(first, async (stage) => play(await openNext(stage, 'interval')));
  const killed = endState(first.start, first.trace.slice(0, pointOf(first.trace)));
  const second = new SimDisk({ start: killed.disk() });
  await inLife(second, openNext);
  const left = new Set<number>();
  let states = 0;
  for (const crash of crashStates(second.start, second.trace, { seed: 1, budget: 2000, kinds: ['power'] })) {
    states++;
    left.add(await inLife(new SimDisk({ start: crash.disk() }), async (stage) => behindEnds(await openNext(stage))));
  }
  return { states, left };
}

/** Undefined when nothing is left behind the ends of tables, whenever the power fails. */
async function leftProblem(play: (db: Database) => Promise<unknown>, pointOf: (trace: readonly TraceEvent[]) => number): Promise<string | undefined> {
  const { states, left } = await leftAfter(play, pointOf);
  if (states <= 50) return `only ${states} power losses amid recovery`;
  return left.size === 1 && left.has(0) ? undefined : `recovery leaves ${[...left].join(' or ')} bytes behind the end of a table`;
}

/** Rows that only the cache of the system knew are on disk before a recovery folds them. */
export function rowsLeftProblem(): Promise<string | undefined> {
  return leftProblem(async (db) => {
    const t = await db.createTable('t', { n: numeric(6), m: memo() });
    await t.insert({ n: 1, m: 'not synced' });
  }, (trace) => trace.length);
}

/** What a load left that never committed is cut for good before the log is gone that tells of it. */
export function cutLeftProblem(): Promise<string | undefined> {
  const begunAt = (trace: readonly TraceEvent[]): number => trace.map((event) => event.op === 'write' && event.path === '/db/t.dbf').lastIndexOf(true) + 1;
  return leftProblem(async (db) => (await db.createTable('t', { n: numeric(6), m: memo() })).insertMany(ROWS, { direct: true }), begunAt);
}
