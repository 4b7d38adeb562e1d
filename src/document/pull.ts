import { equalValues } from '../filter/compare-values.js';
import { compileFilter } from '../filter/compile-filter.js';
import { copyValue } from '../filter/copy-value.js';
import { DOCUMENTS } from '../filter/item-reader.js';
import { parseFilter } from '../filter/parse-filter.js';
import { isFields } from '../filter/value-type.js';
import type { ChangeValue } from './change.js';
import { DOCUMENT_VALUES } from './document-values.js';
import { badOperand, listIn, type Place } from './update-place.js';

/** `$pull`: takes away the elements that are the value, or that pass the condition; of objects a condition names fields. */
export function pulled(operand: unknown, place: Place): ChangeValue { return without(elementTest(operand), place); }

/** `$pullAll`: takes away the elements that are one of the values. */
export function pulledAll(operand: unknown, place: Place): ChangeValue {
  if (!Array.isArray(operand)) throw badOperand(place, 'a list of values', operand);
  const values = operand.map((value) => copyValue(value, DOCUMENT_VALUES));
  return without((element) => values.some((value) => equalValues(element, value)), place);
}

function without(isPulled: (element: unknown) => boolean, place: Place): ChangeValue {
  return (old) => {
    const list = listIn(old, place);
    if (list === undefined) return old;
    const kept = list.filter((element) => !isPulled(element));
    return kept.length === list.length ? old : kept;
  };
}

function elementTest(operand: unknown): (element: unknown) => boolean {
  const isCondition = operand instanceof RegExp || isFields(operand);
  if (!isCondition) {
    const value = copyValue(operand, DOCUMENT_VALUES);
    return (element) => equalValues(element, value);
  }
  const condition = operand instanceof RegExp ? { $regex: operand } : operand;
  const hasOne = compileFilter(parseFilter({ list: { $elemMatch: condition } }), DOCUMENTS);
  return (element) => hasOne({ list: [element] });
}
