import type { TableEntry } from '../catalog-state.js';
import type { PlannedTable } from '../checkpoint/journal-note.js';
import type { RecordStore } from '../record/record-store.js';
import type { CatalogIndex } from './index-keys.js';

/** What the catalog says of a table, or would say. */
export function factsFor(entry: TableEntry): PlannedTable {
  return entry.facts ?? { name: entry.name, tableFile: entry.tableFile };
}

/** The table's entry in the catalog with these indexes. */
export function withIndexes(entry: TableEntry, store: RecordStore, indexes: readonly CatalogIndex[]): PlannedTable {
  return planned(entry, store, indexes, factsFor(entry).attached ?? []);
}

/** The table's entry in the catalog with these files of xBase programs attached. */
export function withAttached(entry: TableEntry, store: RecordStore, attached: readonly string[]): PlannedTable {
  return planned(entry, store, store.indexes.ownDefinitions(), attached);
}

/** The files of a table that the catalog alone knows of, and this one. */
export function attachedAnd(entry: TableEntry, file: string): readonly string[] { return [...new Set([...factsFor(entry).attached ?? [], file])]; }

function planned(entry: TableEntry, store: RecordStore, indexes: readonly CatalogIndex[], attached: readonly string[]): PlannedTable {
  const facts = factsFor(entry);
  return {
    name: entry.name, tableFile: entry.tableFile,
    ...(store.base.memo === undefined ? {} : { memoFile: store.base.memo.name }),
    ...(facts.fieldNames === undefined ? {} : { fieldNames: facts.fieldNames }),
    ...(facts.fieldTypes === undefined ? {} : { fieldTypes: facts.fieldTypes }),
    ...(facts.encoding === undefined ? {} : { encoding: facts.encoding }),
    ...(attached.length === 0 ? {} : { attached }),
    ...(indexes.length === 0 ? {} : { indexes }),
  };
}

/** Fingerprints are taken when the catalog is written, at the end of the same checkpoint. */
export function keepFacts(entry: TableEntry, after: PlannedTable): void {
  entry.facts = { ...after, fingerprint: { sizeBytes: 0, mtimeNs: '', headCrc: 0 } };
}

/** Programs open such a file together with the table: it needs no entry in the catalog. */
export function isStructural(entry: Pick<TableEntry, 'tableFile'>, file: string): boolean { return /\.(cdx|mdx)$/i.test(file) && isNamedAfter(entry, file); }

/** True when the file carries the name of the table. */
export function isNamedAfter({ tableFile }: Pick<TableEntry, 'tableFile'>, file: string): boolean { return baseOf(tableFile) === baseOf(file); }

function baseOf(file: string): string { return file.replace(/\.[^.]*$/, '').toLowerCase(); }
