const SUB_BITS = 3;
const SUB_COUNT = 1 << SUB_BITS;
const BUCKETS = (54 - SUB_BITS) * SUB_COUNT + SUB_COUNT;

const NO_BUCKETS = new Float64Array(0);

/** Quantiles and totals of a histogram, in the unit that was recorded. */
export interface HistogramSnapshot {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/**
 * Log-linear histogram: 8 buckets to each power of two, so a quantile is at most 12.5 % off.
 * (Scheme of HdrHistogram, G. Tene.) Recording is a few integer operations and allocates nothing after the first.
 */
export class Histogram {
  /** Taken at the first record: most histograms of a database stay empty. */
  #buckets = NO_BUCKETS;
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = 0;

  /** Records a non-negative number; fractions are cut. */
  record(value: number): void {
    if (this.#count === 0 && this.#buckets.length === 0) this.#buckets = new Float64Array(BUCKETS);
    const v = value > 0 ? Math.floor(value) : 0;
    const i = bucketOf(v);
    this.#buckets[i] = (this.#buckets[i] ?? 0) + 1;
    this.#count++;
    this.#sum += v;
    if (v < this.#min) this.#min = v;
    if (v > this.#max) this.#max = v;
  }

  get count(): number { return this.#count; }
  get sum(): number { return this.#sum; }

  quantile(q: number): number {
    if (this.#count === 0) return 0;
    let left = Math.ceil(q * this.#count);
    for (let i = 0; i < BUCKETS; i++) {
      left -= this.#buckets[i] ?? 0;
      if (left <= 0) return Math.min(this.#max, Math.max(this.#min, upperEdge(i)));
    }
    return this.#max;
  }

  snapshot(): HistogramSnapshot {
    const n = this.#count;
    return {
      count: n, sum: this.#sum, min: n === 0 ? 0 : this.#min, max: this.#max, mean: n === 0 ? 0 : this.#sum / n,
      p50: this.quantile(0.5), p95: this.quantile(0.95), p99: this.quantile(0.99),
    };
  }

  /** Buckets that are not empty, rising: the highest value of the bucket, and how many values are in it. */
  buckets(): [upper: number, count: number][] {
    const list: [number, number][] = [];
    for (let i = 0; i < BUCKETS; i++) {
      const count = this.#buckets[i] ?? 0;
      if (count > 0) list.push([upperEdge(i), count]);
    }
    return list;
  }

  copy(): Histogram {
    const other = new Histogram();
    other.#buckets = this.#buckets.slice();
    other.#count = this.#count;
    other.#sum = this.#sum;
    other.#min = this.#min;
    other.#max = this.#max;
    return other;
  }

  /** What was recorded since `earlier`, a copy of this one. Least and greatest are edges of buckets then, unless nothing came before. */
  since(earlier: Histogram | undefined): Histogram {
    const other = this.copy();
    if (earlier === undefined || earlier.#count === 0) return other;
    for (let i = 0; i < BUCKETS; i++) other.#buckets[i] = (other.#buckets[i] ?? 0) - (earlier.#buckets[i] ?? 0);
    other.#count -= earlier.#count;
    other.#sum -= earlier.#sum;
    const first = other.#buckets.findIndex((n) => n > 0);
    let last = BUCKETS - 1;
    while (last >= 0 && (other.#buckets[last] ?? 0) <= 0) last--;
    other.#min = first < 0 ? Infinity : Math.max(this.#min, first === 0 ? 0 : upperEdge(first - 1) + 1);
    other.#max = last < 0 ? 0 : Math.min(this.#max, upperEdge(last));
    return other;
  }

  reset(): void {
    this.#buckets.fill(0);
    this.#count = 0;
    this.#sum = 0;
    this.#min = Infinity;
    this.#max = 0;
  }
}

function bucketOf(v: number): number {
  if (v < SUB_COUNT) return v;
  if (v < 0x40000000) { // small integers alone: this is where times of operations are
    const shift = 31 - Math.clz32(v) - SUB_BITS;
    return shift * SUB_COUNT + (v >>> shift);
  }
  const exponent = Math.floor(Math.log2(v));
  const scale = 2 ** (exponent - SUB_BITS);
  return (exponent - SUB_BITS + 1) * SUB_COUNT + Math.min(SUB_COUNT - 1, Math.floor(v / scale) - SUB_COUNT);
}

function upperEdge(bucket: number): number {
  if (bucket < SUB_COUNT) return bucket;
  const exponent = Math.floor(bucket / SUB_COUNT) - 1;
  return (SUB_COUNT + (bucket % SUB_COUNT) + 1) * 2 ** exponent - 1;
}
