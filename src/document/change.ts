import { FieldstoneError } from '#storage';
import { shown } from '../arguments.js';
import type { PathPart } from '../filter/path.js';
import { isFields, ownValue } from '../filter/value-type.js';

/** What an operator makes of a value; undefined stands for a missing one, before and after. */
export type ChangeValue = (old: unknown) => unknown;

/** One change of a document, at one path. */
export interface Change {
  readonly operator: string;
  readonly path: string;
  readonly parts: readonly PathPart[];
  /** Objects that are missing on the way are made. */
  readonly creates: boolean;
  readonly change: ChangeValue;
}

/** Elements that a list may be filled up with to reach a place in it. */
const MAX_PADDING = 1_000_000;

type Container = Record<string, unknown> | unknown[];

/** Applies a change to a document that nobody else holds. Throws VALUE when the path or the value is of another kind, LIMIT. */
export function applyChange(document: Record<string, unknown>, step: Change): void {
  const found = containerOf(document, step);
  if (found === undefined) return;
  const part = partAt(step, step.parts.length - 1);
  if (Array.isArray(found)) changeElement(found, part, step);
  else changeField(found, part.name, step);
}

function partAt(step: Change, i: number): PathPart { return step.parts[i] ?? { name: '', index: -1 }; }

/** What holds the last name of the path; undefined when it is not there and not to be made. */
function containerOf(document: Record<string, unknown>, step: Change): Container | undefined {
  let here: Container = document;
  for (let i = 0; i < step.parts.length - 1; i++) {
    const part = partAt(step, i);
    let next = valueIn(here, part, step);
    if (next === undefined) {
      if (!step.creates) return undefined;
      next = {};
      putIn(here, part, next, step);
    }
    if (!isContainer(next)) {
      if (step.creates) throw noContainer(step, part, next);
      return undefined;
    }
    here = next;
  }
  return here;
}

function isContainer(value: unknown): value is Container { return Array.isArray(value) || isFields(value); }

function valueIn(container: Container, part: PathPart, step: Change): unknown {
  if (!Array.isArray(container)) return ownValue(container, part.name);
  if (part.index < 0 && step.creates) throw noContainer(step, part, container);
  return container[part.index];
}

function noContainer(step: Change, part: PathPart, value: unknown): FieldstoneError {
  return new FieldstoneError('VALUE', `${step.operator} cannot go into ${shown(step.path)}: at "${part.name}" stands ${value === null ? 'null' : shown(value)}`, { field: step.path });
}

function putIn(container: Container, part: PathPart, value: unknown, step: Change): void {
  if (!Array.isArray(container)) {
    container[part.name] = value;
    return;
  }
  if (part.index - container.length > MAX_PADDING) {
    throw new FieldstoneError('LIMIT', `${step.operator} of ${shown(step.path)} would fill a list up with more than ${MAX_PADDING} elements`, { field: step.path });
  }
  while (container.length < part.index) container.push(null);
  container[part.index] = value;
}

function changeField(container: Record<string, unknown>, name: string, step: Change): void {
  const old = ownValue(container, name);
  const value = step.change(old);
  if (value === old) return;
  if (value === undefined) delete container[name];
  else container[name] = value;
}

/** Elements are not taken away, so that the places of the others stay: null is left. */
function changeElement(container: unknown[], part: PathPart, step: Change): void {
  if (part.index < 0) {
    if (step.creates) throw noContainer(step, part, container);
    return;
  }
  const old = container[part.index];
  const value = step.change(old);
  if (value === old) return;
  putIn(container, part, value ?? null, step);
}
