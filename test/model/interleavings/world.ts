import { FieldstoneError, MemoryVfs, type Vfs } from '#storage';
import type { Database, OpenOptions } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { journalRule } from '../../crash/engine/engine-system.js';
import { slowClock } from '../../crash/engine/slow-clock.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { seededRandom, type SeededRandom } from '../../support/sim-clock.js';
import { crashStates } from '../../support/sim/crash-states.js';
import { FaultVfs, type Fault } from '../../support/sim/fault-vfs.js';
import { folderProblem } from '../../support/sim/folder-check.js';
import { interceptVfs } from '../../support/sim/intercept-vfs.js';
import { SimDisk } from '../../support/sim/sim-disk.js';
import { simEnvironmentOf, SimScheduler } from '../../support/sim/sim-scheduler.js';
import { COUNTERS, Counters, ownerOf, type Book, type CounterMark, type Mark, type State } from './book.js';
import { createTarget, documentOf, indexNames, readTarget, TARGETS, valuesOf, type Target, type View } from './targets.js';

export const FOLDER = '/db';
const FAULTS: readonly Fault[] = ['EIO', 'ENOSPC', 'halfENOSPC', 'syncLost', 'EIO', 'syncRevert'];
const LATEST_FAULT = 400;
/** The tables that come and go: one of them, or none, is there. */
export const COMING: readonly Target[] = [{ name: 'z', dialect: 'foxpro2' }, { name: 'y', dialect: 'foxpro2' }];
/** Blocks that a commit under way has taken may be counted by the header of a memo file before any row points to them; they are then written in place. */
const RULE = { ...journalRule, baseFile: (path: string) => path.startsWith(`${FOLDER}/`) && !/\.(fpt|dbt)$/.test(path) && journalRule.baseFile(path) };
let lives = 5_000_000;

/** Thrown by sources and bodies on purpose. */
export class BrokenOff extends Error {}

/** Who does one thing after another; what it writes nobody else writes. */
export interface Actor {
  readonly id: string;
  readonly book: Book;
  readonly random: SeededRandom;
  /** The database does not take any more from it. */
  stopped: boolean;
}

/** What a view that was taken at some moment may hold. */
export interface Moment { readonly marks: ReadonlyMap<Book, Mark>; readonly counters: CounterMark; readonly indexes: ReadonlyMap<string, readonly string[]> }

export interface Counts { steps: number; looks: number; faults: number; readonly codes: Map<string, number>; readonly findings: Map<string, number> }

/** One database with all that happens to it under one seed. */
export class World {
  readonly seed: number;
  readonly random: SeededRandom;
  readonly scheduler: SimScheduler;
  readonly counts: Counts;
  readonly targets: readonly Target[];
  readonly counters = new Counters();
  readonly actors: Actor[] = [];
  readonly events: string[] = [];
  /** Indexes that were made and not dropped, besides those that stay. */
  readonly extras = new Map<string, Set<string>>();
  readonly #disk: SimDisk | undefined;
  readonly #faults: FaultVfs;
  readonly #options: OpenOptions;
  readonly #isSlow: boolean;
  readonly #fault: Fault | undefined;
  isArmed = false;
  closing = false;
  failed = false;
  db!: Database;

  constructor(seed: number, scheduler: SimScheduler, counts: Counts) {
    this.seed = seed;
    this.random = seededRandom(seed);
    this.scheduler = scheduler;
    this.counts = counts;
    const { random } = this;
    this.targets = random.shuffle([...TARGETS]).slice(0, 1 + random.int(3));
    this.#isSlow = random.chance(0.5);
    this.#disk = random.chance(0.6) ? new SimDisk({ scheduler, journalRule: RULE }) : undefined;
    const fault = random.chance(0.25) ? { fault: random.pick(FAULTS), at: 1 + random.int(LATEST_FAULT), path: () => this.isArmed } : undefined;
    this.#fault = fault?.fault;
    this.#faults = new FaultVfs(this.#disk ?? this.#memory(), {
      ...(fault === undefined ? {} : { plan: fault }), ...(this.#disk === undefined ? {} : { disk: this.#disk }),
    });
    this.#options = {
      profiling: 'off', retries: 200, snapshotMemory: '64mb', cacheSize: random.pick(['64kb', '4mb']),
      ...(random.chance(0.3) ? { checkpointSize: '64kb', logLimit: '256kb' } : {}), ...(random.chance(0.3) ? { pageSize: '4kb' } : {}),
    };
  }

  get canLosePower(): boolean { return this.#disk !== undefined; }
  get faulted(): boolean { return this.#faults.fired > 0; }
  /** Where the disk failed. */
  get fault(): string {
    const { firstFired } = this.#faults;
    return firstFired === undefined ? '' : `${this.#fault ?? ''} at ${firstFired.kind} ${firstFired.path}`;
  }

  /** Files in memory whose syncs end later. */
  #memory(): Vfs {
    return interceptVfs(new MemoryVfs(), {
      syncAsync: async (_file, _full, next) => {
        await next();
        await this.turn();
      },
    });
  }

  turn(): Promise<void> { return new Promise((resolve) => { this.scheduler.later(resolve); }); }

  async turns(count: number): Promise<void> { for (let i = 0; i < count; i++) await this.turn(); }

  async open(vfs: Vfs = this.#faults.vfs, scheduler: SimScheduler = this.scheduler, more: OpenOptions = {}): Promise<Database> {
    const env = simEnvironmentOf(vfs, scheduler, this.seed);
    lives++;
    const clock = this.#isSlow ? slowClock(env.clock) : env.clock;
    return openIn({ ...env, clock, random: seededRandom(lives) }, FOLDER, { ...this.#options, ...more }, fakeIdentity(lives));
  }

  /** Another folder of the same disk. */
  openCopy(folder: string): Promise<Database> {
    lives++;
    const env = simEnvironmentOf(this.#faults.vfs, this.scheduler, this.seed);
    return openIn({ ...env, random: seededRandom(lives) }, folder, { profiling: 'off', readOnly: true }, fakeIdentity(lives));
  }

  async setUp(): Promise<void> {
    this.db = await this.open();
    for (const target of this.targets) await createTarget(this.db, target);
    await this.db.transaction((tx) => {
      for (const { name, dialect } of this.targets) {
        for (const k of COUNTERS) {
          if (dialect === undefined) tx.collection(name).insert(documentOf(k, 0));
          else tx.table(name).insert(valuesOf(k, 0));
        }
      }
    });
  }

  /** Everything that the view shows, each row whole and each index that of its rows. */
  read(view: View, indexes: ReadonlyMap<string, readonly string[]>, where: string): State {
    const state = new Map<string, number>();
    for (const target of this.targets) {
      for (const [k, n] of readTarget(view, target, indexes.get(target.name) ?? [], where)) state.set(`${target.name}/${k}`, n);
    }
    for (const target of COMING) {
      try {
        for (const [k, n] of readTarget(view, target, [], where)) state.set(`${target.name}/${k}`, n);
        state.set(existsOf(this.actors, target), 1);
      } catch (e) {
        if (!(e instanceof FieldstoneError) || e.code !== 'NOT_FOUND') throw e;
      }
    }
    return state;
  }

  indexesOf(db: Database): ReadonlyMap<string, readonly string[]> {
    return new Map(this.targets.map((target) => [target.name, indexNames(db, target)]));
  }

  now(indexes: ReadonlyMap<string, readonly string[]> = new Map()): Moment {
    return { marks: new Map(this.actors.map(({ book }) => [book, book.mark()])), counters: this.counters.mark(), indexes };
  }

  /** Throws unless the state is one that was there at that moment, or between the two. */
  explain(state: State, where: string, from: Moment, to: Moment = from): void {
    const byOwner = new Map<number, Map<string, number>>();
    for (const [place, n] of state) {
      const owner = ownerOf(place);
      let own = byOwner.get(owner);
      if (own === undefined) byOwner.set(owner, own = new Map());
      own.set(place, n);
    }
    for (const { id, book } of this.actors) {
      const mark = from.marks.get(book);
      const problem = mark === undefined ? undefined : book.problem(byOwner.get(book.owner) ?? new Map(), mark, to.marks.get(book));
      if (problem !== undefined) throw new Error(`${where}, keys of ${id}: ${problem}`);
    }
    const problem = this.counters.problem(state, this.targets.map(({ name }) => name), from.counters, to.counters);
    if (problem !== undefined) throw new Error(`${where}: ${problem}`);
  }

  /** The newest state, amid everything. */
  look(where: string): void {
    const indexes = this.indexesOf(this.db);
    this.explain(this.read(this.db, indexes, where), where, this.now());
  }

  /** Nobody makes or drops indexes now: exactly the right ones are there. */
  assertIndexes(where: string): void {
    for (const [name, names] of this.indexesOf(this.db)) {
      const got = names.filter((index) => index !== 'u' && index !== '_id').sort().join(), want = [...this.extras.get(name) ?? []].sort().join();
      if (got !== want) throw new Error(`${where}: the indexes of ${name} are ${got} instead of ${want}`);
    }
  }

  /** What power losses at this moment leave. */
  async losePower(budget: number): Promise<void> {
    const disk = this.#disk;
    if (disk === undefined) return;
    const then = this.now();
    const options = { seed: this.random.uint32(), from: disk.trace.length, budget };
    const left = [...crashStates(disk.start, disk.trace, options)].map((crash) => ({ where: `after a crash (${crash.kind} ${crash.choice})`, start: crash.disk() }));
    for (const { where, start } of left) {
      this.counts.looks++;
      const scheduler = new SimScheduler();
      const disk = new SimDisk({ start, scheduler, journalRule: RULE });
      const db = await this.open(disk, scheduler);
      this.explain(this.read(db, this.indexesOf(db), where), where, then);
      await this.#apart(scheduler, this.sound(db, where, ['error']));
      await this.#apart(scheduler, db.close());
      const again = await this.open(disk, scheduler);
      this.explain(this.read(again, this.indexesOf(again), where), `${where} and a close`, then);
      await this.#apart(scheduler, this.sound(again, `${where} and a close`));
      await this.#apart(scheduler, again.close());
    }
  }

  /** Work that another scheduler drives; ours is not stalled meanwhile. */
  async #apart(scheduler: SimScheduler, work: Promise<void>): Promise<void> {
    let isOver = false;
    const again = (): void => { if (!isOver) this.scheduler.later(again); };
    again();
    try {
      await scheduler.settle(work);
    } finally {
      isOver = true;
    }
  }

  /**
   * The check finds nothing bad. Right after a crash what loads left may stand behind the rows until the next checkpoint, and behind the memos for good:
   * a load that a checkpoint came amid of may have been forgotten by the log. Its blocks may also be counted before anything is in them,
   * and stand in the file before the next checkpoint counts them.
   */
  async sound(db: Database, where: string, severities: readonly string[] = ['error', 'warning'], harmless = ['MEMO_NEXT_LOW']): Promise<void> {
    const { findings } = await db.check();
    for (const { code, severity } of findings) this.counts.findings.set(`${severity} ${code}`, (this.counts.findings.get(`${severity} ${code}`) ?? 0) + 1);
    const bad = findings.filter(({ severity, code }) => severities.includes(severity) && code !== 'MEMO_NEXT_HIGH' && !harmless.includes(code));
    if (bad.length > 0) throw new Error(`${where}, the check: ${bad.map(({ code, file, message }) => `${code} ${file ?? ''} ${message}`).join('; ')}`);
  }

  /** After a proper close only plain files are there. */
  closedProblem(): string | undefined {
    return this.#disk === undefined ? undefined : folderProblem(this.#disk.image(), FOLDER);
  }
}

/** That the table is there, as a place of the actor that makes and drops it. */
export function existsOf(actors: readonly Actor[], target: Target): string {
  const owner = actors.find(({ id }) => id === 'tb')?.book.owner ?? 0;
  return `${target.name}/${owner * 10_000}`;
}
