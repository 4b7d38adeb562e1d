import type { CacheTraceData } from '../profile/data/storage-data.js';
import { cacheAccesses } from './trace-ndjson.js';

/** Which share of the lookups a least-recently-used cache of so many pages would have answered. */
export interface CachePoint {
  readonly pages: number;
  /** 0 to 1; first lookups of a page count as misses. */
  readonly hitRate: number;
}

/** Hit rate against size, for every size at once: rising, up to all pages that were looked up. */
export interface CacheCurve {
  readonly points: readonly CachePoint[];
  /** Different pages, those that were not followed estimated. */
  readonly pages: number;
}

const POINTS = 60;
/** A curve of fewer lookups says nothing. */
const LEAST_ACCESSES = 1000;

/**
 * How a cache of any size would have done, from the distances between two lookups of the same page (R. L. Mattson et al.,
 * "Evaluation techniques for storage hierarchies", 1970), counted with a binary indexed tree. A trace that follows a share of the
 * pages gives the same curve with all sizes divided by the share (C. Waldspurger et al., "Efficient MRC construction with
 * SHARDS", 2015). Undefined when the trace is too short.
 */
export function cacheCurve(trace: CacheTraceData): CacheCurve | undefined {
  const last = new Map<string, number>();
  const tree = new CountTree(trace.atUs.length);
  const distances: number[] = [];
  let accesses = 0;
  for (const { file, page } of cacheAccesses(trace)) {
    const key = `${page}/${file}`;
    const before = last.get(key);
    if (before !== undefined) {
      const distance = tree.sumAfter(before) + 1;
      distances[distance] = (distances[distance] ?? 0) + 1;
      tree.add(before, -1);
    }
    tree.add(accesses, 1);
    last.set(key, accesses);
    accesses++;
  }
  if (accesses < LEAST_ACCESSES) return undefined;
  const share = trace.samplingRate > 0 && trace.samplingRate <= 1 ? trace.samplingRate : 1;
  const points = pointsOf(distances, last.size, accesses).map(({ pages, hitRate }) => ({ pages: Math.round(pages / share), hitRate }));
  return { points, pages: Math.round(last.size / share) };
}

function pointsOf(distances: readonly (number | undefined)[], pages: number, accesses: number): CachePoint[] {
  const points: CachePoint[] = [];
  let hits = 0;
  let next = 0;
  for (let size = 1; size <= pages; size++) {
    hits += distances[size] ?? 0;
    if (size !== pages && size < (next * pages) / POINTS) continue;
    points.push({ pages: size, hitRate: hits / accesses });
    next++;
  }
  return points;
}

/** Sums over the end of a list whose elements change: both in logarithmic time (P. M. Fenwick, 1994). */
class CountTree {
  readonly #sums: Int32Array;
  #total = 0;

  constructor(size: number) { this.#sums = new Int32Array(size + 1); }

  add(place: number, count: number): void {
    this.#total += count;
    for (let i = place + 1; i < this.#sums.length; i += i & -i) this.#sums[i] = (this.#sums[i] ?? 0) + count;
  }

  sumAfter(place: number): number {
    let sum = 0;
    for (let i = place + 1; i > 0; i -= i & -i) sum += this.#sums[i] ?? 0;
    return this.#total - sum;
  }
}
