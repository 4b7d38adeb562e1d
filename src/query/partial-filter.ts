import { compareValues } from '../filter/compare-values.js';
import type { FilterNode } from '../filter/filter-node.js';
import { excludesNull, pointValues, rangeBounds } from './bind-condition.js';
import { conditionsOf, conjunctsOf, type Condition, type PathCondition } from './conditions.js';
import type { Bound } from './index-source.js';
import { nodeText, valueKey, valueStyle } from './node-text.js';
import { operandValue, type Params } from './params.js';

/**
 * True when every row that meets the conditions also matches `where`, so that an index of the rows of `where` alone has them all.
 * Says false when in doubt.
 */
export function impliesWhere(conditions: readonly Condition[], where: FilterNode, params: Params): boolean {
  return conjunctsOf(where).every((part) => conditions.some((condition) => implies(condition, part, params)));
}

function implies(condition: Condition, part: FilterNode, params: Params): boolean {
  if (keyOf(condition.node, params) === keyOf(part, params)) return true;
  if (condition.kind === 'or') {
    return condition.branches.every((branch) => branch.some((one) => implies(one, part, params)));
  }
  if (condition.kind === 'other') return false;
  if (part.op === 'exists') return part.present && part.path === condition.path && excludesNull(condition, params);
  const [wanted, second] = conditionsOf(part);
  if (wanted === undefined || second !== undefined || wanted.kind === 'or' || wanted.kind === 'other' || !wanted.proves) return false;
  return wanted.path === condition.path && liesWithin(condition, wanted, params);
}

function keyOf(node: FilterNode, params: Params): string { return nodeText(node, valueStyle((operand) => operandValue(operand, params), valueKey)); }

/** Whether all values that meet `inner` meet `outer`. */
function liesWithin(inner: PathCondition, outer: PathCondition, params: Params): boolean {
  if (inner.kind === 'points') {
    const values = pointValues(inner, params);
    return values !== undefined && values.every((value) => value !== null && value !== undefined && isIn(value, outer, params));
  }
  if (inner.kind === 'range' && outer.kind === 'range') return isInnerRange(inner, outer, params);
  if (inner.kind === 'prefix' && outer.kind === 'prefix') {
    const text = operandValue(inner.operand, params);
    const start = operandValue(outer.operand, params);
    return typeof text === 'string' && typeof start === 'string' && text.startsWith(start);
  }
  return false;
}

function isIn(value: unknown, outer: PathCondition, params: Params): boolean {
  if (outer.kind === 'points') return pointValues(outer, params)?.some((one) => sameType(one, value) && compareValues(one, value) === 0) ?? false;
  if (outer.kind === 'prefix') {
    const start = operandValue(outer.operand, params);
    return typeof value === 'string' && typeof start === 'string' && value.startsWith(start);
  }
  const bounds = rangeBounds(outer, params);
  if (bounds === undefined) return false;
  return isAbove(value, bounds.low) && isBelow(value, bounds.high);
}

function isAbove(value: unknown, low: Bound | undefined): boolean {
  if (low === undefined) return true;
  const order = compareValues(value, low.value);
  return sameType(value, low.value) && (order > 0 || (order === 0 && low.inclusive));
}

function isBelow(value: unknown, high: Bound | undefined): boolean {
  if (high === undefined) return true;
  const order = compareValues(value, high.value);
  return sameType(value, high.value) && (order < 0 || (order === 0 && high.inclusive));
}

function isInnerRange(inner: PathCondition & { kind: 'range' }, outer: PathCondition & { kind: 'range' }, params: Params): boolean {
  const narrow = rangeBounds(inner, params);
  const wide = rangeBounds(outer, params);
  if (narrow === undefined || wide === undefined) return false;
  return endInside(narrow.low, wide.low, isAbove) && endInside(narrow.high, wide.high, isBelow);
}

function endInside(narrow: Bound | undefined, wide: Bound | undefined, inside: (value: unknown, end: Bound | undefined) => boolean): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined) return false;
  // An open end at the same value lies inside whatever the other end is.
  const same = sameType(narrow.value, wide.value) && compareValues(narrow.value, wide.value) === 0;
  return same ? wide.inclusive || !narrow.inclusive : inside(narrow.value, wide);
}

function sameType(a: unknown, b: unknown): boolean { return kindOf(a) === kindOf(b); }

function kindOf(value: unknown): string {
  if (typeof value === 'bigint') return 'number';
  return value instanceof Date ? 'date' : typeof value;
}
