import { hasCode } from '#storage';
import { attachIndexFile, createIndex, remakeIndexFiles } from '#txn';
import { namesOf } from '../table/table-schema.js';
import { assertNotAborted, type LongWorkOptions } from '../long-work.js';
import type { TableHost } from '../table/table-host.js';
import { assertWritable, detachIndexes, type IndexPolicy } from '../table/write-guard.js';
import { indexDefinition, spelledAs } from './index-definition.js';
import type { IndexOptions } from './index-options.js';

/** createIndex() of a table. */
export async function makeIndex(host: TableHost, table: string, policy: IndexPolicy, name: string, options: IndexOptions): Promise<void> {
  const { engine } = host;
  engine.writeSide.assertWritable();
  const entry = engine.entry(table);
  const store = engine.store(entry);
  const definition = indexDefinition(entry.name, entry.tableFile, store.layout, spelledAs(entry.name, namesOf(store.layout, entry)), name, options);
  if (policy === 'detach') await detachIndexes(engine, entry);
  assertWritable(store, entry);
  await createIndex(engine, table, definition, { onSlice: sliceOf(options, `createIndex "${name}"`) });
}

/** reindex() of a table: each index file is made anew and takes the place of the old one, whatever that holds; then the indexes in memory. */
export async function remakeIndexes(host: TableHost, table: string, policy: IndexPolicy, options: LongWorkOptions): Promise<void> {
  const { engine } = host;
  engine.writeSide.assertWritable();
  const entry = engine.entry(table);
  const store = engine.store(entry);
  if (policy === 'detach') await detachIndexes(engine, entry);
  assertWritable(store, entry);
  const onSlice = sliceOf(options, 'reindex');
  const definitions = store.indexes.definitions();
  // Each file in one step: cancelled or failed, the indexes are there as they were.
  for (const file of new Set(definitions.map((definition) => definition.file ?? ''))) {
    try {
      await remakeIndexFiles(engine, table, [file], onSlice);
    } catch (e) {
      const isThere = (): boolean => engine.store(engine.entry(table)).indexes.definitions().some((definition) => (definition.file ?? '') === file);
      if (!hasCode(e, 'NOT_FOUND') || isThere()) throw e; // else it was dropped meanwhile
    }
  }
}

/** attachIndex() of a table. */
export function attachIndex(host: TableHost, table: string, file: string, options: LongWorkOptions): Promise<void> {
  return attachIndexFile(host.engine, table, file, sliceOf(options, `attachIndex "${file}"`));
}

function sliceOf({ signal, onProgress }: LongWorkOptions, what: string): (done: number, total: number) => void {
  return (done, total) => {
    assertNotAborted(signal, what);
    onProgress?.({ done, total });
  };
}
