import type { TimelineSample } from '../../profile/data/timeline-data.js';

const MOST_POINTS = 240;

type Pick = (sample: TimelineSample) => number | undefined;
type Values = readonly (number | undefined)[];

/**
 * The time line for charts: neighbouring samples together where there are more than a chart can show. What counts is
 * given per second, what is a state as the last value, what is a peak as the largest.
 */
export class TimelineView {
  /** Where each point ends. */
  readonly atMs: readonly number[];
  readonly #groups: readonly (readonly TimelineSample[])[];
  readonly #seconds: readonly number[];

  constructor(samples: readonly TimelineSample[]) {
    const step = Math.max(1, Math.ceil(samples.length / MOST_POINTS));
    this.#groups = Array.from({ length: Math.ceil(samples.length / step) }, (_, i) => samples.slice(i * step, (i + 1) * step));
    this.atMs = this.#groups.map((group) => group.at(-1)?.atMs ?? 0);
    this.#seconds = this.atMs.map((at, i) => Math.max(0.001, (at - (this.atMs[i - 1] ?? 0)) / 1000));
  }

  /** Counts per second. */
  rate(pick: Pick): Values {
    return this.#groups.map((group, i) => {
      const sum = total(group, pick);
      return sum === undefined ? undefined : sum / (this.#seconds[i] ?? 1);
    });
  }

  /** One sum divided by another: hits by lookups, time by syncs. Undefined where there is nothing to divide by. */
  ratio(part: Pick, whole: Pick): Values {
    return this.#groups.map((group) => {
      const [above, below] = [total(group, part), total(group, whole)];
      return above === undefined || below === undefined || below === 0 ? undefined : above / below;
    });
  }

  /** The state at the end of each point. */
  state(pick: Pick): Values { return this.#groups.map((group) => group.map(pick).filter((value) => value !== undefined).at(-1)); }

  /** The largest in each point. */
  peak(pick: Pick): Values {
    return this.#groups.map((group) => {
      const known = group.map(pick).filter((value) => value !== undefined);
      return known.length === 0 ? undefined : Math.max(...known);
    });
  }

  /** Names that occur in a record of the samples, those with most first. */
  names(pick: (sample: TimelineSample) => Readonly<Record<string, unknown>> | undefined, weigh: (sample: TimelineSample, name: string) => number): string[] {
    const weights = new Map<string, number>();
    for (const sample of this.#groups.flat()) {
      for (const name of Object.keys(pick(sample) ?? {})) weights.set(name, (weights.get(name) ?? 0) + weigh(sample, name));
    }
    return [...weights].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
  }
}

function total(group: readonly TimelineSample[], pick: Pick): number | undefined {
  let sum: number | undefined;
  for (const sample of group) {
    const value = pick(sample);
    if (value !== undefined) sum = (sum ?? 0) + value;
  }
  return sum;
}
