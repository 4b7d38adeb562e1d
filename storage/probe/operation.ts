import { tracingChannel, type Channel } from 'node:diagnostics_channel';
import type { Clock } from '../base/environment.js';
import { Histogram } from './histogram.js';
import { newPhaseTimes, PHASE, phases, type PhaseTimes } from './phases.js';
import { RecentTimes } from './recent-times.js';

/** What kind of work an operation is; limits of monitors go by it. */
export type OperationKind = 'read' | 'search' | 'update' | 'append' | 'transaction' | 'upkeep';

/** What subscribers of a tracing channel are told of an operation; `error` and `result` come from the channel. Never a value or a key. */
export interface OperationContext {
  readonly operation: string;
  readonly kind: OperationKind;
  /** Table, store or collection. */
  readonly target: string;
  readonly database: string;
}

/** What an operation needs of the probe. */
export interface OperationHost {
  readonly clock: Clock | undefined;
  readonly database: string;
  readonly takesTimes: boolean;
  /** Calls until the next one of that kind is timed, at random around the sampling rate. */
  nextPeriod(kind: OperationKind): number;
  onTimed: ((operation: Operation, target: string, ns: number) => void) | undefined;
}

/** A period that never ends in practice, and still is a small integer. */
export const NEVER = 2 ** 30 - 1;

/**
 * One operation of the public surface (`table.get`, `kv.put`): counted always, timed by sampling, told to the diagnostics channel
 * `tracing:fieldstone:<name>:start` (and `end`, `asyncStart`, `asyncEnd`, `error`) when somebody subscribed. The usual call costs
 * a subtraction and two comparisons:
 *
 * @example
 * if (--op.left < 0 || op.start.hasSubscribers) return op.run(name, () => this.#get(key));
 * return this.#get(key);
 */
export class Operation {
  readonly name: string;
  readonly kind: OperationKind;
  /** Calls left until one is timed. Whoever calls takes one off. */
  left = NEVER;
  readonly start: Channel;
  readonly latencyNs = new Histogram();
  readonly recent = new RecentTimes();
  /** Time of the timed calls by part. */
  readonly phaseTimes: PhaseTimes = newPhaseTimes();
  readonly #host: OperationHost;
  readonly #channel;
  /** After their synchronous part single writes and commits wait for the log and for nothing else. */
  readonly #waitsForLog: boolean;
  #loaded = NEVER;
  #counted = 0;

  constructor(name: string, kind: OperationKind, host: OperationHost) {
    this.name = name;
    this.kind = kind;
    this.#host = host;
    this.#waitsForLog = kind === 'update' || kind === 'append' || name === 'commit';
    this.#channel = tracingChannel<OperationContext, OperationContext>(`fieldstone:${name}`);
    this.start = this.#channel.start;
    this.reload();
  }

  /** Calls until now. */
  get count(): number { return this.#counted + this.#loaded - this.left; }

  /** Takes what was counted aside and begins a new period: the sampling rate may have changed. */
  reload(): void {
    this.#counted = this.count;
    this.left = this.#loaded = this.#host.nextPeriod(this.kind) - 1;
  }

  /** A synchronous call that is timed or told to subscribers. */
  run<Result>(target: string, work: () => Result): Result {
    const timed = this.#begins();
    const { clock } = this.#host;
    const inner = timed && clock !== undefined ? () => this.#timed(clock, target, work) : work;
    return this.start.hasSubscribers ? this.#channel.traceSync(inner, this.#context(target)) : inner();
  }

  /** The same for a call that ends later. */
  runAsync<Result>(target: string, work: () => Promise<Result>): Promise<Result> {
    const timed = this.#begins();
    const { clock } = this.#host;
    const inner = timed && clock !== undefined ? () => this.#timedAsync(clock, target, work) : work;
    return this.start.hasSubscribers ? this.#channel.tracePromise(inner, this.#context(target)) : inner();
  }

  /** Notes a time that was taken elsewhere. */
  record(target: string, ns: number): void {
    this.latencyNs.record(ns);
    this.recent.record(ns);
    this.#host.onTimed?.(this, target, ns);
  }

  /** True when this call is the one to be timed. */
  #begins(): boolean {
    if (this.left >= 0) return false;
    this.reload();
    return this.#host.takesTimes;
  }

  #timed<Result>(clock: Clock, target: string, work: () => Result): Result {
    const start = clock.monotonicNs();
    try {
      return phases.sample(clock, this.phaseTimes, work);
    } finally {
      this.record(target, clock.monotonicNs() - start);
    }
  }

  async #timedAsync<Result>(clock: Clock, target: string, work: () => Promise<Result>): Promise<Result> {
    const start = clock.monotonicNs();
    try {
      const done = phases.sample(clock, this.phaseTimes, work);
      if (!this.#waitsForLog) return await done;
      const waitedSince = clock.monotonicNs();
      const result = await done;
      this.phaseTimes[PHASE.log] = (this.phaseTimes[PHASE.log] ?? 0) + clock.monotonicNs() - waitedSince;
      return result;
    } finally {
      this.record(target, clock.monotonicNs() - start);
    }
  }

  #context(target: string): OperationContext {
    return { operation: this.name, kind: this.kind, target, database: this.#host.database };
  }
}
