import { FieldstoneError } from '#storage';
import { assertOptions, assertSchemaObject, shown } from '../arguments.js';
import { createTable } from '../table/create-table.js';
import type { TableHost } from '../table/table-host.js';
import { assertTableName } from '../table/table-name.js';
import { collectionSchema } from './collection-layout.js';
import type { CollectionOptions } from './collection-types.js';
import { makeDocumentIndex } from './document-index.js';
import { idIndex } from './id-index.js';

const KNOWN = ['columns', 'indexes', 'compression', 'ifNotExists', 'encoding'];

/** Makes the table of a collection with its index of ids, then the indexes that were asked for. */
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
  const wanted = { dialect: 'vfp' as const, ...(options.encoding === undefined ? {} : { encoding: options.encoding }) };
  await createTable(engine, name, collectionSchema(columns, compression), wanted, [idIndex(`${name}.dbf`)]);
  for (const { name: index, ...asked } of indexes) await makeDocumentIndex(engine, name, index, asked);
}
