import type { Clock } from '#storage';
import type { SamplingCosts } from './sampling-cost.js';

/** What a profiler has sampled since it began. */
export interface Sampled {
  readonly operations: number;
  readonly lookups: number;
  /** Bytes that were allocated, about. */
  readonly allocatedBytes: number;
}

/** What takes the time of a profiler. */
export type OverheadPart = 'own' | 'operations' | 'lookups' | 'stacks' | 'allocations';
/** Nanoseconds by part, or shares (0 to 1) of the time. */
export type Overhead = Readonly<Record<OverheadPart, number>>;

/** Between two samples of the call stack and of allocations; 0 = none are taken. */
export interface SamplingIntervals {
  cpuUs: number;
  heapBytes: number;
}

/** What a profiler takes for itself: its own work by the clock, samples by what each was measured to cost. */
export class OverheadMeter {
  readonly #clock: Clock;
  readonly #costs: SamplingCosts;
  readonly #intervals: SamplingIntervals;
  readonly #startNs: number;
  #workNs: number;
  /** What samples had cost when their intervals changed. */
  #before = { atNs: 0, allocatedBytes: 0, stacksNs: 0, allocationsNs: 0 };
  #mark: { readonly atNs: number; readonly cost: Overhead };

  /** `startNs`: when the profiler began to get ready, which is work of its own. */
  constructor(clock: Clock, costs: SamplingCosts, intervals: SamplingIntervals, startNs: number) {
    this.#clock = clock;
    this.#costs = costs;
    this.#intervals = intervals;
    const atNs = clock.monotonicNs();
    this.#startNs = startNs;
    this.#workNs = atNs - startNs;
    this.#before.atNs = atNs;
    this.#mark = { atNs, cost: this.#cost({ operations: 0, lookups: 0, allocatedBytes: 0 }, atNs) };
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

  /** To be called before the intervals change. */
  settle(sampled: Sampled): void {
    const atNs = this.#clock.monotonicNs();
    const { stacks, allocations } = this.#cost(sampled, atNs);
    this.#before = { atNs, allocatedBytes: sampled.allocatedBytes, stacksNs: stacks, allocationsNs: allocations };
  }

  #cost({ operations, lookups, allocatedBytes }: Sampled, atNs: number): Overhead {
    const { cpuUs, heapBytes } = this.#intervals;
    const stacks = cpuUs === 0 ? 0 : (atNs - this.#before.atNs) / (cpuUs * 1000);
    const allocations = heapBytes === 0 ? 0 : (allocatedBytes - this.#before.allocatedBytes) / heapBytes;
    return {
      own: this.#workNs, operations: operations * this.#costs.operationNs, lookups: lookups * this.#costs.lookupNs,
      stacks: this.#before.stacksNs + stacks * this.#costs.stackNs, allocations: this.#before.allocationsNs + allocations * this.#costs.allocationNs,
    };
  }

  /** Share (0 to 1) of the time since the beginning. */
  share(sampled: Sampled): number {
    const atNs = this.#clock.monotonicNs();
    return atNs <= this.#startNs ? 0 : sumOf(this.#cost(sampled, atNs)) / (atNs - this.#startNs);
  }

  /** The same by part, since the call before, or since the profiler was ready. */
  recentShares(sampled: Sampled): Overhead {
    const atNs = this.#clock.monotonicNs();
    const cost = this.#cost(sampled, atNs);
    const elapsed = atNs - this.#mark.atNs;
    const before = this.#mark.cost;
    this.#mark = { atNs, cost };
    const share = (part: OverheadPart): number => (elapsed <= 0 ? 0 : (cost[part] - before[part]) / elapsed);
    return { own: share('own'), operations: share('operations'), lookups: share('lookups'), stacks: share('stacks'), allocations: share('allocations') };
  }
}

/** The parts together. */
export function sumOf(overhead: Overhead): number { return Object.values(overhead).reduce((sum: number, part: number) => sum + part, 0); }
