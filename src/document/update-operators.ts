import { compareValues, equalValues } from '../filter/compare-values.js';
import { copyValue } from '../filter/copy-value.js';
import { isFields } from '../filter/value-type.js';
import type { ChangeValue } from './change.js';
import { DOCUMENT_VALUES } from './document-values.js';
import { each, pushed } from './push.js';
import { pulled, pulledAll } from './pull.js';
import { badOperand, badValue, listIn, type Place } from './update-place.js';

/** Time for `$currentDate`. */
export interface UpdateContext { readonly now: () => Date }

interface UpdateOperator {
  /** Whether objects that are missing on the way are made. */
  readonly creates: boolean;
  /** Checks the operand once; throws QUERY. */
  readonly parse: (operand: unknown, place: Place, context: UpdateContext) => ChangeValue;
}

const copied = (value: unknown): unknown => copyValue(value, DOCUMENT_VALUES);

const set: UpdateOperator = {
  creates: true,
  parse: (operand) => {
    const value = copied(operand);
    // Each document gets a copy of its own.
    return typeof value === 'object' ? () => copied(value) : () => value;
  },
};

function arithmetic(operator: 'inc' | 'mul'): UpdateOperator {
  return {
    creates: true,
    parse: (operand, place) => {
      if (typeof operand !== 'number' && typeof operand !== 'bigint') throw badOperand(place, 'a number', operand);
      const missing = operator === 'inc' ? operand : typeof operand === 'bigint' ? 0n : 0;
      return (old) => {
        if (old === undefined) return missing;
        if (typeof old !== 'number' && typeof old !== 'bigint') throw badValue(place, 'a number', old);
        return calculate(operator, old, operand);
      };
    },
  };
}

/** Exact among bigints, and between a bigint and a whole number. */
function calculate(operator: 'inc' | 'mul', old: number | bigint, operand: number | bigint): number | bigint {
  // Whole numbers know no -0, which a product of 0 and a number below it would be.
  if (typeof old === 'number' && typeof operand === 'number') return operator === 'inc' ? old + operand : old * operand + 0;
  if (isWhole(old) && isWhole(operand)) return operator === 'inc' ? BigInt(old) + BigInt(operand) : BigInt(old) * BigInt(operand);
  return operator === 'inc' ? Number(old) + Number(operand) : Number(old) * Number(operand);
}

function isWhole(value: number | bigint): boolean { return typeof value === 'bigint' || Number.isInteger(value); }

function extreme(wanted: (order: number) => boolean): UpdateOperator {
  return {
    creates: true,
    parse: (operand) => {
      const value = copied(operand);
      return (old) => (old === undefined || wanted(compareValues(value, old)) ? copied(value) : old);
    },
  };
}

const currentDate: UpdateOperator = {
  creates: true,
  parse: (operand, place, context) => {
    const isDate = operand === true || (isFields(operand) && operand['$type'] === 'date' && Object.keys(operand).length === 1);
    if (!isDate) throw badOperand(place, "true or { $type: 'date' }", operand);
    return () => context.now();
  },
};

const addToSet: UpdateOperator = {
  creates: true,
  parse: (operand, place) => {
    const values = each(operand, ['$each'], place)?.values ?? [copied(operand)];
    return (old) => {
      const list = listIn(old, place) ?? [];
      const result = [...list];
      for (const value of values) if (!result.some((one) => equalValues(one, value))) result.push(copied(value));
      return old !== undefined && result.length === list.length ? old : result;
    };
  },
};

const pop: UpdateOperator = {
  creates: false,
  parse: (operand, place) => {
    if (operand !== 1 && operand !== -1) throw badOperand(place, '1 (the last element) or -1 (the first)', operand);
    return (old) => {
      const list = listIn(old, place);
      if (list === undefined || list.length === 0) return old;
      return operand === 1 ? list.slice(0, -1) : list.slice(1);
    };
  },
};

const BITS: ReadonlyMap<string, (a: number, b: number) => number> = new Map([
  ['and', (a: number, b: number) => a & b], ['or', (a: number, b: number) => a | b], ['xor', (a: number, b: number) => a ^ b],
]);

const bit: UpdateOperator = {
  creates: true,
  parse: (operand, place) => {
    const [entry, ...more] = isFields(operand) ? Object.entries(operand) : [];
    const combine = BITS.get(entry?.[0] ?? '');
    const mask = entry?.[1];
    if (combine === undefined || more.length > 0 || typeof mask !== 'number' || (mask | 0) !== mask) throw badOperand(place, '{ and | or | xor: a whole number of 32 bits }', operand);
    return (old) => {
      if (old !== undefined && (typeof old !== 'number' || (old | 0) !== old)) throw badValue(place, 'a whole number of 32 bits', old);
      return combine(old ?? 0, mask);
    };
  },
};

/** Operators of updates that look at one path. `$rename` and `$setOnInsert` are parsed beside them. */
export const UPDATE_OPERATORS: ReadonlyMap<string, UpdateOperator> = new Map<string, UpdateOperator>([
  ['$set', set],
  ['$unset', { creates: false, parse: () => () => undefined }],
  ['$inc', arithmetic('inc')],
  ['$mul', arithmetic('mul')],
  ['$min', extreme((order) => order < 0)],
  ['$max', extreme((order) => order > 0)],
  ['$currentDate', currentDate],
  ['$push', { creates: true, parse: pushed }],
  ['$addToSet', addToSet],
  ['$pull', { creates: false, parse: pulled }],
  ['$pullAll', { creates: false, parse: pulledAll }],
  ['$pop', pop],
  ['$bit', bit],
]);
