import { extendedExpectation, type Expectation } from './commit-log.js';
import { crashStateAt, crashStates, type CrashKind, type CrashState } from './crash-states.js';
import { seededRandom, type SeededRandom } from '../sim-clock.js';
import { CallBoundHit, type SimDisk } from './sim-disk.js';
import { Stalled } from './sim-scheduler.js';
import { makeDisk, makeStage, type Stage, type System, type WrapVfs } from './system.js';

/** `unverifiable`: a bound was hit before the answer was known. It is not a pass. */
export type Verdict = 'consistent' | 'bad' | 'unverifiable';

/** Something that must not be. */
export interface Finding {
  readonly verdict: Exclude<Verdict, 'consistent'>;
  readonly what: string;
  /** The crashes that lead there, outermost first: `power@12:kx;data;z;1`. */
  readonly crashes: readonly string[];
}

export interface VerifyOptions {
  readonly seed: number;
  readonly wrap?: WrapVfs;
  /** Crashes inside recovery and inside the transaction after it: how many levels, in what share of states, how many each. */
  readonly depth: number;
  readonly nestedShare: number;
  readonly nestedBudget: number;
  readonly mostCalls?: number;
  /** In what share of states the database is closed properly at the end, and the folder looked at. Default 0.2. */
  readonly closedShare?: number;
}

export interface VerifyCounts { recoveries: number; nested: number }

/** The crash in words, for failure messages and for replay. */
export function crashWords(crash: CrashState): string { return `${crash.kind}@${crash.point}:${crash.choice}`; }

/**
 * Checks states: what other programs see before recovery; recovery gives a state that is expected; recovery again gives the
 * same; one more transaction, of the length of a lost one, is there after the next opening; and all of it again after crashes
 * in the midst of all that.
 */
export class StateVerifier<State> {
  readonly counts: VerifyCounts = { recoveries: 0, nested: 0 };
  readonly #system: System<State>;
  readonly #options: VerifyOptions;
  readonly #random: SeededRandom;

  constructor(system: System<State>, options: VerifyOptions) {
    this.#system = system;
    this.#options = options;
    this.#random = seededRandom(options.seed ^ 0x7e57);
  }

  /** Everything wrong with one state and, by sample, with crashes after it; undefined when nothing is. */
  async verify(crash: CrashState, expectation: Expectation, always = false): Promise<Finding | undefined> {
    return this.#verify(crash, expectation, { worst: crash.kind, torn: crash.tornPaths }, this.#options.depth, always);
  }

  /** Follows a chain of crashes in words; the finding at its end. */
  async replay(
    crash: CrashState, expectation: Expectation, inner: readonly string[], past: Past = { worst: crash.kind, torn: crash.tornPaths },
  ): Promise<Finding | undefined> {
    const run = new StateRun(this.#system, crash, expectation, past, this.#options);
    const found = await run.go(true);
    const [next, ...rest] = inner;
    if (next === undefined || run.disk.trace.length === 0) return found;
    const nested = crashStateAt(run.disk.start, run.disk.trace, { ...parseCrashWords(next), seed: this.#nestedSeed(crash) });
    return this.replay(nested, run.expectationAt(nested.point), rest, after(past, nested));
  }

  async #verify(crash: CrashState, expectation: Expectation, past: Past, depth: number, always: boolean): Promise<Finding | undefined> {
    const run = new StateRun(this.#system, crash, expectation, past, this.#options);
    this.counts.recoveries++;
    const found = await run.go(this.#random.chance(this.#options.closedShare ?? 0.2));
    const inside = this.#random.chance(this.#options.nestedShare) || always;
    if (found !== undefined || depth === 0 || !inside) return found;
    const seed = this.#nestedSeed(crash);
    for (const nested of crashStates(run.disk.start, run.disk.trace, { seed, budget: this.#options.nestedBudget })) {
      this.counts.nested++;
      const inner = await this.#verify(nested, run.expectationAt(nested.point), after(past, nested), depth - 1, false);
      if (inner !== undefined) return { ...inner, crashes: [crashWords(crash), ...inner.crashes] };
    }
    return undefined;
  }

  #nestedSeed(crash: CrashState): number { return crash.seed * 31 + crash.point; }
}

export function parseCrashWords(words: string): { kind: CrashKind; point: number; choice: string } {
  const parts = /^(power|kill)@(\d+):(.*)$/.exec(words);
  if (parts === null) throw new RangeError(`not a crash: ${words}`);
  return { kind: parts[1] === 'kill' ? 'kill' : 'power', point: Number(parts[2]), choice: parts[3] ?? '' };
}

/** What all crashes so far did together: a file once torn may stay torn until a recovery comes to its end. */
interface Past { readonly worst: CrashKind; readonly torn: ReadonlySet<string> }

function after(past: Past, crash: CrashState): Past {
  return { worst: past.worst === 'power' ? 'power' : crash.kind, torn: new Set([...past.torn, ...crash.tornPaths]) };
}

/** One disk after one crash, opened three times, written to once, perhaps closed. */
class StateRun<State> {
  readonly disk: SimDisk;
  readonly #system: System<State>;
  readonly #crash: CrashState;
  readonly #expectation: Expectation;
  readonly #past: Past;
  readonly #options: VerifyOptions;
  #extension: { key: string; begun: number; acked: number } | undefined;

  constructor(system: System<State>, crash: CrashState, expectation: Expectation, past: Past, options: VerifyOptions) {
    this.#system = system;
    this.#crash = crash;
    this.#expectation = expectation;
    this.#past = past;
    this.#options = options;
    this.disk = makeDisk(system, { start: crash.disk(), mostCalls: options.mostCalls ?? 20_000 });
  }

  async go(closed: boolean): Promise<Finding | undefined> {
    const raw = this.#system.rawProblem?.(this.#crash.image, this.#past.torn);
    if (raw !== undefined) return this.#finding('bad', `before recovery: ${raw}`);
    try {
      const problem = await this.#open() ?? (closed ? await this.#close() : undefined);
      const breach = this.disk.journalRule?.breaches[0];
      if (breach !== undefined) return this.#finding('bad', `journal rule: ${breach.message}`);
      return problem === undefined ? undefined : this.#finding('bad', problem);
    } catch (error) {
      const bound = error instanceof CallBoundHit || error instanceof Stalled;
      return this.#finding(bound ? 'unverifiable' : 'bad', error instanceof Error ? error.stack ?? error.message : String(error));
    }
  }

  /** What is right after a crash during go(). */
  expectationAt(point: number): Expectation {
    const { key = '', begun = Infinity, acked = Infinity } = this.#extension ?? {};
    return extendedExpectation(this.#expectation, key, begun < point, acked < point);
  }

  async #open(): Promise<string | undefined> {
    const system = this.#system;
    const first = await this.#observe();
    const key = system.key(first);
    if (!this.#expectation.accepts(key, this.#past.worst)) {
      return `recovery gave\n    ${key}\n  expected ${this.#expectation.describe(this.#past.worst)}`;
    }
    const second = system.key(await this.#observe());
    if (second !== key) return `recovering again gave\n    ${second}\n  the first time it was\n    ${key}`;
    await this.#extend(first, this.#expectation.lostAfter(key));
    const third = system.key(await this.#observe());
    if (third !== this.#extension?.key) return `after one more transaction, opening gave\n    ${third}\n  expected\n    ${String(this.#extension?.key)}`;
    return undefined;
  }

  async #close(): Promise<string | undefined> {
    if (this.#system.close === undefined) return undefined;
    const stage = this.#stage();
    await stage.scheduler.settle(this.#system.close(stage));
    const problem = this.#system.closedProblem?.(this.disk.image());
    return problem === undefined ? undefined : `after close: ${problem}`;
  }

  async #observe(): Promise<State> {
    const stage = this.#stage();
    return stage.scheduler.settle(this.#system.observe(stage));
  }

  async #extend(seen: State, lost: number): Promise<void> {
    const stage = this.#stage();
    const noted = { key: '', begun: Infinity, acked: Infinity };
    await stage.scheduler.settle(this.#system.extend(stage, seen, lost, {
      begin: (state) => {
        Object.assign(noted, { key: this.#system.key(state), begun: this.disk.trace.length });
        this.disk.mark('extension', lost, false);
      },
      ack: () => {
        noted.acked = this.disk.trace.length;
        this.disk.mark('extension acked', lost);
      },
    }));
    if (noted.acked === Infinity) throw new Error('the transaction after recovery was not acknowledged');
    this.#extension = noted;
  }

  #stage(): Stage { return makeStage(this.disk, this.#options.seed, this.#options.wrap); }

  #finding(verdict: 'bad' | 'unverifiable', what: string): Finding {
    return { verdict, what, crashes: [crashWords(this.#crash)] };
  }
}
