import { PAGE_KINDS, PHASES, type FileIo, type HistogramSnapshot, type OperationKind, type PageKind, type Phase, type ProbeLevel, type ProbeSnapshot, type RecentTimesSnapshot } from '#storage';
import { resourceLabel, type LockShardStats, type OpenTransactionInfo } from '#txn';
import type { CodecData } from './data/storage-data.js';
import { cpuSinceOpening, type ProfileSource } from './profile-source.js';
import { codecSection } from './codec-section.js';
import type { MemoryFacts } from './runtime.js';

/** One kind of page in the page cache, since the database was opened. */
export interface CacheKindStats {
  readonly hits: number;
  /** The sum of the three reasons. */
  readonly misses: number;
  /** Never there before, or so long ago that it is forgotten. */
  readonly missesCold: number;
  /** Had been there and had to leave for other pages. */
  readonly missesEvicted: number;
  /** Had been there, and its content was replaced. */
  readonly missesInvalidated: number;
  readonly evictions: number;
  /** In the cache now. */
  readonly bytes: number;
  /** Share (0 to 1) of the lookups that were answered; undefined before the first one. */
  readonly hitRate: number | undefined;
}

/** Input and output of one file. Latencies are of the calls whose time was taken, in nanoseconds. */
export interface FileStats {
  readonly file: string;
  readonly reads: number;
  readonly bytesRead: number;
  readonly writes: number;
  readonly bytesWritten: number;
  readonly syncs: number;
  readonly readNs?: HistogramSnapshot;
  readonly writeNs?: HistogramSnapshot;
  readonly syncNs?: HistogramSnapshot;
}

/** One operation of the public surface. */
export interface OperationStats {
  readonly name: string;
  readonly kind: OperationKind;
  /** Calls. */
  readonly count: number;
  /** Of the calls whose time was taken, in nanoseconds. */
  readonly latencyNs: HistogramSnapshot;
  /** Of the last 1,000 calls whose time was taken, exactly. */
  readonly recent: RecentTimesSnapshot;
  /** Time of the timed calls by part, in nanoseconds; when few calls are timed, put up from those that were taken apart. */
  readonly partsNs: Readonly<Partial<Record<Phase, number>>>;
}

/** A record, key or table that transactions waited for. Keys are not shown: `#` and a number stands for one. */
export interface HotLockStats {
  readonly resource: string;
  readonly waits: number;
  /** `waits` is too high by at most this. */
  readonly overcount: number;
}

/** Memory by part of the engine, in bytes. */
export interface ComponentMemory {
  readonly cache: number;
  /** Buffers kept for reuse. */
  readonly buffers: number;
  /** Commits that no checkpoint has folded yet. */
  readonly delta: number;
  /** Old versions for open snapshots. */
  readonly history: number;
}

/** Everything that is counted, at one moment: numbers only, no values of users. Counts are since the database was opened. */
export interface DatabaseStats extends ProbeSnapshot {
  readonly level: ProbeLevel;
  readonly samplingRate: number;
  readonly transactions: readonly OpenTransactionInfo[];
  readonly cache: Readonly<Record<PageKind, CacheKindStats>>;
  readonly files: readonly FileStats[];
  readonly operations: readonly OperationStats[];
  readonly locks: {
    readonly shards: readonly LockShardStats[];
    /** The most waited for first. */
    readonly hot: readonly HotLockStats[];
    /** Broken since the database was opened. */
    readonly deadlocks: number;
  };
  /** What the codec of the option `compression` did, how long it took (0 at level off), and its share of the processor. */
  readonly codecs: readonly CodecData[];
  readonly memory: {
    /** Of the whole process; undefined in simulated environments. */
    readonly process: MemoryFacts | undefined;
    readonly components: ComponentMemory;
  };
  /** Pauses of the garbage collector since the database was opened; empty at level off. */
  readonly gc: readonly { readonly kind: string; readonly count: number; readonly totalNs: number; readonly maxNs: number }[];
}

/** What db.stats() gives. */
export function statistics(source: ProfileSource): DatabaseStats {
  const { engine, probe, files, runtime, gc } = source;
  const snapshot = probe.snapshot();
  return {
    ...snapshot, level: probe.level, samplingRate: probe.samplingRate,
    transactions: engine.transactions.list(),
    cache: cacheStats(snapshot),
    files: files.list().map(fileStats),
    operations: probe.operations().map((operation) => ({
      name: operation.name, kind: operation.kind, count: operation.count, latencyNs: operation.latencyNs.snapshot(), recent: operation.recent.snapshot(),
      partsNs: partsOf(operation.phaseTimes, scaleOf(operation.latencyNs.sum, operation.partedNs)),
    })),
    locks: {
      shards: engine.locks.shardStats(),
      hot: engine.locks.hotResources().map(({ resource, waits, overcount }) => ({ resource: resourceLabel(resource), waits, overcount })),
      deadlocks: snapshot.counters['locks']?.['deadlocks'] ?? 0,
    },
    codecs: codecSection(source, snapshot.counters, cpuSinceOpening(source)),
    memory: { process: runtime?.memory(), components: componentMemory(source, snapshot) },
    gc: gc.list(),
  };
}

/** What times of the calls that were taken apart are multiplied by to stand for all timed calls. */
export function scaleOf(timedNs: number, partedNs: number): number { return partedNs === 0 ? 0 : timedNs / partedNs; }

/** Times by part that are not zero. */
export function partsOf(times: Float64Array, scale: number): Partial<Record<Phase, number>> {
  const parts: Partial<Record<Phase, number>> = {};
  PHASES.forEach((phase, i) => {
    const ns = (times[i] ?? 0) * scale;
    if (ns > 0) parts[phase] = ns;
  });
  return parts;
}

export function componentMemory({ engine }: ProfileSource, { counters }: ProbeSnapshot): ComponentMemory {
  return {
    cache: engine.cache.usedBytes, buffers: engine.buffers.freeBytes, delta: counters['engine']?.['deltaBytes'] ?? 0, history: counters['engine']?.['historyBytes'] ?? 0,
  };
}

function cacheStats({ counters }: ProbeSnapshot): Record<PageKind, CacheKindStats> {
  const of = (kind: PageKind): CacheKindStats => {
    const { hits = 0, misses = 0, missesEvicted = 0, missesInvalidated = 0, evictions = 0, bytes = 0 } = counters[`cache.${kind}`] ?? {};
    return {
      hits, misses, missesCold: misses - missesEvicted - missesInvalidated, missesEvicted, missesInvalidated, evictions, bytes,
      hitRate: hits + misses === 0 ? undefined : hits / (hits + misses),
    };
  };
  const [table, memo, index, tree] = PAGE_KINDS;
  return { [table]: of(table), [memo]: of(memo), [index]: of(index), [tree]: of(tree) };
}

function fileStats({ file, reads, bytesRead, writes, bytesWritten, syncs, readNs, writeNs, syncNs }: FileIo): FileStats {
  return {
    file, reads, bytesRead, writes, bytesWritten, syncs,
    ...(readNs === undefined ? {} : { readNs: readNs.snapshot() }),
    ...(writeNs === undefined ? {} : { writeNs: writeNs.snapshot() }),
    ...(syncNs === undefined ? {} : { syncNs: syncNs.snapshot() }),
  };
}
