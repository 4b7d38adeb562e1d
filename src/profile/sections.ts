import { PAGE_KINDS, type CounterGroup } from '#storage';
import type { Baseline } from './baseline.js';
import { knobOf, KNOB_NAMES } from '../config/knobs.js';
import { showValue } from '../config/knob-value.js';
import type { TransactionAgeData, TransactionData } from './data/lock-data.js';
import type { BufferPoolData, CacheData, CheckpointData, LogData } from './data/storage-data.js';
import type { KnobInForce } from './profile-data.js';
import type { ProfileSource } from './profile-source.js';

type Counters = Readonly<Record<string, CounterGroup>>;

const LISTED_TRANSACTIONS = 20;

export function knobsInForce({ options }: ProfileSource): KnobInForce[] {
  return KNOB_NAMES.map((name) => {
    const knob = knobOf(name);
    return {
      name, value: showValue(knob, options.values[name]), source: options.sources[name], default: showValue(knob, knob.default), meaning: knob.meaning,
    };
  });
}

export function cacheSection({ engine }: ProfileSource, counters: Counters): CacheData {
  return {
    limitBytes: engine.cache.limitBytes,
    kinds: PAGE_KINDS.map((kind) => {
      const { hits = 0, misses = 0, missesEvicted = 0, missesInvalidated = 0, evictions = 0, inserts = 0, bytes = 0 } = counters[`cache.${kind}`] ?? {};
      return { kind, hits, misses, missesCold: misses - missesEvicted - missesInvalidated, missesEvicted, missesInvalidated, evictions, inserts, bytes };
    }),
  };
}

export function bufferSection({ options }: ProfileSource, counters: Counters): BufferPoolData {
  const { taken = 0, returned = 0, reused = 0, allocated = 0, dropped = 0, outstanding = 0, oversize = 0 } = counters['buffers'] ?? {};
  return { limitBytes: options.values.bufferPool, classes: [{ sizeBytes: 0, taken, returned, reused, allocated, dropped, outstanding }], oversize };
}

export function logSection({ options }: ProfileSource, baseline: Baseline, counters: Counters, checkpoints: readonly CheckpointData[]): LogData {
  const { records = 0, bytes = 0, groups = 0, syncs = 0, stalls = 0 } = counters['wal'] ?? {};
  return {
    records, bytesAppended: bytes, flushes: groups, syncs, stalls, groupSize: baseline.histogram('wal.groupSize'), syncNs: baseline.histogram('wal.syncNs'),
    stallNs: baseline.histogram('wal.stallNs').sum, limitBytes: options.values.logLimit, checkpointBytes: options.values.checkpointSize, checkpoints,
  };
}

export function transactionSection(
  { engine }: ProfileSource, baseline: Baseline, counters: Counters, ended: readonly TransactionAgeData[], historyBytes: number,
): TransactionData {
  const { commits = 0, rollbacks = 0, conflicts = 0, retries = 0 } = counters['transactions'] ?? {};
  const { ended: endedSnapshots = 0 } = counters['snapshots'] ?? {};
  const open = engine.transactions.list().map((one) => ({ ...one, open: true }));
  return {
    commits, rollbacks, conflicts, retries, historyBytes, endedSnapshots,
    durationNs: baseline.histogram('op.transaction'), commitNs: baseline.histogram('op.commit'),
    longest: [...open, ...ended].sort((a, b) => b.ageMs - a.ageMs).slice(0, LISTED_TRANSACTIONS),
  };
}
