import { tracingChannel, type Channel } from 'node:diagnostics_channel';
import type { Clock } from '../base/environment.js';
import { Histogram } from './histogram.js';
import { newPhaseTimes, PHASE, phases, type PhaseTimes } from './phases.js';
import { RecentTimes } from './recent-times.js';
import { Sampler } from './sampler.js';

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
  /** Share (0 to 1) of the calls of that kind whose time is to be taken now. */
  rateOf(kind: OperationKind): number;
  random(): number;
  onTimed: ((operation: Operation, target: string, ns: number) => void) | undefined;
}

/**
 * Of the timed calls one in so many is taken apart, unless all calls are timed: its code is seldom run and therefore slow. Not a multiple of bursts, so
 * that it comes anywhere in them.
 */
const PARTS_EVERY = 67;
/** What begin() gives for a call that is not merely timed. */
const NOT_PLAIN = -1;

/**
 * One operation of the public surface (`table.get`, `kv.put`): counted always, timed by sampling, told to the diagnostics channel
 * `tracing:fieldstone:<name>:start` (and `end`, `asyncStart`, `asyncEnd`, `error`) when somebody subscribed. The usual call costs
 * a subtraction and two comparisons:
 *
 * @example
 * if (--op.left < 0 || op.start.hasSubscribers) return op.run(name, () => this.#get(key));
 * return this.#get(key);
 */
export class Operation extends Sampler {
  readonly name: string;
  readonly kind: OperationKind;
  readonly start: Channel;
  readonly latencyNs = new Histogram();
  readonly recent = new RecentTimes();
  /** Time by part of those timed calls that were taken apart, and their whole time. */
  readonly phaseTimes: PhaseTimes = newPhaseTimes();
  partedNs = 0;
  #untilParts = 0;
  readonly #host: OperationHost;
  readonly #channel;
  /** What an operation waits for after its synchronous part, where that is one thing alone: single writes and commits for the log. */
  readonly #waitsFor: number | undefined;

  constructor(name: string, kind: OperationKind, host: OperationHost) {
    super({ rate: () => (host.clock === undefined ? 0 : host.rateOf(kind)), random: () => host.random() });
    this.name = name;
    this.kind = kind;
    this.#host = host;
    const waitsForLog = kind === 'update' || kind === 'append' || name === 'commit';
    this.#waitsFor = waitsForLog ? PHASE.log : name === 'checkpoint' ? PHASE.checkpoint : undefined;
    this.#channel = tracingChannel<OperationContext, OperationContext>(`fieldstone:${name}`);
    this.start = this.#channel.start;
  }

  /** The moment at which a call began that is timed and no more, for end(); less than zero when run() has to see to it. Allocates nothing. */
  begin(): number {
    const { clock } = this.#host;
    if (clock === undefined || this.#untilParts <= 1 || this.start.hasSubscribers || !this.take()) return NOT_PLAIN;
    this.#untilParts--;
    return clock.monotonicNs();
  }

  /** Notes the time of a call for which begin() gave a moment. */
  end(target: string, startNs: number): void {
    const { clock } = this.#host;
    if (clock !== undefined) this.record(target, clock.monotonicNs() - startNs);
  }

  /** A synchronous call that is timed or told to subscribers. */
  run<Result>(target: string, work: () => Result): Result {
    const { clock } = this.#host;
    const isTimed = this.take();
    if (this.start.hasSubscribers) {
      return this.#channel.traceSync(isTimed && clock !== undefined ? () => this.#timed(clock, target, work) : work, this.#context(target));
    }
    return isTimed && clock !== undefined ? this.#timed(clock, target, work) : work();
  }

  /** The same for a call that ends later. */
  runAsync<Result>(target: string, work: () => Promise<Result>): Promise<Result> {
    const { clock } = this.#host;
    const isTimed = this.take();
    if (this.start.hasSubscribers) {
      return this.#channel.tracePromise(isTimed && clock !== undefined ? () => this.#timedAsync(clock, target, work) : work, this.#context(target));
    }
    return isTimed && clock !== undefined ? this.#timedAsync(clock, target, work) : work();
  }

  /** Notes a time that was taken elsewhere. */
  record(target: string, ns: number): void {
    this.latencyNs.record(ns);
    this.recent.record(ns);
    this.#host.onTimed?.(this, target, ns);
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
    if (this.#takesParts()) return this.#partedAsync(clock, target, work);
    const start = clock.monotonicNs();
    const done = work();
    const end = (): void => { this.record(target, clock.monotonicNs() - start); };
    done.then(end, end);
    return done;
  }

  #partedAsync<Result>(clock: Clock, target: string, work: () => Promise<Result>): Promise<Result> {
    const start = clock.monotonicNs();
    const done = phases.sample(clock, this.phaseTimes, work);
    const waitsSinceNs = clock.monotonicNs();
    const end = (): void => {
      const now = clock.monotonicNs();
      this.partedNs += now - start;
      if (this.#waitsFor !== undefined) this.phaseTimes[this.#waitsFor] = (this.phaseTimes[this.#waitsFor] ?? 0) + now - waitsSinceNs;
      this.record(target, now - start);
    };
    done.then(end, end);
    return done;
  }

  /** Taking a call apart costs several times as much as timing it: when few calls are timed, only some of them. */
  #takesParts(): boolean {
    if (--this.#untilParts > 0) return false;
    this.#untilParts = this.#host.rateOf(this.kind) < 1 ? PARTS_EVERY : 1;
    return true;
  }

  #context(target: string): OperationContext {
    return { operation: this.name, kind: this.kind, target, database: this.#host.database };
  }
}
