import type { Clock, Operation, Scheduler, Traces } from '#storage';
import type { PlanChooser } from './choose-plan.js';
import type { ExplainStep } from './explain.js';
import type { ResultCache } from './result-cache.js';
import type { SortLimit } from './sort-cursor.js';

/** What a run of a query came to. */
export interface RunReport {
  /** Table or collection. */
  readonly source: string;
  /** Text of the shape; no values. */
  readonly shape: string;
  /** Source and shape as one text. */
  readonly key: string;
  /** Paths that the query compares or sorts by. */
  readonly paths: readonly string[];
  /** How rows were found: `scan`, `index by_name`, `union of ...`. */
  readonly plan: string;
  readonly fullScan: boolean;
  /** Fields of an index that would serve the query better; undefined when there is none. */
  readonly wanted: readonly string[] | undefined;
  readonly planningNs: number;
  readonly executionNs: number;
  readonly examined: number;
  readonly returned: number;
  /** Rows of the source. */
  readonly rowCount: number;
  /** The plan as steps, without values; made when somebody asks. */
  steps(): ExplainStep;
  /** The filter with its values; called only when somebody wants values. */
  withValues(): string;
}

/** What queries need of their database. */
export interface QueryContext {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly limits: SortLimit;
  readonly plans: PlanChooser;
  readonly results: ResultCache;
  /** Counts and times uses that end in one go; undefined where nobody wants to know. */
  readonly search: Operation | undefined;
  /** Told of plans and runs while somebody listens; undefined where nobody can. */
  readonly traces: Traces | undefined;
  /** Told of every run that has ended. */
  ran(report: RunReport): void;
}
