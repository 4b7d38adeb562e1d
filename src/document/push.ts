import { FieldstoneError, nearestNames } from '#storage';
import { shown } from '../arguments.js';
import { compareValues } from '../filter/compare-values.js';
import { copyValue } from '../filter/copy-value.js';
import { DOCUMENTS } from '../filter/item-reader.js';
import { sortValue } from '../filter/sort-value.js';
import { isFields } from '../filter/value-type.js';
import type { ChangeValue } from './change.js';
import { DOCUMENT_VALUES } from './document-values.js';
import { badOperand, listIn, type Place } from './update-place.js';

interface Each {
  readonly values: readonly unknown[];
  readonly modifiers: Readonly<Record<string, unknown>>;
}

/** `{ $each: [...], ... }`; undefined for a value. Throws QUERY for other names beginning with $. */
export function each(operand: unknown, known: readonly string[], place: Place): Each | undefined {
  if (!isFields(operand)) return undefined;
  const names = Object.keys(operand);
  if (!names.some((name) => name.startsWith('$'))) return undefined;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const near = nearestNames(unknown, known);
    throw new FieldstoneError('QUERY', `${shown(unknown)} in ${place.operator} of field ${shown(place.path)} is not known; ${near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known: ${known.join(', ')}`}`);
  }
  const list = operand['$each'];
  if (!Array.isArray(list)) throw badOperand(place, '$each with a list', list);
  return { values: list.map((value) => copyValue(value, DOCUMENT_VALUES)), modifiers: operand };
}

/** `$push`: values at the end or at a place, then the order, then the cut. */
export function pushed(operand: unknown, place: Place): ChangeValue {
  const given = each(operand, ['$each', '$slice', '$sort', '$position'], place);
  const values = given?.values ?? [copyValue(operand, DOCUMENT_VALUES)];
  const position = whole(given?.modifiers['$position'], '$position', place);
  const slice = whole(given?.modifiers['$slice'], '$slice', place);
  const order = given?.modifiers['$sort'] === undefined ? undefined : elementOrder(given.modifiers['$sort'], place);
  return (old) => {
    const list = [...listIn(old, place) ?? []];
    list.splice(position ?? list.length, 0, ...values.map((value) => copyValue(value, DOCUMENT_VALUES)));
    if (order !== undefined) list.sort(order);
    if (slice === undefined) return list;
    return slice < 0 ? list.slice(slice) : list.slice(0, slice);
  };
}

function whole(value: unknown, name: string, place: Place): number | undefined {
  if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value))) return value;
  throw badOperand(place, `a whole number as ${name}`, value);
}

/** 1 or -1 for the elements themselves, or fields of them with 1 or -1. */
function elementOrder(given: unknown, place: Place): (a: unknown, b: unknown) => number {
  if (given === 1 || given === -1) return (a, b) => given * compareValues(a, b);
  const fields = isFields(given) ? Object.entries(given) : [];
  if (fields.length === 0 || fields.some(([, direction]) => direction !== 1 && direction !== -1)) {
    throw badOperand(place, '$sort with 1, -1 or fields such as { score: -1 }', given);
  }
  const keys = fields.map(([path, direction]) => ({ read: sortValue(path, direction === -1, DOCUMENTS), sign: direction === -1 ? -1 : 1 }));
  return (a, b) => {
    for (const { read, sign } of keys) {
      const order = sign * compareValues(read(a), read(b));
      if (order !== 0) return order;
    }
    return 0;
  };
}
