/** Where the time of an operation goes. `other` is the rest. */
export type OperationPhase = 'lockWait' | 'cache' | 'io' | 'codec' | 'serialization' | 'index' | 'log' | 'checkpoint' | 'plan' | 'other';

/** All runs of one operation, timed in parts. */
export interface OperationBreakdown {
  /** `get`, `commit`, or the name given to profileOperation(). */
  readonly name: string;
  /** Runs whose time was taken. */
  readonly count: number;
  readonly totalNs: number;
  readonly maxNs?: number;
  /** Nanoseconds in each part, all runs together. */
  readonly phases: Readonly<Partial<Record<OperationPhase, number>>>;
}
