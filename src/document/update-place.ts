import { FieldstoneError } from '#storage';
import { shown } from '../arguments.js';

/** Where an operator stands, for messages. */
export interface Place {
  readonly operator: string;
  readonly path: string;
}

/** Refuses an operand. */
export function badOperand(place: Place, wanted: string, got: unknown): FieldstoneError {
  return new FieldstoneError('QUERY', `${place.operator} of field ${shown(place.path)} takes ${wanted}, got ${shown(got)}`, { field: place.path });
}

/** Refuses a value that stands in the document. */
export function badValue(place: Place, wanted: string, got: unknown): FieldstoneError {
  return new FieldstoneError('VALUE', `${place.operator} needs ${wanted} in field ${shown(place.path)}, there is ${shown(got)}`, { field: place.path });
}

/** The list in a field; undefined when missing. */
export function listIn(old: unknown, place: Place): readonly unknown[] | undefined {
  if (old === undefined || Array.isArray(old)) return old;
  throw badValue(place, 'a list', old);
}
