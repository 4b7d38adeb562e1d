import type { Database, Tx } from '../../../src/main.js';
import { char, memo, numeric } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { seededRandom, type SeededRandom } from '../../support/sim-clock.js';
import { crashStates } from '../../support/sim/crash-states.js';
import { SimDisk } from '../../support/sim/sim-disk.js';
import { simEnvironmentOf, SimScheduler } from '../../support/sim/sim-scheduler.js';
import { slowClock } from './slow-clock.js';

const ROWS = 4;
const CLIENTS = 5;
const STEPS = 6;
const SCHEMA = { name: char(8), n: numeric(8), notes: memo() };
let pids = 4_000_000;

export interface RaceReport { seeds: number; increments: number; looks: number; readonly failures: string[] }

/**
 * Clients that run side by side on a slow disk: counters, transfers that keep a sum, snapshots that must stand still while
 * loads, updates and checkpoints go on, and reads of which a power loss may take nothing back.
 */
export async function runRaces(firstSeed: number, seeds: number, mostFailures = 1): Promise<RaceReport> {
  const report: RaceReport = { seeds: 0, increments: 0, looks: 0, failures: [] };
  for (let seed = firstSeed; seed < firstSeed + seeds && report.failures.length < mostFailures; seed++) {
    report.seeds++;
    const scheduler = new SimScheduler(seed);
    try {
      await scheduler.settle(new Race(seed, scheduler, report).run());
    } catch (e) {
      report.failures.push(`seed ${seed}: ${e instanceof Error ? e.stack ?? e.message : String(e)}`);
    }
  }
  return report;
}

class Race {
  readonly #random: SeededRandom;
  readonly #disk: SimDisk;
  readonly #scheduler: SimScheduler;
  readonly #report: RaceReport;
  readonly #seed: number;
  readonly #added = new Array<number>(ROWS).fill(0);
  #loads = 0;

  constructor(seed: number, scheduler: SimScheduler, report: RaceReport) {
    this.#seed = seed;
    this.#random = seededRandom(seed);
    this.#scheduler = scheduler;
    this.#report = report;
    this.#disk = new SimDisk({ scheduler });
  }

  async run(): Promise<void> {
    const db = await this.#open(this.#disk);
    await db.createTable('a', SCHEMA);
    await db.transaction((tx) => { for (let i = 0; i < ROWS; i++) tx.table('a').insert({ name: `row${i}`, n: 0, notes: '0' }); });
    await Promise.all(Array.from({ length: CLIENTS }, async (_, client) => {
      for (let step = 0; step < STEPS; step++) await this.#step(db, client);
    }));
    this.#check(db, 'at the end');
    await db.close();
    const again = await this.#open(this.#disk);
    this.#check(again, 'after opening again');
    await again.close();
  }

  #open(disk: SimDisk): Promise<Database> {
    const env = simEnvironmentOf(disk, this.#scheduler, this.#seed);
    const options = { profiling: 'off', cacheSize: this.#seed % 2 === 0 ? '64kb' : '4mb', retries: 60 } as const;
    return openIn({ ...env, random: seededRandom(++pids), clock: slowClock(env.clock) }, '/db', options, fakeIdentity(pids));
  }

  #step(db: Database, client: number): Promise<void> {
    const dice = this.#random.int(12);
    if (client === 0) return dice < 5 ? db.checkpoint() : dice < 8 ? this.#load(db) : this.#turns();
    if (client === 1) return this.#standStill(db);
    if (client === 2 && dice < 4) return this.#look(db);
    return dice < 8 ? this.#increment(db) : this.#transfer(db);
  }

  async #turns(): Promise<void> {
    for (let i = this.#random.int(6); i > 0; i--) await new Promise<void>((resolve) => { this.#scheduler.later(resolve); });
  }

  async #increment(db: Database): Promise<void> {
    const recno = 1 + this.#random.int(ROWS);
    const add = (tx: Tx, row: Readonly<Record<string, unknown>> | undefined): void => { put(tx, recno, Number(row?.['n']) + 1); };
    const waits = this.#random.chance(0.4);
    // A body that waits for nothing takes another way to the log than one that returns a promise.
    if (!waits && this.#random.chance(0.5)) await db.transaction((tx) => { add(tx, tx.table('a').get(recno)); });
    else {
      await db.transaction(async (tx) => {
        const row = tx.table('a').get(recno);
        if (waits) await this.#turns();
        add(tx, row);
      });
    }
    this.#added[recno - 1] = (this.#added[recno - 1] ?? 0) + 1;
    this.#report.increments++;
  }

  async #transfer(db: Database): Promise<void> {
    const from = 1 + this.#random.int(ROWS), to = 1 + (from % ROWS);
    await db.transaction(async (tx) => {
      const a = Number(tx.table('a').get(from)?.['n']);
      await this.#turns();
      const b = Number(tx.table('a').get(to)?.['n']);
      put(tx, from, a - 1);
      put(tx, to, b + 1);
    });
    this.#added[from - 1] = (this.#added[from - 1] ?? 0) - 1;
    this.#added[to - 1] = (this.#added[to - 1] ?? 0) + 1;
  }

  async #load(db: Database): Promise<void> {
    const number = ++this.#loads;
    const rows = Array.from({ length: 6 }, (_, i) => ({ name: `l${number}.${i}`, n: 0, notes: '0' }));
    const { firstRecno } = await db.table('a').insertMany(rows, { direct: true });
    // Rows of the load change before any checkpoint counts them, while snapshots may be looking at them.
    const snapshot = db.snapshot();
    const before = textOf(snapshot.table('a').scan());
    await db.transaction((tx) => { tx.table('a').update(firstRecno + 2, { notes: 'changed' }); });
    await this.#turns();
    const checkpoint = db.checkpoint();
    await this.#turns();
    assertSame(before, textOf(snapshot.table('a').scan()), 'a snapshot saw a change of a loaded row');
    await checkpoint;
    assertSame(before, textOf(snapshot.table('a').scan()), 'a snapshot saw the checkpoint of a loaded row');
    snapshot.close();
  }

  /** What a snapshot sees stays as it is. */
  async #standStill(db: Database): Promise<void> {
    const snapshot = db.snapshot();
    const before = textOf(snapshot.table('a').scan());
    for (let i = 0; i < 3; i++) {
      await this.#turns();
      assertSame(before, textOf(snapshot.table('a').scan()), 'a snapshot moved');
    }
    snapshot.close();
    this.#check(db, undefined);
  }

  /** What was read is durable: no power loss takes it back. */
  async #look(db: Database): Promise<void> {
    this.#report.looks++;
    const seen = values(db);
    for (const crash of crashStates(this.#disk.start, this.#disk.trace, { seed: this.#seed, from: this.#disk.trace.length, kinds: ['power'], budget: 3 })) {
      const after = await this.#open(new SimDisk({ start: crash.disk(), scheduler: new SimScheduler() }));
      // Transfers lower a value too, so it is the sum that can only grow.
      if (sum(values(after)) < sum(seen)) throw new Error(`a power loss took back what was read: ${seen.join()} became ${values(after).join()}`);
      return;
    }
    return Promise.resolve();
  }

  #check(db: Database, when: string | undefined): void {
    const seen = values(db);
    for (const row of db.table('a').scan()) {
      if (row.$recno <= ROWS && row['notes'] !== String(row['n'])) throw new Error(`row ${row.$recno} has n ${String(row['n'])} and memo ${String(row['notes'])}`);
    }
    if (when !== undefined) assertSame(this.#added.join(), seen.join(), `the counters ${when}`);
  }
}

function put(tx: Tx, recno: number, n: number): void { tx.table('a').update(recno, { n, notes: String(n) }); }

function textOf(rows: Iterable<object>): string { return [...rows].map((row) => Object.values(row).join()).join('|'); }

function values(db: Database): number[] { return [1, 2, 3, 4].map((recno) => Number(db.table('a').get(recno)?.['n'])); }

function sum(numbers: readonly number[]): number { return numbers.reduce((a, b) => a + b, 0); }

function assertSame(expected: string, seen: string, what: string): void {
  if (expected !== seen) throw new Error(`${what}:\n  expected ${expected}\n  seen     ${seen}`);
}
