import { phases } from '#storage';
import { planSteps, type ExplainStep } from './explain.js';
import { isKeyText, type KeyWay } from './key-way.js';
import { nodeText, valueStyle } from './node-text.js';
import { operandValue, type Params } from './params.js';
import { accessText, SHAPE_PLAN } from './plan-text.js';
import type { QueryContext, RunReport } from './query-context.js';
import type { KeyedRows, RowSource } from './row-source.js';
import type { Shape } from './shape.js';

const NS_PER_MS = 1e6;
/** What lookUp() gives when the query is to be run. */
export const NOT_LOOKED_UP = -1;

/** What is looked up. */
export interface LookedUp<Row> {
  /** Who asked. Held with the report until the next one comes, so that V8 keeps the compiled code (see keepLayout). */
  readonly use: object;
  readonly source: RowSource<Row>;
  readonly context: QueryContext;
  readonly shape: Shape;
  readonly params: Params;
}

/**
 * The rows of a query whose way is known from an earlier run, straight from the index to the rows: the same rows, counts and reports as a run, without its
 * set-up. Rows are added to `rows`; without it they are counted. Returns how many there are, or NOT_LOOKED_UP.
 */
export function lookUp<Row>(query: LookedUp<Row>, limit: number, rows: Row[] | undefined): number {
  const { context, shape, source } = query;
  const way = rows === undefined ? shape.countWay : shape.findWay;
  // Whoever listens to plans, wants times by part, or keeps results is told by a run.
  if (way === undefined || source.atKey === undefined || context.results.isOn || phases.active || context.traces?.query !== undefined) return NOT_LOOKED_UP;
  const report = new LookUpReport(way, query, context.clock.monotonicNs());
  const values = valuesOf(way, query.params);
  const keyed = values === undefined ? undefined : source.atKey(way, values);
  if (keyed === undefined || !context.plans.fits(way.choice, keyed.rowCount)) return NOT_LOOKED_UP;
  if (way.planning.use()) way.planning.measured(context.clock.monotonicNs() - report.sinceNs);
  try {
    report.returned = read(keyed, limit, rows);
    return report.returned;
  } finally {
    report.ended(keyed, context.clock.monotonicNs());
    context.plans.ran(shape, rows !== undefined, keyed.examined);
    context.ran(report);
  }
}

function read<Row>(keyed: KeyedRows<Row>, limit: number, rows: Row[] | undefined): number {
  if (rows === undefined) return Math.min(limit, keyed.count());
  keyed.read(limit, rows);
  return rows.length;
}

/** Undefined when one of them has to be looked at more closely. */
function valuesOf({ operands }: KeyWay, params: Params): unknown[] | undefined {
  const values: unknown[] = [];
  for (const operand of operands) {
    const value = operandValue(operand, params);
    if (!isKeyText(value)) return undefined;
    values.push(value);
  }
  return values;
}

/** A query that is looked up, whatever its rows are. */
type Asked = Pick<LookedUp<unknown>, 'use' | 'shape' | 'params'>;

/** What such a run came to, told as a run tells it. */
class LookUpReport implements RunReport {
  readonly #way: KeyWay;
  readonly #query: Asked;
  readonly sinceNs: number;
  readonly fullScan = false;
  readonly wanted = undefined;
  planningNs = 0;
  executionNs = 0;
  examined = 0;
  returned = 0;
  rowCount = 0;

  constructor(way: KeyWay, query: Asked, nowNs: number) {
    this.#way = way;
    this.#query = query;
    this.sinceNs = nowNs;
  }

  ended({ examined, rowCount }: KeyedRows<unknown>, nowNs: number): void {
    const wholeNs = nowNs - this.sinceNs;
    this.planningNs = Math.min(wholeNs, this.#way.planning.lastNs);
    this.executionNs = wholeNs - this.planningNs;
    this.examined = examined;
    this.rowCount = rowCount;
  }

  get source(): string { return this.#query.shape.source; }
  get shape(): string { return this.#query.shape.text; }
  get key(): string { return this.#query.shape.key; }
  get paths(): readonly string[] { return this.#query.shape.paths; }
  get plan(): string { return accessText(this.#way.plan.access); }

  steps(): ExplainStep {
    const { plan, request } = this.#way;
    const whole = { rows: this.returned, ms: this.executionNs / NS_PER_MS };
    return planSteps(plan, request, SHAPE_PLAN, 0, request.givesRows ? { whole } : { find: whole, whole: { ...whole, rows: 1 } });
  }

  withValues(): string { return nodeText(this.#query.shape.filter, valueStyle((operand) => operandValue(operand, this.#query.params))); }
}
