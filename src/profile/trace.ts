import { ArgumentRangeError, ArgumentTypeError, TRACE_SUBSYSTEMS, type TraceEvent, type Traces, type TraceSubsystem } from '#storage';
import { assertFunction, assertOptions, shown } from '../arguments.js';

/** Options of db.trace(). */
export interface TraceOptions {
  /** Events that are kept; the oldest go first. Default 1,000. */
  readonly capacity?: number;
  /** Called for each event, at once; must be quick and must not use the database. What it throws is dropped. */
  readonly onEvent?: (event: TraceEvent) => void;
}

const MOST_EVENTS = 10_000_000;

/** A switched-on trace: the last events, in a ring. */
export class Trace {
  readonly subsystems: readonly TraceSubsystem[];
  readonly #capacity: number;
  readonly #ring: TraceEvent[] = [];
  readonly #stops: (() => void)[];
  #seen = 0;

  /** @internal */
  constructor(traces: Traces, subsystems: readonly TraceSubsystem[], capacity: number, onEvent: ((event: TraceEvent) => void) | undefined) {
    this.subsystems = subsystems;
    this.#capacity = capacity;
    this.#stops = subsystems.map((subsystem) => traces.listen(subsystem, (event) => {
      if (this.#ring.length < capacity) this.#ring.push(event);
      else this.#ring[this.#seen % capacity] = event;
      this.#seen++;
      onEvent?.(event);
    }));
  }

  /** Events until now; those that are no longer in `events` are counted too. */
  get count(): number { return this.#seen; }

  /** The last events, the oldest first. */
  get events(): TraceEvent[] {
    const start = this.#seen > this.#capacity ? this.#seen % this.#capacity : 0;
    return [...this.#ring.slice(start), ...this.#ring.slice(0, start)];
  }

  /** Switches the trace off; its events stay. */
  stop(): void { for (const stop of this.#stops.splice(0)) stop(); }

  [Symbol.dispose](): void { this.stop(); }
}

/** Switches a trace on. Throws OPTION. */
export function startTrace(traces: Traces, subsystem: TraceSubsystem | readonly TraceSubsystem[], options: TraceOptions): Trace {
  assertOptions(options, ['capacity', 'onEvent'], 'trace');
  const { capacity = 1000, onEvent } = options;
  if (!Number.isSafeInteger(capacity) || capacity < 1 || capacity > MOST_EVENTS) {
    throw new ArgumentRangeError('OPTION', `capacity of a trace is a number of events from 1 to ${MOST_EVENTS}, got ${shown(capacity)}`);
  }
  if (onEvent !== undefined) assertFunction(onEvent, 'onEvent of a trace');
  const list = typeof subsystem === 'string' ? [subsystem] : subsystem;
  if (!Array.isArray(list) || list.length === 0) throw new ArgumentTypeError('OPTION', `trace takes ${TRACE_SUBSYSTEMS.join(', ')}, got ${shown(subsystem)}`);
  for (const one of list) {
    if (!TRACE_SUBSYSTEMS.some((known) => known === one)) throw new ArgumentRangeError('OPTION', `trace takes ${TRACE_SUBSYSTEMS.join(', ')}, got ${shown(one)}`);
  }
  return new Trace(traces, [...new Set(list)], capacity, onEvent);
}
