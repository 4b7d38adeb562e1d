import { ArgumentRangeError, FieldstoneError, type ProbeLevel, type TraceSubsystem } from '#storage';
import { assertFunction, shown } from '../arguments.js';
import { Baseline } from './baseline.js';
import { codecSection } from './codec-section.js';
import { ContinuousProfiler, type ContinuousOptions } from './continuous.js';
import { health, type Health } from './health.js';
import { LockRecorder } from './lock-recorder.js';
import { Monitor, type MonitorOptions } from './monitor/monitor.js';
import { profileOperation, type OperationProfile } from './operation-profile.js';
import type { ProfileWriter } from './profile.js';
import { PROFILE_SCHEMA_VERSION, type ProfileData } from './profile-data.js';
import { settleProfileOptions, type ProfileOptions } from './profile-options.js';
import { cpuSinceOpening, type ProfileSource } from './profile-source.js';
import { querySection, type QueryShapes } from './query-section.js';
import { StatsPublisher } from './published-stats.js';
import { Profiler } from './profiler.js';
import { takeReading } from './reading.js';
import { bufferSection, cacheSection, knobsInForce, logSection, transactionSection } from './sections.js';
import { statistics, type DatabaseStats } from './statistics.js';
import { Timeline } from './timeline.js';
import { startTrace, type Trace, type TraceOptions } from './trace.js';
import { writeProfile } from './write-profile.js';
import { prometheusReport } from '../report/prometheus/prometheus.js';
import { PACKAGE_VERSION } from '../package-version.js';

/** What a database shows of itself: statistics, profiles, traces. One for each open database. */
export class Instruments {
  readonly #source: ProfileSource;
  readonly #openedNs: number;
  readonly #running = new Set<Profiler>();
  readonly #traces = new Set<Trace>();
  readonly #monitors = new Set<Monitor>();
  readonly #continuous = new Set<ContinuousProfiler>();
  readonly #stopGc: () => void;
  readonly #publisher: StatsPublisher | undefined;

  constructor(source: ProfileSource) {
    this.#source = source;
    const { runtime, probe, gc } = source;
    this.#openedNs = source.engine.options.env.clock.monotonicNs();
    const watch = probe.level === 'off' ? undefined : runtime?.watchGc((kind, durationNs) => { gc.add(kind, durationNs); });
    this.#stopGc = () => watch?.stop();
    const { publishStatsMs } = source.options.values;
    this.#publisher = publishStatsMs > 0 ? new StatsPublisher(source, publishStatsMs) : undefined;
  }

  /** From now on profiles have a section of queries. */
  useQueries(queries: QueryShapes): void { this.#source.queries = queries; }

  stats(): DatabaseStats { return statistics(this.#source); }

  health(): Health { return health(this.#source); }

  metrics(): string { return prometheusReport(this.sinceOpening()); }

  /** All counts since the database was opened, in the form of a profile. */
  sinceOpening(): ProfileData {
    const source = this.#source;
    const { runtime, probe, name, engine: { options: { env } } } = source;
    const baseline = new Baseline(source, 'open');
    const counters = baseline.counters();
    const reading = takeReading(source);
    const timeline = new Timeline({ ...reading, atNs: this.#openedNs, counters: {}, gc: { count: 0, totalNs: 0 }, syncNs: 0, lockWaitNs: 0 });
    timeline.close(reading);
    const elapsedMs = (reading.atNs - this.#openedNs) / 1e6;
    return {
      schemaVersion: PROFILE_SCHEMA_VERSION,
      meta: {
        engineVersion: PACKAGE_VERSION, nodeVersion: runtime?.nodeVersion ?? 'unknown', pid: runtime?.pid ?? 0, database: name,
        startedAtMs: env.clock.nowMs() - elapsedMs, durationMs: elapsedMs, level: probe.level, samplingRate: probe.samplingRate, includesValues: false,
      },
      knobs: knobsInForce(source), counters, histograms: baseline.histograms({}), timeline: timeline.samples(), gc: { kinds: source.gc.list() },
      cache: cacheSection(source, counters), io: baseline.files({}), log: logSection(source, baseline, counters, []), buffers: bufferSection(source, counters),
      codecs: codecSection(source, counters, cpuSinceOpening(source)), locks: LockRecorder.sinceOpening(source, this.#openedNs),
      transactions: transactionSection(source, baseline, counters, [], counters['engine']?.['historyBytes'] ?? 0), operations: baseline.operations({}),
      ...(source.queries === undefined ? {} : {
        queries: querySection({
          now: source.queries.snapshot(), before: [], slow: source.queries.slow(), startedAtMs: env.clock.nowMs() - elapsedMs,
          slowLimitMs: source.options.values.slowQueryMs, withValues: false,
        }),
      }),
    };
  }

  profile(options: ProfileOptions): Profiler {
    const source = this.#source;
    source.engine.assertOpen();
    const { scheduler } = source.engine.options.env;
    const write: ProfileWriter = (data, path) => writeProfile(source.reportVfs, scheduler, data, path);
    const profiler = new Profiler(source, settleProfileOptions(options), write);
    this.#running.add(profiler);
    profiler.ended.then(() => this.#running.delete(profiler), () => this.#running.delete(profiler));
    return profiler;
  }

  profileOperation<Result>(name: string, work: () => Result | Promise<Result>): Promise<OperationProfile<Result>> {
    if (typeof name !== 'string' || name === '') return Promise.reject(new FieldstoneError('NAME', `the name of an operation is text, got ${shown(name)}`));
    try {
      assertFunction(work, 'the operation to profile');
      this.#source.engine.assertOpen();
    } catch (e) {
      return Promise.reject(e);
    }
    return profileOperation(this.#source, name, work);
  }

  trace(subsystem: TraceSubsystem | readonly TraceSubsystem[], options: TraceOptions): Trace {
    this.#source.engine.assertOpen();
    const trace = startTrace(this.#source.probe.traces, subsystem, options);
    this.#traces.add(trace);
    return trace;
  }

  /** Throws OPTION, CLOSED. */
  setProfiling(level: ProbeLevel, samplingRate: number): void {
    this.#source.engine.assertOpen();
    if (level !== 'off' && level !== 'counts' && level !== 'times') throw new ArgumentRangeError('OPTION', `profiling is 'off', 'counts' or 'times', got ${shown(level)}`);
    if (typeof samplingRate !== 'number' || !(samplingRate >= 0 && samplingRate <= 1)) {
      throw new ArgumentRangeError('OPTION', `samplingRate is a number from 0 to 1, got ${shown(samplingRate)}`);
    }
    this.#source.probe.setLevel(level, samplingRate);
  }

  monitor(options: MonitorOptions): Monitor {
    this.#source.engine.assertOpen();
    const monitor = new Monitor(this.#source, options);
    this.#monitors.add(monitor);
    return monitor;
  }

  /** Throws OPTION, CLOSED. */
  profileContinuously(options: ContinuousOptions): ContinuousProfiler {
    this.#source.engine.assertOpen();
    const env = { ...this.#source.engine.options.env, vfs: this.#source.reportVfs };
    const continuous = new ContinuousProfiler(env, (profileOptions) => this.profile(profileOptions), options);
    this.#continuous.add(continuous);
    return continuous;
  }

  /** Whatever still runs ends with the database. */
  async close(): Promise<void> {
    this.#stopGc();
    this.#publisher?.stop();
    for (const trace of this.#traces) trace.stop();
    for (const monitor of this.#monitors) monitor.stop();
    for (const continuous of this.#continuous) await continuous.stop();
    for (const profiler of this.#running) await profiler.stop();
    this.#running.clear();
  }
}
