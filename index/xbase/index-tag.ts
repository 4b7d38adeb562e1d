import type { TagFacts } from './tag-facts.js';

/**
 * Walks the entries of a tag in the order in which they are stored: by key, equal keys by record number, both ascending (keys descending
 * when the tag says `storedDescending`). It stands on an entry or, before it is moved and past both ends, on none. Nothing is allocated per step.
 * Keys are in sortable form, their order is that of their bytes: formats that store them otherwise (NDX, MDX numbers) convert.
 *
 * All methods throw FieldstoneError CORRUPT_INDEX for damage they meet, IO. None ever runs in a circle.
 */
export interface IndexCursor {
  readonly isValid: boolean;
  /** The key of the entry: keyLength bytes of the cursor's own memory, overwritten by the next move. */
  readonly key: Buffer;
  readonly recno: number;
  first(): boolean;
  last(): boolean;
  /**
   * To the first entry in stored order that does not stand before (key, recno). `key` is `keyLength` bytes of sortable form, or fewer:
   * then the first entry that does not stand before all keys that begin so. Without a record number: the first entry of the key.
   */
  seek(key: Uint8Array, recno?: number): boolean;
  next(): boolean;
  previous(): boolean;
}

/** One order of an index file. */
export interface IndexTag {
  readonly facts: TagFacts;
  cursor(): IndexCursor;
  /** Number of entries, about: from one path down the tree. */
  estimateEntries(): number;
  /** Entries in stored order from `low` up to but without `high` (undefined: the end), about: from two paths down the tree. */
  estimateRange(low: Uint8Array | undefined, high: Uint8Array | undefined): number;
}
