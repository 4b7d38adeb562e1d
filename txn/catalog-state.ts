import type { RecordStore } from './record/record-store.js';
import type { CatalogTable } from './recovery/catalog-file.js';

/** One table of the folder; its files are opened on first use. */
export interface TableEntry {
  /** As shown to users: the file's base name. */
  readonly name: string;
  readonly tableFile: string;
  /** Files with the same base name (memo, indexes, code page), as spelled in the folder. */
  siblings: readonly string[];
  store: RecordStore | undefined;
  /** What the catalog remembers of it. */
  facts: CatalogTable | undefined;
}

/** Which tables there are, by lower-case name. Replaced as a whole, never changed, so a snapshot can keep it. */
export type CatalogState = ReadonlyMap<string, TableEntry>;
