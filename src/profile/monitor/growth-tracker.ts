/** What the memory of the process does, as far as its low points show it. */
export interface MemoryGrowth {
  /**
   * `unknown`: not watched for long enough. `steady`: not rising. `growing`: rising, and the engine holds as much more (cache, buffers,
   * changes not yet folded, old versions). `leaking`: rising steadily, and nothing in the engine accounts for it.
   */
  readonly verdict: 'unknown' | 'steady' | 'growing' | 'leaking';
  /** Rise of the low points, in bytes an hour. */
  readonly bytesPerHour: number;
  /** What the engine accounts for of that, in bytes an hour. */
  readonly explainedBytesPerHour: number;
  /** Low points that are looked at. */
  readonly windows: number;
}

/** Settings of a GrowthTracker. */
export interface GrowthOptions {
  /** Length of a window, of which the lowest value counts: garbage comes and goes, what stays is the low point. In milliseconds. */
  readonly windowMs: number;
  /** Windows that are kept, and the least that say anything. */
  readonly mostWindows: number;
  readonly leastWindows: number;
  /** Rises below this are not looked at, in bytes over all windows. */
  readonly leastBytes: number;
}

const DEFAULTS: GrowthOptions = { windowMs: 60_000, mostWindows: 60, leastWindows: 6, leastBytes: 8 << 20 };

interface Low { atMs: number; usedBytes: number; explainedBytes: number }

/**
 * Tells growth from a leak. The low points of memory (heap and external) in each window are what garbage collection could not take away. Their
 * trend is the median of the slopes between all pairs (H. Theil, 1950; P. Sen, 1968), which single peaks do not bend; it is steady
 * when nearly all pairs rise (M. Kendall's tau, 1938).
 */
export class GrowthTracker {
  readonly #o: GrowthOptions;
  readonly #lows: Low[] = [];
  #windowEndMs = -Infinity;

  constructor(options: Partial<GrowthOptions> = {}) { this.#o = { ...DEFAULTS, ...options }; }

  add(atMs: number, usedBytes: number, explainedBytes: number): void {
    const last = this.#lows.at(-1);
    if (last === undefined || atMs >= this.#windowEndMs) {
      this.#lows.push({ atMs, usedBytes, explainedBytes });
      this.#windowEndMs = atMs + this.#o.windowMs;
      if (this.#lows.length > this.#o.mostWindows + 1) this.#lows.shift();
    } else if (usedBytes < last.usedBytes) Object.assign(last, { atMs, usedBytes, explainedBytes });
  }

  growth(): MemoryGrowth {
    const lows = this.#lows.slice(0, -1); // the last window is still open
    const windows = lows.length;
    if (windows < this.#o.leastWindows) return { verdict: 'unknown', bytesPerHour: 0, explainedBytesPerHour: 0, windows };
    const used = trend(lows, (low) => low.usedBytes);
    const explained = trend(lows, (low) => low.explainedBytes);
    const rest = trend(lows, (low) => low.usedBytes - low.explainedBytes);
    const spanMs = (lows.at(-1)?.atMs ?? 0) - (lows[0]?.atMs ?? 0);
    const facts = { bytesPerHour: used.perMs * 3_600_000, explainedBytesPerHour: explained.perMs * 3_600_000, windows };
    if (used.perMs * spanMs < this.#o.leastBytes || used.tau < 0.5) return { verdict: 'steady', ...facts };
    const isLeak = rest.perMs * spanMs >= this.#o.leastBytes && rest.tau >= 0.7 && rest.perMs > used.perMs / 2;
    return { verdict: isLeak ? 'leaking' : 'growing', ...facts };
  }
}

function trend(lows: readonly Low[], value: (low: Low) => number): { readonly perMs: number; readonly tau: number } {
  const slopes: number[] = [];
  let rising = 0;
  lows.forEach((a, i) => {
    for (const b of lows.slice(i + 1)) {
      const rise = value(b) - value(a);
      if (b.atMs > a.atMs) slopes.push(rise / (b.atMs - a.atMs));
      rising += Math.sign(rise);
    }
  });
  slopes.sort((a, b) => a - b);
  const middle = slopes.length >> 1;
  const upper = slopes[middle] ?? 0;
  const perMs = slopes.length % 2 === 1 ? upper : ((slopes[middle - 1] ?? 0) + upper) / 2;
  return { perMs, tau: slopes.length === 0 ? 0 : rising / slopes.length };
}
