/** A step of a plan, with the steps that feed it. */
export interface PlanStepData {
  /** `index range`, `full scan`, `filter`, `sort` ... */
  readonly step: string;
  /** What it works on, without values: `by_name on people: name, born`. */
  readonly detail?: string;
  readonly cost?: number;
  readonly estimatedRows?: number;
  readonly actualRows?: number;
  readonly timeNs?: number;
  /** Advice of the planner: `an index on (city) would serve this`. */
  readonly hint?: string;
  readonly children?: readonly PlanStepData[];
}

/** All queries of one shape: the same filter with any values. */
export interface QueryShapeData {
  /** Table or collection. */
  readonly target: string;
  /** `find`, `count`, `update`, `delete`, `aggregate`. */
  readonly kind: string;
  /** Filter, sort and limit with `?` for each value. */
  readonly shape: string;
  readonly count: number;
  readonly planNs: number;
  readonly executionNs: number;
  readonly maxNs: number;
  readonly p50Ns?: number;
  readonly p95Ns?: number;
  readonly p99Ns?: number;
  readonly rowsExamined: number;
  readonly rowsReturned: number;
  /** How often the whole table was read. */
  readonly fullScans: number;
  /** Name of the index that was used last. */
  readonly index?: string;
  /** Of the slowest run. */
  readonly plan?: PlanStepData;
}

/** One run of a query that took longer than the limit. */
export interface SlowQueryData {
  readonly atMs: number;
  readonly target: string;
  readonly kind: string;
  readonly shape: string;
  readonly durationNs: number;
  readonly planNs?: number;
  readonly rowsExamined: number;
  readonly rowsReturned: number;
  readonly plan?: PlanStepData;
  /** The filter with its values, as text; only when the profile includes values. */
  readonly values?: string;
}

/** Queries. */
export interface QueryData {
  /** Those with the most time first; bounded. */
  readonly shapes: readonly QueryShapeData[];
  /** In the order of time; bounded. */
  readonly slow: readonly SlowQueryData[];
  /** Queries at least this slow are noted one by one. */
  readonly slowLimitMs?: number;
  /** Shapes that are not listed for want of room. */
  readonly droppedShapes?: number;
}
