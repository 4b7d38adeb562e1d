import { FieldIndex, FieldstoneError, type DbfLayout, type MemoSource } from '#storage';
import type { CatalogIndex, IndexedTable, IndexKeys } from '#txn';
import { collectionLayout } from '../collection/collection-layout.js';
import { DocumentKeys } from '../collection/document-keys.js';
import { namesFor, typesFor } from '../table/table-schema.js';
import { pathsOf } from '../filter/bind-filter.js';
import { compileFilter } from '../filter/compile-filter.js';
import { ROWS } from '../filter/item-reader.js';
import { fieldKey, type FieldKey } from './field-key.js';
import { decodeNamed, rowValues } from './row-values.js';
import { filterFromText } from './stored-filter.js';
import { XbaseKeys } from './xbase-keys.js';
import { ValueKeys, type RowTest } from './value-keys.js';

/** Makes the keys of rows for any kind of index. Throws NOT_FOUND (a field), VERSION (a definition that this version does not know). */
export function indexKeysFactory(layout: DbfLayout, table: IndexedTable, index: CatalogIndex): IndexKeys {
  if (index.tag !== undefined) return new XbaseKeys(layout, table, index);
  if (index.fields === undefined) throw new FieldstoneError('VERSION', `index "${index.name}" of "${table.name}" is of a kind that this version does not know`, { table: table.name });
  const collection = collectionLayout(layout, namesFor(layout, table.fieldNames));
  if (collection !== undefined) return new DocumentKeys(layout, collection, table, index);
  const paths = index.fields.map((field) => field.path);
  return new ValueKeys(index, rowValues(layout, table, paths), fieldKeys(layout, table, paths), testOf(layout, table, index));
}

/** What makes the keys of the named fields. Throws NOT_FOUND with the nearest names. */
function fieldKeys(layout: DbfLayout, table: IndexedTable, paths: readonly string[]): FieldKey[] {
  const fields = new FieldIndex(layout, namesFor(layout, table.fieldNames));
  const forms = new Map([...typesFor(table.fieldTypes)].map(([name, form]) => [fields.place(name), form]));
  return paths.flatMap((path) => {
    const place = fields.place(path);
    const field = fields.fields[place];
    return field === undefined ? [] : [fieldKey(layout, field, forms.get(place))];
  });
}

/** Which rows a partial index holds. */
function testOf(layout: DbfLayout, table: IndexedTable, { where }: CatalogIndex): RowTest | undefined {
  if (where === undefined) return undefined;
  const node = filterFromText(where);
  const test = compileFilter(node, ROWS);
  const decode = decodeNamed(layout, table, pathsOf(node));
  return (image: Uint8Array, start: number, recno: number, memos: MemoSource) => test(decode(image, start, recno, memos));
}
