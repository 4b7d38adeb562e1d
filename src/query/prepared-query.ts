import { FieldstoneError, nearestNames } from '#storage';
import { shown } from '../arguments.js';
import { paramsOf } from '../filter/bind-filter.js';
import { copyValue } from '../filter/copy-value.js';
import { FILTER_VALUES } from '../filter/parse-operand.js';
import { FoundRows } from './found-rows.js';
import { NO_PARAMS, OneParam, type Params } from './params.js';
import type { QueryContext } from './query-context.js';
import type { RowSource } from './row-source.js';
import type { Shape } from './shape.js';

/**
 * A query whose filter is parsed once and whose plan is kept; each run gives the values of its parameters.
 *
 * @example
 * const q = people.prepare({ salary: { $gt: param('min') } });
 * q.run({ min: 5 }).toArray();
 */
export class PreparedQuery<Row> {
  readonly #source: RowSource<Row>;
  readonly #context: QueryContext;
  readonly #shape: Shape;
  /** Names of the parameters. */
  readonly params: readonly string[];

  /** @internal */
  constructor(source: RowSource<Row>, context: QueryContext, shape: Shape) {
    this.#source = source;
    this.#context = context;
    this.#shape = shape;
    this.params = paramsOf(shape.filter);
  }

  /** The rows for these values. Throws QUERY for a parameter that is missing, unknown, or of a kind that its operator does not take. */
  run(values: Readonly<Record<string, unknown>> = {}): FoundRows<Row> {
    return new FoundRows(this.#source, this.#context, this.#shape, this.#paramsOf(values));
  }

  #paramsOf(values: unknown): Params {
    if (typeof values !== 'object' || values === null) throw new FieldstoneError('QUERY', `run takes an object with the values of the parameters, got ${shown(values)}`);
    for (const name of Object.keys(values)) {
      if (!this.params.includes(name)) throw this.#unknown(name);
    }
    if (this.params.length === 0) return NO_PARAMS;
    const [only] = this.params;
    if (only !== undefined && this.params.length === 1) return new OneParam(only, valueIn(values, only));
    return new Map(this.params.map((name) => [name, valueIn(values, name)]));
  }

  #unknown(name: string): FieldstoneError {
    const near = nearestNames(name, this.params);
    return new FieldstoneError('QUERY', `the query has no parameter ${shown(name)}; it has: ${(near.length > 0 ? near : this.params).join(', ') || 'none'}`);
  }
}

/** A value of the caller's, copied. */
function valueIn(values: object, name: string): unknown {
  const value: unknown = Object.hasOwn(values, name) ? Reflect.get(values, name) : undefined;
  if (value === undefined) throw new FieldstoneError('QUERY', `the parameter ${shown(name)} has no value: run the query with { ${name}: ... }`);
  return typeof value === 'object' ? copyValue(value, FILTER_VALUES) : value;
}
