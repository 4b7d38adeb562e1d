import type { Operand } from '../filter/filter-node.js';
import type { FindSpec } from './find-options.js';
import type { Plan, PlanRequest } from './plan.js';
import type { KeyPlace } from './row-source.js';

/** What a choice of plans knows of itself; `choose-plan` keeps it. */
export interface KeptChoice {
  readonly rowCount: number;
  readonly even: boolean;
}

/**
 * A plan that reads the entries of one key of an index, then their rows, and tests nothing more: the usual plan of a query for equal values. It is
 * gone again with other values, without planning, for values that the key tells exactly (text, numbers, booleans).
 */
export interface KeyWay extends KeyPlace {
  /** Of each field of the index. */
  readonly operands: readonly Operand[];
  readonly choice: KeptChoice;
  /** The plan of the run that found it. */
  readonly plan: Plan;
  readonly request: PlanRequest;
}

/** The way of a plan; undefined when it does more, or it depends on more than the key. */
export function keyWayOf(spec: FindSpec, plan: Plan, request: PlanRequest, epoch: unknown, choice: KeptChoice): KeyWay | undefined {
  const { access } = plan;
  if (access.kind !== 'index' || access.template === undefined || plan.residual !== undefined || plan.covering) return undefined;
  if (spec.sort.length > 0 || spec.skip > 0 || spec.fields !== undefined || spec.signal !== undefined) return undefined;
  if (!request.givesRows && !plan.countsEntries) return undefined;
  const { index, template: { points, low, high, prefix } } = access;
  // A partial index serves some values and not others: that is asked for each run.
  if (index.where !== undefined || points.length !== index.fields.length || low !== undefined || high !== undefined || prefix !== undefined) return undefined;
  const operands = points.flatMap((point) => point.operands);
  if (operands.length !== points.length || operands.some(({ kind }) => kind === 'listParam')) return undefined;
  return { index, epoch, operands, choice, plan, request };
}

/** Values of which keys tell all, and which are never missing. */
export function isKeyText(value: unknown): boolean {
  switch (typeof value) {
    case 'string': case 'boolean': return true;
    case 'number': return !Number.isNaN(value);
    default: return false;
  }
}
