import { Histogram, type HistogramSnapshot } from './histogram.js';

/** How much is measured: nothing, counts, or counts and times. */
export type ProbeLevel = 'off' | 'counts' | 'times';

/** One group of counters: numbers that only the owner of the group changes. */
export type CounterGroup = Record<string, number>;

/** Every counter and histogram at one moment, by group. */
export interface ProbeSnapshot {
  readonly counters: Readonly<Record<string, Readonly<CounterGroup>>>;
  readonly histograms: Readonly<Record<string, HistogramSnapshot>>;
}

/**
 * The registry of counters of one database. A part asks for its group once and bumps plain fields
 * of it: a bump costs an add. Groups appear in every report by themselves.
 *
 * @example
 * const io = probe.counters('io', { reads: 0, bytesRead: 0 });
 * io.reads++;
 */
export class Probe {
  readonly #groups = new Map<string, CounterGroup>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #gauges = new Map<string, () => CounterGroup>();
  level: ProbeLevel;
  /** Share (0 to 1) of the operations that takesTime() picks. */
  samplingRate: number;
  #share = 0;

  constructor(level: ProbeLevel = 'counts', samplingRate = 1) {
    this.level = level;
    this.samplingRate = samplingRate;
  }

  /** True when the time of this operation is to be taken: at level `times`, for every 1/samplingRate-th one. */
  takesTime(): boolean {
    if (this.level !== 'times') return false;
    this.#share += this.samplingRate;
    if (this.#share < 1) return false;
    this.#share -= 1;
    return true;
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

  /** Numbers that are asked for only when somebody looks (sizes, ages). */
  gauge(name: string, read: () => CounterGroup): void { this.#gauges.set(name, read); }

  snapshot(): ProbeSnapshot {
    const counters: Record<string, CounterGroup> = {};
    for (const [name, group] of this.#groups) counters[name] = { ...group };
    for (const [name, read] of this.#gauges) counters[name] = { ...counters[name], ...read() };
    const histograms: Record<string, HistogramSnapshot> = {};
    for (const [name, h] of this.#histograms) histograms[name] = h.snapshot();
    return { counters, histograms };
  }
}
