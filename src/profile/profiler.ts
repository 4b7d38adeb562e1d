import { hasCode, type Timer } from '#storage';
import { Baseline } from './baseline.js';
import { CacheTraceRecorder } from './cache-trace-recorder.js';
import { CheckpointRecorder } from './checkpoint-recorder.js';
import { codecSection } from './codec-section.js';
import { filterCpuProfile, PACKAGE_URL } from './cpu-filter.js';
import type { TransactionAgeData } from './data/lock-data.js';
import type { GcPause } from './data/timeline-data.js';
import type { CpuProfileData, HeapProfileData } from './data/v8-data.js';
import { LockRecorder } from './lock-recorder.js';
import { OverheadMeter, sumOf, type Sampled, type SamplingIntervals } from './overhead.js';
import { Profile, type ProfileWriter } from './profile.js';
import { PROFILE_SCHEMA_VERSION, type ProfileData, type ProfileMeta } from './profile-data.js';
import type { SettledProfileOptions } from './profile-options.js';
import { GcCount, type ProfileSource } from './profile-source.js';
import { querySection, type QueryShapeFacts, type SlowQueryFacts } from './query-section.js';
import { takeReading } from './reading.js';
import type { EventLoopWatch, Recording, Runtime, Watch } from './runtime.js';
import { ASSUMED_COSTS, giveUp, samplingCosts } from './sampling-cost.js';
import { bufferSection, cacheSection, knobsInForce, logSection, transactionSection } from './sections.js';
import { Timeline } from './timeline.js';
import { PACKAGE_VERSION } from '../package-version.js';

const EVENT_LOOP_RESOLUTION_MS = 20;
const MOST_PAUSES = 200;
const MOST_TRANSACTIONS = 20;
/** Below this a sampling rate is not lowered any more. */
const LEAST_RATE = 1e-6;
/** Of what a profiler in production mode may take: at most this share for samples of the call stack, whose interval cannot change on the way. */
const SHARE_OF_STACKS = 0.5;
/** When it takes too much, everything that takes more than this share of it takes less from then on. */
const SHARE_OF_OTHERS = 0.125;
const LONGEST_INTERVAL_US = 1e6;
const HEAP_STEP = 4;
/** The space of young objects is as large as this when nobody has set it; a minor collection is when it is full. */
const YOUNG_BYTES = 16 * 2 ** 20;

/**
 * A recording under way. Made by db.profile(); several may run at the same time.
 *
 * @example
 * const profiler = db.profile({ cpu: true });
 * await work();
 * const profile = await profiler.stop();
 */
export class Profiler {
  readonly #source: ProfileSource;
  readonly #gc = new GcCount();
  readonly #o: SettledProfileOptions;
  readonly #write: ProfileWriter;
  readonly #startedAtMs: number;
  readonly #startNs: number;
  readonly #baseline: Baseline;
  readonly #timeline: Timeline;
  readonly #overhead: OverheadMeter;
  readonly #locks: LockRecorder | undefined;
  readonly #cacheTrace: CacheTraceRecorder | undefined;
  readonly #checkpoints: CheckpointRecorder;
  readonly #cpu: Recording<CpuProfileData> | undefined;
  #heap: Recording<HeapProfileData> | undefined;
  readonly #intervals: SamplingIntervals;
  readonly #delay: EventLoopWatch | undefined;
  readonly #queriesBefore: readonly QueryShapeFacts[] | undefined;
  readonly #slowBefore: SlowQueryFacts | undefined;
  readonly #cpuBeforeNs: number | undefined;
  readonly #watches: Watch[] = [];
  readonly #missing: string[] = [];
  readonly #pauses: GcPause[] = [];
  readonly #ended: TransactionAgeData[] = [];
  #endDemand: () => void;
  #samplingRate: number;
  #timelineMs: number;
  #timer: Timer | undefined;
  #historyBytes = 0;
  #stopped: Promise<Profile> | undefined;

  /** @internal */
  constructor(source: ProfileSource, options: SettledProfileOptions, write: ProfileWriter) {
    this.#source = { ...source, gc: this.#gc }; // pauses since the profile began, whatever the level of the database
    this.#o = options;
    this.#write = write;
    const { engine: { options: { env } }, probe, runtime } = source;
    this.#startedAtMs = env.clock.nowMs();
    const readyingSinceNs = env.clock.monotonicNs();
    const { production, maxOverhead } = options;
    const costs = production ? samplingCosts(runtime, env.clock, options) : ASSUMED_COSTS;
    const leastCpuUs = production ? Math.min(LONGEST_INTERVAL_US, costs.stackNs / (SHARE_OF_STACKS * maxOverhead) / 1000) : 0;
    this.#intervals = {
      cpuUs: options.cpu && runtime !== undefined ? Math.max(options.cpuIntervalUs, Math.ceil(leastCpuUs)) : 0,
      heapBytes: options.memory && runtime !== undefined ? options.heapIntervalBytes : 0,
    };
    this.#startNs = env.clock.monotonicNs();
    this.#samplingRate = options.samplingRate;
    this.#timelineMs = options.timelineMs;
    this.#endDemand = probe.demand({ level: 'times', samplingRate: options.samplingRate });
    this.#baseline = new Baseline(source, 'now');
    this.#checkpoints = new CheckpointRecorder(probe, this.#startNs);
    this.#locks = options.locks ? new LockRecorder(source, this.#startNs, options.values) : undefined;
    const followed = options.production ? options.samplingRate : 1;
    this.#cacheTrace = options.cache ? new CacheTraceRecorder(probe, this.#startNs, followed, options.filter.targets) : undefined;
    this.#queriesBefore = options.queries ? source.queries?.snapshot() : undefined;
    this.#slowBefore = source.queries?.slow().at(-1);
    this.#delay = runtime?.watchEventLoop(EVENT_LOOP_RESOLUTION_MS, env.scheduler);
    this.#watchProcess(runtime);
    this.#watchTransactions();
    const first = takeReading(this.#source, this.#delay);
    this.#cpuBeforeNs = first.cpuNs;
    this.#timeline = new Timeline(first);
    this.#heap = options.memory ? this.#record('memory', (process) => process.recordHeap(this.#intervals.heapBytes)) : undefined;
    this.#cpu = options.cpu ? this.#record('cpu', (process) => process.recordCpu(this.#intervals.cpuUs)) : undefined;
    this.#overhead = new OverheadMeter(env.clock, costs, this.#intervals, readyingSinceNs);
    this.ended = new Promise((resolve) => { this.#end = resolve; });
    this.#arm();
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal?.aborted === true) this.#onAbort();
  }

  readonly #onAbort = (): void => { this.stop().catch(() => undefined); }; // whoever calls stop() is told

  #watchProcess(runtime: Runtime | undefined): void {
    const { clock } = this.#source.engine.options.env;
    if (runtime === undefined) {
      this.#missing.push('process: a simulated environment has no garbage collector and no event loop to look at');
      return;
    }
    this.#watches.push(runtime.watchGc((kind, durationNs) => {
      this.#gc.add(kind, durationNs);
      const atMs = Math.max(0, (clock.monotonicNs() - durationNs - this.#startNs) / 1e6);
      keepLargest(this.#pauses, { atMs, kind, durationNs }, MOST_PAUSES, (pause) => pause.durationNs);
    }));
  }

  #watchTransactions(): void {
    this.#watches.push({ stop: this.#source.probe.listenTimed((operation, target, ns) => {
      if (operation.name !== 'transaction') return;
      const one = { ageMs: ns / 1e6, open: false, ...(target === '' ? {} : { name: target }) };
      keepLargest(this.#ended, one, MOST_TRANSACTIONS, ({ ageMs }) => ageMs);
    }) });
  }

  #record<Data>(what: string, begin: (runtime: Runtime) => Recording<Data>): Recording<Data> | undefined {
    const { runtime } = this.#source;
    if (runtime === undefined) return undefined;
    try {
      return begin(runtime);
    } catch (e) {
      if (!hasCode(e, 'UNSUPPORTED')) throw e;
      this.#missing.push(`${what}: ${e.message}`);
      return undefined;
    }
  }

  /** What the profiler takes for itself, as a share (0 to 1) of the time until now; getting ready is part of it. */
  get overheadShare(): number { return this.#overhead.share(this.#sampled()); }

  #sampled(): Sampled {
    const minor = this.#gc.list().find(({ kind }) => kind === 'minor')?.count ?? 0;
    return { operations: this.#baseline.timedSince(), lookups: this.#cacheTrace?.lookups ?? 0, allocatedBytes: minor * YOUNG_BYTES };
  }

  /** Share of the operations whose time is taken now; less than asked for when production mode has backed off. */
  get samplingRate(): number { return this.#samplingRate; }

  #arm(): void {
    this.#timer = this.#source.engine.options.env.scheduler.timer(() => {
      this.#overhead.own(() => this.#tick());
      this.#arm();
    }, this.#timelineMs);
  }

  #tick(): void {
    const reading = takeReading(this.#source, this.#delay);
    this.#historyBytes = Math.max(this.#historyBytes, reading.components['history'] ?? 0);
    this.#timeline.add(reading);
    this.#locks?.look();
    if (this.#o.production) this.#limitItself();
  }

  /** When the last interval cost too much: fewer samples of what costs, and fewer points of the time line. */
  #limitItself(): void {
    const sampled = this.#sampled();
    const shares = this.#overhead.recentShares(sampled);
    const most = this.#o.maxOverhead;
    if (sumOf(shares) <= most) return;
    if (shares.own > SHARE_OF_OTHERS * most) this.#timelineMs *= 2;
    if (shares.operations > SHARE_OF_OTHERS * most) this.#timeLess();
    if (shares.allocations > SHARE_OF_OTHERS * most) this.#recordLessOfHeap(sampled);
    if (shares.lookups > SHARE_OF_OTHERS * most) this.#endCacheTrace();
  }

  #timeLess(): void {
    if (this.#samplingRate <= LEAST_RATE) return;
    this.#samplingRate /= 2;
    const end = this.#source.probe.demand({ level: 'times', samplingRate: this.#samplingRate });
    this.#endDemand();
    this.#endDemand = end;
  }

  /** V8 cannot change the interval on the way: what was recorded until now is given up. */
  #recordLessOfHeap(sampled: Sampled): void {
    if (this.#heap === undefined) return;
    this.#overhead.settle(sampled);
    this.#intervals.heapBytes *= HEAP_STEP;
    giveUp(this.#heap);
    this.#heap = this.#record('memory', (process) => process.recordHeap(this.#intervals.heapBytes));
    this.#missing.push(`memory: allocations of the first ${this.#elapsedMs()} ms, as sampling them cost too much; from then on one sample in ${this.#intervals.heapBytes} bytes`);
  }

  #endCacheTrace(): void {
    this.#cacheTrace?.end();
    this.#missing.push(`cache trace: lookups after ${this.#elapsedMs()} ms, as taking them down cost too much`);
  }

  #elapsedMs(): number { return Math.round((this.#source.engine.options.env.clock.monotonicNs() - this.#startNs) / 1e6); }

  /** Settles when the profile is there. @internal */
  readonly ended: Promise<unknown>;
  #end: (profile: Promise<Profile>) => void = () => undefined;

  /** Ends the recording and gives the profile. A second call gives the same one. */
  stop(): Promise<Profile> {
    if (this.#stopped === undefined) this.#end(this.#stopped = this.#stop());
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> { return this.stop().then(() => undefined); }

  async #stop(): Promise<Profile> {
    this.#o.signal?.removeEventListener('abort', this.#onAbort);
    this.#timer?.cancel();
    const reading = takeReading(this.#source, this.#delay);
    this.#timeline.close(reading);
    const overheadShare = this.overheadShare;
    this.#endDemand();
    this.#delay?.stop();
    for (const watch of this.#watches) watch.stop();
    const meta = this.#meta(reading.atNs, overheadShare);
    const data = this.#data(meta);
    const [cpu, heap] = await Promise.all([this.#finished('cpu', this.#cpu), this.#finished('memory', this.#heap)]);
    return new Profile({
      ...data,
      ...(cpu === undefined ? {} : { cpu: filterCpuProfile(cpu, this.#o.filter.parts) }), ...(heap === undefined ? {} : { heap }),
    }, this.#write);
  }

  async #finished<Data>(what: string, recording: Recording<Data> | undefined): Promise<Data | undefined> {
    try {
      return await recording?.stop();
    } catch (e) {
      if (!hasCode(e, 'UNSUPPORTED')) throw e;
      this.#missing.push(`${what}: ${e.message}`);
      return undefined;
    }
  }

  #meta(endNs: number, overheadShare: number): ProfileMeta {
    const { runtime, name } = this.#source;
    return {
      engineVersion: PACKAGE_VERSION, engineUrl: PACKAGE_URL, nodeVersion: runtime?.nodeVersion ?? 'unknown', pid: runtime?.pid ?? 0,
      ...(runtime === undefined ? {} : { platform: runtime.platform, arch: runtime.arch, cpuCount: runtime.cpuCount }),
      database: name, ...(this.#o.title === undefined ? {} : { title: this.#o.title }),
      startedAtMs: this.#startedAtMs, durationMs: (endNs - this.#startNs) / 1e6,
      level: 'times', samplingRate: this.#samplingRate,
      timelineIntervalMs: this.#timelineMs, overheadShare, includesValues: this.#o.values, missing: this.#missing,
    };
  }

  #cpuNs(): number | undefined {
    const { runtime } = this.#source;
    return runtime === undefined || this.#cpuBeforeNs === undefined ? undefined : runtime.cpuNs() - this.#cpuBeforeNs;
  }

  #querySection(before: readonly QueryShapeFacts[]): ReturnType<typeof querySection> {
    const { queries } = this.#source;
    return querySection({
      now: queries?.snapshot() ?? [], before, slow: queries?.slow() ?? [], lastBefore: this.#slowBefore, startedAtMs: this.#startedAtMs,
      slowLimitMs: this.#source.options.values.slowQueryMs, withValues: this.#o.values,
    });
  }

  #data(meta: ProfileMeta): ProfileData {
    const { filter, io } = this.#o;
    const counters = this.#baseline.counters();
    const checkpoints = this.#checkpoints.stop();
    const cacheTrace = this.#cacheTrace?.stop(this.#source.options.values.pageSize);
    return {
      schemaVersion: PROFILE_SCHEMA_VERSION, meta, knobs: knobsInForce(this.#source), counters,
      histograms: this.#baseline.histograms(filter), timeline: this.#timeline.samples(),
      gc: { kinds: this.#gc.list(), pauses: this.#pauses.sort((a, b) => a.atMs - b.atMs) },
      cache: cacheSection(this.#source, counters), ...(cacheTrace === undefined ? {} : { cacheTrace }), ...(io ? { io: this.#baseline.files(filter) } : {}),
      log: logSection(this.#source, this.#baseline, counters, checkpoints), buffers: bufferSection(this.#source, counters),
      codecs: codecSection(this.#source, counters, this.#cpuNs()), ...(this.#locks === undefined ? {} : { locks: this.#locks.finish(this.#timeline.heat()) }),
      transactions: transactionSection(this.#source, this.#baseline, counters, this.#ended, this.#historyBytes),
      operations: this.#baseline.operations(filter),
      ...(this.#queriesBefore === undefined ? {} : { queries: this.#querySection(this.#queriesBefore) }),
    };
  }
}

/** Adds to a bounded list that keeps what is largest. */
function keepLargest<Item>(list: Item[], item: Item, most: number, size: (item: Item) => number): void {
  if (list.length < most) {
    list.push(item);
    return;
  }
  let least = 0;
  list.forEach((one, i) => { if (size(one) < size(list[least] ?? one)) least = i; });
  const smallest = list[least];
  if (smallest !== undefined && size(smallest) < size(item)) list[least] = item;
}
