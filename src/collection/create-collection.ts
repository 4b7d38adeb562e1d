import { FieldstoneError } from '#storage';
import { assertIndexFileFree, createIndex, isOwnIndex, type CatalogIndex, type Engine } from '#txn';
import { assertOptions, assertSchemaObject, shown } from '../arguments.js';
import { isFields } from '../filter/value-type.js';
import { assertNotAborted } from '../long-work.js';
import { createTable, layoutFor, type CreateTableOptions } from '../table/create-table.js';
import type { TableSchema } from '../table/field-types.js';
import type { TableHost } from '../table/table-host.js';
import { assertTableName } from '../table/table-name.js';
import { collectionSchema, ID_INDEX } from './collection-layout.js';
import type { CollectionOptions } from './collection-types.js';
import { documentIndexDefinition } from './document-index.js';
import { idIndex } from './id-index.js';

const KNOWN = ['columns', 'indexes', 'compression', 'ifNotExists', 'encoding'];

/** Makes the table of a collection with its index of ids and those that were asked for, in one step; then those in files of xBase programs. */
export async function createCollection(host: TableHost, name: string, options: CollectionOptions): Promise<void> {
  const { engine } = host;
  engine.writeSide.assertWritable();
  assertTableName(name);
  assertOptions(options, KNOWN, 'createCollection');
  const { columns = {}, compression = 'none', indexes = [] } = options;
  assertSchemaObject(columns);
  if (compression !== 'none' && compression !== 'lz4' && compression !== 'deflate') {
    throw new FieldstoneError('OPTION', `compression must be 'none', 'lz4' or 'deflate', got ${shown(compression)}`, { option: 'compression' });
  }
  if (!Array.isArray(indexes)) throw new FieldstoneError('OPTION', `indexes is a list such as [{ name: 'by_email', on: ['email'] }], got ${shown(indexes)}`, { option: 'indexes' });
  if (options.ifNotExists === true && engine.tables.state.has(name.toLowerCase())) {
    host.collections.codecs.of(host.codecOf(engine.entry(name))); // SCHEMA when it is a table that holds no documents
    return;
  }
  const wanted: CreateTableOptions = { dialect: 'vfp', ...(options.encoding === undefined ? {} : { encoding: options.encoding }) };
  const schema = collectionSchema(columns, compression);
  const id = idIndex(`${name}.dbf`);
  const definitions = definitionsOf(engine, name, schema, wanted, indexes);
  await createTable(engine, name, schema, wanted, [id, ...definitions.filter(isOwnIndex)]);
  for (const definition of definitions) if (!isOwnIndex(definition)) await createIndex(engine, name, definition);
}

/** What has a mistake is refused before anything is made. */
function definitionsOf(
  engine: Engine, name: string, schema: TableSchema, wanted: CreateTableOptions, indexes: NonNullable<CollectionOptions['indexes']>,
): CatalogIndex[] {
  if (indexes.length === 0) return [];
  const layout = layoutFor(engine, schema, wanted);
  const taken = new Set([ID_INDEX]);
  return indexes.map((each) => {
    if (!isFields(each)) throw new FieldstoneError('OPTION', `an index of a new collection is such as { name: 'by_email', on: ['email'] }, got ${shown(each)}`, { option: 'indexes' });
    const { name: index, ...options } = each;
    const definition = documentIndexDefinition({ name, tableFile: `${name}.dbf` }, layout, index, options);
    const key = index.toLowerCase();
    if (taken.has(key)) throw new FieldstoneError('EXISTS', `collection "${name}" has two indexes "${index}"`, { table: name, details: { index } });
    taken.add(key);
    assertNotAborted(options.signal, `createIndex "${index}"`);
    assertIndexFileFree(engine, name, definition);
    return definition;
  });
}
