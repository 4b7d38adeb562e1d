import { FieldstoneError } from '#storage';
import { shown } from '../arguments.js';
import { MAX_DEPTH } from './copy-value.js';
import { isFields, ownValue } from './value-type.js';

/** One name of a dotted path. */
export interface PathPart {
  readonly name: string;
  /** The place in an array that it may mean too; -1 for a name that is no number. */
  readonly index: number;
}

const DIGITS = /^(0|[1-9][0-9]{0,8})$/;

/** The names of a dotted path. Throws QUERY for empty names and `__proto__`, LIMIT for more than 100 names. */
export function parsePath(path: string): readonly PathPart[] {
  const names = path.split('.', MAX_DEPTH + 1);
  if (names.length > MAX_DEPTH) throw new FieldstoneError('LIMIT', `a path has at most ${MAX_DEPTH} names: ${shown(path)}`);
  return names.map((name) => {
    if (name === '') throw new FieldstoneError('QUERY', `the path ${shown(path)} has an empty name`);
    if (name === '__proto__') throw new FieldstoneError('QUERY', `the path ${shown(path)} names __proto__, which is no field`);
    return { name, index: DIGITS.test(name) ? Number(name) : -1 };
  });
}

/** Tests of a value that a path leads to. */
export interface LeafTest {
  /** The value of a field: of an array also its elements, when the operator looks at them. */
  readonly field: (value: unknown) => boolean;
  /** One value as it is. */
  readonly single: (value: unknown) => boolean;
}

/**
 * Whether a value that the path leads to from `value` passes, going into the elements of arrays as MongoDB does: elements that
 * are objects are asked for the rest of the path, a number may also name a place; elements that are neither give nothing,
 * not even a missing value.
 */
export function anyAtPath(value: unknown, parts: readonly PathPart[], from: number, leaf: LeafTest): boolean {
  let here = value;
  for (let i = from; i < parts.length; i++) {
    if (Array.isArray(here)) return anyInArray(here, parts, i, leaf);
    here = isFields(here) ? ownValue(here, parts[i]?.name ?? '') : undefined;
  }
  return leaf.field(here);
}

function anyInArray(array: readonly unknown[], parts: readonly PathPart[], at: number, leaf: LeafTest): boolean {
  const { name, index } = parts[at] ?? { name: '', index: -1 };
  for (let k = 0; k < array.length; k++) {
    const element = array[k];
    // A number names a field of an element only where there is one: else 'a.0' would find a missing field in every element.
    const hasField = isFields(element) && (index < 0 || Object.hasOwn(element, name));
    if (hasField && anyAtPath(element, parts, at, leaf)) return true;
    if (k === index && anyBelowIndex(element, parts, at + 1, leaf)) return true;
  }
  return false;
}

function anyBelowIndex(element: unknown, parts: readonly PathPart[], at: number, leaf: LeafTest): boolean {
  if (at === parts.length) return leaf.single(element);
  if (Array.isArray(element)) return anyInArray(element, parts, at, leaf);
  return isFields(element) && anyAtPath(element, parts, at, leaf);
}
