import { lockRegistry } from '../../../storage/vfs/lock-registry.js';
import { CommitLog } from './commit-log.js';
import { newCampaignReport, reportLine, type CampaignReport } from './campaign-report.js';
import { crashStateAt, crashStates, newCrashCounts, type CrashKind } from './crash-states.js';
import type { SimDisk } from './sim-disk.js';
import { makeDisk, makeStage, type System, type WrapVfs } from './system.js';
import { describeTrace } from './trace.js';
import { parseCrashWords, StateVerifier, type Finding, type VerifyOptions } from './verify-state.js';

/** A long campaign says how far it is after so many states. */
const NEWS_EVERY = 25_000;

// Everything here runs in microtasks, and until the event loop turns Node keeps each promise that was rejected and its error, hence
// the whole database that died: a thousand states held a gigabyte, and the collector took most of the time.
const STATES_A_TURN = 16;
async function eventLoopTurn(): Promise<void> {
  // None of the simulated processes lives on to here, but this real one knows them as holders of their folders.
  lockRegistry().clear();
  await new Promise((resolve) => { setImmediate(resolve); });
}

/** Decides about a finding; a sabotaged one lets everything pass and shows that the campaign, not chance, catches bugs. */
export type Judge = (finding: Finding | undefined) => Finding | undefined;

export interface CampaignOptions {
  /** Default: SEED of the environment, else 1. Seeds count up from here. */
  readonly firstSeed?: number;
  /** Stops after this many workloads. Default 100,000. */
  readonly mostSeeds?: number;
  /** Stops when this many distinct states were checked. Default: CRASH_STATES of the environment, else 20,000. */
  readonly states?: number;
  /** States of one workload. Default 2,500. */
  readonly budgetPerSeed?: number;
  readonly kinds?: readonly CrashKind[];
  /** Levels of crashes inside recovery. Default 1: a crash, then one in its recovery. */
  readonly depth?: number;
  /** The share of states whose recovery is taken apart too. Default 0.02. */
  readonly nestedShare?: number;
  /** States of one recovery. Default 25. */
  readonly nestedBudget?: number;
  /** A planted bug. */
  readonly wrap?: WrapVfs;
  readonly judge?: Judge;
  /** Stops after this many failures. Default 1. */
  readonly mostFailures?: number;
  /** The test to run again, for messages: file and name. */
  readonly test?: { readonly file: string; readonly name: string };
}

/**
 * Plays workloads, crashes them everywhere, recovers and checks. A failure carries the command that shows it again:
 * SEED names the workload, CRASH the chain of crashes; with CRASH set, only that chain is run.
 */
export async function runCampaign<State>(system: System<State>, options: CampaignOptions = {}): Promise<CampaignReport> {
  const firstSeed = options.firstSeed ?? Number(process.env['SEED'] ?? 1);
  const states = options.states ?? Number(process.env['CRASH_STATES'] ?? 20_000);
  const report = newCampaignReport(system.name, firstSeed);
  const started = performance.now();
  const chain = process.env['CRASH'];
  let nextNews = NEWS_EVERY;
  for (let seed = firstSeed; seed < firstSeed + (options.mostSeeds ?? 100_000); seed++) {
    const run = new SeedRun(system, seed, options, report);
    report.seeds++;
    await (chain === undefined ? run.all() : run.replay(chain.split(' > ')));
    report.elapsedMs = performance.now() - started;
    if (report.distinct >= nextNews && report.distinct < states) {
      console.log(`so far: ${reportLine(report)}`);
      nextNews = report.distinct + NEWS_EVERY;
    }
    if (chain !== undefined || report.distinct >= states || report.failures.length >= (options.mostFailures ?? 1)) break;
  }
  return report;
}

/** Plays one workload and returns its disk and its log; a finding when the play itself went wrong. */
async function playWorkload<State>(
  system: System<State>, seed: number, disk: SimDisk, wrap?: WrapVfs,
): Promise<{ log: CommitLog<State>; problem: string | undefined }> {
  const log = new CommitLog<State>(disk, (state) => system.key(state), system.initial);
  const stage = makeStage(disk, seed, wrap, seed);
  let problem: string | undefined;
  try {
    await stage.scheduler.settle(system.play(stage, log));
  } catch (error) {
    problem = `the workload failed: ${error instanceof Error ? error.stack ?? error.message : String(error)}`;
  }
  const breach = disk.journalRule?.breaches[0];
  return { log, problem: breach === undefined ? problem : `journal rule: ${breach.message}` };
}

class SeedRun<State> {
  readonly #system: System<State>;
  readonly #seed: number;
  readonly #options: CampaignOptions;
  readonly #report: CampaignReport;

  constructor(system: System<State>, seed: number, options: CampaignOptions, report: CampaignReport) {
    this.#system = system;
    this.#seed = seed;
    this.#options = options;
    this.#report = report;
  }

  async all(): Promise<void> {
    const { disk, log, problem } = await this.#play();
    if (problem !== undefined) this.#judge({ verdict: 'bad', what: problem, crashes: [] }, disk);
    const { kinds, budgetPerSeed: budget = 2500, mostFailures = 1 } = this.#options;
    const verifier = new StateVerifier(this.#system, this.#verifyOptions());
    const counts = newCrashCounts();
    const before = this.#report.distinct;
    let untilTurn = STATES_A_TURN;
    for (const crash of crashStates(disk.start, disk.trace, { seed: this.#seed, budget, ...(kinds === undefined ? {} : { kinds }) }, counts)) {
      if (this.#report.failures.length >= mostFailures) break;
      this.#report.distinct = before + counts.distinct;
      this.#judge(await verifier.verify(crash, log.expectationAt(crash.point)), disk, crash.point);
      if (--untilTurn > 0) continue;
      untilTurn = STATES_A_TURN;
      await eventLoopTurn();
    }
    this.#report.distinct = before + counts.distinct;
    this.#report.visited += counts.visited;
    this.#report.kills += counts.kills;
    this.#report.points += counts.points;
    this.#report.wholePoints += counts.wholePoints;
    this.#report.recoveries += verifier.counts.recoveries + verifier.counts.nested;
    this.#report.nested += verifier.counts.nested;
  }

  async replay(chain: readonly string[]): Promise<void> {
    const { disk, log } = await this.#play();
    const [first = '', ...inner] = chain;
    const crash = crashStateAt(disk.start, disk.trace, { ...parseCrashWords(first), seed: this.#seed });
    const verifier = new StateVerifier(this.#system, this.#verifyOptions());
    this.#report.distinct = 1;
    this.#judge(await verifier.replay(crash, log.expectationAt(crash.point), inner), disk, crash.point);
  }

  async #play(): Promise<{ disk: SimDisk; log: CommitLog<State>; problem: string | undefined }> {
    const disk = makeDisk(this.#system);
    return { disk, ...await playWorkload(this.#system, this.#seed, disk, this.#options.wrap) };
  }

  #verifyOptions(): VerifyOptions {
    const { wrap, depth = 1, nestedShare = 0.02, nestedBudget = 25 } = this.#options;
    return { seed: this.#seed, depth, nestedShare, nestedBudget, ...(wrap === undefined ? {} : { wrap }) };
  }

  #judge(found: Finding | undefined, disk: SimDisk, point = disk.trace.length): void {
    const finding = (this.#options.judge ?? ((same) => same))(found);
    if (finding === undefined) return;
    this.#report[finding.verdict]++;
    this.#report.firstBadAt ??= this.#report.distinct;
    const { test } = this.#options;
    const crash = finding.crashes.length === 0 ? '' : `CRASH='${finding.crashes.join(' > ')}' `;
    const rerun = `SEED=${this.#seed} ${crash}npx vitest run ${test?.file ?? 'test/crash'}${test === undefined ? '' : ` -t '${test.name}'`}`;
    this.#report.failures.push({ ...finding, seed: this.#seed, rerun, trace: describeTrace(disk.trace, point) });
  }
}
