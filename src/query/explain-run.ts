import { explanationText, planSteps, type Actual, type Explanation } from './explain.js';
import { accessText, planStyle } from './plan-text.js';
import type { Params } from './params.js';
import type { Plan, PlanRequest } from './plan.js';
import { plansFor } from './planner.js';
import type { QueryContext } from './query-context.js';
import { Step, type RowCursor, type RowSession, type RowSource } from './row-source.js';
import { openPlan } from './run-plan.js';
import type { Shape } from './shape.js';
import { wantedIndex } from './wanted-index.js';

const NS_PER_MS = 1e6;

/** A cursor that counts what passes, and the time it takes. */
class WatchedCursor<Row> implements RowCursor<Row> {
  readonly #cursor: RowCursor<Row>;
  readonly #nowNs: () => number;
  rows = 0;
  ns = 0;

  constructor(cursor: RowCursor<Row>, nowNs: () => number) {
    this.#cursor = cursor;
    this.#nowNs = nowNs;
  }

  get recno(): number { return this.#cursor.recno; }
  get examined(): number { return this.#cursor.examined; }
  get actual(): Actual { return { rows: this.rows, ms: this.ns / NS_PER_MS }; }

  step(): Step {
    const before = this.#nowNs();
    const step = this.#cursor.step();
    this.ns += this.#nowNs() - before;
    if (step === Step.Row) this.rows++;
    return step;
  }

  row(): Row { return this.#cursor.row(); }
  key(): unknown[] { return this.#cursor.key(); }
  close(): void { this.#cursor.close(); }
}

type Watched<Row> = Partial<Record<'find' | 'order', WatchedCursor<Row>>>;

/** Explains the query, with all ways looked at anew; with `analyze` runs it too. */
export function explainRun<Row>(source: RowSource<Row>, context: QueryContext, shape: Shape, params: Params, analyze: boolean): Explanation {
  const { spec } = shape;
  const request: PlanRequest = {
    filter: shape.filter, conditions: shape.conditions, sort: spec.sort, most: spec.skip + spec.limit, fields: spec.fields, givesRows: true,
  };
  const session = source.open(false);
  try {
    const { indexes, rowCount, indexEpoch } = session;
    const plans = plansFor(request, shape.templates(indexes, indexEpoch), { rowCount, indexes, costs: source.costs }, params);
    const [plan] = plans;
    if (plan === undefined) throw new RangeError('a query has no plan'); // there is always the scan
    const watched: Watched<Row> = {};
    const actual = analyze ? analyzed(session, plan, request, { params, skip: spec.skip, context, watched }) : undefined;
    const steps = planSteps(plan, request, planStyle(params), spec.skip, { find: watched.find?.actual, order: watched.order?.actual, whole: actual });
    const fullScan = plan.access.kind === 'scan';
    const on = fullScan ? wantedIndex(shape.conditions, spec.sort) : undefined;
    const explained: Omit<Explanation, 'text'> = {
      source: source.name, shape: shape.text, plan: steps, cost: plan.cost, rows: steps.rows, fullScan,
      ...(on === undefined ? {} : { hint: { on, text: `an index on (${on.join(', ')}) would serve it` } }),
      considered: plans.map((one) => ({ way: wayText(one), cost: one.cost })),
      ...(actual === undefined ? {} : { actual }),
    };
    return { ...explained, text: explanationText(explained) };
  } finally {
    session.close();
  }
}

interface AnalyzeOptions<Row> {
  readonly params: Params;
  readonly skip: number;
  readonly context: QueryContext;
  /** Filled with the cursors of the run. */
  readonly watched: Watched<Row>;
}

/** Runs the plan, makes its rows and throws them away. */
function analyzed<Row>(session: RowSession<Row>, plan: Plan, request: PlanRequest, options: AnalyzeOptions<Row>): Actual & { readonly examined: number } {
  const { params, skip, context, watched } = options;
  const nowNs = (): number => context.clock.monotonicNs();
  const started = nowNs();
  const cursor = openPlan(session, plan, request, params, context.limits, (inner, step) => watched[step] = new WatchedCursor<Row>(inner, nowNs));
  let passed = 0;
  try {
    while (passed < request.most) {
      const step = cursor.step();
      if (step === Step.End) break;
      if (step === Step.Pause) continue;
      if (passed++ >= skip) cursor.row();
    }
    return { rows: Math.max(0, passed - skip), examined: cursor.examined, ms: (nowNs() - started) / NS_PER_MS };
  } finally {
    cursor.close();
  }
}

function wayText(plan: Plan): string { return plan.ordering === 'stream' ? accessText(plan.access) : `${accessText(plan.access)}, ${plan.ordering}`; }
