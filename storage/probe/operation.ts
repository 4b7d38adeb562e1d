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
  readonly samplingRate: number;
  /** Calls until the next one of that kind is timed, at random around the sampling rate. */
  nextPeriod(kind: OperationKind): number;
  onTimed: ((operation: Operation, target: string, ns: number) => void) | undefined;
}

/** Of the timed calls one in so many is taken apart, unless all calls are timed. */
const PARTS_EVERY = 16;

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
  /** Time by part of those timed calls that were taken apart, and their whole time. */
  readonly phaseTimes: PhaseTimes = newPhaseTimes();
  partedNs = 0;
  #untilParts = 0;
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
    const inParts = this.#takesParts();
    const start = clock.monotonicNs();
    try {
      return inParts ? phases.sample(clock, this.phaseTimes, work) : work();
    } finally {
      const ns = clock.monotonicNs() - start;
      if (inParts) this.partedNs += ns;
      this.record(target, ns);
    }
  }

  #timedAsync<Result>(clock: Clock, target: string, work: () => Promise<Result>): Promise<Result> {
    const inParts = this.#takesParts();
    const start = clock.monotonicNs();
    const done = inParts ? phases.sample(clock, this.phaseTimes, work) : work();
    const waitsSinceNs = inParts ? clock.monotonicNs() : 0;
    const end = (): void => {
      const now = clock.monotonicNs();
      if (inParts) {
        this.partedNs += now - start;
        if (this.#waitsForLog) this.phaseTimes[PHASE.log] = (this.phaseTimes[PHASE.log] ?? 0) + now - waitsSinceNs;
      }
      this.record(target, now - start);
    };
    done.then(end, end);
    return done;
  }

  /** Taking a call apart costs several times as much as timing it: when few calls are timed, only some of them. */
  #takesParts(): boolean {
    if (--this.#untilParts > 0) return false;
    this.#untilParts = this.#host.samplingRate < 1 ? PARTS_EVERY : 1;
    return true;
  }

  #context(target: string): OperationContext {
    return { operation: this.name, kind: this.kind, target, database: this.#host.database };
  }
}
