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
  readonly planning: PlanningTime;
}

/** So many uses of a way count the planning time that was measured last: a look at the clock takes half as long as planning itself. */
const USES_PER_MEASURE = 16;

/** How long it takes to get ready for a use of a way, measured now and then. */
export class PlanningTime {
  lastNs = 0;
  #left = 0;

  /** Counts a use; whether it is measured. */
  use(): boolean { return this.#left-- <= 0; }

  measured(ns: number): void {
    this.lastNs = ns;
    this.#left = USES_PER_MEASURE - 1;
  }
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
  return { index, epoch, operands, choice, plan, request, planning: new PlanningTime() };
}

/** Values of which keys tell all, and which are never missing. */
export function isKeyText(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && !Number.isNaN(value));
}
