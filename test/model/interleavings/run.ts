import { FieldstoneError } from '#storage';
import { seededRandom } from '../../support/sim-clock.js';
import { SimScheduler } from '../../support/sim/sim-scheduler.js';
import { someTurns } from './attempt.js';
import { Book, type State } from './book.js';
import { checkpoint, close, lookOn, maintain, makeAndDrop, Snapshots } from './long-work.js';
import { load, transact } from './writers.js';
import { World, type Actor, type Counts } from './world.js';

export interface InterleavingReport extends Counts { runs: number; readonly failures: string[] }

export interface InterleavingOptions {
  readonly firstSeed: number;
  readonly runs: number;
  /** Only these of the actors that the seed chooses. */
  readonly actors?: readonly string[] | undefined;
  /** Tells what happened, for one run. */
  readonly isTraced?: boolean;
  readonly mostFailures?: number;
}

const LONG_WORKERS = ['cp', 'm1', 'm2', 'bk', 'sn', 'tb', 'pw', 'cl'];
const ACTORS = ['t1', 't2', 't3', 'l1', 'l2', ...LONG_WORKERS];

/** Runs from one seed on; stops at the first failure unless told otherwise. */
export async function runInterleavings(options: InterleavingOptions): Promise<InterleavingReport> {
  const report: InterleavingReport = { runs: 0, steps: 0, looks: 0, faults: 0, codes: new Map(), findings: new Map(), failures: [] };
  const { firstSeed, runs, mostFailures = 1 } = options;
  for (let seed = firstSeed; seed < firstSeed + runs && report.failures.length < mostFailures; seed++) {
    report.runs++;
    const failure = await runOnce(seed, report, options.actors);
    if (failure === undefined) continue;
    const { failure: least, actors } = await shrink(seed, failure, options.actors);
    const events = options.isTraced === true ? `\n${least.events.join('\n')}` : '';
    report.failures.push(`seed ${seed}: ${least.text}\n  first seen as: ${failure.text.split('\n')[0] ?? ''}\n  again: SEED=${seed} RACE_RUNS=1 RACE_ACTORS=${actors.join()} npx vitest run test/model/interleavings.test.ts${events}`);
  }
  return report;
}

interface Failure { readonly text: string; readonly events: readonly string[]; readonly actors: readonly string[] }

/** Leaves actors out as long as the run still fails. */
async function shrink(seed: number, first: Failure, given: readonly string[] | undefined): Promise<{ failure: Failure; actors: readonly string[] }> {
  let failure = first;
  let actors = first.actors;
  if (given !== undefined) return { failure, actors };
  for (const out of first.actors) {
    const fewer = actors.filter((id) => id !== out);
    const again = await runOnce(seed, { steps: 0, looks: 0, faults: 0, codes: new Map(), findings: new Map() }, fewer);
    if (again === undefined || kindOf(again) !== kindOf(first)) continue;
    failure = again;
    actors = fewer;
  }
  return { failure, actors };
}

/** What went wrong, without where and with which numbers. */
function kindOf({ text }: Failure): string { return (text.split('\n')[0] ?? '').replace(/\d+/g, '').slice(-32); }

async function runOnce(seed: number, counts: Counts, only: readonly string[] | undefined): Promise<Failure | undefined> {
  const scheduler = new SimScheduler(seed);
  const world = new World(seed, scheduler, counts);
  const chosen = ACTORS.filter((id) => world.random.chance(id === 'cl' ? 0.35 : 0.65)).filter((id) => only?.includes(id) !== false);
  const run = new Run(world, chosen);
  try {
    await scheduler.settle(run.all());
    return undefined;
  } catch (e) {
    return { text: `${textOf(e)}${world.faulted ? `\n  after ${world.fault}` : ''}`, events: world.events, actors: chosen };
  } finally {
    if (world.faulted) counts.faults++;
  }
}

function textOf(e: unknown): string {
  if (!(e instanceof Error)) return String(e);
  return `${e.stack ?? e.message}${e.cause === undefined ? '' : `\n  caused by ${textOf(e.cause)}`}`;
}

class Run {
  readonly #world: World;
  readonly #snapshots = new Snapshots();
  readonly #ids: readonly string[];

  constructor(world: World, ids: readonly string[]) {
    this.#world = world;
    this.#ids = ids;
  }

  async all(): Promise<void> {
    const world = this.#world;
    await world.setUp();
    for (const id of this.#ids) {
      const owner = 1 + ACTORS.indexOf(id);
      world.actors.push({ id, book: new Book(owner), random: seededRandom(world.seed * 1009 + owner), stopped: false });
    }
    const rounds = 1 + world.random.int(4);
    for (let round = 1; round <= rounds && !world.closing && !world.actors.some(({ stopped }) => stopped); round++) {
      world.isArmed = true;
      const ended = await Promise.allSettled(world.actors.map((actor) => this.#play(actor, round === rounds)));
      world.isArmed = false;
      for (const end of ended) if (end.status === 'rejected') throw end.reason;
      world.events.push(`round ${round} is over`);
      if (!world.closing && !world.actors.some(({ stopped }) => stopped)) await this.#quiet(`after round ${round}`);
    }
    await this.#end();
  }

  /** Once something is wrong, nobody goes on: what happened last explains it. */
  async #play(actor: Actor, isLast: boolean): Promise<void> {
    const world = this.#world;
    try {
      if (actor.id === 'cl') {
        if (isLast) await close(world, actor);
        return;
      }
      for (let step = 1 + actor.random.int(5); step > 0 && !actor.stopped && !world.failed && !world.closing; step--) {
        await someTurns(world, actor);
        if (world.closing) return;
        await this.#step(actor);
      }
    } catch (e) {
      if (world.closing && e instanceof FieldstoneError && e.code === 'CLOSED') return;
      if (world.faulted && e instanceof FieldstoneError && (e.code === 'IO' || e.code === 'POISONED')) return;
      world.failed = true;
      throw e;
    }
  }

  #step(actor: Actor): Promise<void> {
    const world = this.#world;
    if (actor.random.chance(0.15)) world.look(`amid everything, by ${actor.id}`);
    switch (actor.id) {
      case 't1': case 't2': case 't3': return transact(world, actor);
      case 'l1': case 'l2': return load(world, actor);
      case 'cp': return checkpoint(world, actor);
      case 'm1': case 'm2': return maintain(world, actor);
      case 'bk': return lookOn(world, actor);
      case 'tb': return makeAndDrop(world, actor);
      case 'pw': return world.losePower(1);
      default: return Promise.resolve(this.#snapshots.step(world, actor));
    }
  }

  /** Nothing is under way: all is exactly as it was acknowledged. */
  async #quiet(where: string): Promise<void> {
    const world = this.#world;
    world.look(where);
    world.assertIndexes(where);
    this.#snapshots.verify(world);
    await world.sound(world.db, where);
    if (world.random.chance(0.3)) await world.losePower(2);
  }

  async #end(): Promise<void> {
    const world = this.#world;
    let isClean = !world.faulted;
    if (!world.closing) this.#snapshots.release();
    try {
      await world.db.close();
    } catch (e) {
      if (!world.faulted || !(e instanceof FieldstoneError)) throw e;
      isClean = false;
    }
    if (world.canLosePower && world.random.chance(0.4)) await world.losePower(2);
    const problem = isClean ? world.closedProblem() : undefined;
    if (problem !== undefined) throw new Error(`after close: ${problem}`);
    world.db = await world.open();
    world.look('after opening again');
    await world.sound(world.db, 'after opening again', ['error', 'warning'], world.faulted ? undefined : []);
    const before: State = world.read(world.db, new Map(), 'after opening again');
    await world.db.checkpoint();
    const after = world.read(world.db, world.indexesOf(world.db), 'after one more checkpoint');
    for (const place of new Set([...before.keys(), ...after.keys()])) {
      if (before.get(place) !== after.get(place)) throw new Error(`one more checkpoint changes ${place} from ${before.get(place) ?? 'absent'} to ${after.get(place) ?? 'absent'}`);
    }
    await world.db.close();
  }
}
