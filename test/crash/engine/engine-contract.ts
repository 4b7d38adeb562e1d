import { FieldstoneError } from '#storage';
import type { Database } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { seededRandom } from '../../support/sim-clock.js';
import { crashStates } from '../../support/sim/crash-states.js';
import { FaultVfs, type CallKind, type Fault, type FaultPlan } from '../../support/sim/fault-vfs.js';
import { CallBoundHit, SimDisk } from '../../support/sim/sim-disk.js';
import { SimScheduler, simEnvironmentOf, Stalled } from '../../support/sim/sim-scheduler.js';
import { contractKey, TABLES, type ContractScript, type ContractState, type Operation, type Step } from './contract-script.js';
import { slowClock } from './slow-clock.js';

export interface ContractOptions {
  readonly faults: readonly Fault[];
  /** At most so many k for each fault, spread evenly; default all. */
  readonly mostPoints?: number;
  readonly mostFailures?: number;
  /** Default: both a disk that seems fast (syncs block) and one that seems slow (syncs in the background). */
  readonly slow?: readonly boolean[];
  /** What is done. Default: everything that writes to tables. */
  readonly script?: ContractScript;
}

export interface ContractReport {
  runs: number;
  fired: number;
  /** How often each code came out. */
  readonly codes: Map<string, number>;
  poisoned: number;
  readonly failures: string[];
}

const POWER_LOSSES = 3;
const LOCK_PATH = '/db/fieldstone.lock';
let pids = 2_000_000;

/** Lets the k-th call fail, for every k, and holds the engine to what it says: see docs/testing.md. */
export async function runContract(options: ContractOptions): Promise<ContractReport> {
  const report: ContractReport = { runs: 0, fired: 0, codes: new Map(), poisoned: 0, failures: [] };
  const script = options.script ?? TABLES;
  for (const fault of options.faults) {
    for (const slow of options.slow ?? [false, true]) {
      for (const sticky of [false, true]) {
        const { met, problem: before } = await new Run({ fault, sticky, at: 0 }, slow, report, script).go();
        if (before !== undefined) report.failures.push(`without any fault: ${before}`);
        const points = Math.min(met, options.mostPoints ?? met);
        for (let i = 0; i < points && report.failures.length < (options.mostFailures ?? 1); i++) {
          const at = 1 + Math.floor(i * met / points);
          const run = new Run({ fault, sticky, at }, slow, report, script);
          report.runs++;
          const { problem, fired } = await run.go();
          if (fired > 0) report.fired++;
          if (problem !== undefined) report.failures.push(`${fault} ${sticky ? 'from' : 'at'} call ${at} (${run.where}), ${slow ? 'slow' : 'fast'} disk, in ${run.during}: ${problem}`);
        }
      }
    }
  }
  return report;
}

/** Not what the contract says. */
class Breach extends Error {}

interface Outcome { readonly step: Step; readonly error: FieldstoneError | undefined }

/** The script once, with one fault in it. */
class Run {
  during = 'open';
  readonly #disk: SimDisk;
  readonly #faulty: FaultVfs;
  readonly #plan: FaultPlan;
  readonly #slow: boolean;
  readonly #report: ContractReport;
  readonly #w: ContractScript;
  readonly #scheduler = new SimScheduler(1);
  #pid = ++pids;
  #state: ContractState;

  constructor(plan: FaultPlan, slow: boolean, report: ContractReport, script: ContractScript) {
    this.#w = script;
    this.#state = script.initial;
    this.#disk = SimDisk.withFiles([...script.files], { mostCalls: 400_000 });
    this.#disk.useScheduler(this.#scheduler);
    this.#plan = plan;
    this.#slow = slow;
    this.#report = report;
    this.#faulty = new FaultVfs(this.#disk, { disk: this.#disk, plan });
  }

  get #failedKind(): CallKind | undefined { return this.#faulty.firstFired?.kind; }
  get where(): string { return `${this.#faulty.firstFired?.kind ?? 'no call'} ${this.#faulty.firstFired?.path ?? ''}`; }

  async go(): Promise<{ met: number; fired: number; problem: string | undefined }> {
    let problem: string | undefined;
    let met = 0;
    try {
      await this.#scheduler.settle(this.#script(() => { met = this.#faulty.met; }));
    } catch (e) {
      problem = e instanceof Breach ? e.message : e instanceof CallBoundHit || e instanceof Stalled ? `never ends: ${e.message}` : e instanceof Error ? e.stack ?? e.message : String(e);
    }
    return { met, fired: this.#faulty.fired, problem };
  }

  async #script(noteMet: () => void): Promise<void> {
    let db = await this.#firstOpen();
    for (const operation of this.#w.operations) {
      this.during = operation.name;
      db = await this.#operation(db, operation);
    }
    this.during = 'close';
    try {
      await db.close();
    } catch (e) {
      this.#typed(e);
    }
    noteMet();
    this.#faulty.heal();
    const again = await this.#openAgain();
    this.#expect(again, [this.#state], 'after the last close');
    await again.close();
  }

  #open(): Promise<Database> {
    const env = simEnvironmentOf(this.#faulty.vfs, this.#scheduler, 1);
    const slow = this.#slow ? { ...env, clock: slowClock(env.clock) } : env;
    return openIn({ ...slow, random: seededRandom(++pids) }, '/db', { profiling: 'off', cacheSize: '64kb' }, fakeIdentity(this.#pid));
  }

  async #firstOpen(): Promise<Database> {
    try {
      return await this.#open();
    } catch (e) {
      this.#typed(e);
      this.#faulty.heal();
      return this.#openAgain();
    }
  }

  /** By the same process; by another when calls on the lock failed, so that it could not be removed. */
  async #openAgain(): Promise<Database> {
    try {
      return await this.#open();
    } catch (e) {
      const isLockHit = [...this.#faulty.firedPaths].some((path) => path.startsWith(LOCK_PATH));
      if (this.#typed(e).code !== 'LOCKED' || !isLockHit) throw e;
      this.#pid = ++pids;
      return this.#open();
    }
  }

  #typed(error: unknown): FieldstoneError {
    if (!(error instanceof FieldstoneError)) throw error;
    this.#report.codes.set(error.code, (this.#report.codes.get(error.code) ?? 0) + 1);
    return error;
  }

  /** Runs it; after a failure judges, heals, and brings it to its end on the same handle or a new one. */
  async #operation(db: Database, operation: Operation): Promise<Database> {
    const outcomes = await Promise.all(operation.steps.map(async (step): Promise<Outcome> => {
      try {
        await step.run(db);
        return { step, error: undefined };
      } catch (e) {
        return { step, error: this.#typed(e) };
      }
    }));
    const failed = outcomes.filter((o) => o.error !== undefined);
    for (const { step, error } of outcomes) if (error === undefined) this.#state = step.effect(this.#state);
    if (failed.length === 0) return db;
    this.#faulty.heal();
    const maybe = statesAfter(this.#state, failed.filter(isUnknown).map((o) => o.step));
    this.#expect(db, operation.files ? maybe : [this.#state], 'on the same handle');
    if (await this.#stillWrites(db)) {
      if (failed.some((o) => o.error?.code === 'COMMIT_UNKNOWN' || o.error?.code === 'POISONED')) throw new Breach(`${codesOf(failed)}, but the handle goes on writing`);
      for (const { step } of failed) await step.run(db);
      for (const { step } of failed) this.#state = step.effect(this.#state);
      this.#expect(db, [this.#state], 'after trying again');
      await this.#survivesPowerLoss();
      return db;
    }
    this.#report.poisoned++;
    this.#mayPoison(failed, operation);
    return this.#afterPoison(db, failed.map((o) => o.step), maybe);
  }

  /** A transaction that must work, or say POISONED. */
  async #stillWrites(db: Database): Promise<boolean> {
    const { probe } = this.#w;
    if (!this.#w.canProbe(db)) {
      try {
        await db.checkpoint();
        return true;
      } catch (e) {
        return this.#assertPoisoned(e);
      }
    }
    try {
      await probe.run(db);
    } catch (e) {
      return this.#assertPoisoned(e);
    }
    this.#state = probe.effect(this.#state);
    return true;
  }

  #assertPoisoned(error: unknown): false {
    if (this.#typed(error).code !== 'POISONED') throw new Breach(`the disk works again, but a commit fails: ${String(error)}`);
    return false;
  }

  /** A read that failed, or a full disk, spoils nothing, except amid the files themselves. */
  #mayPoison(failed: readonly Outcome[], operation: Operation): void {
    if (operation.files || this.#failedKind === 'sync' || this.#failedKind === 'syncFolder') return;
    if (this.#plan.sticky === true || this.#failedKind === 'truncate') return;
    throw new Breach(`${codesOf(failed)} poisoned the handle`);
  }

  async #afterPoison(db: Database, steps: readonly Step[], maybe: readonly ContractState[]): Promise<Database> {
    try {
      await db.close();
    } catch (e) {
      this.#typed(e);
    }
    const again = await this.#openAgain();
    this.#state = this.#expect(again, maybe, 'after opening again');
    if (maybe.length > 1 && contractKey(this.#state) === contractKey(maybe.at(-1) ?? this.#state)) return again; // all of it had happened
    for (const step of steps) {
      if (maybe.length > 1 && steps.length > 1) break; // some of it may have happened: what was seen is what goes on
      await step.run(again);
      this.#state = step.effect(this.#state);
    }
    this.#state = this.#expect(again, [this.#state], 'after trying again');
    await this.#survivesPowerLoss();
    return again;
  }

  /** Everything so far was acknowledged, by the same handle or a new one: it is there after the power fails now. */
  async #survivesPowerLoss(): Promise<void> {
    if (this.#plan.fault === 'syncLate') return; // a disk that lied keeps no promise
    let left = POWER_LOSSES;
    for (const crash of crashStates(this.#disk.start, this.#disk.trace, { seed: 1, from: this.#disk.trace.length, kinds: ['power'], budget: POWER_LOSSES })) {
      if (left-- === 0) return;
      const disk = new SimDisk({ start: crash.disk(), scheduler: this.#scheduler });
      const env = { ...simEnvironmentOf(disk, this.#scheduler, 1), random: seededRandom(++pids) };
      const db = await openIn(env, '/db', { profiling: 'off' }, fakeIdentity(++pids));
      this.#expect(db, [this.#state], 'after a power loss');
      await db.close();
    }
  }

  #expect(db: Database, allowed: readonly ContractState[], when: string): ContractState {
    const seen = this.#w.read(db);
    const key = contractKey(seen);
    if (allowed.some((state) => contractKey(state) === key)) return seen;
    throw new Breach(`${when} there is\n    ${key}\n  expected\n    ${allowed.map(contractKey).join('\n or ')}`);
  }
}

/** Whether it may have happened all the same. Every other code says that it did not. */
function isUnknown({ error }: Outcome): boolean { return error?.code === 'COMMIT_UNKNOWN'; }

/** With none of the steps, and with every choice of them; all of them last. */
function statesAfter(state: ContractState, steps: readonly Step[]): ContractState[] {
  let states = [state];
  for (const step of steps) states = [...states, ...states.map((s) => step.effect(s))];
  return states;
}

function codesOf(failed: readonly Outcome[]): string { return failed.map((o) => o.error?.code ?? '').join(', '); }
