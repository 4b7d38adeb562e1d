import type { Clock } from '#storage';

/** What one timed operation, one recorded lookup and one sample of the call stack cost; the first is measured where it runs. */
const LOOKUP_NS = 250;
/** How long the sampling thread of V8 stops the main thread for one sample: an assumption, not measured, so the share that is reported of it is one too. */
const CPU_SAMPLE_NS = 25_000;
const CALIBRATION_READS = 200;
/** Clock reads and bookkeeping of one timed operation, in clock reads. */
const READS_OF_AN_OPERATION = 6;

/** What a profiler takes for itself, as it measures it. */
export class OverheadMeter {
  readonly #clock: Clock;
  readonly #startNs: number;
  readonly #readNs: number;
  readonly #cpuIntervalNs: number;
  #workNs = 0;
  #mark: { readonly atNs: number; readonly costNs: number };

  /** `cpuIntervalUs` 0: no samples of the call stack. */
  constructor(clock: Clock, cpuIntervalUs: number) {
    this.#clock = clock;
    this.#cpuIntervalNs = cpuIntervalUs * 1000;
    const start = clock.monotonicNs();
    for (let i = 0; i < CALIBRATION_READS; i++) clock.monotonicNs();
    this.#readNs = (clock.monotonicNs() - start) / CALIBRATION_READS;
    this.#startNs = clock.monotonicNs();
    this.#mark = { atNs: this.#startNs, costNs: 0 };
  }

  /** Runs work of the profiler itself. */
  own<Result>(work: () => Result): Result {
    const start = this.#clock.monotonicNs();
    try {
      return work();
    } finally {
      this.#workNs += this.#clock.monotonicNs() - start;
    }
  }

  #cost(timed: number, lookups: number): number {
    const samples = this.#cpuIntervalNs === 0 ? 0 : (this.#clock.monotonicNs() - this.#startNs) / this.#cpuIntervalNs;
    return this.#workNs + timed * READS_OF_AN_OPERATION * this.#readNs + lookups * LOOKUP_NS + samples * CPU_SAMPLE_NS;
  }

  /** Share (0 to 1) of the time since the beginning. */
  share(timed: number, lookups: number): number {
    const elapsed = this.#clock.monotonicNs() - this.#startNs;
    return elapsed <= 0 ? 0 : this.#cost(timed, lookups) / elapsed;
  }

  /** The same since the call before. */
  recentShare(timed: number, lookups: number): number {
    const atNs = this.#clock.monotonicNs();
    const costNs = this.#cost(timed, lookups);
    const elapsed = atNs - this.#mark.atNs;
    const share = elapsed <= 0 ? 0 : (costNs - this.#mark.costNs) / elapsed;
    this.#mark = { atNs, costNs };
    return share;
  }
}
