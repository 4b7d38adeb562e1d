import type { PathCondition, PointsCondition, RangeCondition } from './conditions.js';
import type { Bound } from './index-source.js';
import { operandValue, type Params } from './params.js';

/** True for values that stand in keys one by one: no arrays, objects, bytes, NaN. */
export function isKeyValue(value: unknown): boolean {
  switch (typeof value) {
    case 'string': case 'boolean': case 'bigint': return true;
    case 'number': return !Number.isNaN(value);
    case 'object': return value === null || (value instanceof Date && !Number.isNaN(value.getTime()));
    default: return false;
  }
}

/** More points than this are not looked up one by one. */
export const MOST_POINTS = 1024;

/** The different values of the points; undefined when one of them can not be looked up. */
export function pointValues(condition: PointsCondition, params: Params): readonly unknown[] | undefined {
  const [only] = condition.operands;
  if (condition.operands.length === 1 && only !== undefined && only.kind !== 'listParam') {
    const value = operandValue(only, params);
    return isKeyValue(value) ? [value] : undefined;
  }
  const values = allValues(condition, params);
  return values !== undefined && values.length <= MOST_POINTS && values.every(isKeyValue) ? withoutDoubles(values) : undefined;
}

/** The values as they are given; undefined when a parameter for the whole list is no list. */
function allValues({ operands }: PointsCondition, params: Params): readonly unknown[] | undefined {
  const values: unknown[] = [];
  for (const operand of operands) {
    const value = operandValue(operand, params);
    if (operand.kind !== 'listParam') values.push(value);
    else if (Array.isArray(value)) values.push(...value);
    else return undefined;
  }
  return values;
}

function withoutDoubles(values: readonly unknown[]): unknown[] {
  const seen = new Set<unknown>();
  return values.filter((value) => {
    const key = value instanceof Date ? `date ${value.getTime()}` : typeof value === 'string' ? `text ${value}` : value;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The ends of a range in this run; undefined when one of them can not be looked up. */
export function rangeBounds(condition: RangeCondition, params: Params): { readonly low: Bound | undefined; readonly high: Bound | undefined } | undefined {
  const low = boundOf(condition.low, params);
  const high = boundOf(condition.high, params);
  return low === null || high === null ? undefined : { low, high };
}

function boundOf(bound: RangeCondition['low'], params: Params): Bound | undefined | null {
  if (bound === undefined) return undefined;
  const value = operandValue(bound.operand, params);
  return value === null || !isKeyValue(value) ? null : { value, inclusive: bound.inclusive };
}

/** True when only rows with a value in the field can meet the condition. */
export function excludesNull(condition: PathCondition, params: Params): boolean {
  if (condition.kind !== 'points') return true;
  return allValues(condition, params)?.every((value) => value !== null && value !== undefined) ?? false;
}
