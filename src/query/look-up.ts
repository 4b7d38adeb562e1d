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

/**
 * The rows of a query whose way is known from an earlier run, straight from the index to the rows: the same rows, counts and reports as a run, without its
 * set-up. Rows are added to `rows`; without it they are counted. Returns how many there are, or NOT_LOOKED_UP.
 */
export function lookUp<Row>(source: RowSource<Row>, context: QueryContext, shape: Shape, params: Params, limit: number, rows: Row[] | undefined): number {
  const way = rows === undefined ? shape.countWay : shape.findWay;
  // Whoever listens to plans, wants times by part, or keeps results is told by a run.
  if (way === undefined || source.atKey === undefined || context.results.isOn || phases.active || context.traces?.query !== undefined) return NOT_LOOKED_UP;
  const startedNs = context.clock.monotonicNs();
  const values = valuesOf(way, params);
  const keyed = values === undefined ? undefined : source.atKey(way, values);
  if (keyed === undefined || !context.plans.fits(way.choice, keyed.rowCount)) return NOT_LOOKED_UP;
  return read(way, keyed, { context, params, limit, startedNs }, rows);
}

interface Run { readonly context: QueryContext; readonly params: Params; readonly limit: number; readonly startedNs: number }

function read<Row>(way: KeyWay, keyed: KeyedRows<Row>, { context, params, limit, startedNs }: Run, rows: Row[] | undefined): number {
  const { clock, plans } = context;
  const plannedNs = clock.monotonicNs();
  let returned = 0;
  try {
    if (rows === undefined) returned = Math.min(limit, keyed.count());
    else {
      keyed.read(limit, rows);
      returned = rows.length;
    }
    return returned;
  } finally {
    const { examined } = keyed;
    plans.ran(way.shape, rows !== undefined, examined);
    context.ran(new LookUpReport(way, params, { planningNs: plannedNs - startedNs, executionNs: clock.monotonicNs() - plannedNs, examined, returned, rowCount: keyed.rowCount }));
  }
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

type Figures = Pick<RunReport, 'planningNs' | 'executionNs' | 'examined' | 'returned' | 'rowCount'>;

/** What such a run came to, told as a run tells it. */
class LookUpReport implements RunReport {
  readonly #way: KeyWay;
  readonly #params: Params;
  readonly fullScan = false;
  readonly wanted = undefined;
  readonly planningNs: number;
  readonly executionNs: number;
  readonly examined: number;
  readonly returned: number;
  readonly rowCount: number;

  constructor(way: KeyWay, params: Params, figures: Figures) {
    this.#way = way;
    this.#params = params;
    this.planningNs = figures.planningNs;
    this.executionNs = figures.executionNs;
    this.examined = figures.examined;
    this.returned = figures.returned;
    this.rowCount = figures.rowCount;
  }

  get source(): string { return this.#way.shape.source; }
  get shape(): string { return this.#way.shape.text; }
  get key(): string { return this.#way.shape.key; }
  get paths(): readonly string[] { return this.#way.shape.paths; }
  get plan(): string { return accessText(this.#way.plan.access); }

  steps(): ExplainStep {
    const { plan, request } = this.#way;
    const whole = { rows: this.returned, ms: this.executionNs / NS_PER_MS };
    return planSteps(plan, request, SHAPE_PLAN, 0, request.givesRows ? { whole } : { find: whole, whole: { ...whole, rows: 1 } });
  }

  withValues(): string { return nodeText(this.#way.shape.filter, valueStyle((operand) => operandValue(operand, this.#params))); }
}
