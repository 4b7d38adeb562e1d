import { FieldstoneError, keepLayout, nearestNames } from '#storage';
import { shown } from '../arguments.js';
import { MAX_DEPTH, ownData } from './copy-value.js';
import type { FilterNode } from './filter-node.js';
import { FIELD_OPERATORS, type OperatorContext, parseRegexNode } from './field-operators.js';
import { normalizeFilter } from './normalize.js';
import { FILTER_VALUES, operandOf } from './parse-operand.js';
import { Param } from './param.js';
import { parsePath } from './path.js';

/** Options of parseFilter(). */
export interface ParseFilterOptions {
  /** The field of a table that a path stands for, as the table spells it; throws NOT_FOUND with the nearest names. Default: any dotted path. */
  readonly resolvePath?: (path: string) => string;
}

const GROUPS: ReadonlyMap<string, 'and' | 'or' | 'nor'> = new Map([['$and', 'and'], ['$or', 'or'], ['$nor', 'nor']]);
const OPERATOR_NAMES = [...GROUPS.keys(), '$not', ...FIELD_OPERATORS.keys()];

/**
 * Reads a filter of the user: names and operators are checked, values copied, getters not called. Throws QUERY (unknown or misused operator,
 * named with its place and the nearest names), NOT_FOUND (unknown field of a table), LIMIT (too deep).
 *
 * @example
 * parseFilter({ age: { $gte: 18 }, $or: [{ city: 'Oslo' }, { city: 'Bergen' }] });
 */
export function parseFilter(filter: unknown, options: ParseFilterOptions = {}): FilterNode {
  return normalizeFilter(new FilterParser(options.resolvePath).whole(filter, 'the filter', 0));
}

class FilterParser implements OperatorContext {
  readonly #resolve: (path: string) => string;

  constructor(resolve: ((path: string) => string) | undefined) { this.#resolve = resolve ?? asDotted; }

  whole(filter: unknown, place: string, depth: number): FilterNode {
    const fields = fieldsOf(filter, place, depth);
    const parts = fields.map(([name, value]) => {
      if (!name.startsWith('$')) return this.#field(name, value, depth);
      const group = GROUPS.get(name);
      if (group !== undefined) return { op: group, parts: this.#list(value, name, depth) };
      if (name === '$not') return { op: 'not', part: this.whole(value, '$not', depth + 1) } as const;
      throw unknownOperator(name, place);
    });
    return { op: 'and', parts };
  }

  #list(value: unknown, name: string, depth: number): FilterNode[] {
    if (!Array.isArray(value) || value.length === 0) throw new FieldstoneError('QUERY', `${name} takes an array of filters with at least one, got ${shown(value)}`);
    return Array.from(value, (one, i) => this.whole(one, `${name}[${i}]`, depth + 1));
  }

  #field(name: string, value: unknown, depth: number): FilterNode {
    if (name === '') throw new FieldstoneError('QUERY', 'a filter names a field with an empty name');
    const path = this.#resolve(name);
    if (value instanceof RegExp) return parseRegexNode(path, value, undefined);
    const operators = operatorsOf(value, path, depth);
    return operators === undefined ? { op: 'eq', path, operand: operandOf(value, path) } : this.operators(operators, path, depth);
  }

  operators(operators: readonly (readonly [string, unknown])[], path: string, depth: number): FilterNode {
    const parts: FilterNode[] = [];
    for (const [name, value] of operators) {
      const parse = FIELD_OPERATORS.get(name);
      if (parse === undefined) throw unknownOperator(name, path === '' ? '$elemMatch' : `field ${shown(path)}`);
      const node = parse({ value, path, all: operators, depth, context: this });
      if (node !== undefined) parts.push(node);
    }
    return { op: 'and', parts };
  }

  negated(value: unknown, path: string, depth: number): FilterNode {
    if (value instanceof RegExp) return { op: 'not', part: parseRegexNode(path, value, undefined) };
    const operators = operatorsOf(value, path, depth + 1);
    if (operators === undefined || operators.length === 0) {
      throw new FieldstoneError('QUERY', `$not of field ${shown(path)} takes operators such as { $gt: 5 } or a regular expression, got ${shown(value)}; for a value use $ne`);
    }
    return { op: 'not', part: this.operators(operators, path, depth + 1) };
  }

  element(value: unknown, path: string, depth: number): FilterNode {
    const place = `$elemMatch of field ${shown(path)}`;
    const fields = fieldsOf(value, place, depth + 1);
    const aboutElement = fields.length > 0 && fields.every(([name]) => name.startsWith('$') && !GROUPS.has(name));
    if (aboutElement) {
      const part = normalizeFilter(this.operators(fields, '', depth + 1));
      return { op: 'elemMatch', path, part: part.op === 'true' ? { op: 'exists', path: '', present: true } : part };
    }
    return { op: 'elemMatch', path, part: new FilterParser(undefined).whole(value, place, depth + 1) };
  }
}
keepLayout(new FilterParser(undefined));

function asDotted(path: string): string {
  parsePath(path);
  return path;
}

/** The fields of an object of the user, read once. */
function fieldsOf(value: unknown, place: string, depth: number): (readonly [string, unknown])[] {
  if (depth >= MAX_DEPTH) throw new FieldstoneError('LIMIT', `a filter is nested deeper than ${MAX_DEPTH} levels, or in a circle`);
  const isObject = typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object Object]';
  if (!isObject || value instanceof Param) throw new FieldstoneError('QUERY', `${place} must be an object such as { name: 'Ada' }, got ${shown(value)}`);
  return Object.keys(value).map((name) => [name, ownData(value, name, FILTER_VALUES)] as const);
}

/** The operators of `{ $gt: 5, $lt: 9 }`; undefined for a value. Throws QUERY when operators and fields are mixed. */
function operatorsOf(value: unknown, path: string, depth: number): (readonly [string, unknown])[] | undefined {
  if (typeof value !== 'object' || value === null || Object.prototype.toString.call(value) !== '[object Object]' || value instanceof Param) return undefined;
  const names = Object.keys(value);
  const operators = names.filter((name) => name.startsWith('$'));
  if (operators.length === 0) return undefined;
  if (operators.length < names.length) {
    throw new FieldstoneError('QUERY', `field ${shown(path)} mixes operators (${shown(operators[0])}) and fields (${shown(names.find((name) => !name.startsWith('$')))})`);
  }
  return fieldsOf(value, `field ${shown(path)}`, depth + 1);
}

const FOREIGN: ReadonlyMap<string, string> = new Map([
  ['$where', 'code in filters is never run'], ['$expr', 'expressions in filters are not run'], ['$function', 'code in filters is never run'],
]);

function unknownOperator(name: string, place: string): FieldstoneError {
  const near = nearestNames(name, OPERATOR_NAMES);
  const hint = FOREIGN.get(name) ?? (near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known: ${OPERATOR_NAMES.join(' ')}`);
  const known = OPERATOR_NAMES.includes(name) ? 'an operator that can not stand there' : 'no operator';
  return new FieldstoneError('QUERY', `${shown(name)} in ${place} is ${known}; ${hint}`, { details: { operator: name.slice(0, 64), nearest: near } });
}
