import { createRowDecoder, type DbfLayout, type MemoSource } from '#storage';
import type { IndexedTable } from '#txn';
import { namesFor, typesFor } from '../table/table-schema.js';

type RowFields = Readonly<Record<string, unknown>>;

/** Reads the values of some fields from a record; the array is used again by the next call. */
export type ReadValues = (image: Uint8Array, start: number, recno: number, memos: MemoSource) => readonly unknown[];

/** A decoder of the named fields alone. Throws NOT_FOUND with the nearest names. */
export function decodeNamed(
  layout: DbfLayout, table: IndexedTable, fields: readonly string[],
): (image: Uint8Array, start: number, recno: number, memos: MemoSource) => RowFields {
  const decoder = createRowDecoder(layout, { fields, names: namesFor(layout, table.fieldNames), as: typesFor(table.fieldTypes) });
  return (image, start, recno, memos) => {
    const row: unknown = decoder.decode(image, start, recno, memos);
    return row as RowFields; // what a decoder makes can be looked at by name
  };
}

/** A reader of the values of the named fields (as rows call them). Throws NOT_FOUND with the nearest names. */
export function rowValues(layout: DbfLayout, table: IndexedTable, fields: readonly string[]): ReadValues {
  const names = namesFor(layout, table.fieldNames);
  const decode = decodeNamed(layout, table, fields);
  const values: unknown[] = fields.map(() => null);
  const spelled = fields.map((field) => names.find((name) => name.toLowerCase() === field.toLowerCase()) ?? field);
  return (image, start, recno, memos) => {
    const row = decode(image, start, recno, memos);
    for (let i = 0; i < spelled.length; i++) values[i] = row[spelled[i] ?? ''];
    return values;
  };
}
