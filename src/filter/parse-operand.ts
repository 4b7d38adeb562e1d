import { FieldstoneError } from '#storage';
import { shown } from '../arguments.js';
import { type CopyRules, copyValue } from './copy-value.js';
import type { Operand } from './filter-node.js';
import { Param } from './param.js';

export const FILTER_VALUES: CopyRules = { code: 'QUERY', what: 'filter', dropUndefined: false, readsGetters: false };

/** A value of a filter, copied, or a parameter. */
export function operandOf(value: unknown, path: string): Operand {
  if (value instanceof Param) return { kind: 'param', name: value.name };
  if (value instanceof RegExp) throw new FieldstoneError('QUERY', `a regular expression can not be the operand here (field ${shown(path)}); use $regex, $in or $not`);
  return { kind: 'value', value: copyValue(value, FILTER_VALUES) };
}

/** An array of a filter, read once. */
export function listOf(value: unknown, operator: string, path: string): unknown[] {
  if (!Array.isArray(value)) throw new FieldstoneError('QUERY', `${operator} of field ${shown(path)} takes an array, got ${shown(value)}`);
  return Array.from(value as readonly unknown[]);
}
