import { assertOptions } from '../arguments.js';
import { explainRun } from './explain-run.js';
import type { Explanation } from './explain.js';
import { lookUp, NOT_LOOKED_UP } from './look-up.js';
import type { Params } from './params.js';
import type { QueryContext } from './query-context.js';
import { QueryRun } from './query-run.js';
import { Step, type RowSource } from './row-source.js';
import type { Shape } from './shape.js';

// An awaited row costs a promise; the event loop gets a turn after this many rows.
const ROWS_PER_TURN = 256;

/** Options of explain(). */
export interface ExplainOptions {
  /** Run the query too, and tell real rows and times. Default false. */
  readonly analyze?: boolean;
}

/**
 * The rows of a query, found when they are asked for: by `for`, `for await`, toArray(), first() or count(). Each use runs the
 * query anew, on the state of that moment. Rows come in the order of `sort`, rows with equal keys and without a sort in the order of
 * their record numbers, whatever indexes there are. Memory stays constant but for sorting, which is bounded by `sortMemory`.
 *
 * @example
 * const adults = people.find({ age: { $gte: 18 } }, { sort: { name: 1 }, limit: 10 });
 * for (const row of adults) console.log(row.name);
 * console.log(adults.explain().text);
 */
export class FoundRows<Row> implements Iterable<Row>, AsyncIterable<Row> {
  readonly #source: RowSource<Row>;
  readonly #context: QueryContext;
  readonly #shape: Shape;
  readonly #params: Params;

  /** @internal */
  constructor(source: RowSource<Row>, context: QueryContext, shape: Shape, params: Params) {
    this.#source = source;
    this.#context = context;
    this.#shape = shape;
    this.#params = params;
  }

  #run(limit: number, givesRows: boolean, lasting: boolean): QueryRun<Row> {
    return new QueryRun(this.#source, this.#context, this.#shape, { params: this.#params, limit, givesRows, lasting });
  }

  /** All rows in an array. Throws ABORTED, LIMIT (a sort past `sortMemory`). */
  toArray(): Row[] { return this.#isWatched() ? this.#watched(() => this.#toArray()) : this.#toArray(); }

  #toArray(): Row[] {
    const rows: Row[] = [];
    if (this.#lookUp(this.#shape.spec.limit, rows) === NOT_LOOKED_UP) this.forEachNow((row) => { rows.push(row); });
    return rows;
  }

  /** The first row, undefined when there is none. */
  first(): Row | undefined { return this.#isWatched() ? this.#watched(() => this.#first()) : this.#first(); }

  #first(): Row | undefined {
    const limit = Math.min(1, this.#shape.spec.limit);
    const rows: Row[] = [];
    if (this.#lookUp(limit, rows) !== NOT_LOOKED_UP) return rows[0];
    const run = this.#run(limit, true, false);
    try {
      for (;;) {
        const step = run.step();
        if (step === Step.End) return undefined;
        if (step === Step.Row) return run.row();
      }
    } finally {
      run.end();
    }
  }

  /** How many rows there are; `skip` and `limit` count. Rows are not made, and not even read where an index tells. */
  count(): number { return this.#isWatched() ? this.#watched(() => this.#count()) : this.#count(); }

  #count(): number {
    const { limit } = this.#shape.spec;
    const count = this.#lookUp(limit, undefined);
    return count === NOT_LOOKED_UP ? this.#run(limit, false, false).count() : count;
  }

  #lookUp(limit: number, rows: Row[] | undefined): number {
    return lookUp({ use: this, source: this.#source, context: this.#context, shape: this.#shape, params: this.#params }, limit, rows);
  }

  /** Counts a use; whether it is its turn to be timed, or somebody listens. */
  #isWatched(): boolean {
    const { search } = this.#context;
    return search !== undefined && (--search.left < 0 || search.start.hasSubscribers);
  }

  #watched<Result>(work: () => Result): Result {
    const { search } = this.#context;
    return search === undefined ? work() : search.run(this.#source.name, work);
  }

  /** Hands each row to `use`, which must not wait. @internal */
  forEachNow(use: (row: Row) => void): void {
    const run = this.#run(this.#shape.spec.limit, true, false);
    try {
      for (;;) {
        const step = run.step();
        if (step === Step.End) return;
        if (step === Step.Row) use(run.row());
      }
    } finally {
      run.end();
    }
  }

  /** Record numbers of the rows, in their order. @internal */
  recnos(): number[] {
    const run = this.#run(this.#shape.spec.limit, true, false);
    const recnos: number[] = [];
    try {
      for (;;) {
        const step = run.step();
        if (step === Step.End) return recnos;
        if (step === Step.Row) recnos.push(run.recno);
      }
    } finally {
      run.end();
    }
  }

  /** How the query is run: steps with cost and estimated rows, as data and as text; with `analyze` also real rows and times. */
  explain(options: ExplainOptions = {}): Explanation {
    assertOptions(options, ['analyze'], 'explain');
    return explainRun(this.#source, this.#context, this.#shape, this.#params, options.analyze === true);
  }

  [Symbol.iterator](): IterableIterator<Row> { return new RowIterator(() => this.#run(this.#shape.spec.limit, true, true)); }
  [Symbol.asyncIterator](): AsyncIterableIterator<Row> {
    return new AsyncRowIterator(() => this.#run(this.#shape.spec.limit, true, true), this.#context.scheduler);
  }
}

/** Opens its run at the first step: a query that is not used holds nothing. */
class RowIterator<Row> implements IterableIterator<Row> {
  readonly #open: () => QueryRun<Row>;
  #run: QueryRun<Row> | undefined;
  #ended = false;

  constructor(open: () => QueryRun<Row>) { this.#open = open; }

  [Symbol.iterator](): this { return this; }

  next(): IteratorResult<Row, undefined> {
    if (!this.#ended) {
      const run = this.#run ??= this.#open();
      for (;;) {
        const step = run.step();
        if (step === Step.Row) return { value: this.#row(run), done: false };
        if (step === Step.End) break;
      }
    }
    return this.return();
  }

  #row(run: QueryRun<Row>): Row {
    try {
      return run.row();
    } catch (e) {
      this.return();
      throw e;
    }
  }

  return(): IteratorResult<Row, undefined> {
    this.#ended = true;
    this.#run?.end();
    return { value: undefined, done: true };
  }
}

/** The same as promises. Not an async generator: that takes three promises for each row. */
class AsyncRowIterator<Row> implements AsyncIterableIterator<Row> {
  readonly #open: () => QueryRun<Row>;
  readonly #scheduler: QueryContext['scheduler'];
  #run: QueryRun<Row> | undefined;
  #untilTurn = ROWS_PER_TURN;
  #ended = false;
  /** Calls of next() are answered one after another, also when the caller does not wait. */
  #before: Promise<unknown> | undefined;

  constructor(open: () => QueryRun<Row>, scheduler: QueryContext['scheduler']) {
    this.#open = open;
    this.#scheduler = scheduler;
  }

  [Symbol.asyncIterator](): this { return this; }

  next(): Promise<IteratorResult<Row, undefined>> {
    if (this.#before !== undefined) return this.#queue(() => this.#advance());
    try {
      const result = this.#advance();
      return result instanceof Promise ? this.#queue(() => result) : Promise.resolve(result);
    } catch (e) {
      return Promise.reject(e);
    }
  }

  #queue(work: () => IteratorResult<Row, undefined> | Promise<IteratorResult<Row, undefined>>): Promise<IteratorResult<Row, undefined>> {
    const mine: Promise<IteratorResult<Row, undefined>> = (this.#before ?? Promise.resolve()).then(work, work);
    const settled = mine.then(() => undefined, () => undefined).then(() => {
      if (this.#before === settled) this.#before = undefined;
    });
    this.#before = settled;
    return mine;
  }

  #advance(): IteratorResult<Row, undefined> | Promise<IteratorResult<Row, undefined>> {
    if (this.#ended) return { value: undefined, done: true };
    try {
      const run = this.#run ??= this.#open();
      if (--this.#untilTurn <= 0) return this.#afterTurn();
      const step = run.step();
      if (step === Step.Pause) return this.#afterTurn();
      if (step === Step.Row) return { value: run.row(), done: false };
    } catch (e) {
      this.#end();
      throw e;
    }
    return this.#end();
  }

  async #afterTurn(): Promise<IteratorResult<Row, undefined>> {
    await new Promise<void>((resolve) => { this.#scheduler.later(resolve); });
    this.#untilTurn = ROWS_PER_TURN;
    return this.#advance();
  }

  #end(): IteratorResult<Row, undefined> {
    this.#ended = true;
    this.#run?.end();
    return { value: undefined, done: true };
  }

  return(): Promise<IteratorResult<Row, undefined>> { return Promise.resolve(this.#end()); }
}
