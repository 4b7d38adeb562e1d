/** Something that a monitor noticed. */
export interface MonitorEvent {
  /** `raised`: a rule is broken since now. `cleared`: it is kept again. `slow`: one operation took longer than its limit. `memory`: a new verdict on it. */
  readonly kind: 'raised' | 'cleared' | 'slow' | 'memory';
  /** Id of the rule; of a slow operation `slow:table.get`. */
  readonly rule: string;
  /** Milliseconds since 1970, for people. */
  readonly atMs: number;
  /** What was measured, and the limit, in the unit of the rule. */
  readonly value: number;
  readonly limit: number;
  /** Table or store of a slow operation. */
  readonly target?: string;
  /** One sentence. */
  readonly message: string;
}

/** One interval of the history. */
export interface MonitorPoint {
  readonly atMs: number;
  readonly operationsPerSecond: number;
  readonly commitsPerSecond: number;
  /** Share (0 to 1); undefined without lookups. */
  readonly cacheHitRate: number | undefined;
  readonly lockWaitMs: number;
  readonly gcPauseMs: number;
  readonly eventLoopDelayMs: number | undefined;
  readonly heapUsedBytes: number | undefined;
  /** Heap and external memory for each record and key; undefined without any. */
  readonly bytesPerRecord: number | undefined;
}
