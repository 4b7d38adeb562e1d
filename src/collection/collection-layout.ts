import { displayNames, FieldstoneError, visibleFields, type DbfField, type DbfLayout } from '#storage';
import { char, memo, binary, type FieldType, type TableSchema } from '../table/field-types.js';
import { ID_COLUMN_BYTES } from '../document/document-id.js';
import { shown } from '../arguments.js';

export const ID_COLUMN = '_ID';
export const REST_COLUMN = '_DOC';
/** Name of the unique index on ids. */
export const ID_INDEX = '_id';

/** A declared column of a collection. */
export interface DocumentColumn {
  /** The field of documents that it holds. */
  readonly name: string;
  readonly field: DbfField;
}

/** How documents lie in the records of a table. */
export interface CollectionLayout {
  readonly id: DbfField;
  readonly rest: DbfField;
  readonly columns: readonly DocumentColumn[];
  /** The rest of a document is bytes (which codec first), not text. */
  readonly packed: boolean;
}

/** The layout of a collection; undefined when the table is none: its first column is not `_ID`, or its last not `_DOC`. */
export function collectionLayout(layout: DbfLayout, names: readonly string[] = displayNames(layout)): CollectionLayout | undefined {
  const fields = visibleFields(layout);
  const first = fields[0];
  const last = fields.at(-1);
  if (first?.name !== ID_COLUMN || first.type !== 'C' || first.length !== ID_COLUMN_BYTES) return undefined;
  if (last?.name !== REST_COLUMN || (last.type !== 'M' && last.type !== 'W')) return undefined;
  const columns = fields.slice(1, -1).map((field, i) => ({ name: names[i + 1] ?? field.name, field }));
  return { id: first, rest: last, columns, packed: last.type === 'W' };
}

/** The table schema of a collection. Declared columns hold null too, so that a missing value is told from an empty one. Throws SCHEMA. */
export function collectionSchema(columns: TableSchema, compression: 'none' | 'lz4' | 'deflate'): TableSchema {
  const schema: Record<string, FieldType> = { [ID_COLUMN]: char(ID_COLUMN_BYTES) };
  for (const [name, type] of Object.entries(columns)) {
    if (name === '' || name.startsWith('$') || name.includes('.') || [ID_COLUMN, REST_COLUMN].includes(name.toUpperCase())) {
      throw new FieldstoneError('SCHEMA', `a column of a collection can not be named ${shown(name)}`, { field: name });
    }
    if (typeof type !== 'object' || type === null) throw new FieldstoneError('SCHEMA', `column "${name}" needs a type such as char(30) or date()`, { field: name });
    if (type.autoIncrement !== undefined) throw new FieldstoneError('SCHEMA', `column "${name}" of a collection can not number its rows by itself`, { field: name });
    schema[name] = { ...type, nullable: true };
  }
  schema[REST_COLUMN] = compression === 'none' ? memo() : { ...binary(), as: compression };
  return schema;
}
