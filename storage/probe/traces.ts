import type { Clock } from '../base/environment.js';

/** What can be traced. */
export const TRACE_SUBSYSTEMS = ['lock', 'query', 'cache', 'wal', 'checkpoint', 'io'] as const;
/** A part of the engine whose steps can be watched. */
export type TraceSubsystem = (typeof TRACE_SUBSYSTEMS)[number];

/** A step: what happened, and facts about it. Never a value of a user. */
export interface TraceStep {
  readonly event: string;
  readonly [fact: string]: string | number | boolean | undefined;
}

/** A step with its place and time. */
export type TraceEvent = TraceStep & {
  readonly subsystem: TraceSubsystem;
  /** Monotonic clock, in nanoseconds. */
  readonly atNs: number;
};

type Tell = ((step: TraceStep) => void) | undefined;
type Listener = (event: TraceEvent) => void;

/**
 * The switches of tracing. A call site looks at the field of its part, which is undefined while nobody listens:
 *
 * @example
 * traces.io?.({ event: 'read', file, bytes });
 */
export class Traces {
  lock: Tell = undefined;
  query: Tell = undefined;
  cache: Tell = undefined;
  wal: Tell = undefined;
  checkpoint: Tell = undefined;
  io: Tell = undefined;
  /** What listeners threw: counted, never passed on to the engine. */
  listenerErrors = 0;
  readonly #clock: Clock | undefined;
  readonly #listeners = new Map<TraceSubsystem, Set<Listener>>();

  constructor(clock: Clock | undefined) { this.#clock = clock; }

  /** Tells `listener` of every step of that part until the function that it returns is called. It must not call the database. */
  listen(subsystem: TraceSubsystem, listener: Listener): () => void {
    const own = (event: TraceEvent): void => { listener(event); }; // a listener may be given twice
    const listeners = this.#listeners.get(subsystem) ?? new Set();
    this.#listeners.set(subsystem, listeners.add(own));
    this[subsystem] = (step) => this.#tell(subsystem, step);
    return () => {
      listeners.delete(own);
      if (listeners.size === 0) this[subsystem] = undefined;
    };
  }

  #tell(subsystem: TraceSubsystem, step: TraceStep): void {
    const event: TraceEvent = { ...step, subsystem, atNs: this.#clock?.monotonicNs() ?? 0 };
    for (const listener of this.#listeners.get(subsystem) ?? []) {
      try {
        listener(event);
      } catch {
        this.listenerErrors++;
      }
    }
  }
}
