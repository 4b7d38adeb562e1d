import type { CounterGroup, Histogram, PhaseTimes } from '#storage';
import type { FileIoData } from './data/storage-data.js';
import type { HistogramData } from './data/histogram-data.js';
import type { OperationBreakdown } from './data/operation-data.js';
import { histogramData } from './histogram-data.js';
import { matches, matchesTarget, type ProfileFilter } from './profile-options.js';
import type { ProfileSource } from './profile-source.js';
import { isState } from './state-names.js';
import { partsOf, scaleOf } from './statistics.js';

interface FileBefore { readonly reads: number; readonly bytesRead: number; readonly writes: number; readonly bytesWritten: number; readonly syncs: number }
interface FileTimes { readonly readNs: Histogram | undefined; readonly writeNs: Histogram | undefined; readonly syncNs: Histogram | undefined }

/** What had been counted when a profile began, where the increase is wanted. */
export class Baseline {
  readonly #source: ProfileSource;
  readonly #histograms: ReadonlyMap<string, Histogram>;
  readonly #phases: ReadonlyMap<string, { readonly times: PhaseTimes; readonly partedNs: number }>;
  readonly #files: ReadonlyMap<string, FileBefore & FileTimes>;
  readonly #counters: Readonly<Record<string, CounterGroup>>;

  /** `since`: increases are counted from now on, or from the opening of the database. */
  constructor(source: ProfileSource, since: 'now' | 'open') {
    this.#source = source;
    const { probe, files } = source;
    const isNow = since === 'now';
    this.#histograms = new Map(isNow ? [...probe.histograms()].map(([name, histogram]) => [name, histogram.copy()]) : []);
    this.#phases = new Map(isNow ? probe.operations().map(({ name, phaseTimes, partedNs }) => [name, { times: phaseTimes.slice(), partedNs }]) : []);
    this.#files = new Map(isNow ? files.list().map((io) => [io.file, {
      ...io, readNs: io.readNs?.copy(), writeNs: io.writeNs?.copy(), syncNs: io.syncNs?.copy(),
    }]) : []);
    this.#counters = isNow ? probe.counts() : {};
  }

  /** Every group: the increase of what counts, and states as they are now. */
  counters(): Record<string, CounterGroup> {
    const { probe } = this.#source;
    const isNow = isState(probe);
    return Object.fromEntries(Object.entries(probe.counts()).map(([group, fields]) => [group, Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, isNow(group, name) ? value : value - (this.#counters[group]?.[name] ?? 0)]),
    )]));
  }

  /** What counts, without states. */
  increases(): Record<string, CounterGroup> {
    const isNow = isState(this.#source.probe);
    return Object.fromEntries(Object.entries(this.counters()).map(([group, fields]) => [
      group, Object.fromEntries(Object.entries(fields).filter(([name]) => !isNow(group, name))),
    ]));
  }

  /** Operations whose time was taken since. */
  timedSince(): number {
    let timed = 0;
    for (const operation of this.#source.probe.operations()) timed += operation.latencyNs.count - (this.#histograms.get(`op.${operation.name}`)?.count ?? 0);
    return timed;
  }

  /** A histogram's increase. */
  histogram(name: string): HistogramData {
    return histogramData(name, this.#source.probe.histogram(name).since(this.#histograms.get(name)));
  }

  histograms({ operations }: ProfileFilter): HistogramData[] {
    return [...this.#source.probe.histograms().keys()].filter((name) => !name.startsWith('op.') || matches(operations, name.slice('op.'.length)))
      .map((name) => this.histogram(name)).filter(({ count }) => count > 0);
  }

  operations({ operations }: ProfileFilter): OperationBreakdown[] {
    return this.#source.probe.operations().filter(({ name }) => matches(operations, name)).flatMap((operation) => {
      const latency = operation.latencyNs.since(this.#histograms.get(`op.${operation.name}`)).snapshot();
      if (latency.count === 0) return [];
      const before = this.#phases.get(operation.name);
      const scale = scaleOf(latency.sum, operation.partedNs - (before?.partedNs ?? 0));
      const parts = partsOf(operation.phaseTimes.map((ns, i) => ns - (before?.times[i] ?? 0)), scale);
      const known = Object.values(parts).reduce((sum, ns) => sum + ns, 0);
      const phases = { ...parts, other: Math.max(0, latency.sum - known) };
      return [{ name: operation.name, count: latency.count, totalNs: latency.sum, maxNs: latency.max, phases }];
    });
  }

  files({ targets }: ProfileFilter): FileIoData[] {
    const { files, engine: { options: { env: { vfs }, folder } } } = this.#source;
    return files.list().filter(({ file }) => matchesTarget(targets, file)).flatMap((io) => {
      const before = this.#files.get(io.file);
      const times = (what: keyof FileTimes): Partial<Record<keyof FileTimes, HistogramData>> => {
        const since = io[what]?.since(before?.[what]);
        return since === undefined || since.count === 0 ? {} : { [what]: histogramData(`io.${what}`, since) };
      };
      const counts = {
        reads: io.reads - (before?.reads ?? 0), bytesRead: io.bytesRead - (before?.bytesRead ?? 0), writes: io.writes - (before?.writes ?? 0),
        bytesWritten: io.bytesWritten - (before?.bytesWritten ?? 0), syncs: io.syncs - (before?.syncs ?? 0),
      };
      if (Object.values(counts).every((n) => n === 0)) return [];
      const stat = io.file.includes('*') ? undefined : vfs.stat(`${folder}/${io.file}`);
      return [{ file: io.file, kind: fileKind(io.file), ...counts, ...times('readNs'), ...times('writeNs'), ...times('syncNs'), ...(stat?.kind === 'file' ? { sizeBytes: stat.sizeBytes } : {}) }];
    });
  }
}

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/\.wal$/, 'log'], [/^fieldstone\.journal$/, 'journal'], [/^fieldstone\.json/, 'catalog'], [/^fieldstone\.lock$/, 'lock'], [/\.kv$/i, 'store'], [/\.dbf(\.|$)/i, 'table'],
  [/\.(dbt|fpt|smt)(\.|$)/i, 'memo'], [/\.(cdx|idx|ntx|ndx|mdx|fsi)(\.|$)/i, 'index'],
];

function fileKind(file: string): string { return KINDS.find(([pattern]) => pattern.test(file))?.[1] ?? 'other'; }
