import { describe, expect, test } from 'vitest';
import { cacheCurve } from '../../../src/report/cache-curve.js';
import { findFindings } from '../../../src/report/findings/find-findings.js';
import type { CacheTraceData, CodecData, LogData } from '../../../src/profile/data/storage-data.js';
import type { ProfileData } from '../../../src/profile/profile-data.js';
import { sampleRandom } from './sample-random.js';
import { sampleHistogram, sampleProfile } from './sample-profile.js';
import { smallProfile } from './small-profile.js';

const idsOf = (data: ProfileData): string[] => findFindings(data).map((finding) => finding.id);
const { schemaVersion, meta } = sampleProfile();
const only = (sections: Partial<ProfileData>): ProfileData => ({ schemaVersion, meta, ...sections });
const shards = (waits: readonly number[]): NonNullable<ProfileData['locks']>['shards'] => waits.map((count, shard) => ({ shard, acquisitions: 1000, waits: count, waitNs: count * 1e6 }));

describe('findings', () => {
  test('of a busy shop, problems first, each with evidence, remedy and a place', () => {
    const found = findFindings(sampleProfile());
    expect(found.map((finding) => finding.id)).toEqual([
      'missing-index', 'lock-hot-spot', 'lock-timeouts', 'abandoned-transaction', 'cache-too-small', 'log-too-small',
      'monitor-read-limit', 'deadlocks', 'long-reader', 'memory-growth', 'compression-not-worth-it',
    ]);
    for (const finding of found) {
      expect(finding.title, finding.id).toMatch(/^[A-Z0-9].*\.$/);
      expect(finding.evidence, finding.id).toMatch(/\d/);
      expect(finding.remedy, finding.id).toMatch(/^[A-Z].*\.$/);
      expect(finding.section, finding.id).not.toBeUndefined();
    }
  });

  test('are silent where there is nothing, or next to nothing', () => {
    expect(idsOf(only({}))).toEqual([]);
    const { cpu, queries, ...quiet } = smallProfile();
    expect([cpu, queries]).not.toContain(undefined);
    expect(idsOf(quiet)).toEqual([]);
  });

  const cache = (kind: object, limitBytes = 1e6): ProfileData => only({ cache: { limitBytes, kinds: [{ kind: 'table', hits: 9000, misses: 1000, bytes: 990_000, ...kind }] } });

  const logOf = (durationNs: number, cause = 'log size'): LogData => ({
    records: 1, bytesAppended: 1, flushes: 1, syncs: 1, stalls: 0, checkpoints: [0, 20, 40].map((s) => ({ atMs: s * 1000, durationNs, cause })),
  });
  const tried = (triedBytes: number, triedBytesOut: number): CodecData => ({
    name: 'lz4', bytesIn: 90e6, bytesOut: 90e6, compressed: 10, keptPlain: 9000, decompressed: 0, tried: 10, triedBytes, triedBytesOut,
  });

  test.each<[string, ProfileData, boolean]>([
    ['cache-too-small', cache({ missesEvicted: 900 }), true],
    ['cache-too-small', cache({ missesCold: 1000 }), false],
    ['cache-too-small', cache({ missesEvicted: 900 }, 1e9), false],
    ['cache-invalidated', cache({ missesInvalidated: 900 }), true],
    ['lock-hot-spot', only({ locks: { shards: shards([90, 10]), hot: [{ resource: 't:a/1', waits: 80 }] } }), true],
    ['lock-hot-spot', only({ locks: { shards: shards([90, 10]), hot: [{ resource: 't:a/1', waits: 80, overcount: 70 }] } }), false],
    ['lock-hot-spot', only({ locks: { shards: shards([9, 1]), hot: [{ resource: 't:a/1', waits: 8 }] } }), false],
    ['lock-shard-crowded', only({ locks: { shards: shards([90, 10, 5, 5]), hot: [] } }), true],
    ['lock-shard-crowded', only({ locks: { shards: shards([30, 30, 30, 30]), hot: [] } }), false],
    ['conflicts', only({ transactions: { commits: 900, conflicts: 100, rollbacks: 0, retries: 100 } }), true],
    ['conflicts', only({ transactions: { commits: 9900, conflicts: 100, rollbacks: 0, retries: 100 } }), false],
    ['long-reader', only({ transactions: { commits: 1, conflicts: 0, rollbacks: 0, retries: 0, endedSnapshots: 1 } }), true],
    ['log-too-small', only({ log: logOf(1e9) }), false],
    ['log-too-small', only({ log: logOf(9e9) }), true],
    ['log-too-small', only({ log: logOf(9e9, 'log full') }), true],
    ['log-too-small', only({ log: logOf(9e9, 'asked') }), false],
    ['log-too-small', only({ log: logOf(9e9, 'files') }), false], // they came with new indexes, say
    ['log-too-small', only({ log: { ...logOf(1e9, 'log full'), stalls: 1 } }), true],
    ['slow-sync', only({ log: { records: 1, bytesAppended: 1, flushes: 1, syncs: 1, syncNs: sampleHistogram('io.syncNs', 'ns', 30e6, 500, 1) } }), true],
    ['slow-sync', only({ log: { records: 1, bytesAppended: 1, flushes: 1, syncs: 1, syncNs: sampleHistogram('io.syncNs', 'ns', 0.3e6, 500, 1) } }), false],
    ['gc-pressure', only({ gc: { kinds: [{ kind: 'major', count: 60, totalNs: 9e9, maxNs: 50e6 }] } }), true],
    ['gc-pressure', only({ gc: { kinds: [{ kind: 'major', count: 60, totalNs: 1e9, maxNs: 50e6 }] } }), false],
    ['event-loop-blocked', only({ timeline: [{ atMs: 500, eventLoopDelayMaxNs: 10e6 }, { atMs: 1000, eventLoopDelayMaxNs: 400e6 }] }), true],
    ['compression-not-worth-it', only({ codecs: [{ name: 'lz4', bytesIn: 9e6, bytesOut: 3e6, compressed: 90, keptPlain: 10, decompressed: 0 }] }), false],
    ['compression-not-worth-it', only({ codecs: [tried(9e6, 8.9e6)] }), true],
    ['compression-not-worth-it', only({ codecs: [tried(2e6, 0.5e6)] }), false], // most values are too short to try: that costs nothing
    ['compression-not-worth-it', only({ codecs: [{ ...tried(9e6, 8.9e6), name: 'none' }] }), false],
    ['profiler-overhead', { ...only({}), meta: { ...meta, overheadShare: 0.2 } }, true],
  ])('%s speaks when it should (%#)', (id, data, expected) => {
    expect(idsOf(data).includes(id)).toBe(expected);
  });

  test('a query that has its index by now is a note, with nothing to do', () => {
    const shape = {
      target: 'orders', kind: 'find', shape: '(a = ?)', count: 240, planNs: 1, executionNs: 4e9, maxNs: 1e8, rowsExamined: 24e6, rowsReturned: 1000, fullScans: 120,
    };
    const found = (index: string | undefined): string[] => (
      findFindings(only({ queries: { shapes: [{ ...shape, ...(index === undefined ? {} : { index }) }], slow: [] } })).map(({ id, level, remedy }) => `${id} ${level} ${remedy}`)
    );
    expect(found('by_a')).toEqual(['missing-index note Nothing: its last run went by the index by_a.']);
    expect(found(undefined)[0]).toMatch(/^missing-index problem Create/);
  });

  test('memory that swings is not taken for growth', () => {
    const random = sampleRandom(5);
    const swing = Array.from({ length: 120 }, (_, i) => ({ atMs: i * 500, heapUsedBytes: Math.round(60e6 + (i % 12) * 4e6 + random() * 2e6) }));
    expect(idsOf(only({ timeline: swing }))).toEqual([]);
    expect(idsOf(only({ timeline: swing.map((sample, i) => ({ ...sample, heapUsedBytes: sample.heapUsedBytes + i * 0.5e6 })) }))).toEqual(['memory-growth']);
  });
});

describe('the hit rate of a cache of any size', () => {
  const trace = (pages: readonly number[], samplingRate = 1): CacheTraceData => ({
    samplingRate, dropped: 0, files: ['a'], kinds: ['table'], outcomes: ['hit'],
    atUs: pages.map((_, i) => i), file: pages.map(() => 0), kind: pages.map(() => 0), page: pages, outcome: pages.map(() => 0),
  });

  /** Hits of a least-recently-used cache, counted by keeping one. */
  function simulate(pages: readonly number[], size: number): number {
    const held = new Map<number, true>();
    let hits = 0;
    for (const page of pages) {
      if (held.delete(page)) hits++;
      held.set(page, true);
      if (held.size > size) held.delete(held.keys().next().value!);
    }
    return hits / pages.length;
  }

  test('is that of a cache that is really kept', () => {
    const random = sampleRandom(17);
    const pages = Array.from({ length: 3000 }, () => Math.floor(200 * random() ** 2));
    const curve = cacheCurve(trace(pages));
    expect(curve?.points.length).toBeGreaterThan(20);
    for (const point of curve?.points ?? []) expect(point.hitRate, `${point.pages} pages`).toBeCloseTo(simulate(pages, point.pages), 12);
    expect(curve?.pages).toBe(new Set(pages).size);
  });

  test('is drawn from a share of the pages for sizes as much larger', () => {
    const pages = Array.from({ length: 2000 }, (_, i) => i % 50);
    expect(cacheCurve(trace(pages, 0.1))?.points.at(-1)).toEqual({ pages: 500, hitRate: 1950 / 2000 });
    expect(cacheCurve(trace(pages.slice(0, 100)))).toBeUndefined();
  });
});
