import { FieldstoneError, nearestNames } from '#storage';
import { shown } from '../arguments.js';
import { ownData } from './copy-value.js';
import type { Comparison, FilterNode } from './filter-node.js';
import { Param } from './param.js';
import { FILTER_VALUES, listOf, operandOf } from './parse-operand.js';
import { parseRegex } from './regex/parse-regex.js';
import { isFields, TYPE_CODES, TYPE_TESTS } from './value-type.js';

/** What operators need of the parser. */
export interface OperatorContext {
  negated(value: unknown, path: string, depth: number): FilterNode;
  element(value: unknown, path: string, depth: number): FilterNode;
}

/** An operator at a field, as written. */
export interface OperatorUse {
  readonly value: unknown;
  readonly path: string;
  /** All operators at that place: some belong together. */
  readonly all: readonly (readonly [string, unknown])[];
  readonly depth: number;
  readonly context: OperatorContext;
}

/** Undefined when the operator only adds to another one. */
type ParseOperator = (use: OperatorUse) => FilterNode | undefined;

const comparison = (op: Comparison): ParseOperator => ({ value, path }) => ({ op, path, operand: operandOf(value, path) });

/** Operators that stand at a field. */
export const FIELD_OPERATORS: ReadonlyMap<string, ParseOperator> = new Map<string, ParseOperator>([
  ['$eq', comparison('eq')], ['$ne', comparison('ne')], ['$gt', comparison('gt')], ['$gte', comparison('gte')], ['$lt', comparison('lt')], ['$lte', comparison('lte')],
  ['$in', ({ value, path }) => membership('$in', value, path)],
  ['$nin', ({ value, path }) => ({ op: 'not', part: membership('$nin', value, path) })],
  ['$between', between],
  ['$exists', exists],
  ['$type', type],
  ['$regex', ({ value, path, all }) => parseRegexNode(path, value, all.find(([name]) => name === '$options')?.[1])],
  ['$options', options],
  ['$startsWith', startsWith],
  ['$not', ({ value, path, depth, context }) => context.negated(value, path, depth)],
  ['$elemMatch', ({ value, path, depth, context }) => context.element(value, path, depth)],
  ['$size', size],
  ['$all', all],
]);

/** `$in`: regular expressions among the values are tests of their own. */
function membership(operator: string, value: unknown, path: string): FilterNode {
  if (value instanceof Param) return { op: 'in', path, operands: [{ kind: 'listParam', name: value.name }] };
  const values = listOf(value, operator, path);
  const patterns = values.filter((one) => one instanceof RegExp);
  const operands = values.filter((one) => !(one instanceof RegExp)).map((one) => operandOf(one, path));
  return { op: 'or', parts: [{ op: 'in', path, operands }, ...patterns.map((one) => parseRegexNode(path, one, undefined))] };
}

function between({ value, path }: OperatorUse): FilterNode {
  const [low, high, ...more] = listOf(value, '$between', path);
  if (low === undefined || high === undefined || more.length > 0) {
    throw new FieldstoneError('QUERY', `$between of field ${shown(path)} takes an array of two values, the lowest and the highest`);
  }
  return { op: 'between', path, low: operandOf(low, path), high: operandOf(high, path) };
}

function exists({ value, path }: OperatorUse): FilterNode {
  if (typeof value !== 'boolean' && value !== 0 && value !== 1) throw new FieldstoneError('QUERY', `$exists of field ${shown(path)} takes true or false, got ${shown(value)}`);
  return { op: 'exists', path, present: Boolean(value) };
}

function type({ value, path }: OperatorUse): FilterNode {
  const types = Array.isArray(value) ? listOf(value, '$type', path) : [value];
  return { op: 'type', path, types: types.map((one) => typeName(one, path)) };
}

function typeName(given: unknown, path: string): string {
  const name = typeof given === 'number' ? TYPE_CODES.get(given) : given;
  if (typeof name === 'string' && TYPE_TESTS.has(name)) return name;
  const near = typeof name === 'string' ? nearestNames(name, TYPE_TESTS.keys()) : [];
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known: ${[...TYPE_TESTS.keys()].join(', ')}`;
  throw new FieldstoneError('QUERY', `$type of field ${shown(path)} does not know ${shown(given)}; ${hint}`);
}

/** A pattern with its flags, checked. */
export function parseRegexNode(path: string, value: unknown, flagsGiven: unknown): FilterNode {
  const isPattern = value instanceof RegExp;
  const source = isPattern ? value.source : value;
  if (typeof source !== 'string') throw new FieldstoneError('QUERY', `$regex of field ${shown(path)} takes a pattern as text or a regular expression, got ${shown(value)}`);
  if (flagsGiven !== undefined && typeof flagsGiven !== 'string') throw new FieldstoneError('QUERY', `$options of field ${shown(path)} are text, got ${shown(flagsGiven)}`);
  // Where to begin and what to remember makes no difference to whether a text matches.
  const flags = flagsGiven ?? (isPattern ? value.flags.replace(/[dgy]/g, '') : '');
  parseRegex(source, flags);
  return { op: 'regex', path, source, flags };
}

function options({ path, all: operators }: OperatorUse): undefined {
  if (operators.some(([name]) => name === '$regex')) return undefined;
  throw new FieldstoneError('QUERY', `$options of field ${shown(path)} belongs beside $regex`);
}

function startsWith({ value, path }: OperatorUse): FilterNode {
  if (typeof value !== 'string' && !(value instanceof Param)) throw new FieldstoneError('QUERY', `$startsWith of field ${shown(path)} takes text, got ${shown(value)}`);
  return { op: 'startsWith', path, operand: operandOf(value, path) };
}

function size({ value, path }: OperatorUse): FilterNode {
  const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  if (!isCount && !(value instanceof Param)) throw new FieldstoneError('QUERY', `$size of field ${shown(path)} takes a whole number from 0, got ${shown(value)}`);
  return { op: 'size', path, operand: operandOf(value, path) };
}

/** `$all`: patterns and `$elemMatch` among the values are tests of their own. */
function all({ value, path, depth, context }: OperatorUse): FilterNode {
  if (value instanceof Param) return { op: 'all', path, operands: [{ kind: 'listParam', name: value.name }] };
  const values = listOf(value, '$all', path);
  if (values.length === 0) return { op: 'false' };
  const parts: FilterNode[] = [];
  const plain: unknown[] = [];
  for (const one of values) {
    if (one instanceof RegExp) parts.push(parseRegexNode(path, one, undefined));
    else if (isFields(one) && Object.hasOwn(one, '$elemMatch')) parts.push(context.element(ownData(one, '$elemMatch', FILTER_VALUES), path, depth));
    else plain.push(one);
  }
  if (plain.length > 0) parts.push({ op: 'all', path, operands: plain.map((one) => operandOf(one, path)) });
  return { op: 'and', parts };
}
