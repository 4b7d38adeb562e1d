import { FieldstoneError } from '#storage';
import type { Judge } from './campaign.js';
import { CommitLog, type Expectation } from './commit-log.js';
import { crashStates, endState, type CrashState } from './crash-states.js';
import { CallBoundHit, type SimDisk } from './sim-disk.js';
import { CrashNow, FaultVfs, type Fault, type FaultPlan } from './fault-vfs.js';
import { Stalled } from './sim-scheduler.js';
import { makeDisk, makeStage, type System, type WrapVfs } from './system.js';
import { describeTrace } from './trace.js';
import { StateVerifier, type Finding } from './verify-state.js';

/** Faults that an engine must not even notice. */
const TRANSPARENT: readonly Fault[] = ['shortRead', 'shortWrite'];

export const CAMPAIGN_FAULTS: readonly Fault[] = [
  'EIO', 'ENOSPC', 'EDQUOT', 'EMFILE', 'EACCES', 'EBUSY', 'halfEIO', 'halfENOSPC', 'shortWrite', 'shortRead',
  'syncLost', 'syncLate', 'syncRevert', 'dieBefore', 'dieHalf', 'dieAfter',
];

export interface FaultCampaignOptions {
  /** Default: SEED of the environment, else 1. */
  readonly firstSeed?: number;
  /** Workloads. Default 2. */
  readonly seeds?: number;
  readonly faults?: readonly Fault[];
  /** At most this many different k for each workload, fault and stickiness, evenly spread; default: all. */
  readonly mostPoints?: number;
  /** Power losses tried after each fault, in what followed it as well. Default 6. */
  readonly crashBudget?: number;
  /** Where a sync may lie: a table whose sync lied and whose log is gone cannot be mended by anybody. Default: logs. */
  readonly latePath?: (path: string) => boolean;
  /** A planted bug, between the engine and the faults. */
  readonly wrap?: (faulty: SimDiskVfs) => SimDiskVfs;
  readonly judge?: Judge;
  readonly mostFailures?: number;
  readonly test?: { readonly file: string; readonly name: string };
}

type SimDiskVfs = ReturnType<WrapVfs>;

export interface FaultReport {
  readonly name: string;
  /** Runs with a fault in them, in workloads and in recoveries. */
  runs: number;
  /** Of these, runs in which the fault happened. */
  fired: number;
  recoveries: number;
  bad: number;
  unverifiable: number;
  elapsedMs: number;
  readonly failures: string[];
}

export function faultReportLine(report: FaultReport): string {
  const n = (value: number): string => value.toLocaleString('en');
  return `${report.name}: ${n(report.runs)} runs with faults (${n(report.fired)} met them), ${n(report.recoveries)} recoveries: `
    + `${n(report.bad)} bad, ${n(report.unverifiable)} unverifiable, ${(report.elapsedMs / 1000).toFixed(1)} s`;
}

/**
 * Lets the k-th call fail, for every k, every fault, once and from then on; then the process ends, the disk heals, and what
 * is left must be as promised: opened as it is, and after power losses then and in what follows. The same for faults in recovery.
 * Only typed errors may come out, and short reads and writes may not be noticed at all.
 */
export async function runFaultCampaign<State>(system: System<State>, options: FaultCampaignOptions = {}): Promise<FaultReport> {
  const report: FaultReport = { name: `${system.name}, faults`, runs: 0, fired: 0, recoveries: 0, bad: 0, unverifiable: 0, elapsedMs: 0, failures: [] };
  const started = performance.now();
  const firstSeed = options.firstSeed ?? Number(process.env['SEED'] ?? 1);
  for (let seed = firstSeed; seed < firstSeed + (options.seeds ?? 2); seed++) {
    for (const fault of options.faults ?? CAMPAIGN_FAULTS) {
      for (const sticky of [false, true]) {
        if (report.failures.length < (options.mostFailures ?? 1)) await new FaultSeries(system, seed, { fault, sticky }, options, report).run();
      }
    }
  }
  report.elapsedMs = performance.now() - started;
  return report;
}

/** All k of one fault in one workload and in the recoveries from it. */
class FaultSeries<State> {
  readonly #system: System<State>;
  readonly #seed: number;
  readonly #plan: Omit<FaultPlan, 'at'>;
  readonly #options: FaultCampaignOptions;
  readonly #report: FaultReport;
  readonly #verifier: StateVerifier<State>;

  constructor(system: System<State>, seed: number, plan: Omit<FaultPlan, 'at'>, options: FaultCampaignOptions, report: FaultReport) {
    this.#system = system;
    this.#seed = seed;
    const late = options.latePath ?? ((path: string) => path.endsWith('.wal'));
    this.#plan = plan.fault === 'syncLate' ? { ...plan, path: late } : plan;
    this.#options = options;
    this.#report = report;
    const wrap = options.wrap;
    this.#verifier = new StateVerifier(system, {
      seed, depth: 1, nestedShare: 0, nestedBudget: options.crashBudget ?? 6, ...(wrap === undefined ? {} : { wrap: (disk: SimDisk) => wrap(disk) }),
    });
  }

  async run(): Promise<void> {
    const most = (await this.#play(0)).met;
    for (const at of this.#spread(most)) {
      if (this.#full()) return;
      await this.#afterPlay(at);
    }
    const { disk, log } = await this.#play(0);
    const crashes = [...crashStates(disk.start, disk.trace, { seed: this.#seed, budget: 40 })];
    for (const crash of crashes.filter((_, i) => i % Math.ceil(crashes.length / 4) === 0)) await this.#recoveries(crash, log);
    this.#report.recoveries += this.#verifier.counts.recoveries;
  }

  #full(): boolean { return this.#report.failures.length >= (this.#options.mostFailures ?? 1); }

  #spread(most: number): number[] {
    const points = Math.min(most, this.#options.mostPoints ?? most);
    return Array.from({ length: points }, (_, i) => 1 + Math.floor(i * most / points));
  }

  /** The workload with the fault at call `at` (0: never). */
  async #play(at: number): Promise<{ disk: SimDisk; log: CommitLog<State>; met: number; fired: number; what: string | undefined }> {
    const disk = makeDisk(this.#system);
    const faulty = new FaultVfs(disk, { disk, plan: { ...this.#plan, at } });
    const log = new CommitLog<State>(disk, (state) => this.#system.key(state), this.#system.initial);
    const stage = makeStage(disk, this.#seed, () => this.#options.wrap?.(faulty.vfs) ?? faulty.vfs, this.#seed);
    let what: string | undefined;
    try {
      await stage.scheduler.settle(this.#system.play(stage, log));
    } catch (error) {
      what = this.#wrongError(error);
    }
    if (what === undefined && TRANSPARENT.includes(this.#plan.fault) && log.acked !== log.length - 1) what = 'a commit failed because of a short read or write';
    const breach = disk.journalRule?.breaches[0];
    return { disk, log, met: faulty.met, fired: faulty.fired, what: breach === undefined ? what : `journal rule: ${breach.message}` };
  }

  async #afterPlay(at: number): Promise<void> {
    const { disk, log, fired, what } = await this.#play(at);
    this.#report.runs++;
    if (fired > 0) this.#report.fired++;
    const where = `k=${at} of the workload`;
    if (what !== undefined) return this.#judge({ verdict: 'bad', what, crashes: [] }, where, disk);
    const lateSince = this.#plan.fault === 'syncLate' ? disk.trace.findIndex((event) => event.op === 'syncLost') : -1;
    const asWritten = log.expectationAt(disk.trace.length, lateSince === -1 ? Infinity : lateSince);
    const expectation = this.#plan.fault === 'syncRevert' && fired > 0 ? asAfterPowerLoss(asWritten) : asWritten;
    this.#judge(await this.#verifier.verify(endState(disk.start, disk.trace, this.#seed), expectation, true), where, disk);
    const after = crashStates(disk.start, disk.trace, { seed: this.#seed, from: disk.trace.length, kinds: ['power'] });
    let left = this.#options.crashBudget ?? 6;
    for (const crash of after) {
      if (left-- === 0 || this.#full()) return;
      this.#judge(await this.#verifier.verify(crash, expectation), where, disk);
    }
  }

  /** Opening after a crash, with the fault at each of its calls; then opening again without. */
  async #recoveries(crash: CrashState, log: CommitLog<State>): Promise<void> {
    const most = (await this.#recover(crash, 0)).met;
    for (const at of this.#spread(most)) {
      if (this.#full()) return;
      const { disk, what, fired } = await this.#recover(crash, at);
      this.#report.runs++;
      if (fired > 0) this.#report.fired++;
      const where = `k=${at} of the recovery after ${crash.kind}@${crash.point}:${crash.choice}`;
      if (what !== undefined) this.#judge({ verdict: 'bad', what, crashes: [] }, where, disk);
      else this.#judge(await this.#verifier.verify(endState(disk.start, disk.trace, this.#seed), log.expectationAt(crash.point)), where, disk);
    }
  }

  async #recover(crash: CrashState, at: number): Promise<{ disk: SimDisk; met: number; fired: number; what: string | undefined }> {
    const disk = makeDisk(this.#system, { start: crash.disk(), mostCalls: 20_000 });
    const faulty = new FaultVfs(disk, { disk, plan: { ...this.#plan, at } });
    const stage = makeStage(disk, this.#seed, () => this.#options.wrap?.(faulty.vfs) ?? faulty.vfs);
    let what: string | undefined;
    try {
      await stage.scheduler.settle(this.#system.observe(stage));
    } catch (error) {
      what = this.#wrongError(error);
    }
    return { disk, met: faulty.met, fired: faulty.fired, what };
  }

  /** Undefined for an error that may come out. */
  #wrongError(error: unknown): string | undefined {
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    if (error instanceof CallBoundHit) return `never ends: ${text}`;
    if (TRANSPARENT.includes(this.#plan.fault)) return `a short read or write was noticed: ${text}`;
    // The dead leave promises that nobody settles.
    const dead = this.#plan.fault.startsWith('die');
    if (error instanceof FieldstoneError || (dead && (error instanceof CrashNow || error instanceof Stalled))) return undefined;
    return `not a typed error: ${text}`;
  }

  #judge(found: Finding | undefined, where: string, disk: SimDisk): void {
    const finding = (this.#options.judge ?? ((same) => same))(found);
    if (finding === undefined) return;
    this.#report[finding.verdict]++;
    const { test } = this.#options;
    this.#report.failures.push([
      `${finding.verdict}: ${this.#plan.fault}${this.#plan.sticky === true ? ' from' : ' at'} ${where}, seed ${this.#seed}, crashes ${finding.crashes.join(' > ')}`,
      `  ${finding.what}`, describeTrace(disk.trace, disk.trace.length),
      `  again: SEED=${this.#seed} npx vitest run ${test?.file ?? 'test/crash'}${test === undefined ? '' : ` -t '${test.name}'`}`,
    ].join('\n'));
  }
}

/** A sync that failed and dropped what the system held took back what no sync had brought to the disk, also where only the process ends afterwards. */
function asAfterPowerLoss(expectation: Expectation): Expectation {
  return { ...expectation, accepts: (key) => expectation.accepts(key, 'power'), describe: () => expectation.describe('power') };
}
