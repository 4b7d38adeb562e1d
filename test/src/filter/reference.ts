import { compareValues, equalValues } from '../../../src/filter/compare-values.js';
import { rankOf } from '../../../src/filter/value-type.js';

type Fields = Record<string, unknown>;
type Found = { value: unknown; elements: boolean };

const isObject = (v: unknown): v is Fields => typeof v === 'object' && v !== null && !Array.isArray(v) && !(v instanceof Date) && !(v instanceof Uint8Array);

/** All values that a path leads to, written down as a list: slow and plain. `elements`: the elements of an array count too. */
function candidates(root: unknown, names: readonly string[]): Found[] {
  const [name, ...rest] = names;
  if (name === undefined) return [{ value: root, elements: true }];
  if (isObject(root)) return candidates(Object.hasOwn(root, name) ? root[name] : undefined, rest);
  if (!Array.isArray(root)) return [{ value: undefined, elements: true }];
  return root.flatMap((element, i) => {
    const found: Found[] = [];
    if (isObject(element) && (!/^\d+$/.test(name) || Object.hasOwn(element, name))) found.push(...candidates(element, names));
    if (String(i) === name) {
      if (rest.length === 0) found.push({ value: element, elements: false });
      else if (typeof element === 'object' && element !== null && !(element instanceof Date)) found.push(...candidates(element, rest));
    }
    return found;
  });
}

const wholeOnly = new Set(['$size', '$exists', '$elemMatch']);

function one(value: unknown, op: string, operand: unknown): boolean {
  const missing = value === undefined || value === null;
  const wanted = operand ?? null;
  const order = (): number | undefined => {
    if (missing && wanted === null) return 0;
    if (rankOf(value) !== rankOf(wanted)) return undefined;
    if (Number.isNaN(value) !== Number.isNaN(wanted)) return undefined;
    return compareValues(value, wanted);
  };
  switch (op) {
    case '$eq': return (missing && wanted === null) || equalValues(value, wanted);
    case '$gt': return (order() ?? 0) > 0;
    case '$gte': return (order() ?? -1) >= 0;
    case '$lt': return (order() ?? 0) < 0;
    case '$lte': return (order() ?? 1) <= 0;
    case '$in': return (operand as unknown[]).some((w) => (w instanceof RegExp ? typeof value === 'string' && w.test(value) : one(value, '$eq', w)));
    case '$between': return one(value, '$gte', (operand as unknown[])[0]) && one(value, '$lte', (operand as unknown[])[1]);
    case '$exists': return value !== undefined;
    case '$type': return typeName(value).includes(operand as string);
    case '$regex': return typeof value === 'string' && (operand as RegExp).test(value);
    case '$startsWith': return typeof value === 'string' && value.startsWith(operand as string);
    case '$size': return Array.isArray(value) && value.length === operand;
    case '$elemMatch': return Array.isArray(value) && value.some((element) => elementMatches(element, operand as Fields));
    default: throw new Error(`the reference does not know ${op}`);
  }
}

function typeName(value: unknown): string[] {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  if (value instanceof Date) return ['date'];
  return typeof value === 'number' ? ['number', 'double', ...(Number.isInteger(value) ? ['int'] : [])] : [typeof value];
}

function elementMatches(element: unknown, criteria: Fields): boolean {
  const names = Object.keys(criteria);
  if (names.length > 0 && names.every((name) => name.startsWith('$') && !['$and', '$or', '$nor'].includes(name))) {
    return names.every((name) => fieldTest([{ value: element, elements: false }], name, criteria[name]));
  }
  return (isObject(element) || Array.isArray(element)) && referenceTest(criteria)(Array.isArray(element) ? { ...element } : element);
}

function fieldTest(found: readonly Found[], op: string, operand: unknown): boolean {
  switch (op) {
    case '$ne': return !fieldTest(found, '$eq', operand);
    case '$nin': return !fieldTest(found, '$in', operand);
    case '$not': return !allOf(found, operand);
    case '$all': return (operand as unknown[]).length > 0 && (operand as unknown[]).every((w) => allOf(found, w, true));
    case '$exists': return found.some(({ value }) => value !== undefined) === operand;
    default:
      return found.some(({ value, elements }) => one(value, op, operand)
        || (elements && !wholeOnly.has(op) && Array.isArray(value) && value.some((element) => one(element, op, operand))));
  }
}

function allOf(found: readonly Found[], condition: unknown, isValue = false): boolean {
  if (condition instanceof RegExp) return fieldTest(found, '$regex', condition);
  const operators = isObject(condition) && Object.keys(condition).some((name) => name.startsWith('$'));
  if (!operators || (isValue && !('$elemMatch' in condition))) return fieldTest(found, '$eq', condition);
  return Object.entries(condition).every(([op, operand]) => fieldTest(found, op, operand));
}

/** The filter language said once more, straight from its description, to compare with. */
export function referenceTest(filter: Fields): (document: unknown) => boolean {
  return (document) => Object.entries(filter).every(([name, condition]) => {
    const filters = condition as Fields[];
    switch (name) {
      case '$and': return filters.every((part) => referenceTest(part)(document));
      case '$or': return filters.some((part) => referenceTest(part)(document));
      case '$nor': return !filters.some((part) => referenceTest(part)(document));
      case '$not': return !referenceTest(condition as Fields)(document);
      default: return allOf(candidates(document, name.split('.')), condition);
    }
  });
}
