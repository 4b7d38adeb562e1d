import type { Scheduler } from '#storage';
import type { CpuProfileData, HeapProfileData } from './data/v8-data.js';

/** Memory of the process, in bytes. */
export interface MemoryFacts {
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  readonly externalBytes: number;
  readonly arrayBuffersBytes: number;
  readonly rssBytes: number;
}

/** Pauses of the garbage collector since the process began to watch, by kind (`minor`, `major`, `incremental`, `weakcb`). */
export type GcTotals = Readonly<Record<string, { readonly count: number; readonly totalNs: number; readonly maxNs: number }>>;

/** How late the event loop came to its timers. */
export interface EventLoopDelay {
  readonly meanNs: number;
  readonly p50Ns: number;
  readonly p99Ns: number;
  readonly maxNs: number;
}

/** Something that runs until it is stopped. */
export interface Watch { stop(): void }

/** A watch on the delay of the event loop. */
export interface EventLoopWatch extends Watch {
  /** Since the call before. */
  read(): EventLoopDelay;
}

/** A recording of V8 that is under way; stop() gives what was recorded. */
export interface Recording<Data> { stop(): Promise<Data> }

/** What profiles ask of the process they run in. Tests give their own. */
export interface Runtime {
  readonly nodeVersion: string;
  readonly platform: string;
  readonly arch: string;
  readonly cpuCount: number;
  readonly pid: number;
  memory(): MemoryFacts;
  /** Time on the processor, user and system, since the process began. */
  cpuNs(): number;
  /** Active and idle time of the event loop since the process began. */
  eventLoopTimes(): { readonly activeNs: number; readonly idleNs: number };
  /** Watches the garbage collector; watches share one observer. */
  watchGc(onPause: (kind: string, durationNs: number) => void): Watch;
  /** Looks every so many milliseconds how late that is. */
  watchEventLoop(resolutionMs: number, scheduler: Scheduler): EventLoopWatch;
  /** Takes samples of the call stack; `intervalUs` in microseconds. Throws UNSUPPORTED where there is no inspector. */
  recordCpu(intervalUs: number): Recording<CpuProfileData>;
  /** Takes samples of allocations, one in `intervalBytes` on average. Throws UNSUPPORTED. */
  recordHeap(intervalBytes: number): Recording<HeapProfileData>;
}
