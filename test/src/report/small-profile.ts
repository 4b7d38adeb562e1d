import type { CallFrameData } from '../../../src/profile/data/v8-data.js';
import type { ProfileData } from '../../../src/profile/profile-data.js';

/** A profile that fits on a page: what reports make of it is written out in golden files. */
export function smallProfile(): ProfileData {
  const frame = (functionName: string, url: string, lineNumber: number): CallFrameData => ({ functionName, scriptId: '1', url, lineNumber, columnNumber: 0 });
  return {
    schemaVersion: 1,
    meta: {
      engineVersion: '0.1.0', nodeVersion: 'v20.20.2', platform: 'linux', arch: 'x64', pid: 7, database: 'shop', startedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
      durationMs: 2000, overheadShare: 0.01, includesValues: false, missing: ['GC pauses: this runtime does not tell them'], engineUrl: 'file:///app/node_modules/fieldstone/dist/',
    },
    knobs: [{ name: 'cacheSize', value: '64 MB', source: 'default', default: '64 MB', meaning: 'Memory for cached blocks.' }],
    counters: { io: { reads: 12, bytesRead: 98_304 }, locks: { held: 2 } },
    histograms: [
      { name: 'op.get', unit: 'ns', count: 4, sum: 46_000, min: 1000, max: 40_000, mean: 11_500, p50: 2000, p95: 40_000, p99: 40_000, buckets: [[1000, 1], [2000, 1], [3000, 1], [40_000, 1]] },
      { name: 'wal.groupSize', unit: 'count', count: 2, sum: 5, min: 2, max: 3, mean: 2.5, p50: 2, p95: 3, p99: 3, buckets: [[2, 1], [3, 1]] },
    ],
    timeline: [
      { atMs: 1000, heapUsedBytes: 10_000_000, rssBytes: 50_000_000, externalBytes: 1_000_000, commits: 10 },
      { atMs: 2000, heapUsedBytes: 12_000_000, rssBytes: 52_000_000, externalBytes: 1_000_000, commits: 20 },
    ],
    cpu: {
      nodes: [
        { id: 1, callFrame: frame('(root)', '', -1), hitCount: 0, children: [2, 5] }, { id: 2, callFrame: frame('serve', 'file:///app/my%20shop/server.js', 9), hitCount: 1, children: [3, 4] },
        { id: 3, callFrame: frame('get', 'file:///app/node_modules/fieldstone/dist/src/kv/kv.js', 119), hitCount: 2, positionTicks: [{ line: 121, ticks: 1 }, { line: 125, ticks: 1 }] },
        { id: 4, callFrame: frame('', 'file:///app/node_modules/date-kit/index.js', 4), hitCount: 1 }, { id: 5, callFrame: frame('(idle)', '', -1), hitCount: 1 },
      ],
      startTime: 1_000_000, endTime: 1_005_000, samples: [2, 3, 3, 4, 5], timeDeltas: [0, 1000, 1000, 1000, 1000],
    },
    heap: {
      head: {
        callFrame: frame('(root)', '', -1), selfSize: 0, id: 1,
        children: [{ callFrame: frame('serve', 'file:///app/my%20shop/server.js', 9), selfSize: 4096, id: 2, children: [] }],
      },
      samplingIntervalBytes: 512,
    },
    cache: { limitBytes: 1_048_576, kinds: [{ kind: 'table', hits: 90, misses: 10, missesCold: 4, missesEvicted: 5, missesInvalidated: 1, evictions: 5, inserts: 10, bytes: 81_920 }] },
    cacheTrace: {
      samplingRate: 1, dropped: 0, files: ['people.dbf'], kinds: ['table'], outcomes: ['hit', 'cold', 'evicted', 'invalidated'],
      atUs: [5, 90], file: [0, 0], kind: [0, 0], page: [3, 3], outcome: [1, 0],
    },
    io: [{ file: 'people.dbf', kind: 'table', reads: 12, bytesRead: 98_304, writes: 2, bytesWritten: 16_384, syncs: 1, sizeBytes: 131_072 }],
    log: { records: 30, bytesAppended: 4000, flushes: 15, syncs: 15, stalls: 0, checkpoints: [{ atMs: 1500, durationNs: 20e6, cause: 'asked', bytesWritten: 16_384, stores: 1 }] },
    buffers: { classes: [{ sizeBytes: 1024, taken: 5, returned: 5, reused: 4, allocated: 1, outstanding: 0 }] },
    codecs: [{ name: 'lz4', bytesIn: 1000, bytesOut: 400, compressed: 3, keptPlain: 1, decompressed: 2, compressNs: 5000, decompressNs: 2000 }],
    locks: {
      shards: [{ shard: 0, acquisitions: 100, waits: 2, waitNs: 3e6 }, { shard: 1, acquisitions: 80, waits: 0, waitNs: 0 }],
      hot: [{ resource: 't:people/3', waits: 2, waitNs: 3e6, maxWaitNs: 2e6, shard: 0 }],
      waitGraph: {
        atMs: 700, nodes: [{ id: 1, name: 'transfer', held: 1 }, { id: 2, held: 0 }],
        edges: [{ from: 2, to: 1, resource: 't:people/3', mode: 'exclusive', why: 'holds' }],
      },
    },
    transactions: { commits: 30, rollbacks: 1, conflicts: 2, retries: 2, longest: [{ id: 9, name: 'totals', ageMs: 900, open: false }] },
    queries: {
      shapes: [{
        target: 'people', kind: 'find', shape: '{city: ?}', count: 3, planNs: 3e4, executionNs: 90e6, maxNs: 50e6, rowsExamined: 60_000, rowsReturned: 30, fullScans: 3,
        plan: {
          step: 'filter', detail: 'city = ?', estimatedRows: 10, actualRows: 10, timeNs: 50e6,
          children: [{ step: 'full scan', detail: 'people', cost: 900, estimatedRows: 20_000, actualRows: 20_000, timeNs: 44e6, hint: 'an index on (city) would read about 10 rows' }],
        },
      }],
      slow: [],
    },
    operations: [{ name: 'get', count: 4, totalNs: 46_000, phases: { cache: 6000, io: 40_000 } }],
  };
}
