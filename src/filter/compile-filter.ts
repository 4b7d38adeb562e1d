import type { FilterNode } from './filter-node.js';
import { DOCUMENTS, IN_LIST, type ItemReader, type Predicate } from './item-reader.js';
import { valueOf } from './operand.js';
import { anyAtPath, parsePath, type LeafTest } from './path.js';
import { compileRegex } from './regex/compile-regex.js';
import { isFields, TYPE_TESTS } from './value-type.js';
import { betweenTest, equalTest, inTest, orderTest, type ValueTest } from './value-tests.js';

type Leaf = Exclude<FilterNode, { readonly op: 'true' | 'false' | 'and' | 'or' | 'nor' | 'not' }>;

/**
 * Makes a predicate of a filter: closures built once, nothing of the filter is looked at again. Paths, null, missing
 * values, arrays and kinds mean what they mean in MongoDB (docs/filters.md). Throws QUERY for a parameter without a value.
 *
 * @example
 * const isAdult = compileFilter(parseFilter({ age: { $gte: 18 } }), DOCUMENTS);
 * isAdult({ age: 20 }); // true
 */
export function compileFilter<Item>(node: FilterNode, reader: ItemReader<Item>): Predicate<Item> {
  switch (node.op) {
    case 'true': return () => true;
    case 'false': return () => false;
    case 'and': return allOf(node.parts.map((part) => compileFilter(part, reader)));
    case 'or': return anyOf(node.parts.map((part) => compileFilter(part, reader)));
    case 'nor': return negated(anyOf(node.parts.map((part) => compileFilter(part, reader))));
    case 'not': return negated(compileFilter(node.part, reader));
    default: return reader.leaf?.(node) ?? compileLeaf(node, reader);
  }
}

function negated<Item>(test: Predicate<Item>): Predicate<Item> { return (item) => !test(item); }

function allOf<Item>(tests: readonly Predicate<Item>[]): Predicate<Item> {
  const [first, second, third] = tests;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (third === undefined) return (item) => first(item) && second(item);
  if (tests.length === 3) return (item) => first(item) && second(item) && third(item);
  return (item) => {
    for (const test of tests) if (!test(item)) return false;
    return true;
  };
}

function anyOf<Item>(tests: readonly Predicate<Item>[]): Predicate<Item> {
  const [first, second] = tests;
  if (first === undefined) return () => false;
  if (second === undefined) return first;
  if (tests.length === 2) return (item) => first(item) || second(item);
  return (item) => {
    for (const test of tests) if (test(item)) return true;
    return false;
  };
}

/** Operators that say that no value passes: the others, turned round. */
function compileLeaf<Item>(node: Leaf, reader: ItemReader<Item>): Predicate<Item> {
  if (node.op === 'ne') return negated(compileLeaf({ ...node, op: 'eq' }, reader));
  if (node.op === 'nin') return negated(compileLeaf({ ...node, op: 'in' }, reader));
  if (node.op === 'exists' && !node.present) return negated(compileLeaf({ ...node, present: true }, reader));
  if (node.op === 'all') return allOf(node.operands.map((operand) => compileLeaf({ op: 'eq', path: node.path, operand }, reader)));
  return atPath(node.path, leafTest(node), reader);
}

function atPath<Item>(path: string, leaf: LeafTest, reader: ItemReader<Item>): Predicate<Item> {
  if (!reader.nested) {
    const read = reader.field(path);
    const { single } = leaf;
    return (item) => single(read(item));
  }
  const [first, ...rest] = parsePath(path);
  const read = reader.field(first?.name ?? '');
  const { field } = leaf;
  if (rest.length === 0) return (item) => field(read(item));
  const direct = reader.direct?.([first, ...rest].map((part) => part?.name ?? ''));
  if (direct === undefined) return (item) => anyAtPath(read(item), rest, 0, leaf);
  return (item) => {
    const value = direct(item);
    return value === IN_LIST ? anyAtPath(read(item), rest, 0, leaf) : field(value);
  };
}

/** The test of an operator that looks at the elements of an array as at values of their own. */
function withElements(single: ValueTest): LeafTest {
  return {
    single,
    field: (value) => {
      if (!Array.isArray(value)) return single(value);
      for (const element of value) if (single(element)) return true;
      return single(value);
    },
  };
}

function whole(single: ValueTest): LeafTest { return { single, field: single }; }

function leafTest(node: Exclude<Leaf, { readonly op: 'ne' | 'nin' | 'all' }>): LeafTest {
  switch (node.op) {
    case 'eq': return withElements(equalTest(valueOf(node.operand)));
    case 'gt': case 'gte': case 'lt': case 'lte': return withElements(orderTest(node.op, valueOf(node.operand)));
    case 'in': return withElements(inTest(node.operands.map(valueOf)));
    case 'between': return withElements(betweenTest(valueOf(node.low), valueOf(node.high)));
    case 'exists': return whole((value) => value !== undefined);
    case 'type': return withElements(typeTest(node.types));
    case 'regex': {
      const matches = compileRegex(node.source, node.flags);
      return withElements((value) => typeof value === 'string' && matches(value));
    }
    case 'startsWith': {
      const prefix = valueOf(node.operand);
      return withElements((value) => typeof value === 'string' && typeof prefix === 'string' && value.startsWith(prefix));
    }
    case 'size': {
      const size = valueOf(node.operand);
      return whole((value) => Array.isArray(value) && value.length === size);
    }
    case 'elemMatch': return elementTest(node.part);
  }
}

function typeTest(types: readonly string[]): ValueTest {
  const tests = types.map((type) => TYPE_TESTS.get(type)).filter((test) => test !== undefined);
  return (value) => tests.some((test) => test(value));
}

function elementTest(part: FilterNode): LeafTest {
  const test = compileElement(part);
  return whole((value) => {
    if (!Array.isArray(value)) return false;
    for (const element of value) if (test(element)) return true;
    return false;
  });
}

/** Elements as items: operators on the element itself have the path `''`; else it must be an object or an array. */
const ELEMENTS: ItemReader<unknown> = {
  nested: true,
  field: (name) => {
    const ofObject = DOCUMENTS.field(name);
    return (element) => (Array.isArray(element) ? elementAt(element, name) : ofObject(element));
  },
  leaf: (node) => {
    if (!('path' in node) || node.path !== '') return undefined;
    if (node.op === 'ne') return negated(equalTest(valueOf(node.operand)));
    if (node.op === 'nin') return negated(inTest(node.operands.map(valueOf)));
    if (node.op === 'all') return allOf(node.operands.map((operand) => equalTest(valueOf(operand))));
    if (node.op === 'exists') return () => node.present;
    return leafTest(node).single;
  },
};

function elementAt(array: readonly unknown[], name: string): unknown { return /^(0|[1-9][0-9]{0,8})$/.test(name) ? array[Number(name)] : undefined; }

function compileElement(part: FilterNode): Predicate<unknown> {
  const test = compileFilter(part, ELEMENTS);
  if (isAboutElement(part)) return test;
  return (element) => (isFields(element) || Array.isArray(element)) && test(element);
}

function isAboutElement(node: FilterNode): boolean {
  if ('path' in node) return node.path === '';
  if ('part' in node) return isAboutElement(node.part);
  return 'parts' in node && node.parts.length > 0 && node.parts.every(isAboutElement);
}
