import { FieldstoneError } from '../base/errors.js';
import type { MemoContent } from '../memo/memo-kind.js';
import type { DbfField } from './dbf-types.js';

/** A memo value of a record that still has to be placed in the memo file; then writePointer() completes the record. */
export interface PendingMemo {
  readonly field: DbfField;
  readonly content: MemoContent;
  readonly bytes: Uint8Array;
}

/**
 * Writes a value that is not null into its field of the record that begins at `target[at]`; gives back a memo value
 * instead of writing it.
 *
 * @throws FieldstoneError VALUE when the value does not fit.
 */
export type FieldEncoder = (value: unknown, target: Uint8Array, at: number) => PendingMemo | undefined;

/** How the error names a field: by the name users know, with what it can hold. */
export function describeField(field: DbfField): string {
  const { decimals, length, name, type } = field;
  return `field "${name}" (${type}${'NF'.includes(type) ? ` ${length},${decimals}` : 'CVQ'.includes(type) ? ` ${length}` : ''})`;
}

export function valueError(field: DbfField, message: string): FieldstoneError {
  return new FieldstoneError('VALUE', `${describeField(field)}: ${message}`, { field: field.name });
}

function describeObject(value: object | null): string {
  if (value === null) return 'null';
  if (value instanceof Date) return 'a Date';
  if (ArrayBuffer.isView(value)) return 'bytes';
  return Array.isArray(value) ? 'an array' : 'an object';
}

/** A short text for what was given, never the whole of it. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string': return `text of ${value.length} characters`;
    case 'number': case 'bigint': case 'boolean': case 'undefined': return String(value).slice(0, 40);
    case 'object': return describeObject(value);
    default: return `a ${typeof value}`;
  }
}
