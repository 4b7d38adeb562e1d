import type { Histogram } from '#storage';
import type { HistogramData } from './data/histogram-data.js';

/** A histogram as reports take it. Times end in Ns or are of operations; sizes end in Bytes. */
export function histogramData(name: string, histogram: Histogram): HistogramData {
  const unit = /Ns$|^op\./.test(name) ? 'ns' : /bytes$/i.test(name) ? 'bytes' : 'count';
  return { name, unit, ...histogram.snapshot(), buckets: histogram.buckets() };
}
