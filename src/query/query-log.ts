import { Histogram, lruMap, type BoundedMap, type HistogramSnapshot } from '#storage';
import type { ExplainStep } from './explain.js';
import type { RunReport } from './query-context.js';

/** What is known of the queries of one shape: queries that differ in values alone. Plain data; no value of a query stands in it. */
export interface ShapeStats {
  /** Table or collection. */
  readonly source: string;
  /** The query without its values: `(city = ? and age > ?) | sort name`. */
  readonly shape: string;
  /** Fields that it compares or sorts by. */
  readonly fields: readonly string[];
  /** How rows were found the last time: `scan`, `index by_city`. */
  readonly plan: string;
  /** The plan of the slowest use, without values. */
  readonly slowestPlan: ExplainStep;
  readonly uses: number;
  /** Uses that read every row. */
  readonly fullScans: number;
  /** Rows (or entries of an index) looked at, and rows given out, by all uses. */
  readonly rowsExamined: number;
  readonly rowsReturned: number;
  /** Rows of the source at the last use. */
  readonly rowCount: number;
  readonly planningNs: number;
  /** From the first step to the last one; the time of whoever takes the rows in between counts too. */
  readonly executionNs: number;
  readonly latencyNs: HistogramSnapshot;
  /** Fields of an index that would have spared a full scan. */
  readonly wantedIndex: readonly string[] | undefined;
}

interface ShapeRecord {
  last: RunReport;
  slowest: RunReport;
  slowestPlan: ExplainStep | undefined;
  wanted: readonly string[] | undefined;
  uses: number;
  fullScans: number;
  examined: number;
  returned: number;
  planningNs: number;
  executionNs: number;
  readonly latency: Histogram;
}

/** Remembers queries by shape, at most so many shapes: the one not used for longest is forgotten. */
export class QueryLog {
  readonly #shapes: BoundedMap<string, ShapeRecord>;
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#shapes = lruMap(Math.max(1, capacity));
  }

  record(report: RunReport): void {
    if (this.#capacity === 0) return;
    const { key } = report;
    let record = this.#shapes.get(key);
    if (record === undefined) {
      record = {
        last: report, slowest: report, slowestPlan: undefined, wanted: undefined, uses: 0, fullScans: 0, examined: 0, returned: 0,
        planningNs: 0, executionNs: 0, latency: new Histogram(),
      };
      this.#shapes.set(key, record);
    }
    record.last = report;
    if (report.executionNs > record.slowest.executionNs) {
      record.slowest = report;
      record.slowestPlan = undefined;
    }
    record.uses++;
    if (report.fullScan) {
      record.fullScans++;
      record.wanted = report.wanted;
    }
    record.examined += report.examined;
    record.returned += report.returned;
    record.planningNs += report.planningNs;
    record.executionNs += report.executionNs;
    record.latency.record(report.executionNs);
  }

  /** All shapes, those that took most time in all first. */
  snapshot(): ShapeStats[] {
    const shapes: ShapeStats[] = [];
    this.#shapes.forEach((record) => { shapes.push(statsOf(record)); });
    return shapes.sort((a, b) => b.executionNs - a.executionNs);
  }

  /** Shapes that are remembered. */
  get size(): number { return this.#shapes.size; }

  clear(): void { this.#shapes.clear(); }
}

function statsOf(record: ShapeRecord): ShapeStats {
  const { last, slowest, wanted, uses, fullScans, examined, returned, planningNs, executionNs, latency } = record;
  record.slowestPlan ??= slowest.steps();
  return {
    source: last.source, shape: last.shape, fields: last.paths, plan: last.plan, slowestPlan: record.slowestPlan,
    uses, fullScans, rowsExamined: examined, rowsReturned: returned,
    rowCount: last.rowCount, planningNs, executionNs, latencyNs: latency.snapshot(), wantedIndex: wanted,
  };
}
