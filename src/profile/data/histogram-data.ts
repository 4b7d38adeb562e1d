/** Quantiles and totals of a distribution, in `unit`. */
export interface HistogramData {
  /** `op.get`, `io.readNs`, `wal.groupSize`. */
  readonly name: string;
  readonly unit: 'ns' | 'bytes' | 'count';
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Buckets that are not empty, rising: highest value of the bucket (inclusive), how many values are in it. */
  readonly buckets?: readonly (readonly [upper: number, count: number])[];
}
