import type { HistogramData } from '../../../src/profile/data/histogram-data.js';
import type { LockData } from '../../../src/profile/data/lock-data.js';
import type { PlanStepData, QueryData } from '../../../src/profile/data/query-data.js';
import type { CacheOutcome, CacheTraceData, CheckpointData, LogData } from '../../../src/profile/data/storage-data.js';
import type { GcPause, TimelineSample } from '../../../src/profile/data/timeline-data.js';
import type { ProfileData } from '../../../src/profile/profile-data.js';
import { Histogram } from '../../../storage/probe/histogram.js';
import { ENGINE_URL, sampleCpu, sampleHeap } from './sample-cpu.js';
import { sampleRandom } from './sample-random.js';

const MB = 1024 * 1024;
const DURATION_MS = 60_000;
const STEP_MS = 500;
const STEPS = DURATION_MS / STEP_MS;
const SHARDS = 16;

/** A histogram of values that spread around `median` by a factor, with a long tail. */
export function sampleHistogram(name: string, unit: HistogramData['unit'], median: number, count: number, seed: number, spread = 0.5): HistogramData {
  const random = sampleRandom(seed);
  const histogram = new Histogram();
  const tally = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const normal = random() + random() + random() + random() - 2;
    const value = Math.max(1, Math.round(median * Math.exp(normal * spread * 2) * (random() < 0.01 ? 8 : 1)));
    histogram.record(value);
    const step = 2 ** Math.max(0, Math.floor(Math.log2(value)) - 3);
    const upper = (Math.floor(value / step) + 1) * step - 1;
    tally.set(upper, (tally.get(upper) ?? 0) + 1);
  }
  return { name, unit, ...histogram.snapshot(), buckets: [...tally].sort((a, b) => a[0] - b[0]) };
}

const isCheckpointAt = (atMs: number): boolean => (atMs + 2000) % 15_000 < 2000;

function sampleTimeline(): TimelineSample[] {
  const random = sampleRandom(1);
  const samples: TimelineSample[] = [];
  let logBytes = 3 * MB;
  for (let i = 1; i <= STEPS; i++) {
    const atMs = i * STEP_MS;
    const wave = 0.85 + 0.15 * Math.sin(i / 9) + 0.1 * (random() - 0.5);
    const isStalled = isCheckpointAt(atMs);
    const gets = Math.round(5200 * wave * (isStalled ? 0.7 : 1));
    const commits = Math.round(310 * wave * (isStalled ? 0.45 : 1));
    const warm = Math.min(1, 0.55 + i / 60);
    const misses = (share: number): number => Math.round(gets * share * (1.05 - warm) + gets * share * 0.11);
    logBytes = isStalled ? 2 * MB : logBytes + commits * 2100;
    const gcPauseNs = Math.round((i % 7 === 0 ? 24e6 : 2e6) * (0.5 + random()));
    samples.push({
      atMs,
      heapUsedBytes: Math.round(58 * MB + i * 0.24 * MB + ((i * 7) % 11) * 2.1 * MB),
      heapTotalBytes: Math.round(118 * MB + Math.floor(i / 30) * 8 * MB), externalBytes: Math.round(38 * MB + Math.min(i, 60) * 0.5 * MB),
      arrayBuffersBytes: Math.round(34 * MB + Math.min(i, 60) * 0.5 * MB),
      rssBytes: Math.round(240 * MB + i * 0.4 * MB),
      componentBytes: {
        cache: Math.round(Math.min(64, 20 + i * 0.8) * MB), delta: Math.round(logBytes * 1.4), buffers: 6 * MB,
        history: Math.round(i * 0.15 * MB),
      },
      logSizeBytes: Math.round(logBytes), openTransactions: 3 + (i % 4), oldestSnapshotMs: i < 40 ? 800 : (i - 38) * STEP_MS,
      operations: { get: gets, find: Math.round(42 * wave), insert: Math.round(commits * 1.8), update: Math.round(commits * 0.6) },
      cache: {
        table: { hits: Math.round(gets * 0.62), misses: misses(0.62) }, memo: { hits: Math.round(gets * 0.08), misses: misses(0.05) },
        tree: { hits: Math.round(gets * 0.3), misses: misses(0.06) },
      },
      reads: misses(0.73), bytesRead: misses(0.73) * 8192 + Math.round(8 * MB * wave), writes: commits + (isStalled ? 900 : 0),
      bytesWritten: commits * 2100 + (isStalled ? 9 * MB : 0), syncs: Math.round(commits / 2.4),
      syncNs: Math.round((commits / 2.4) * (isStalled ? 2.4e6 : 0.6e6)),
      commits, conflicts: Math.round(commits * 0.03 * (0.5 + random())), logBytes: commits * 2100,
      lockWaits: Math.round((isStalled ? 80 : 26) * wave), lockWaitNs: Math.round((isStalled ? 190e6 : 40e6) * wave),
      eventLoopDelayMeanNs: Math.round(1.4e6 * (0.8 + random() * 0.5)), eventLoopDelayMaxNs: Math.round((isStalled ? 92e6 : 14e6) * (0.6 + random())),
      eventLoopUtilization: Math.min(1, 0.72 * wave + (isStalled ? 0.2 : 0)), cpuShare: 0.83 * wave, gcCount: 3 + (i % 5), gcPauseNs,
    });
  }
  return samples;
}

function sampleLocks(): LockData {
  const random = sampleRandom(2);
  const untilMs = Array.from({ length: STEPS / 2 }, (_, i) => (i + 1) * STEP_MS * 2);
  const waits = Array.from({ length: SHARDS }, (_, shard) => untilMs.map((until) => {
    const base = shard === 5 ? 34 : shard === 11 ? 9 : 1.5;
    return Math.round(base * (isCheckpointAt(until) ? 3 : 1) * (0.4 + random()));
  }));
  const waitNs = waits.map((row) => row.map((count) => Math.round(count * 1.7e6 * (0.6 + random()))));
  return {
    shards: waits.map((row, shard) => ({
      shard, acquisitions: 21_000 + Math.round(random() * 4000), waits: row.reduce((a, b) => a + b, 0),
      waitNs: waitNs[shard]!.reduce((a, b) => a + b, 0),
      maxWaitNs: shard === 5 ? 412e6 : Math.round(40e6 * random()), timeouts: shard === 5 ? 3 : 0,
      deadlocks: shard === 11 ? 2 : 0, maxQueue: shard === 5 ? 14 : 3,
    })),
    waitNs: sampleHistogram('locks.waitNs', 'ns', 1.4e6, 4200, 21, 0.9),
    heat: { untilMs, waits, waitNs },
    hot: [
      { resource: 't:accounts/1', shard: 5, waits: 2630, waitNs: 4.9e9, maxWaitNs: 412e6 }, { resource: 't:orders', shard: 11, waits: 610, waitNs: 0.9e9, maxWaitNs: 88e6 },
      { resource: 'kv:sessions/key #91ac', shard: 2, waits: 84, waitNs: 61e6, maxWaitNs: 9e6, overcount: 12 }, { resource: 't:stock/4711', shard: 9, waits: 40, waitNs: 22e6, maxWaitNs: 4e6 },
    ],
    waitGraph: {
      atMs: 28_500,
      nodes: [
        { id: 901, name: 'transfer', held: 2 }, { id: 902, name: 'transfer', held: 1 }, { id: 905, name: 'place order', held: 3 },
        { id: 911, held: 1 }, { id: 912, name: 'nightly totals', held: 1 }, { id: 913, name: 'transfer', held: 0 },
      ],
      edges: [
        { from: 902, to: 901, resource: 't:accounts/1', mode: 'exclusive', why: 'holds' }, { from: 913, to: 901, resource: 't:accounts/1', mode: 'exclusive', why: 'holds' },
        { from: 913, to: 902, resource: 't:accounts/1', mode: 'exclusive', why: 'queued' }, { from: 905, to: 902, resource: 't:orders', mode: 'shared', why: 'holds' },
        { from: 911, to: 905, resource: 't:stock/4711', mode: 'exclusive', why: 'holds' }, { from: 901, to: 912, resource: 't:accounts', mode: 'exclusive', why: 'holds' },
      ],
    },
    deadlocks: [{ atMs: 31_240, cycle: [{ id: 940, name: 'transfer', resource: 't:accounts/1', mode: 'exclusive' }, { id: 941, name: 'transfer', resource: 't:accounts/2', mode: 'exclusive' }], victim: 941 }],
  };
}

const SCAN_PLAN: PlanStepData = {
  step: 'limit', detail: '50', estimatedRows: 50, actualRows: 50, timeNs: 141e6, children: [{
    step: 'sort', detail: 'born, descending; top 50 kept', estimatedRows: 1900, actualRows: 2140, timeNs: 140e6, children: [{
      step: 'filter', detail: 'city = ? and salary > ?', estimatedRows: 1900, actualRows: 2140, timeNs: 128e6, children: [{
        step: 'full scan', detail: 'people, 120,000 rows', cost: 5200, estimatedRows: 120_000, actualRows: 120_000, timeNs: 96e6,
        hint: 'an index on (city, salary) would read about 2,000 rows instead',
      }],
    }],
  }],
};

const INDEX_PLAN: PlanStepData = {
  step: 'filter', detail: 'state = ?', estimatedRows: 40, actualRows: 12, timeNs: 3.1e6, children: [{
    step: 'index range', detail: 'by_customer on orders: customer = ?, placed >= ?', cost: 44, estimatedRows: 60, actualRows: 71, timeNs: 2.4e6,
  }],
};

function sampleQueries(): QueryData {
  return {
    slowLimitMs: 100,
    shapes: [
      {
        target: 'people', kind: 'find', shape: '{city: ?, salary: {$gt: ?}} sort {born: -1} limit ?', count: 3480, planNs: 62e6, executionNs: 31.4e9, maxNs: 141e6,
        p50Ns: 8.2e6, p95Ns: 38e6, p99Ns: 96e6, rowsExamined: 417_600_000, rowsReturned: 174_000, fullScans: 3480, plan: SCAN_PLAN,
      },
      {
        target: 'orders', kind: 'find', shape: '{customer: ?, placed: {$gte: ?}, state: ?}', count: 9120, planNs: 110e6, executionNs: 7.9e9, maxNs: 22e6,
        p50Ns: 0.7e6, p95Ns: 2.4e6, p99Ns: 6e6, rowsExamined: 640_000, rowsReturned: 109_000, fullScans: 0, index: 'by_customer', plan: INDEX_PLAN,
      },
      {
        target: 'stock', kind: 'update', shape: '{sku: ?}', count: 1210, planNs: 9e6, executionNs: 0.4e9, maxNs: 6e6, rowsExamined: 1210, rowsReturned: 1210, fullScans: 0, index: 'sku',
      },
    ],
    slow: [
      { atMs: 13_400, target: 'people', kind: 'find', shape: '{city: ?, salary: {$gt: ?}} sort {born: -1} limit ?', durationNs: 141e6, planNs: 0.02e6, rowsExamined: 120_000, rowsReturned: 50, plan: SCAN_PLAN },
      { atMs: 43_100, target: 'people', kind: 'find', shape: '{city: ?, salary: {$gt: ?}} sort {born: -1} limit ?', durationNs: 118e6, rowsExamined: 120_000, rowsReturned: 50 },
    ],
  };
}

/** Lookups over a working set that is larger than the cache, with a hot part. */
export function sampleTrace(count = 20_000, pages = 4000, cachePages = 1500): CacheTraceData {
  const random = sampleRandom(3);
  const outcomes: CacheOutcome[] = ['hit', 'cold', 'evicted', 'invalidated'];
  const lists = { atUs: [] as number[], file: [] as number[], kind: [] as number[], page: [] as number[], outcome: [] as number[] };
  const cached = new Map<string, true>();
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) {
    const file = random() < 0.7 ? 0 : 1;
    const page = Math.floor(random() < 0.6 ? random() * pages * 0.1 : random() * pages);
    const key = `${file}/${page}`;
    const isHit = cached.delete(key);
    lists.atUs.push(Math.round((i / count) * DURATION_MS * 1000));
    lists.file.push(file);
    lists.kind.push(file);
    lists.page.push(page);
    lists.outcome.push(isHit ? 0 : seen.has(key) ? 2 : 1);
    seen.add(key);
    cached.set(key, true);
    if (cached.size > cachePages) cached.delete(cached.keys().next().value!);
  }
  return { samplingRate: 1, dropped: 0, pageBytes: 44_700, files: ['people.dbf', 'sessions.kv'], kinds: ['table', 'tree'], outcomes, ...lists };
}

function sampleLog(): LogData {
  const checkpoints: CheckpointData[] = [13_000, 28_000, 43_000, 58_000].map((atMs, i) => (
    { atMs, durationNs: 1.9e9 + i * 0.1e9, cause: 'log size', bytesWritten: 36 * MB, journalBytes: 31 * MB, stores: 3 }
  ));
  return {
    records: 33_400, bytesAppended: 70 * MB, flushes: 14_100, syncs: 14_050, groupSize: sampleHistogram('wal.groupSize', 'count', 2, 14_000, 31, 0.4),
    syncNs: sampleHistogram('io.syncNs', 'ns', 0.6e6, 14_000, 32, 0.7), stalls: 12, stallNs: 2.3e9, limitBytes: 64 * MB, checkpointBytes: 16 * MB, checkpoints,
  };
}

function samplePauses(): GcPause[] {
  return [4200, 9100, 17_000, 26_400, 38_800, 49_300, 57_700].map((atMs, i) => ({ atMs, kind: i % 2 === 0 ? 'major' : 'minor', durationNs: (18 + i * 3) * 1e6 }));
}

/** A profile with something in every section: a shop with a missing index, a hot row and a cache that is too small. */
export function sampleProfile(): ProfileData {
  const io = (file: string, kind: string, reads: number, writes: number, syncs: number, seed: number): NonNullable<ProfileData['io']>[number] => ({
    file, kind, reads, bytesRead: reads * 8192, writes, bytesWritten: writes * 4096, syncs, sizeBytes: reads * 2000,
    readNs: sampleHistogram('io.readNs', 'ns', 9000, 800, seed), writeNs: sampleHistogram('io.writeNs', 'ns', 12_000, 800, seed + 1),
    ...(syncs > 0 ? { syncNs: sampleHistogram('io.syncNs', 'ns', 0.7e6, 500, seed + 2, 0.8) } : {}),
  });
  return {
    schemaVersion: 1,
    meta: {
      engineVersion: '0.1.0', nodeVersion: 'v20.20.2', platform: 'linux', arch: 'x64', cpuCount: 2, pid: 4711, database: 'shop', title: 'Orders at noon',
      engineUrl: ENGINE_URL, startedAtMs: Date.UTC(2026, 10, 29, 20, 47, 12), durationMs: DURATION_MS, level: 'times', samplingRate: 0.01,
      timelineIntervalMs: STEP_MS, overheadShare: 0.0042, includesValues: false,
    },
    knobs: [
      { name: 'cacheSize', value: '64 MB', source: 'option', default: '64 MB', meaning: 'Memory for cached blocks of files.' },
      { name: 'durability', value: 'commit', source: 'default', default: 'commit', meaning: 'When a commit is acknowledged.' },
      { name: 'checkpointSize', value: '16 MB', source: 'environment', default: '16 MB', meaning: 'Bytes of log that start a checkpoint.' },
      { name: 'lockShards', value: '16', source: 'default', default: '16', meaning: 'Parts of the lock table.' },
      { name: 'compression', value: 'lz4', source: 'option', default: 'none', meaning: 'Codec for large values in files of our own.' },
    ],
    counters: {
      'cache.table': { hits: 371_200, misses: 52_800, evictions: 31_000, inserts: 52_800, bytes: 50 * MB }, io: { reads: 61_000, bytesRead: 1.4e9, writes: 48_000, syncs: 14_050 },
      transactions: { commits: 33_400, conflicts: 1010, retries: 990 }, wal: { records: 33_400, bytesAppended: 70 * MB, stalls: 12 },
    },
    histograms: [
      sampleHistogram('op.get', 'ns', 4200, 9000, 41, 0.6), sampleHistogram('op.find', 'ns', 6.8e6, 2000, 42, 0.8), sampleHistogram('op.insert', 'ns', 21_000, 4000, 43, 0.5),
      sampleHistogram('op.commit', 'ns', 0.9e6, 4000, 44, 0.7), sampleHistogram('wal.groupSize', 'count', 2, 4000, 45, 0.4),
    ],
    timeline: sampleTimeline(),
    gc: {
      kinds: [
        { kind: 'minor', count: 410, totalNs: 0.52e9, maxNs: 6e6 }, { kind: 'major', count: 18, totalNs: 0.61e9, maxNs: 36e6 },
        { kind: 'incremental', count: 60, totalNs: 0.05e9, maxNs: 2e6 },
      ],
      pauses: samplePauses(),
    },
    cpu: sampleCpu(),
    heap: sampleHeap(),
    cache: {
      limitBytes: 64 * MB,
      kinds: [
        { kind: 'table', hits: 371_200, misses: 52_800, missesCold: 9100, missesEvicted: 43_100, missesInvalidated: 600, evictions: 44_000, inserts: 52_800, bytes: 46 * MB },
        { kind: 'memo', hits: 48_000, misses: 4300, missesCold: 3900, missesEvicted: 380, missesInvalidated: 20, evictions: 500, inserts: 4300, bytes: 7 * MB },
        { kind: 'tree', hits: 180_100, misses: 5200, missesCold: 4100, missesEvicted: 1000, missesInvalidated: 100, evictions: 1200, inserts: 5200, bytes: 10.5 * MB },
      ],
    },
    cacheTrace: sampleTrace(),
    io: [
      io('people.dbf', 'table', 43_000, 3100, 12, 51), io('orders.dbf', 'table', 9800, 8200, 14, 54), io('orders.fpt', 'memo', 4300, 2100, 10, 57),
      io('sessions.kv', 'store', 5200, 1800, 8, 60), io('fieldstone-7.wal', 'log', 12, 14_100, 14_050, 63), io('fieldstone.journal', 'journal', 0, 620, 8, 66),
    ],
    log: sampleLog(),
    buffers: {
      limitBytes: 16 * MB,
      classes: [
        { sizeBytes: 1024, taken: 81_000, returned: 81_000, reused: 80_700, allocated: 300, outstanding: 0 },
        { sizeBytes: 65_536, taken: 9100, returned: 9098, reused: 9000, allocated: 100, outstanding: 2 },
        { sizeBytes: MB, taken: 640, returned: 640, reused: 630, allocated: 10, dropped: 1, outstanding: 0 },
      ],
      oversize: 3,
    },
    codecs: [
      { name: 'lz4', bytesIn: 22 * MB, bytesOut: 20.9 * MB, compressed: 1900, keptPlain: 6200, decompressed: 8800, compressNs: 0.18e9, decompressNs: 0.03e9 },
      { name: 'deflate', bytesIn: 9 * MB, bytesOut: 3.1 * MB, compressed: 4100, keptPlain: 40, decompressed: 3900, compressNs: 0.06e9, decompressNs: 0.02e9 },
    ],
    locks: sampleLocks(),
    transactions: {
      commits: 33_400, rollbacks: 140, conflicts: 1010, retries: 990, durationNs: sampleHistogram('transactions.durationNs', 'ns', 1.6e6, 3000, 71, 0.8),
      commitNs: sampleHistogram('op.commit', 'ns', 0.9e6, 4000, 44, 0.7), historyBytes: 18 * MB, endedSnapshots: 0,
      longest: [
        { id: 912, name: 'nightly totals', ageMs: 41_000, open: true, overdue: true, readOnly: true }, { id: 905, name: 'place order', ageMs: 640, open: false },
      ],
    },
    queries: sampleQueries(),
    operations: [
      { name: 'get', count: 6100, totalNs: 41e6, phases: { cache: 9e6, io: 18e6, serialization: 8e6, index: 3e6, other: 3e6 } },
      { name: 'find', count: 130, totalNs: 940e6, phases: { plan: 4e6, cache: 20e6, io: 130e6, serialization: 640e6, index: 6e6, other: 140e6 } },
      { name: 'commit', count: 330, totalNs: 410e6, phases: { lockWait: 90e6, log: 260e6, codec: 14e6, index: 12e6, other: 34e6 } },
    ],
    findings: [{
      id: 'monitor-read-limit', level: 'advice', title: 'Reads took longer than 100 ms 14 times.', evidence: 'Slowest: 412 ms, at 28.5 s.',
      remedy: 'See the hot locks: all of them waited for t:accounts/1.', section: 'locks',
    }],
  };
}
