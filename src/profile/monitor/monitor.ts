import { ArgumentRangeError, PAGE_KINDS, type Operation, type Timer } from '#storage';
import { assertFunction, assertOptions, shown } from '../../arguments.js';
import type { ProfileSource } from '../profile-source.js';
import { countOf, takeReading, type Reading } from '../reading.js';
import type { EventLoopWatch, Watch } from '../runtime.js';
import { GrowthTracker, type MemoryGrowth } from './growth-tracker.js';
import type { MonitorEvent, MonitorPoint } from './monitor-event.js';
import { assertRules, DEFAULT_LIMITS_MS, idOf, isBroken, thresholdOf, type LimitedKind, type MonitorRule, type OperationLimits } from './monitor-rules.js';

/** Options of db.monitor(). */
export interface MonitorOptions {
  /** Between two looks, in milliseconds. Default 1,000. */
  readonly intervalMs?: number;
  /** How long points and events are kept, in milliseconds. Default one hour. */
  readonly historyMs?: number;
  /** What is looked for. Default: nothing but slow operations and memory that leaks. */
  readonly rules?: readonly MonitorRule[];
  /** Milliseconds from which one operation is reported. Default: read 100, search 5,000, update 200, append 150; Infinity reports none. */
  readonly limitsMs?: OperationLimits;
  /** Share (0 to 1) of the point reads whose time is taken; of all other operations each one is. Default 0.01. */
  readonly samplingRate?: number;
  /** Called for each event. What it throws is dropped. */
  readonly onEvent?: (event: MonitorEvent) => void;
}

const DEFAULT_HISTORY_MS = 3_600_000;
const MOST_EVENTS = 10_000;
const EVENT_LOOP_RESOLUTION_MS = 20;

/**
 * Looks at the counters of a database from time to time, and at every slow operation. Made by db.monitor().
 *
 * @example
 * const monitor = db.monitor({ rules: [{ when: 'p99-above', operation: 'kv.put', ms: 20 }], onEvent: (event) => log(event.message) });
 */
export class Monitor {
  readonly #source: ProfileSource;
  readonly #intervalMs: number;
  readonly #historyMs: number;
  readonly #rules: readonly MonitorRule[];
  readonly #limitsMs: OperationLimits;
  readonly #onEvent: ((event: MonitorEvent) => void) | undefined;
  readonly #delay: EventLoopWatch | undefined;
  readonly #watches: Watch[] = [];
  readonly #broken = new Set<MonitorRule>();
  readonly #events: MonitorEvent[] = [];
  readonly #points: MonitorPoint[] = [];
  readonly #memory = new GrowthTracker();
  #memoryVerdict: MemoryGrowth['verdict'] = 'unknown';
  #longestPauseMs = 0;
  #before: Reading;
  #timer: Timer | undefined;

  /** @internal Throws OPTION. */
  constructor(source: ProfileSource, options: MonitorOptions) {
    assertMonitorOptions(options);
    const { probe, runtime } = source;
    this.#source = source;
    this.#intervalMs = options.intervalMs ?? 1000;
    this.#historyMs = options.historyMs ?? DEFAULT_HISTORY_MS;
    this.#rules = options.rules ?? [];
    this.#limitsMs = { ...DEFAULT_LIMITS_MS, ...options.limitsMs };
    this.#onEvent = options.onEvent;
    this.#delay = runtime?.watchEventLoop(EVENT_LOOP_RESOLUTION_MS, source.engine.options.env.scheduler);
    if (runtime !== undefined) {
      this.#watches.push(runtime.watchGc((_kind, ns) => { this.#longestPauseMs = Math.max(this.#longestPauseMs, ns / 1e6); }));
    }
    this.#watches.push({ stop: probe.demand({ level: 'times', samplingRate: options.samplingRate ?? 0.01, slowSamplingRate: 1 }) });
    this.#watches.push({ stop: probe.listenTimed((operation, target, ns) => this.#timed(operation, target, ns)) });
    this.#before = takeReading(source, this.#delay);
    this.#arm();
  }

  #arm(): void {
    this.#timer = this.#source.engine.options.env.scheduler.timer(() => {
      this.#look();
      this.#arm();
    }, this.#intervalMs);
  }

  /** Events of the last hour (`historyMs`), at most the last 10,000, the oldest first. */
  events(): readonly MonitorEvent[] { return this.#events.filter(({ atMs }) => atMs >= this.#now - this.#historyMs); }

  /** Points of the last hour, one for each look, the oldest first. */
  history(): readonly MonitorPoint[] { return [...this.#points]; }

  /** Ids of the rules that are broken now. */
  broken(): readonly string[] { return [...this.#broken].map(idOf); }

  /** What memory does: steady, growing with the data, or leaking. */
  memory(): MemoryGrowth { return this.#memory.growth(); }

  /** Ends the monitor; its history stays. */
  stop(): void {
    this.#timer?.cancel();
    this.#delay?.stop();
    for (const watch of this.#watches.splice(0)) watch.stop();
  }

  [Symbol.dispose](): void { this.stop(); }

  get #now(): number { return this.#source.engine.options.env.clock.nowMs(); }

  #timed(operation: Operation, target: string, ns: number): void {
    const limit = isLimited(operation.kind) ? this.#limitsMs[operation.kind] ?? Infinity : Infinity;
    const ms = ns / 1e6;
    if (ms <= limit) return;
    const of = target === '' ? '' : ` on "${target}"`;
    this.#note({
      kind: 'slow', rule: `slow:${operation.name}`, atMs: this.#now, value: ms, limit, ...(target === '' ? {} : { target }),
      message: `${operation.name}${of} took ${ms.toFixed(1)} ms; its limit is ${limit} ms`,
    });
  }

  #look(): void {
    const before = this.#before;
    const now = this.#before = takeReading(this.#source, this.#delay);
    const seconds = (now.atNs - before.atNs) / 1e9;
    if (seconds <= 0) return;
    const point = this.#pointOf(before, now, seconds);
    this.#points.push(point);
    while ((this.#points[0]?.atMs ?? point.atMs) < point.atMs - this.#historyMs) this.#points.shift();
    for (const rule of this.#rules) this.#judge(rule, this.#valueOf(rule, before, now, seconds, point));
    this.#judgeMemory(now);
    this.#longestPauseMs = 0;
  }

  #pointOf(before: Reading, now: Reading, seconds: number): MonitorPoint {
    const since = (group: string, name: string): number => countOf(now, group, name) - countOf(before, group, name);
    const sum = (name: string): number => PAGE_KINDS.reduce((total, kind) => total + since(`cache.${kind}`, name), 0);
    const lookups = sum('hits') + sum('misses');
    const records = this.#recordCount();
    return {
      atMs: this.#now, operationsPerSecond: operationsSince(before, now, undefined) / seconds, commitsPerSecond: since('transactions', 'commits') / seconds,
      cacheHitRate: lookups === 0 ? undefined : sum('hits') / lookups, lockWaitMs: (now.lockWaitNs - before.lockWaitNs) / 1e6,
      gcPauseMs: this.#longestPauseMs, eventLoopDelayMs: now.delay === undefined ? undefined : now.delay.maxNs / 1e6, heapUsedBytes: now.memory?.heapUsedBytes,
      bytesPerRecord: now.memory === undefined || records === 0 ? undefined : (now.memory.heapUsedBytes + now.memory.externalBytes) / records,
    };
  }

  /** Records and keys of what is open, about: a key that was overwritten since the last checkpoint counts twice. */
  #recordCount(): number {
    const { engine } = this.#source;
    let count = 0;
    for (const store of engine.tables.openStores()) count += store.counts.at(engine.sequence);
    for (const store of engine.keyStores.openStores()) count += (store.base?.tree.keyCount ?? 0) + store.active.keyCount;
    return count;
  }

  /** undefined: there is nothing to judge by. */
  #valueOf(rule: MonitorRule, before: Reading, now: Reading, seconds: number, point: MonitorPoint): number | undefined {
    const rate = (group: string, name: string): number => (countOf(now, group, name) - countOf(before, group, name)) / seconds;
    switch (rule.when) {
      case 'throughput-below': return operationsSince(before, now, rule.operation) / seconds;
      case 'p99-above': return this.#p99Of(rule.operation);
      case 'memory-per-record-above': return point.bytesPerRecord;
      case 'gc-pause-above': return point.gcPauseMs;
      case 'event-loop-delay-above': return point.eventLoopDelayMs;
      case 'cache-hit-rate-below': return point.cacheHitRate;
      case 'lock-wait-above': return point.lockWaitMs / seconds;
      case 'conflicts-above': return rate('transactions', 'conflicts');
      case 'log-stalls-above': return rate('wal', 'stalls');
      case 'counter-above': {
        const dot = rule.counter.lastIndexOf('.');
        return rate(rule.counter.slice(0, dot), rule.counter.slice(dot + 1));
      }
    }
  }

  #p99Of(name: string): number | undefined {
    const recent = this.#source.probe.operations().find((operation) => operation.name === name)?.recent.snapshot();
    return recent === undefined || recent.count === 0 ? undefined : recent.p99Ns / 1e6;
  }

  #judge(rule: MonitorRule, value: number | undefined): void {
    if (value === undefined) return;
    const broken = isBroken(rule, value);
    if (broken === this.#broken.has(rule)) return;
    if (broken) this.#broken.add(rule);
    else this.#broken.delete(rule);
    const limit = thresholdOf(rule);
    const side = rule.when.endsWith('-below') ? 'below' : 'above';
    this.#note({
      kind: broken ? 'raised' : 'cleared', rule: idOf(rule), atMs: this.#now, value, limit,
      message: `${idOf(rule)}: ${numberText(value)} is ${broken ? '' : 'no longer '}${side} ${numberText(limit)}`,
    });
  }

  #judgeMemory(now: Reading): void {
    if (now.memory === undefined) return;
    const explained = Object.values(now.components).reduce((sum, bytes) => sum + bytes, 0);
    this.#memory.add(now.atNs / 1e6, now.memory.heapUsedBytes + now.memory.externalBytes, explained);
    const { verdict, bytesPerHour, explainedBytesPerHour } = this.#memory.growth();
    if (verdict === this.#memoryVerdict) return;
    const before = this.#memoryVerdict;
    this.#memoryVerdict = verdict;
    if (verdict !== 'leaking' && before !== 'leaking') return;
    this.#note({
      kind: 'memory', rule: 'memory', atMs: this.#now, value: bytesPerHour, limit: explainedBytesPerHour,
      message: verdict === 'leaking'
        ? `memory that stays rises by ${mb(bytesPerHour)} MB an hour; the engine accounts for ${mb(explainedBytesPerHour)} MB of it`
        : 'memory no longer rises without a reason',
    });
  }

  #note(event: MonitorEvent): void {
    this.#events.push(event);
    while (this.#events.length > MOST_EVENTS || (this.#events[0]?.atMs ?? event.atMs) < event.atMs - this.#historyMs) this.#events.shift();
    try {
      this.#onEvent?.(event);
    } catch { /* a listener's error is not the database's */ }
  }
}

function operationsSince(before: Reading, now: Reading, name: string | undefined): number {
  let sum = 0;
  for (const [operation, count] of Object.entries(now.counters['operations'] ?? {})) {
    // A single write is a transaction or a commit within: those are counted by their own names only.
    if (name === undefined ? operation !== 'commit' && operation !== 'transaction' : operation === name) sum += count - countOf(before, 'operations', operation);
  }
  return sum;
}

function isLimited(kind: Operation['kind']): kind is LimitedKind { return Object.hasOwn(DEFAULT_LIMITS_MS, kind); }
function numberText(value: number): string { return Number(value.toPrecision(4)).toString(); }
function mb(bytes: number): string { return (bytes / 2 ** 20).toFixed(1); }

function assertMonitorOptions(options: MonitorOptions): void {
  assertOptions(options, ['intervalMs', 'historyMs', 'rules', 'limitsMs', 'samplingRate', 'onEvent'], 'monitor');
  const number = (name: string, value: number | undefined, least: number, most: number): void => {
    if (value !== undefined && !(typeof value === 'number' && value >= least && value <= most)) {
      throw new ArgumentRangeError('OPTION', `${name} of a monitor is a number from ${least} to ${most}, got ${shown(value)}`);
    }
  };
  number('intervalMs', options.intervalMs, 10, DEFAULT_HISTORY_MS);
  number('historyMs', options.historyMs, 1000, 24 * DEFAULT_HISTORY_MS);
  number('samplingRate', options.samplingRate, 0, 1);
  if (options.rules !== undefined) assertRules(options.rules);
  assertOptions(options.limitsMs, Object.keys(DEFAULT_LIMITS_MS), 'limitsMs');
  for (const [name, ms] of Object.entries(options.limitsMs ?? {})) number(`limitsMs.${name}`, ms, 0, Infinity);
  if (options.onEvent !== undefined) assertFunction(options.onEvent, 'onEvent of a monitor');
}
