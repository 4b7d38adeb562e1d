import { excludesNull, pointValues, rangeBounds } from './bind-condition.js';
import type { Condition, PathCondition } from './conditions.js';
import type { IndexRange, IndexSource } from './index-source.js';
import { operandValue, type Params } from './params.js';

// What is assumed when no index knows better (shares as in the first relational planners: Selinger et al. 1979).
const EQUAL = 0.1;
const OPEN_RANGE = 0.3;
const CLOSED_RANGE = 0.1;
const PREFIX = 0.1;
const UNKNOWN = 0.5;

/** The share of the rows that meet the condition, between 0 and 1: from an index on its field, else a guess. */
export function selectivity(condition: Condition, indexes: readonly IndexSource[], params: Params): number {
  if (condition.kind === 'other') return otherShare(condition);
  if (condition.kind === 'or') {
    const none = condition.branches.reduce((share, branch) => share * (1 - selectivityOfAll(branch, indexes, params)), 1);
    return 1 - none;
  }
  return fromIndex(condition, indexes, params) ?? guess(condition);
}

/** Of conditions that must all hold, taken as independent. */
export function selectivityOfAll(conditions: readonly Condition[], indexes: readonly IndexSource[], params: Params): number {
  return conditions.reduce((share, condition) => share * selectivity(condition, indexes, params), 1);
}

function otherShare({ node }: Condition): number {
  if (node.op === 'false') return 0;
  return node.op === 'ne' || node.op === 'nin' || (node.op === 'exists' && node.present) ? 1 - EQUAL : UNKNOWN;
}

function guess(condition: PathCondition): number {
  if (condition.kind === 'points') return Math.min(UNKNOWN, EQUAL * condition.operands.length);
  if (condition.kind === 'prefix') return PREFIX;
  return condition.low !== undefined && condition.high !== undefined ? CLOSED_RANGE : OPEN_RANGE;
}

function fromIndex(condition: PathCondition, indexes: readonly IndexSource[], params: Params): number | undefined {
  for (const index of indexes) {
    // A partial or sparse index counts only some of the rows.
    if (index.fields[0]?.path !== condition.path || index.where !== undefined || index.entryCount <= 0) continue;
    if ((index.sparse || index.multikey) && !excludesNull(condition, params)) continue;
    const ranges = rangesOf(condition, params);
    if (ranges === undefined || (condition.kind !== 'points' && !index.ranged) || !ranges.every((range) => index.accepts(range))) continue;
    const entries = ranges.reduce((total, range) => total + index.estimate(range), 0);
    return Math.min(1, entries / index.entryCount);
  }
  return undefined;
}

const MOST_RANGES = 8;

function rangesOf(condition: PathCondition, params: Params): readonly IndexRange[] | undefined {
  if (condition.kind === 'points') {
    const values = pointValues(condition, params);
    return values === undefined || values.length > MOST_RANGES ? undefined : values.map((value) => ({ equal: [value] }));
  }
  if (condition.kind === 'prefix') {
    const text = operandValue(condition.operand, params);
    return typeof text === 'string' ? [{ equal: [], prefix: text }] : undefined;
  }
  const bounds = rangeBounds(condition, params);
  if (bounds === undefined) return undefined;
  return [{ equal: [], ...(bounds.low === undefined ? {} : { low: bounds.low }), ...(bounds.high === undefined ? {} : { high: bounds.high }) }];
}
