import { hasCode, Histogram, Probe, RecentTimes, type Clock } from '#storage';
import { CacheTraceRecorder } from './cache-trace-recorder.js';
import type { Recording, Runtime } from './runtime.js';

/** What single samples cost, in nanoseconds of processor time; 0 where nothing is sampled. */
export interface SamplingCosts {
  /** One sample of the call stack: the thread of V8 that asks for it, the interruption, the bookkeeping. */
  readonly stackNs: number;
  /** One sampled allocation. */
  readonly allocationNs: number;
  /** One timed operation. */
  readonly operationNs: number;
  /** One lookup in the page cache that is taken down. */
  readonly lookupNs: number;
}

/** What profiles go by that do not measure it first: about what it was on the machines that were tried. */
export const ASSUMED_COSTS: SamplingCosts = { stackNs: 40_000, allocationNs: 40_000, operationNs: 500, lookupNs: 500 };

const ROUNDS = 5;
const STACK_INTERVAL_US = 250;
const STACK_DEPTH = 40;
const SPIN_STEPS = 1_500_000;
const ALLOCATION_INTERVAL_BYTES = 1 << 15;
const ALLOCATED_ARRAYS = 2_000;
const ARRAY_ITEMS = 128;
/** As V8 has them: eight bytes an item (four with compressed pointers, which Node does not use) and a head. */
const ALLOCATED_BYTES = ALLOCATED_ARRAYS * (ARRAY_ITEMS * 8 + 32);
const REPEATS = 1000;
/** Before the first measured round the code has been compiled. */
const WARM_ROUNDS = 3;
/** Between other work code and data are colder than in a loop of nothing else. */
const COLD = 2;

/**
 * Measures in this process what samples cost: the same work with and without a recording at a high rate, in turn. Takes a tenth of a second for
 * stacks (most of it is V8 getting ready) and some milliseconds for allocations, which is done once for each process.
 */
export function samplingCosts(runtime: Runtime | undefined, clock: Clock, what: { readonly cpu: boolean; readonly memory: boolean; readonly cache: boolean }): SamplingCosts {
  return {
    stackNs: runtime === undefined || !what.cpu ? 0 : once(stackCosts, runtime, () => stackNs(runtime, clock)),
    allocationNs: runtime === undefined || !what.memory ? 0 : once(allocationCosts, runtime, () => allocationNs(runtime)),
    operationNs: operationNs(clock),
    lookupNs: what.cache ? lookupNs(clock) : 0,
  };
}

const stackCosts = new WeakMap<Runtime, number>();
const allocationCosts = new WeakMap<Runtime, number>();

function once(known: WeakMap<Runtime, number>, runtime: Runtime, measure: () => number): number {
  let ns = known.get(runtime);
  try {
    if (ns === undefined) known.set(runtime, ns = measure());
  } catch (e) {
    if (!hasCode(e, 'UNSUPPORTED')) throw e; // nothing is recorded then, and costs nothing
  }
  return ns ?? 0;
}

function stackNs(runtime: Runtime, clock: Clock): number {
  const work = (): void => { spin(STACK_DEPTH); };
  work();
  const plainNs = medianCpuNs(runtime, work);
  const recording = runtime.recordCpu(STACK_INTERVAL_US);
  const start = clock.monotonicNs();
  const recordedNs = medianCpuNs(runtime, work);
  const samples = (clock.monotonicNs() - start) / ROUNDS / (STACK_INTERVAL_US * 1000);
  giveUp(recording);
  return samples < 1 ? 0 : Math.max(0, recordedNs - plainNs) / samples;
}

function allocationNs(runtime: Runtime): number {
  for (let i = 0; i < WARM_ROUNDS; i++) allocate();
  const plainNs = medianCpuNs(runtime, allocate);
  const recording = runtime.recordHeap(ALLOCATION_INTERVAL_BYTES);
  const recordedNs = medianCpuNs(runtime, allocate);
  giveUp(recording);
  return Math.max(0, recordedNs - plainNs) / (ALLOCATED_BYTES / ALLOCATION_INTERVAL_BYTES);
}

function medianCpuNs(runtime: Runtime, work: () => void): number {
  const all = Array.from({ length: ROUNDS }, () => {
    const before = runtime.cpuNs();
    work();
    return runtime.cpuNs() - before;
  });
  return all.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0;
}

/** Nobody wants what was recorded, nor why it could not be. */
export function giveUp(recording: Recording<unknown>): void { recording.stop().catch(() => undefined); }

let spun = 1;
/** Work of one to three milliseconds, under a stack as deep as those of programs at work. */
function spin(depth: number): void {
  if (depth > 0) {
    spin(depth - 1);
    return;
  }
  for (let i = 0; i < SPIN_STEPS; i++) spun = (Math.imul(spun, 31) + i) | 0;
}

let allocated: number[][] = [];
function allocate(): void {
  allocated = [];
  for (let i = 0; i < ALLOCATED_ARRAYS; i++) allocated.push(new Array<number>(ARRAY_ITEMS).fill(i));
  allocated = [];
}

function operationNs(clock: Clock): number {
  const times = new Histogram();
  const recent = new RecentTimes();
  return COLD * each(clock, () => {
    const ns = clock.monotonicNs() - clock.monotonicNs();
    times.record(ns);
    recent.record(ns);
  });
}

function lookupNs(clock: Clock): number {
  const probe = new Probe('off', 0, clock);
  const recorder = new CacheTraceRecorder(probe, clock.monotonicNs(), 1, undefined);
  const ns = each(clock, (page) => { probe.traces.cache?.({ event: 'hit', file: '/folder/file.kv', page, kind: 'tree' }); });
  recorder.end();
  return ns;
}

/** Nanoseconds of one call: the fastest of some rounds. */
function each(clock: Clock, work: (i: number) => void): number {
  let leastNs = Infinity;
  for (let round = 0; round < WARM_ROUNDS + ROUNDS; round++) {
    const start = clock.monotonicNs();
    for (let i = 0; i < REPEATS; i++) work(i);
    if (round >= WARM_ROUNDS) leastNs = Math.min(leastNs, clock.monotonicNs() - start);
  }
  return leastNs / REPEATS;
}
