import { FieldstoneError } from '#storage';
import type { CatalogTable } from '../recovery/catalog-file.js';

/** Facts of a table as a folder change leaves them; fingerprints are taken when the files are in place. */
export type PlannedTable = Omit<CatalogTable, 'fingerprint' | 'memoFingerprint'>;

/** What recovery needs to bring the catalog up to a journal it applied. */
export interface JournalNote {
  /** File sizes that count, by file name. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Catalog entries that change: null removes one. */
  readonly tables: Readonly<Record<string, PlannedTable | null>>;
}

export function serializeNote(note: JournalNote): Uint8Array {
  return Buffer.from(JSON.stringify(note));
}

export function parseNote(bytes: Uint8Array): JournalNote {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  if (!isNote(value)) throw new FieldstoneError('VERSION', 'the checkpoint journal was written by a version that this one does not know');
  return value;
}

function isNote(value: unknown): value is JournalNote {
  return typeof value === 'object' && value !== null && 'sizes' in value && 'tables' in value
    && typeof value.sizes === 'object' && typeof value.tables === 'object' && value.sizes !== null && value.tables !== null;
}
