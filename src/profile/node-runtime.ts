import { availableParallelism } from 'node:os';
import { constants, performance, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { FieldstoneError, Histogram, type Scheduler, type Timer } from '#storage';
import type { CpuProfileData, HeapProfileData } from './data/v8-data.js';
import type { EventLoopWatch, Recording, Runtime, Watch } from './runtime.js';

type OnPause = (kind: string, durationNs: number) => void;

/** The process as Node shows it. */
export function nodeRuntime(): Runtime { return runtime; }

const runtime: Runtime = {
  nodeVersion: process.version, platform: process.platform, arch: process.arch, cpuCount: availableParallelism(), pid: process.pid,
  memory: () => {
    const { heapUsed, heapTotal, external, arrayBuffers, rss } = process.memoryUsage();
    return { heapUsedBytes: heapUsed, heapTotalBytes: heapTotal, externalBytes: external, arrayBuffersBytes: arrayBuffers, rssBytes: rss };
  },
  cpuNs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) * 1000;
  },
  eventLoopTimes: () => {
    const { active, idle } = performance.eventLoopUtilization();
    return { activeNs: active * 1e6, idleNs: idle * 1e6 };
  },
  watchGc: (onPause) => gc.watch(onPause),
  watchEventLoop,
  recordCpu: (intervalUs) => {
    const inspector = connect();
    inspector.post('Profiler.enable');
    inspector.post('Profiler.setSamplingInterval', { interval: intervalUs });
    inspector.post('Profiler.start');
    return recording(inspector, 'Profiler.stop', isCpuProfile);
  },
  recordHeap: (intervalBytes) => {
    const inspector = connect();
    inspector.post('HeapProfiler.enable');
    inspector.post('HeapProfiler.startSampling', { samplingInterval: intervalBytes });
    const inner = recording(inspector, 'HeapProfiler.stopSampling', isHeapProfile);
    return { stop: async () => ({ ...await inner.stop(), samplingIntervalBytes: intervalBytes }) };
  },
};

interface Inspector {
  post(method: string, parameters?: object, done?: (error: Error | null, result: unknown) => void): void;
  disconnect(): void;
}

/** A session with the inspector of this thread. The module is asked for when it is needed: other runtimes may not have it. */
function connect(): Inspector {
  try {
    const { Session } = process.getBuiltinModule('node:inspector');
    const session = new Session();
    session.connect();
    return {
      post: (method, parameters, done) => { session.post(method, parameters, done); },
      disconnect: () => { session.disconnect(); },
    };
  } catch (cause) {
    throw new FieldstoneError('UNSUPPORTED', 'this runtime has no inspector to take profiles of the processor and of memory with', { cause });
  }
}

function recording<Data>(inspector: Inspector, stopMethod: string, isData: (value: unknown) => value is Data): Recording<Data> {
  return {
    stop: () => new Promise((resolve, reject) => {
      inspector.post(stopMethod, undefined, (error, result) => {
        inspector.disconnect();
        const profile: unknown = typeof result === 'object' && result !== null && 'profile' in result ? result.profile : undefined;
        if (error === null && isData(profile)) resolve(profile);
        else reject(new FieldstoneError('UNSUPPORTED', 'the inspector gave no profile', error === null ? {} : { cause: error }));
      });
    }),
  };
}

function isCpuProfile(value: unknown): value is CpuProfileData { return typeof value === 'object' && value !== null && 'nodes' in value; }
function isHeapProfile(value: unknown): value is HeapProfileData { return typeof value === 'object' && value !== null && 'head' in value; }

/** Not monitorEventLoopDelay: reset() of that forgets when its timer ran last, and with it a block that has just ended. */
function watchEventLoop(resolutionMs: number, scheduler: Scheduler): EventLoopWatch {
  const resolutionNs = resolutionMs * 1e6;
  const late = new Histogram();
  const nowNs = (): number => performance.now() * 1e6;
  let lastNs = nowNs();
  let timer: Timer;
  const arm = (): void => {
    timer = scheduler.timer(() => {
      const now = nowNs();
      late.record(now - lastNs - resolutionNs);
      lastNs = now;
      arm();
    }, resolutionMs);
  };
  arm();
  return {
    read: () => {
      // Whoever reads may come before the timer that is overdue: what it is late by until now belongs to this reading.
      const pendingNs = nowNs() - lastNs - resolutionNs;
      if (pendingNs > 0) {
        late.record(pendingNs);
        lastNs += pendingNs;
      }
      const { mean, p50, p99, max } = late.snapshot();
      late.reset();
      return { meanNs: mean, p50Ns: p50, p99Ns: p99, maxNs: max };
    },
    stop: () => { timer.cancel(); },
  };
}

const GC_KINDS: ReadonlyMap<number, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'], [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'], [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

/** One observer for all who want to know of pauses; none while nobody does. */
class GcObserver {
  readonly #listeners = new Set<OnPause>();
  #observer: PerformanceObserver | undefined;

  watch(onPause: OnPause): Watch {
    const own: OnPause = (kind, durationNs) => { onPause(kind, durationNs); }; // the same listener may be given twice
    this.#listeners.add(own);
    const types: unknown = Reflect.get(PerformanceObserver, 'supportedEntryTypes');
    if (this.#observer === undefined && Array.isArray(types) && types.includes('gc')) {
      this.#observer = new PerformanceObserver((list) => { for (const entry of list.getEntries()) this.#tell(entry); });
      this.#observer.observe({ entryTypes: ['gc'] });
    }
    return {
      stop: () => {
        this.#listeners.delete(own);
        if (this.#listeners.size > 0) return;
        this.#observer?.disconnect();
        this.#observer = undefined;
      },
    };
  }

  #tell(entry: PerformanceEntry): void {
    const detail: unknown = 'detail' in entry ? entry.detail : undefined;
    const kind = typeof detail === 'object' && detail !== null && 'kind' in detail && typeof detail.kind === 'number' ? GC_KINDS.get(detail.kind) : undefined;
    for (const listener of this.#listeners) listener(kind ?? 'other', entry.duration * 1e6);
  }
}

const gc = new GcObserver();
