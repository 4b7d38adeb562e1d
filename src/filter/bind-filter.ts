import { FieldstoneError, nearestNames } from '#storage';
import { shown } from '../arguments.js';
import { copyValue } from './copy-value.js';
import type { FilterNode, Operand } from './filter-node.js';
import { normalizeFilter } from './normalize.js';
import { FILTER_VALUES, listOf } from './parse-operand.js';

/** Names of the parameters of a filter, each once. */
export function paramsOf(node: FilterNode): string[] {
  const names = new Set<string>();
  visit(node, (operand) => {
    if (operand.kind !== 'value') names.add(operand.name);
  });
  return [...names];
}

/** Paths that a filter looks at, each once. */
export function pathsOf(node: FilterNode): string[] {
  const paths = new Set<string>();
  const walk = (one: FilterNode): void => {
    if ('path' in one) paths.add(one.path);
    else if ('parts' in one) one.parts.forEach(walk);
    else if ('part' in one) walk(one.part);
  };
  walk(node);
  return [...paths];
}

/**
 * The filter with values in place of its parameters. Throws QUERY when one is missing, unknown, or of a kind that the operator does not take.
 *
 * @example
 * bindFilter(parseFilter({ age: { $gt: param('min') } }), { min: 18 });
 */
export function bindFilter(node: FilterNode, values: Readonly<Record<string, unknown>>): FilterNode {
  const names = paramsOf(node);
  for (const name of Object.keys(values)) if (!names.includes(name)) throw unknownParam(name, names);
  if (names.length === 0) return node;
  const known = new Map(names.map((name) => [name, givenValue(values, name)]));
  return normalizeFilter(bound(node, known));
}

function unknownParam(name: string, names: readonly string[]): FieldstoneError {
  const near = nearestNames(name, names);
  return new FieldstoneError('QUERY', `the query has no parameter ${shown(name)}; it has: ${(near.length > 0 ? near : names).join(', ') || 'none'}`);
}

function givenValue(values: Readonly<Record<string, unknown>>, name: string): unknown {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value === undefined) throw new FieldstoneError('QUERY', `the parameter ${shown(name)} has no value: run the query with { ${name}: ... }`);
  const kind = typeof value;
  return kind === 'string' || kind === 'number' || kind === 'boolean' ? value : copyValue(value, FILTER_VALUES);
}

function visit(node: FilterNode, see: (operand: Operand) => void): void {
  if ('parts' in node) for (const part of node.parts) visit(part, see);
  if ('part' in node) visit(node.part, see);
  if ('operand' in node) see(node.operand);
  if ('operands' in node) node.operands.forEach(see);
  if (node.op === 'between') [node.low, node.high].forEach(see);
}

function bound(node: FilterNode, values: ReadonlyMap<string, unknown>): FilterNode {
  const value = (operand: Operand): Operand => (operand.kind === 'value' ? operand : { kind: 'value', value: values.get(operand.name) });
  switch (node.op) {
    case 'and': case 'or': case 'nor': return { ...node, parts: node.parts.map((part) => bound(part, values)) };
    case 'not': case 'elemMatch': return { ...node, part: bound(node.part, values) };
    case 'in': case 'nin': case 'all': return { ...node, operands: node.operands.flatMap((operand) => list(operand, node, values)) };
    case 'between': return { ...node, low: value(node.low), high: value(node.high) };
    case 'eq': case 'ne': case 'gt': case 'gte': case 'lt': case 'lte': return { ...node, operand: value(node.operand) };
    case 'startsWith': case 'size': return checked({ ...node, operand: value(node.operand) });
    default: return node;
  }
}

function list(operand: Operand, node: { readonly op: string; readonly path: string }, values: ReadonlyMap<string, unknown>): Operand[] {
  if (operand.kind === 'value') return [operand];
  if (operand.kind === 'param') return [{ kind: 'value', value: values.get(operand.name) }];
  return listOf(values.get(operand.name), `$${node.op}`, node.path).map((one) => ({ kind: 'value', value: one }));
}

function checked(node: Extract<FilterNode, { readonly op: 'startsWith' | 'size' }>): FilterNode {
  const value = node.operand.kind === 'value' ? node.operand.value : undefined;
  const fits = node.op === 'size' ? Number.isSafeInteger(value) : typeof value === 'string';
  if (fits) return node;
  throw new FieldstoneError('QUERY', `$${node.op} of field ${shown(node.path)} takes ${node.op === 'size' ? 'a whole number' : 'text'}, got ${shown(value)}`);
}
