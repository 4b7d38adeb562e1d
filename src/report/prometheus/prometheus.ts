import type { ProfileData } from '../../profile/profile-data.js';
import { clipMiddle } from '../format/escape.js';
import { formatMetrics, type MetricFamily, type MetricLabels, type MetricSample } from '../format/metric-family.js';
import { counterFamilies } from './counter-families.js';
import { histogramFamilies, histogramMetric } from './histogram-metric.js';

const NS_PER_SECOND = 1e9;
/** Labels longer than this are cut in the middle: a time series should not be named by a page of text. */
const LABEL_CHARS = 160;

/**
 * The figures of a profile as text for Prometheus (exposition format 0.0.4), every name starting with `fieldstone_`:
 * the sections of the profile with their labels first, then every counter and histogram that no section has.
 *
 * @example
 * await writeFile('metrics.prom', prometheusReport(data));
 */
export function prometheusReport(data: ProfileData): string {
  return formatMetrics([
    ...metaFamilies(data), ...cacheFamilies(data), ...ioFamilies(data), ...lockFamilies(data), ...queryFamilies(data), ...codecFamilies(data),
    ...bufferFamilies(data), ...runtimeFamilies(data), ...histogramFamilies(data.histograms ?? []),
    ...operationFamilies(data), ...counterFamilies(data.counters ?? {}),
  ]);
}

type Row<Item> = readonly [name: string, help: string, value: (item: Item) => number | undefined, type?: 'counter' | 'gauge'];

/** A family for each row, with a sample for each item that has the figure. */
function table<Item>(items: readonly Item[], labels: (item: Item) => MetricLabels, rows: readonly Row<Item>[]): MetricFamily[] {
  const short = (given: MetricLabels): MetricLabels => Object.fromEntries(Object.entries(given).map(([key, text]) => [key, clipMiddle(text, LABEL_CHARS)]));
  const labelled = items.map((item) => ({ item, labels: short(labels(item)) }));
  return rows.map(([name, help, value, type = 'counter']) => ({
    name: `fieldstone_${name}`, help, type,
    samples: labelled.flatMap((one): MetricSample[] => {
      const found = value(one.item);
      return found === undefined ? [] : [{ labels: one.labels, value: found }];
    }),
  }));
}

const seconds = (ns: number | undefined): number | undefined => (ns === undefined ? undefined : ns / NS_PER_SECOND);

function metaFamilies({ meta, findings }: ProfileData): MetricFamily[] {
  const { engineVersion, nodeVersion, database = '' } = meta;
  return [
    { name: 'fieldstone_info', help: 'Versions; always 1.', type: 'gauge', samples: [{ labels: { version: engineVersion, node: nodeVersion, database }, value: 1 }] },
    { name: 'fieldstone_profile_duration_seconds', help: 'Length of the profile.', type: 'gauge', samples: [{ value: meta.durationMs / 1000 }] },
    {
      name: 'fieldstone_profile_overhead_ratio', help: 'Share of the time that the profiler took.', type: 'gauge',
      samples: meta.overheadShare === undefined ? [] : [{ value: meta.overheadShare }],
    },
    ...table(findings ?? [], ({ id, level }) => ({ id, level }), [['finding', 'Findings of monitors; always 1.', () => 1, 'gauge']]),
  ];
}

function operationFamilies({ counters }: ProfileData): MetricFamily[] {
  return table(Object.entries(counters?.['operations'] ?? {}), ([operation]) => ({ operation }), [['operation_calls_total', 'Calls of an operation.', ([, calls]) => calls]]);
}

function cacheFamilies({ cache }: ProfileData): MetricFamily[] {
  if (cache === undefined) return [];
  const reasons = cache.kinds.flatMap(({ kind, misses, missesCold, missesEvicted, missesInvalidated }) => {
    const known = [['cold', missesCold], ['evicted', missesEvicted], ['invalidated', missesInvalidated]] as const;
    const rest = misses - known.reduce((sum, [, count]) => sum + (count ?? 0), 0);
    return [...known, ['unknown', rest > 0 ? rest : undefined] as const].flatMap(([reason, count]) => (count === undefined ? [] : [{ kind, reason, count }]));
  });
  return [
    { name: 'fieldstone_cache_limit_bytes', help: 'Most bytes that the page cache holds.', type: 'gauge', samples: [{ value: cache.limitBytes }] },
    ...table(cache.kinds, ({ kind }) => ({ kind }), [
      ['cache_page_hits_total', 'Lookups in the page cache that found their page.', (k) => k.hits],
      ['cache_page_evictions_total', 'Pages that had to leave for others.', (k) => k.evictions],
      ['cache_page_inserts_total', 'Pages that were put into the cache.', (k) => k.inserts],
      ['cache_page_bytes', 'Bytes of pages in the cache.', (k) => k.bytes, 'gauge'],
    ]),
    ...table(reasons, ({ kind, reason }) => ({ kind, reason }), [['cache_page_misses_total', 'Lookups in vain, by reason.', (r) => r.count]]),
  ];
}

function ioFamilies({ io = [], log }: ProfileData): MetricFamily[] {
  const families = table(io, ({ file, kind }) => ({ file, kind: kind ?? '' }), [
    ['file_reads_total', 'Reads of a file.', (f) => f.reads], ['file_read_bytes_total', 'Bytes read from a file.', (f) => f.bytesRead],
    ['file_writes_total', 'Writes to a file.', (f) => f.writes], ['file_written_bytes_total', 'Bytes written to a file.', (f) => f.bytesWritten],
    ['file_syncs_total', 'Syncs of a file.', (f) => f.syncs], ['file_size_bytes', 'Size of a file.', (f) => f.sizeBytes, 'gauge'],
  ]);
  const latencies = [['read', 'readNs'], ['write', 'writeNs'], ['sync', 'syncNs']] as const;
  const histograms = latencies.flatMap(([operation, field]) => io.flatMap((file) => {
    const h = file[field];
    return h === undefined ? [] : [histogramMetric(h, { file: clipMiddle(file.file, LABEL_CHARS), operation })];
  }));
  return [
    ...families, { name: 'fieldstone_file_duration_seconds', help: 'Time of reads, writes and syncs of a file.', type: 'histogram', histograms },
    ...table(log === undefined ? [] : [log], () => ({}), [
      ['log_records_total', 'Records of the write-ahead log.', (l) => l.records], ['log_appended_bytes_total', 'Bytes appended to the log.', (l) => l.bytesAppended],
      ['log_syncs_total', 'Syncs of the log.', (l) => l.syncs], ['log_stalls_total', 'Commits that waited because the log was full.', (l) => l.stalls],
      ['log_stall_seconds_total', 'Time that commits waited because the log was full.', (l) => seconds(l.stallNs)],
      ['checkpoint_runs_in_profile_total', 'Checkpoints.', (l) => l.checkpoints?.length],
    ]),
  ];
}

function lockFamilies({ locks, transactions }: ProfileData): MetricFamily[] {
  return [
    ...table(locks?.shards ?? [], ({ shard }) => ({ shard: String(shard) }), [
      ['lock_acquisitions_total', 'Locks granted.', (s) => s.acquisitions], ['lock_waits_total', 'Locks that had to be waited for.', (s) => s.waits],
      ['lock_wait_seconds_total', 'Time spent waiting for locks.', (s) => seconds(s.waitNs)], ['lock_timeouts_total', 'Waits that ran out of time.', (s) => s.timeouts],
      ['lock_deadlocks_total', 'Deadlocks that were broken.', (s) => s.deadlocks],
    ]),
    ...table(locks?.hot ?? [], ({ resource }) => ({ resource }), [['hot_lock_waits_total', 'Waits for the resources that were waited for most.', (h) => h.waits]]),
    ...table(transactions === undefined ? [] : [transactions], () => ({}), [
      ['transaction_commits_total', 'Transactions that were committed.', (t) => t.commits], ['transaction_rollbacks_total', 'Transactions that were rolled back.', (t) => t.rollbacks],
      ['transaction_conflicts_total', 'Commits refused because of a conflict.', (t) => t.conflicts], ['transaction_retries_total', 'Bodies that were run again.', (t) => t.retries],
      ['history_bytes', 'Old versions kept for snapshots.', (t) => t.historyBytes, 'gauge'],
    ]),
  ];
}

function queryFamilies({ queries }: ProfileData): MetricFamily[] {
  return table(queries?.shapes ?? [], ({ target, kind, shape }) => ({ target, kind, shape }), [
    ['query_runs_total', 'Queries of a shape.', (q) => q.count], ['query_seconds_total', 'Time of queries, planning included.', (q) => seconds(q.planNs + q.executionNs)],
    ['query_rows_examined_total', 'Rows that queries looked at.', (q) => q.rowsExamined], ['query_rows_returned_total', 'Rows that queries gave.', (q) => q.rowsReturned],
    ['query_full_scans_total', 'Queries that read the whole table.', (q) => q.fullScans],
  ]);
}

function codecFamilies({ codecs = [] }: ProfileData): MetricFamily[] {
  return table(codecs, ({ name }) => ({ codec: name }), [
    ['codec_in_bytes_total', 'Bytes handed to a codec.', (c) => c.bytesIn], ['codec_out_bytes_total', 'Bytes that came out of it.', (c) => c.bytesOut],
    ['codec_values_compressed_total', 'Values that became smaller.', (c) => c.compressed], ['codec_values_kept_plain_total', 'Values that did not.', (c) => c.keptPlain],
    ['codec_compress_seconds_total', 'Time spent compressing.', (c) => seconds(c.compressNs)],
    ['codec_decompress_seconds_total', 'Time spent decompressing.', (c) => seconds(c.decompressNs)],
    ['codec_cpu_ratio', 'Share of the processor time of the process that went into the codec.', (c) => c.cpuShare, 'gauge'],
  ]);
}

function bufferFamilies({ buffers }: ProfileData): MetricFamily[] {
  return table(buffers?.classes ?? [], ({ sizeBytes }) => ({ size: String(sizeBytes) }), [
    ['buffer_taken_total', 'Buffers lent.', (b) => b.taken], ['buffer_reused_total', 'Buffers served from a free list.', (b) => b.reused],
    ['buffer_allocated_total', 'Buffers made new.', (b) => b.allocated], ['buffer_outstanding', 'Buffers lent now.', (b) => b.outstanding, 'gauge'],
  ]);
}

function runtimeFamilies({ gc, timeline }: ProfileData): MetricFamily[] {
  const last = timeline?.at(-1);
  return [
    ...table(gc?.kinds ?? [], ({ kind }) => ({ kind }), [
      ['gc_pauses_total', 'Pauses of the garbage collector.', (g) => g.count], ['gc_pause_seconds_total', 'Time of these pauses.', (g) => seconds(g.totalNs)],
    ]),
    ...table(last === undefined ? [] : [last], () => ({}), [
      ['heap_used_bytes', 'Heap in use at the end.', (t) => t.heapUsedBytes, 'gauge'], ['external_bytes', 'Memory outside of the heap at the end.', (t) => t.externalBytes, 'gauge'],
      ['resident_bytes', 'Resident memory at the end.', (t) => t.rssBytes, 'gauge'],
    ]),
  ];
}
