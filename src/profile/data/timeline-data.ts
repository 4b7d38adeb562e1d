/** Hits and misses in one interval. */
export interface CacheInterval {
  readonly hits: number;
  readonly misses: number;
}

/**
 * One moment of the time line. Fields of a state (bytes in use) are of that moment; all others count what happened since
 * the sample before it. What was not measured is absent.
 */
export interface TimelineSample {
  /** Milliseconds since the start of the profile; rising. */
  readonly atMs: number;

  // State.
  readonly heapUsedBytes?: number;
  readonly heapTotalBytes?: number;
  readonly externalBytes?: number;
  readonly arrayBuffersBytes?: number;
  readonly rssBytes?: number;
  /** Memory by component of the engine: `cache`, `delta`, `buffers`, `log` ... */
  readonly componentBytes?: Readonly<Record<string, number>>;
  /** Live log: what a recovery would replay. */
  readonly logSizeBytes?: number;
  readonly openTransactions?: number;
  /** Age of the oldest snapshot that is open. */
  readonly oldestSnapshotMs?: number;

  // Since the sample before.
  /** Finished operations by name: `get`, `insert`, `commit` ... */
  readonly operations?: Readonly<Record<string, number>>;
  /** By kind of page. */
  readonly cache?: Readonly<Record<string, CacheInterval>>;
  readonly reads?: number;
  readonly bytesRead?: number;
  readonly writes?: number;
  readonly bytesWritten?: number;
  readonly syncs?: number;
  readonly syncNs?: number;
  readonly commits?: number;
  readonly conflicts?: number;
  /** Appended to the log. */
  readonly logBytes?: number;
  readonly lockWaits?: number;
  readonly lockWaitNs?: number;
  readonly eventLoopDelayMeanNs?: number;
  readonly eventLoopDelayMaxNs?: number;
  /** 0 to 1. */
  readonly eventLoopUtilization?: number;
  /** Time of the process on the processor, user and system, divided by the time that went by; may exceed 1. */
  readonly cpuShare?: number;
  readonly gcCount?: number;
  readonly gcPauseNs?: number;
}

/** A pause of the garbage collector. */
export interface GcPause {
  readonly atMs: number;
  /** `minor`, `major`, `incremental`, `weakcb`. */
  readonly kind: string;
  readonly durationNs: number;
}

/** Garbage collection during the profile. */
export interface GcData {
  readonly kinds: readonly { readonly kind: string; readonly count: number; readonly totalNs: number; readonly maxNs: number }[];
  /** The longest pauses, in the order of time; bounded. */
  readonly pauses?: readonly GcPause[];
}
