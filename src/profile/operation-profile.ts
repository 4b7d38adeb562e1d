import { AsyncLocalStorage } from 'node:async_hooks';
import { newPhaseTimes, PHASE, PHASES, phases, type Clock, type PhaseTimes } from '#storage';
import type { OperationPhase } from './data/operation-data.js';
import { Baseline } from './baseline.js';
import type { ProfileSource } from './profile-source.js';

/** Part of an operation: what it went into, how long, and which share (0 to 1) of the whole that is. */
export interface OperationPart {
  readonly part: OperationPhase;
  readonly ms: number;
  readonly share: number;
}

/** One operation, taken apart by db.profileOperation(). */
export interface OperationProfile<Result> {
  readonly name: string;
  /** What the operation gave. */
  readonly result: Result;
  readonly durationMs: number;
  /** The largest first; `other` is what none of the parts accounts for. They add up to durationMs. */
  readonly parts: readonly OperationPart[];
  /** Counters that went up meanwhile, as `group.name`; also those of other work that ran at the same time. */
  readonly counters: Readonly<Record<string, number>>;
  /** The same as one line: `transfer 3.21 ms: log 2.90, io 0.20, other 0.11`. */
  readonly text: string;
}

/** Waits of one operation, as intervals: several at the same time count once. */
class Waits {
  readonly #clock: Clock;
  readonly #times: PhaseTimes;
  readonly #running = new Float64Array(PHASES.length);
  readonly #sinceNs = new Float64Array(PHASES.length);
  readonly #workedBefore = new Float64Array(PHASES.length);

  constructor(clock: Clock, times: PhaseTimes) {
    this.#clock = clock;
    this.#times = times;
  }

  begin(phase: number, done: PromiseLike<unknown>): void {
    if (this.#running[phase] === 0) {
      this.#sinceNs[phase] = this.#clock.monotonicNs();
      this.#workedBefore[phase] = sum(this.#times);
    }
    this.#running[phase] = (this.#running[phase] ?? 0) + 1;
    const end = (): void => { this.#end(phase); };
    done.then(end, end);
  }

  /** Work of the operation itself during the wait (its own sync, say) has its own part. */
  #end(phase: number): void {
    this.#running[phase] = (this.#running[phase] ?? 0) - 1;
    if (this.#running[phase] !== 0) return;
    const waited = this.#clock.monotonicNs() - (this.#sinceNs[phase] ?? 0);
    const worked = sum(this.#times) - (this.#workedBefore[phase] ?? 0);
    this.#times[phase] = (this.#times[phase] ?? 0) + Math.max(0, waited - worked);
  }
}

interface Running { readonly times: PhaseTimes; readonly waits: Waits }

// The asynchronous context says to which operation the running code belongs. It costs every promise of the process something
// while it is in use, so it is switched off when the last one ends.
const context = new AsyncLocalStorage<Running>();
let running = 0;
let unfollow: (() => void) | undefined;

function enter(clock: Clock): void {
  if (running++ > 0) return;
  unfollow = phases.follow(clock, () => context.getStore()?.times);
  phases.onWait = (phase, done) => { context.getStore()?.waits.begin(phase, done); };
}

function leave(): void {
  if (--running > 0) return;
  unfollow?.();
  phases.onWait = undefined;
  context.disable();
}

/** Runs `work` and says where its time went. */
export async function profileOperation<Result>(source: ProfileSource, name: string, work: () => Result | Promise<Result>): Promise<OperationProfile<Result>> {
  const { clock } = source.engine.options.env;
  const times = newPhaseTimes();
  const baseline = new Baseline(source, 'now');
  enter(clock);
  const start = clock.monotonicNs();
  let totalNs = 0;
  let result: Result;
  try {
    result = await context.run({ times, waits: new Waits(clock, times) }, work);
    totalNs = clock.monotonicNs() - start;
  } finally {
    leave();
  }
  const parts = partsOf(times, totalNs);
  return { name, result, durationMs: totalNs / 1e6, parts, counters: increases(baseline), text: textOf(name, totalNs / 1e6, parts) };
}

function partsOf(times: PhaseTimes, totalNs: number): OperationPart[] {
  const part = (phase: OperationPhase, ns: number): OperationPart => ({ part: phase, ms: ns / 1e6, share: totalNs === 0 ? 0 : ns / totalNs });
  const parts = PHASES.map((phase) => part(phase, times[PHASE[phase]] ?? 0));
  parts.push(part('other', Math.max(0, totalNs - sum(times))));
  return parts.filter(({ ms }) => ms > 0).sort((a, b) => b.ms - a.ms);
}

function increases(baseline: Baseline): Record<string, number> {
  const list: Record<string, number> = {};
  for (const [group, fields] of Object.entries(baseline.increases())) {
    for (const [field, value] of Object.entries(fields)) if (value > 0) list[`${group}.${field}`] = value;
  }
  return list;
}

function textOf(name: string, ms: number, parts: readonly OperationPart[]): string {
  return `${name} ${ms.toFixed(2)} ms${parts.length === 0 ? '' : ': '}${parts.map(({ part, ms: partMs }) => `${part} ${partMs.toFixed(2)}`).join(', ')}`;
}

function sum(times: PhaseTimes): number {
  let total = 0;
  for (const ns of times) total += ns;
  return total;
}
