import type { FilterNode, Operand } from '../filter/filter-node.js';
import { regexPrefix } from '../filter/regex/compile-regex.js';

/** What all conditions have. */
interface OfNode {
  /** The conjunct of the filter that it comes from. */
  readonly node: FilterNode;
  /** Whoever meets the condition meets the conjunct: it need not be tested again. */
  readonly proves: boolean;
  /** Conditions with the same number speak about the same element of an array. */
  readonly element: number | undefined;
}

/** The field has one of these values. */
export interface PointsCondition extends OfNode {
  readonly kind: 'points';
  readonly path: string;
  readonly operands: readonly Operand[];
}

/** One end of a range that a filter asks for. */
export interface OperandBound {
  readonly operand: Operand;
  readonly inclusive: boolean;
}

/** The field lies in a range; one of the ends is there. */
export interface RangeCondition extends OfNode {
  readonly kind: 'range';
  readonly path: string;
  readonly low: OperandBound | undefined;
  readonly high: OperandBound | undefined;
}

/** The text begins so. */
export interface PrefixCondition extends OfNode {
  readonly kind: 'prefix';
  readonly path: string;
  readonly operand: Operand;
}

/** One of the branches holds, each a list of conditions. */
export interface OrCondition extends OfNode {
  readonly kind: 'or';
  readonly branches: readonly (readonly Condition[])[];
}

/** No index can help; it is tested row by row. */
export interface OtherCondition extends OfNode { readonly kind: 'other' }

/** A conjunct of a filter as indexes could serve it. */
export type Condition = PointsCondition | RangeCondition | PrefixCondition | OrCondition | OtherCondition;
/** A condition on one path. */
export type PathCondition = PointsCondition | RangeCondition | PrefixCondition;

/** Parts of an $or beyond this number are not looked up one by one. */
const MOST_BRANCHES = 64;

/** The conjuncts of a filter: nested `and`s are one list, and `true` is none. */
export function conjunctsOf(node: FilterNode): FilterNode[] {
  if (node.op === 'true') return [];
  return node.op === 'and' ? node.parts.flatMap(conjunctsOf) : [node];
}

/** The filter whose conjuncts these are. */
export function conjunction(parts: readonly FilterNode[]): FilterNode {
  const [first] = parts;
  if (first === undefined) return { op: 'true' };
  return parts.length === 1 ? first : { op: 'and', parts };
}

/** The conditions of a filter that all must hold. A conjunct may give several ($all, $elemMatch). */
export function conditionsOf(filter: FilterNode): Condition[] {
  const counter = { next: 0 };
  return conjunctsOf(filter).flatMap((node) => ofConjunct(node, counter));
}

interface ElementCounter { next: number }

function ofConjunct(node: FilterNode, counter: ElementCounter): Condition[] {
  switch (node.op) {
    case 'or': return [orOf(node, node.parts, counter)];
    case 'elemMatch': {
      const element = counter.next++;
      const inner = conjunctsOf(node.part).flatMap((part) => pathConditions(part, part, node.path, element));
      const conditions = inner.map((one): Condition => ({ ...one, node, proves: false }));
      return conditions.length > 0 ? conditions : [other(node)];
    }
    default: {
      const conditions = pathConditions(node, node, '', undefined);
      return conditions.length > 0 ? conditions : [other(node)];
    }
  }
}

function other(node: FilterNode): OtherCondition { return { kind: 'other', node, proves: false, element: undefined }; }

function orOf(node: FilterNode, parts: readonly FilterNode[], counter: ElementCounter): Condition {
  if (parts.length === 0 || parts.length > MOST_BRANCHES) return other(node);
  const branches = parts.map((part) => conjunctsOf(part).flatMap((one) => ofConjunct(one, counter)));
  return { kind: 'or', node, branches, proves: false, element: undefined };
}

function pathConditions(node: FilterNode, of: FilterNode, prefix: string, element: number | undefined): PathCondition[] {
  if (!('path' in node)) return [];
  const path = prefix === '' ? node.path : node.path === '' ? prefix : `${prefix}.${node.path}`;
  const base = { path, node: of, proves: true, element };
  const range = (low: OperandBound | undefined, high: OperandBound | undefined): RangeCondition => ({ ...base, kind: 'range', low, high });
  switch (node.op) {
    case 'eq': return [{ ...base, kind: 'points', operands: [node.operand] }];
    case 'in': return [{ ...base, kind: 'points', operands: node.operands }];
    case 'all': return node.operands.map((operand): PointsCondition => ({ ...base, kind: 'points', operands: [operand], proves: node.operands.length === 1 && operand.kind !== 'listParam' }));
    case 'gt': case 'gte': return [range({ operand: node.operand, inclusive: node.op === 'gte' }, undefined)];
    case 'lt': case 'lte': return [range(undefined, { operand: node.operand, inclusive: node.op === 'lte' })];
    case 'between': return [range({ operand: node.low, inclusive: true }, { operand: node.high, inclusive: true })];
    case 'startsWith': return [{ ...base, kind: 'prefix', operand: node.operand }];
    case 'regex': {
      const text = regexPrefix(node.source, node.flags)?.prefix ?? '';
      return text === '' ? [] : [{ ...base, kind: 'prefix', operand: { kind: 'value', value: text }, proves: false }];
    }
    default: return [];
  }
}
