import type { Clock } from '../base/environment.js';
import { Histogram, type HistogramSnapshot } from './histogram.js';
import { Operation, type OperationKind } from './operation.js';
import { Sampler } from './sampler.js';
import { Traces } from './traces.js';

/** How much is measured: the plain counters alone, also sizes and causes, or also times. */
export type ProbeLevel = 'off' | 'counts' | 'times';

/** One group of counters: numbers that only the owner of the group changes. */
export type CounterGroup = Record<string, number>;

/** Every counter and histogram at one moment, by group. */
export interface ProbeSnapshot {
  readonly counters: Readonly<Record<string, Readonly<CounterGroup>>>;
  readonly histograms: Readonly<Record<string, HistogramSnapshot>>;
}

/** More than the database's own level, while somebody needs it. */
export interface Demand {
  readonly level: ProbeLevel;
  /** Share (0 to 1) of point reads and of file accesses whose time is taken. */
  readonly samplingRate: number;
  /** The same for all other operations, which are slower by far. Default: samplingRate. */
  readonly slowSamplingRate?: number;
}

/** Who is told of operations whose time was taken. */
export type OnTimed = (operation: Operation, target: string, ns: number) => void;

const LEVELS: readonly ProbeLevel[] = ['off', 'counts', 'times'];

/**
 * The registry of counters of one database. A part asks for its group once and bumps plain fields
 * of it: a bump costs an add. Groups appear in every report by themselves.
 *
 * @example
 * const io = probe.counters('io', { reads: 0, bytesRead: 0 });
 * io.reads++;
 */
export class Probe {
  /** The level in force: the database's own, or more while somebody demands it. */
  level: ProbeLevel;
  /** Share (0 to 1) of the file accesses and of the operations that are timed at level `times`. */
  samplingRate: number;
  readonly clock: Clock | undefined;
  /** Name of the database, for those who are told of its operations. */
  readonly database: string;
  readonly traces: Traces;
  /** Tells all who listen of an operation whose time was taken; undefined while nobody does. */
  onTimed: OnTimed | undefined;
  readonly #timedListeners = new Set<OnTimed>();
  #own: Demand;
  readonly #demands = new Set<Demand>();
  readonly #groups = new Map<string, CounterGroup>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #gauges = new Map<string, () => CounterGroup>();
  readonly #operations = new Map<string, Operation>();
  #slowRate: number;
  #jitter = 0x2545f491;
  readonly #accesses: Sampler;

  constructor(level: ProbeLevel = 'counts', samplingRate = 1, clock?: Clock, database = '') {
    this.#own = { level, samplingRate };
    this.level = level;
    this.samplingRate = samplingRate;
    this.#slowRate = samplingRate;
    this.clock = clock;
    this.database = database;
    this.traces = new Traces(clock);
    this.#accesses = new Sampler({ rate: () => this.rateOf('read'), random: () => this.random() });
  }

  /** True when the time of this file access is to be taken. */
  takesTime(): boolean { return --this.#accesses.left < 0 && this.#accesses.take(); }

  /** The database's own level and sampling rate from now on. */
  setLevel(level: ProbeLevel, samplingRate: number): void {
    this.#own = { level, samplingRate };
    this.#settle();
  }

  /** Raises level and sampling rate until the function that it returns is called. */
  demand(demand: Demand): () => void {
    this.#demands.add(demand);
    this.#settle();
    return () => {
      if (this.#demands.delete(demand)) this.#settle();
    };
  }

  /** Tells `listener` of every operation whose time is taken, until the function that it returns is called. It must not throw. */
  listenTimed(listener: OnTimed): () => void {
    const own: OnTimed = (operation, target, ns) => { listener(operation, target, ns); }; // the same listener may be given twice
    this.#timedListeners.add(own);
    this.onTimed = (operation, target, ns) => { for (const each of this.#timedListeners) each(operation, target, ns); };
    return () => {
      this.#timedListeners.delete(own);
      if (this.#timedListeners.size === 0) this.onTimed = undefined;
    };
  }

  #settle(): void {
    const all = [this.#own, ...this.#demands];
    this.level = LEVELS[Math.max(...all.map(({ level }) => LEVELS.indexOf(level)))] ?? 'off';
    const timed = all.filter(({ level }) => level === 'times');
    const rate = (of: (demand: Demand) => number): number => (timed.length === 0 ? this.#own.samplingRate : Math.max(...timed.map(of)));
    this.samplingRate = rate((demand) => demand.samplingRate);
    this.#slowRate = rate((demand) => demand.slowSamplingRate ?? demand.samplingRate);
    this.#accesses.reload();
    for (const operation of this.#operations.values()) operation.reload();
  }

  /** Share (0 to 1) of the operations of that kind whose time is taken now. */
  rateOf(kind: OperationKind): number {
    if (this.level !== 'times') return 0;
    return kind === 'read' ? this.samplingRate : this.#slowRate;
  }

  /** From 0 to 1, evenly: good enough to pick calls. */
  random(): number {
    this.#jitter = (Math.imul(this.#jitter, 1_664_525) + 1_013_904_223) >>> 0; // Knuth and Lewis
    return this.#jitter / 2 ** 32;
  }

  /** The group of that name; made with `initial` (which names its fields) when asked for first. */
  counters<Group extends CounterGroup>(name: string, initial: Group): Group {
    const known = this.#groups.get(name);
    if (known !== undefined) return Object.assign(known, { ...initial, ...known }) as Group;
    const group = { ...initial };
    this.#groups.set(name, group);
    return group;
  }

  /** A histogram by name; times are in nanoseconds (name ends in Ns), sizes in bytes. */
  histogram(name: string): Histogram {
    let h = this.#histograms.get(name);
    if (h === undefined) this.#histograms.set(name, h = new Histogram());
    return h;
  }

  /** An operation of the public surface; its times are the histogram `op.<name>`. */
  operation(name: string, kind: OperationKind): Operation {
    let operation = this.#operations.get(name);
    if (operation === undefined) {
      this.#operations.set(name, operation = new Operation(name, kind, this));
      this.#histograms.set(`op.${name}`, operation.latencyNs);
    }
    return operation;
  }

  operations(): readonly Operation[] { return [...this.#operations.values()]; }

  /** All histograms, for those who want more than quantiles. */
  histograms(): ReadonlyMap<string, Histogram> { return this.#histograms; }

  /** Numbers that are asked for only when somebody looks (sizes, ages). */
  gauge(name: string, read: () => CounterGroup): void { this.#gauges.set(name, read); }

  /** Which numbers of which groups are states: names as in a snapshot, `group.name`. */
  gaugeNames(): ReadonlySet<string> {
    const names = new Set<string>();
    for (const [group, read] of this.#gauges) for (const name of Object.keys(read())) names.add(`${group}.${name}`);
    return names;
  }

  /** The counters alone: cheaper than a snapshot, for those who look often. */
  counts(): Record<string, CounterGroup> {
    const counters: Record<string, CounterGroup> = {};
    for (const [name, group] of this.#groups) counters[name] = { ...group };
    for (const [name, read] of this.#gauges) counters[name] = { ...counters[name], ...read() };
    counters['operations'] = Object.fromEntries([...this.#operations.values()].map((operation) => [operation.name, operation.count]));
    return counters;
  }

  snapshot(): ProbeSnapshot {
    const histograms: Record<string, HistogramSnapshot> = {};
    for (const [name, h] of this.#histograms) histograms[name] = h.snapshot();
    return { counters: this.counts(), histograms };
  }
}
