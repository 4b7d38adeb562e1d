import type { CounterGroup } from '#storage';
import type { ProfileSource } from './profile-source.js';
import type { EventLoopDelay, EventLoopWatch, MemoryFacts } from './runtime.js';

/** Everything that the time line shows, at one moment: counts since the database was opened. */
export interface Reading {
  readonly atNs: number;
  readonly counters: Readonly<Record<string, CounterGroup>>;
  readonly memory: MemoryFacts | undefined;
  readonly cpuNs: number | undefined;
  readonly eventLoop: { readonly activeNs: number; readonly idleNs: number } | undefined;
  /** Since the reading before. */
  readonly delay: EventLoopDelay | undefined;
  readonly gc: { readonly count: number; readonly totalNs: number };
  readonly syncNs: number;
  readonly lockWaitNs: number;
  /** By shard. */
  readonly shardWaits: Float64Array;
  readonly shardWaitNs: Float64Array;
  readonly components: Readonly<Record<string, number>>;
  readonly oldestSnapshotMs: number | undefined;
}

export function takeReading(source: ProfileSource, watch?: EventLoopWatch): Reading {
  const { engine, probe, runtime, gc } = source;
  const atNs = engine.options.env.clock.monotonicNs();
  const counters = probe.counts();
  const shards = engine.locks.shardCounts();
  const oldest = engine.snapshots.oldest();
  return {
    atNs, counters, memory: runtime?.memory(), cpuNs: runtime?.cpuNs(), eventLoop: runtime?.eventLoopTimes(), delay: watch?.read(), gc: gc.total(),
    syncNs: probe.histogram('io.syncNs').sum, lockWaitNs: probe.histogram('locks.waitNs').sum, shardWaits: shards.waits, shardWaitNs: shards.waitNs,
    components: {
      cache: engine.cache.usedBytes, buffers: engine.buffers.freeBytes, delta: counters['engine']?.['deltaBytes'] ?? 0, history: counters['engine']?.['historyBytes'] ?? 0,
    },
    oldestSnapshotMs: oldest === undefined ? undefined : (atNs - oldest.openedNs) / 1e6,
  };
}

/** A counter of a reading, 0 when there is none. */
export function countOf(reading: Reading, group: string, name: string): number { return reading.counters[group]?.[name] ?? 0; }
