import { FieldstoneError, PHASE, phases } from '#storage';
import { operandValue, type Params } from './params.js';
import type { Plan, PlanRequest } from './plan.js';
import type { QueryContext } from './query-context.js';
import { planSteps, type ExplainStep } from './explain.js';
import { nodeText, valueStyle } from './node-text.js';
import { accessText, SHAPE_PLAN } from './plan-text.js';
import { Step, type RowCursor, type RowSession, type RowSource } from './row-source.js';
import { listCursor } from './index-cursor.js';
import { resultKeeper, type ResultKeeper } from './result-keeper.js';
import { countEntries, openPlan } from './run-plan.js';
import type { Shape } from './shape.js';

const NS_PER_MS = 1e6;

/** What is run: the shape, and how it is used this time. */
export interface RunOptions {
  readonly params: Params;
  /** Rows to find after those that are skipped; the spec's limit or less. */
  readonly limit: number;
  readonly givesRows: boolean;
  /** The reader goes on in later turns of the event loop. */
  readonly lasting: boolean;
}

/** One run of a query: plans, opens the rows, walks them, and reports what it came to. */
export class QueryRun<Row> {
  readonly #source: RowSource<Row>;
  readonly #context: QueryContext;
  readonly #shape: Shape;
  readonly #options: RunOptions;
  readonly #session: RowSession<Row>;
  readonly #request: PlanRequest;
  readonly #keeper: ResultKeeper | undefined;
  /** Undefined when the result is known from an earlier run. */
  readonly #plan: Plan | undefined;
  #cursor: RowCursor<Row> | undefined;
  #toSkip: number;
  #left: number;
  #returned = 0;
  #examined = 0;
  readonly #planningNs: number;
  readonly #startedNs: number;
  #ended = false;

  constructor(source: RowSource<Row>, context: QueryContext, shape: Shape, options: RunOptions) {
    this.#source = source;
    this.#context = context;
    this.#shape = shape;
    this.#options = options;
    const { spec } = shape;
    this.#toSkip = spec.skip;
    this.#left = options.limit;
    this.#request = {
      filter: shape.filter, conditions: shape.conditions, sort: options.givesRows ? spec.sort : [], most: spec.skip + options.limit,
      fields: spec.fields, givesRows: options.givesRows,
    };
    const before = context.clock.monotonicNs();
    const session = this.#session = source.open(options.lasting);
    try {
      this.#keeper = resultKeeper(context.results, session.version, shape, options);
      if (this.#keeper?.known === undefined) {
        const { rowCount, indexes, indexEpoch } = session;
        const choose = (): Plan => context.plans.choose(shape, this.#request, { rowCount, indexes, costs: source.costs }, indexEpoch, options.params);
        this.#plan = phases.active ? phases.measure(PHASE.plan, choose) : choose();
      }
    } catch (e) {
      session.close();
      throw e;
    }
    this.#startedNs = context.clock.monotonicNs();
    this.#planningNs = this.#startedNs - before;
    context.traces?.query?.({ event: 'plan', source: source.name, shape: shape.text, plan: this.#planText(), ns: this.#planningNs });
  }

  /** The row at which the run stands after Step.Row. */
  row(): Row {
    if (this.#cursor === undefined) throw new RangeError('a run that has not begun stands at no row');
    return phases.active ? timedRow(this.#cursor) : this.#cursor.row();
  }

  get recno(): number { return this.#cursor?.recno ?? 0; }

  #open(): RowCursor<Row> {
    const known = this.#keeper?.known;
    if (this.#plan !== undefined) return openPlan(this.#session, this.#plan, this.#request, this.#options.params, this.#context.limits);
    this.#toSkip = 0; // the known rows are those after it
    return listCursor(known ?? new Float64Array(0), this.#session.fetcher({ filter: undefined, fields: this.#request.fields, keys: [] }));
  }

  /** To the next row that is given out. Ends the run at the last one, and when something fails. */
  step(): Step {
    if (this.#ended) return Step.End;
    try {
      this.#assertGoing();
      if (this.#left <= 0) return this.#complete();
      const cursor = this.#cursor ??= this.#open();
      for (;;) {
        const step = phases.active && this.#plan?.access.kind !== 'scan' ? timedStep(cursor) : cursor.step();
        if (step === Step.Pause) return step;
        if (step === Step.End) return this.#complete();
        if (this.#toSkip > 0) {
          this.#toSkip--;
          continue;
        }
        this.#left--;
        this.#returned++;
        this.#keeper?.found(cursor.recno);
        return step;
      }
    } catch (e) {
      this.end();
      throw e;
    }
  }

  #assertGoing(): void {
    const { signal } = this.#shape.spec;
    if (signal?.aborted === true) throw new FieldstoneError('ABORTED', 'the query was cancelled', { cause: signal.reason });
    if (this.#options.lasting) this.#session.assertAlive();
  }

  /** How many rows the query has, without making them. Ends the run. */
  count(): number {
    try {
      this.#assertGoing();
      if (this.#plan?.countsEntries !== true) {
        while (this.step() !== Step.End);
        return this.#returned;
      }
      const plan = this.#plan;
      const { count, entries } = phases.active ? phases.measure(PHASE.index, () => countEntries(plan)) : countEntries(plan);
      this.#examined = entries;
      this.#returned = Math.max(0, Math.min(count - this.#toSkip, this.#left));
      return this.#returned;
    } finally {
      this.end();
    }
  }

  #complete(): Step.End {
    this.#keeper?.complete();
    return this.end();
  }

  /** Lets go of everything and reports. A second call does nothing. */
  end(): Step.End {
    if (this.#ended) return Step.End;
    this.#ended = true;
    if (this.#cursor !== undefined) this.#examined += this.#cursor.examined;
    this.#cursor?.close();
    this.#cursor = undefined; // the log of queries keeps reports, and they this run: not the rows that it sorted
    this.#session.close();
    this.#report();
    return Step.End;
  }

  #planText(): string { return this.#plan === undefined ? 'known result' : accessText(this.#plan.access); }

  /** Without values. */
  #steps(executionNs: number): ExplainStep {
    const whole = { rows: this.#returned, ms: executionNs / NS_PER_MS };
    const actuals = this.#options.givesRows ? { whole } : { find: whole, whole: { ...whole, rows: 1 } }; // a count is one row, made of those
    if (this.#plan !== undefined) return planSteps(this.#plan, this.#request, SHAPE_PLAN, this.#shape.spec.skip, actuals);
    return { step: 'known result', detail: 'of an earlier run', cost: 0, rows: this.#returned, actualRows: whole.rows, actualMs: whole.ms, input: [] };
  }

  #report(): void {
    const plan = this.#plan;
    const shape = this.#shape;
    const fullScan = plan?.access.kind === 'scan';
    if (!fullScan) this.#context.plans.ran(shape, this.#options.givesRows, this.#examined);
    const executionNs = this.#context.clock.monotonicNs() - this.#startedNs;
    this.#context.traces?.query?.({
      event: 'run', source: this.#source.name, shape: shape.text, plan: this.#planText(), ns: executionNs, examined: this.#examined, returned: this.#returned, fullScan,
    });
    this.#context.ran({
      source: this.#source.name, shape: shape.text, key: shape.key, paths: shape.paths, plan: this.#planText(), fullScan,
      wanted: fullScan ? shape.wanted : undefined, planningNs: this.#planningNs, executionNs,
      examined: this.#examined, returned: this.#returned, rowCount: plan?.rowCount ?? this.#returned,
      steps: () => this.#steps(executionNs),
      withValues: () => nodeText(shape.filter, valueStyle((operand) => operandValue(operand, this.#options.params))),
    });
  }
}

/** Walking an index, and reading the rows that it leads to but for what the cache and files take. */
function timedStep<Row>(cursor: RowCursor<Row>): Step { return phases.measure(PHASE.index, () => cursor.step()); }
function timedRow<Row>(cursor: RowCursor<Row>): Row { return phases.measure(PHASE.serialization, () => cursor.row()); }
