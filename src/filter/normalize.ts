import type { FilterNode, Operand } from './filter-node.js';
import { regexPrefix } from './regex/compile-regex.js';

const TRUE: FilterNode = { op: 'true' };
const FALSE: FilterNode = { op: 'false' };

/**
 * The same filter in fewer forms: nested groups flattened, no `nor`, `not` only before an operator that has no opposite, one
 * value never as a list, alternatives of one field as `in`. `not` of an order is left alone: it also lets values of other kinds pass.
 */
export function normalizeFilter(node: FilterNode): FilterNode {
  switch (node.op) {
    case 'and': return conjunction(node.parts.map(normalizeFilter));
    case 'or': return disjunction(node.parts.map(normalizeFilter));
    case 'nor': return conjunction(node.parts.map((part) => opposite(normalizeFilter(part))));
    case 'not': return opposite(normalizeFilter(node.part));
    case 'in': return oneOf(node);
    case 'nin': return opposite(oneOf({ ...node, op: 'in' }));
    case 'all': return allOf(node);
    case 'type': return node.types.length === 0 ? FALSE : node;
    case 'regex': return asPrefix(node);
    case 'elemMatch': return within(node);
    default: return node;
  }
}

type ListNode<Op extends string> = Extract<FilterNode, { readonly op: Op }>;

/** The operand that stands alone and is no list. */
function onlyOperand(operands: readonly Operand[]): Operand | undefined {
  return operands.length === 1 && operands[0]?.kind !== 'listParam' ? operands[0] : undefined;
}

function oneOf(node: ListNode<'in'>): FilterNode {
  if (node.operands.length === 0) return FALSE;
  const operand = onlyOperand(node.operands);
  return operand === undefined ? node : { op: 'eq', path: node.path, operand };
}

function allOf(node: ListNode<'all'>): FilterNode {
  if (node.operands.length === 0) return FALSE;
  const operand = onlyOperand(node.operands);
  return operand === undefined ? node : { op: 'eq', path: node.path, operand };
}

function asPrefix(node: Extract<FilterNode, { readonly op: 'regex' }>): FilterNode {
  const found = regexPrefix(node.source, node.flags);
  if (found?.whole !== true || found.prefix === '') return node;
  return { op: 'startsWith', path: node.path, operand: { kind: 'value', value: found.prefix } };
}

function within(node: Extract<FilterNode, { readonly op: 'elemMatch' }>): FilterNode {
  const part = normalizeFilter(node.part);
  return part.op === 'false' ? FALSE : { ...node, part };
}

function conjunction(parts: readonly FilterNode[]): FilterNode {
  const flat = parts.flatMap((part) => (part.op === 'and' ? part.parts : [part])).filter((part) => part.op !== 'true');
  if (flat.some((part) => part.op === 'false')) return FALSE;
  const [first] = flat;
  if (first === undefined) return TRUE;
  return flat.length === 1 ? first : { op: 'and', parts: flat };
}

function disjunction(parts: readonly FilterNode[]): FilterNode {
  const flat = joined(parts.flatMap((part) => (part.op === 'or' ? part.parts : [part])).filter((part) => part.op !== 'false'));
  if (flat.some((part) => part.op === 'true')) return TRUE;
  const [first] = flat;
  if (first === undefined) return FALSE;
  return flat.length === 1 ? first : { op: 'or', parts: flat };
}

/** Equal values of one field as one list, where the first of them stood. */
function joined(parts: readonly FilterNode[]): FilterNode[] {
  const lists = new Map<string, Operand[]>();
  const result: FilterNode[] = [];
  for (const part of parts) {
    const operands = part.op === 'eq' ? [part.operand] : part.op === 'in' ? part.operands : undefined;
    if (operands === undefined || !('path' in part) || operands.some((one) => one.kind === 'listParam')) {
      result.push(part);
      continue;
    }
    const known = lists.get(part.path);
    if (known !== undefined) {
      known.push(...operands);
      continue;
    }
    const list = [...operands];
    lists.set(part.path, list);
    result.push({ op: 'in', path: part.path, operands: list });
  }
  return result.map((part) => (part.op === 'in' ? oneOf(part) : part));
}

/** What holds exactly when `node` does not; `node` is in its simplest form. */
function opposite(node: FilterNode): FilterNode {
  switch (node.op) {
    case 'true': return FALSE;
    case 'false': return TRUE;
    case 'and': return disjunction(node.parts.map(opposite));
    case 'or': return conjunction(node.parts.map(opposite));
    case 'not': return node.part;
    case 'eq': return { ...node, op: 'ne' };
    case 'ne': return { ...node, op: 'eq' };
    case 'in': return { ...node, op: 'nin' };
    case 'nin': return { ...node, op: 'in' };
    case 'exists': return { ...node, present: !node.present };
    default: return { op: 'not', part: node };
  }
}
