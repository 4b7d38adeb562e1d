import { FieldstoneError } from '#storage';
import { bindFilter, paramsOf } from '../filter/bind-filter.js';
import type { FilterNode, Operand } from '../filter/filter-node.js';

/** Values of the parameters of one run, by name. */
export type Params = Pick<ReadonlyMap<string, unknown>, 'get' | 'has' | 'size'>;

/** For filters without parameters. */
export const NO_PARAMS: Params = new Map();

/** The value of the only parameter of a query. */
export class OneParam implements Params {
  readonly size = 1;
  readonly #name: string;
  readonly #value: unknown;

  constructor(name: string, value: unknown) {
    this.#name = name;
    this.#value = value;
  }

  get(name: string): unknown { return name === this.#name ? this.#value : undefined; }
  has(name: string): boolean { return name === this.#name; }
}

/** What the operand stands for in this run. Throws QUERY when the parameter was not given. */
export function operandValue(operand: Operand, params: Params): unknown {
  if (operand.kind === 'value') return operand.value;
  const value = params.get(operand.name);
  if (value === undefined && !params.has(operand.name)) {
    throw new FieldstoneError('QUERY', `the query needs a value for its parameter "${operand.name.slice(0, 64)}"`);
  }
  return value;
}

/** The filter with its values in place. Throws QUERY for a value that an operator does not take. */
export function bindParams(filter: FilterNode, params: Params): FilterNode {
  if (params.size === 0) return filter;
  const values: Record<string, unknown> = Object.create(null);
  for (const name of paramsOf(filter)) if (params.has(name)) values[name] = params.get(name);
  return bindFilter(filter, values);
}

/** Throws QUERY when the filter has parameters: only prepared queries give them values. */
export function assertNoParams(filter: FilterNode): void {
  const [name] = paramsOf(filter);
  if (name !== undefined) throw new FieldstoneError('QUERY', `the parameter "${name.slice(0, 64)}" has no value here; use prepare() and run({ ... })`);
}
