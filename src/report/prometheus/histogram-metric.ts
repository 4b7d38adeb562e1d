import type { HistogramData } from '../../profile/data/histogram-data.js';
import type { MetricFamily, MetricHistogram, MetricLabels } from '../format/metric-family.js';

const NS_PER_SECOND = 1e9;
/** Bounds in the unit of the histogram; always the same, so that scrapes can be compared. */
const NS_BOUNDS = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10].flatMap((decade) => [decade, 2.5 * decade, 5 * decade]);
const BYTE_BOUNDS = Array.from({ length: 13 }, (_, i) => 64 * 4 ** i);
const COUNT_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

const BOUNDS: Readonly<Record<HistogramData['unit'], readonly number[]>> = { ns: NS_BOUNDS, bytes: BYTE_BOUNDS, count: COUNT_BOUNDS };
const SUFFIX: Readonly<Record<HistogramData['unit'], string>> = { ns: '_seconds', bytes: '_bytes', count: '' };

/** The histogram for Prometheus: times in seconds; a bucket that reaches over a bound is counted to the next one. */
export function histogramMetric(data: HistogramData, labels: MetricLabels = {}): MetricHistogram {
  const scale = data.unit === 'ns' ? NS_PER_SECOND : 1;
  const buckets = data.buckets ?? [[data.max, data.count] as const];
  let i = 0;
  let cumulative = 0;
  const bounds = BOUNDS[data.unit].map((bound) => {
    for (let bucket = buckets[i]; bucket !== undefined && bucket[0] <= bound; bucket = buckets[++i]) cumulative += bucket[1];
    return [bound / scale, cumulative] as const;
  });
  return { labels, buckets: bounds, count: data.count, sum: data.sum / scale };
}

/**
 * Families for histograms: those named `op.<operation>` become one with a label, all others one each, named after the
 * group and the quantity: `io.readNs` is `fieldstone_io_read_seconds`.
 */
export function histogramFamilies(histograms: readonly HistogramData[]): MetricFamily[] {
  const operations = histograms.filter((h) => h.name.startsWith('op.') && h.unit === 'ns');
  const others = histograms.filter((h) => !operations.includes(h));
  return [
    {
      name: 'fieldstone_operation_duration_seconds', help: 'Time of operations whose time was taken.', type: 'histogram',
      histograms: operations.map((h) => histogramMetric(h, { operation: h.name.slice('op.'.length) })),
    },
    ...others.map((h): MetricFamily => ({
      name: `fieldstone_${snakeCase(h.name.replace(/(?:Ns|Bytes)$/, ''))}${SUFFIX[h.unit]}`, help: `Distribution of ${h.name}.`, type: 'histogram',
      histograms: [histogramMetric(h)],
    })),
  ];
}

/** `io.bytesRead` as `io_bytes_read`. */
export function snakeCase(name: string): string { return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[^a-zA-Z0-9]+/g, '_').toLowerCase(); }
