import { PAGE_KINDS } from '#storage';
import type { LockHeatData } from './data/lock-data.js';
import type { CacheInterval, TimelineSample } from './data/timeline-data.js';
import { countOf, type Reading } from './reading.js';

/** Above this every second point goes and the interval doubles. */
const MOST_POINTS = 600;

/** The points of a time line, bounded: a long profile has wider intervals. */
export class Timeline {
  readonly #startNs: number;
  #readings: Reading[] = [];
  /** How many intervals of the clock make one of the line. */
  #every = 1;
  #skipped = 0;

  constructor(first: Reading) {
    this.#startNs = first.atNs;
    this.#readings.push(first);
  }

  get points(): number { return this.#readings.length - 1; }

  add(reading: Reading): void {
    if (++this.#skipped < this.#every) return;
    this.#skipped = 0;
    this.#readings.push(reading);
    if (this.#readings.length <= MOST_POINTS) return;
    this.#readings = this.#readings.filter((_, i) => i % 2 === 0);
    this.#every *= 2;
  }

  /** The last reading belongs to the line whatever the interval. */
  close(reading: Reading): void { this.#readings.push(reading); }

  samples(): TimelineSample[] {
    return toldInTime(this.#readings.slice(1).map((reading, i) => sampleOf(this.#readings[i] ?? reading, reading, this.#startNs)));
  }

  heat(): LockHeatData {
    const later = this.#readings.slice(1);
    const shards = this.#readings[0]?.shardWaits.length ?? 0;
    const rows = (of: (reading: Reading) => Float64Array): number[][] => Array.from({ length: shards }, (_, shard) => (
      later.map((reading, i) => (of(reading)[shard] ?? 0) - (of(this.#readings[i] ?? reading)[shard] ?? 0))
    ));
    return { untilMs: later.map(({ atNs }) => (atNs - this.#startNs) / 1e6), waits: rows((r) => r.shardWaits), waitNs: rows((r) => r.shardWaitNs) };
  }
}

function sampleOf(before: Reading, now: Reading, startNs: number): TimelineSample {
  const since = (group: string, name: string): number => countOf(now, group, name) - countOf(before, group, name);
  return {
    atMs: (now.atNs - startNs) / 1e6,
    ...now.memory,
    componentBytes: { ...now.components }, logSizeBytes: countOf(now, 'engine', 'logBytes'), openTransactions: countOf(now, 'engine', 'openTransactions'),
    ...(now.oldestSnapshotMs === undefined ? {} : { oldestSnapshotMs: now.oldestSnapshotMs }),
    operations: operationsOf(before, now), cache: cacheOf(since),
    reads: since('io', 'reads'), bytesRead: since('io', 'bytesRead'), writes: since('io', 'writes'), bytesWritten: since('io', 'bytesWritten'),
    syncs: since('io', 'syncs'), syncNs: now.syncNs - before.syncNs,
    commits: since('transactions', 'commits'), conflicts: since('transactions', 'conflicts'), logBytes: since('wal', 'bytes'),
    lockWaits: since('locks', 'waits'), lockWaitNs: now.lockWaitNs - before.lockWaitNs,
    ...processOf(before, now),
  };
}

function operationsOf(before: Reading, now: Reading): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, count] of Object.entries(now.counters['operations'] ?? {})) {
    const more = count - countOf(before, 'operations', name);
    if (more > 0) counts[name] = more;
  }
  return counts;
}

function cacheOf(since: (group: string, name: string) => number): Record<string, CacheInterval> {
  const kinds: Record<string, CacheInterval> = {};
  for (const kind of PAGE_KINDS) {
    const [hits, misses] = [since(`cache.${kind}`, 'hits'), since(`cache.${kind}`, 'misses')];
    if (hits > 0 || misses > 0) kinds[kind] = { hits, misses };
  }
  return kinds;
}

function processOf(before: Reading, now: Reading): Partial<TimelineSample> {
  const elapsedNs = now.atNs - before.atNs;
  const activeNs = (now.eventLoop?.activeNs ?? 0) - (before.eventLoop?.activeNs ?? 0);
  const idleNs = (now.eventLoop?.idleNs ?? 0) - (before.eventLoop?.idleNs ?? 0);
  return {
    ...(now.delay === undefined ? {} : { eventLoopDelayMeanNs: now.delay.meanNs, eventLoopDelayMaxNs: now.delay.maxNs }),
    ...(activeNs + idleNs > 0 ? { eventLoopUtilization: activeNs / (activeNs + idleNs) } : {}),
    ...(now.cpuNs === undefined || before.cpuNs === undefined || elapsedNs <= 0 ? {} : { cpuShare: (now.cpuNs - before.cpuNs) / elapsedNs }),
    gcCount: now.gc.count - before.gc.count, gcPauseNs: now.gc.totalNs - before.gc.totalNs,
  };
}

/** The process tells of pauses of the garbage collector later: what is longer than its interval was in those before. */
function toldInTime(samples: readonly TimelineSample[]): TimelineSample[] {
  let lateNs = 0;
  return [...samples].reverse().map((sample, i, reversed) => {
    const roomNs = (sample.atMs - (reversed[i + 1]?.atMs ?? 0)) * 1e6;
    const pauseNs = lateNs + (sample.gcPauseNs ?? 0);
    const gcPauseNs = Math.min(roomNs, pauseNs);
    lateNs = pauseNs - gcPauseNs;
    return { ...sample, gcPauseNs };
  }).reverse();
}
