import type { Clock } from '../base/environment.js';

/** What the time of an operation goes into; what is in none of them is `other`. */
export const PHASES = ['lockWait', 'cache', 'io', 'codec', 'serialization', 'index', 'log', 'checkpoint', 'plan'] as const;
/** A part of an operation. */
export type Phase = (typeof PHASES)[number];

/** Nanoseconds for each of PHASES, in that order. */
export type PhaseTimes = Float64Array;

/** Index into PHASES and PhaseTimes. */
export const PHASE = { lockWait: 0, cache: 1, io: 2, codec: 3, serialization: 4, index: 5, log: 6, checkpoint: 7, plan: 8 } as const satisfies Record<Phase, number>;

export function newPhaseTimes(): PhaseTimes { return new Float64Array(PHASES.length); }

const MAX_DEPTH = 32;

/**
 * Time of the code that runs now, by part of the engine: each part gets the time it takes itself, without the parts it calls.
 * One for the process, as only one thing runs at a time. Call sites ask `active` first, which is false unless somebody
 * wants a breakdown:
 *
 * @example
 * if (phases.active) return phases.measure(PHASE.codec, () => codec.compress(bytes));
 * return codec.compress(bytes);
 */
class PhaseClock {
  active = false;
  #clock: Clock | undefined;
  /** Where the time goes: the operation being sampled, else what `#sinkOf` says of the running code. */
  #sink: PhaseTimes | undefined;
  #sinkOf: (() => PhaseTimes | undefined) | undefined;
  readonly #stack = new Uint8Array(MAX_DEPTH);
  #current: PhaseTimes | undefined;
  #depth = 0;
  #sinceNs = 0;

  /** Runs a part: its time, less that of the parts inside it, is added to the operation it belongs to. */
  measure<Result>(phase: number, work: () => Result): Result {
    const clock = this.#clock;
    if (clock === undefined) return work();
    if (this.#depth === 0) this.#current = this.#sink ?? this.#sinkOf?.();
    const sink = this.#current;
    if (sink === undefined || this.#depth === MAX_DEPTH) return work();
    this.#charge(sink, clock.monotonicNs());
    this.#stack[this.#depth++] = phase;
    try {
      return work();
    } finally {
      this.#charge(sink, clock.monotonicNs());
      this.#depth--;
    }
  }

  /** The time since the last step belongs to the part on top. */
  #charge(sink: PhaseTimes, nowNs: number): void {
    const phase = this.#stack[this.#depth - 1];
    if (this.#depth > 0 && phase !== undefined) sink[phase] = (sink[phase] ?? 0) + nowNs - this.#sinceNs;
    this.#sinceNs = nowNs;
  }

  /** Runs synchronous work whose parts go to `sink`; does nothing more when a breakdown is under way. */
  sample<Result>(clock: Clock, sink: PhaseTimes, work: () => Result): Result {
    if (this.active) return work();
    this.#clock = clock;
    this.#sink = sink;
    this.active = true;
    try {
      return work();
    } finally {
      this.active = false;
      this.#sink = undefined;
    }
  }

  /** From now on `sinkOf` is asked to whom the running code belongs; until the function that it returns is called. */
  follow(clock: Clock, sinkOf: () => PhaseTimes | undefined): () => void {
    this.#clock = clock;
    this.#sinkOf = sinkOf;
    this.active = true;
    return () => {
      if (this.#sinkOf !== sinkOf) return;
      this.#sinkOf = undefined;
      this.active = false;
    };
  }

  /** Told of waits (for a lock, for the log) by who waits; set while breakdowns are followed. */
  onWait: ((phase: number, done: PromiseLike<unknown>) => void) | undefined;

  /** Notes that the running operation waits for `done`, and gives it back. */
  waiting<Result>(phase: number, done: Promise<Result>): Promise<Result> {
    this.onWait?.(phase, done);
    return done;
  }
}

/** The clock of parts; see PhaseClock. */
export const phases = new PhaseClock();
