/**
 * Entries in the stored order of a tag: by key bytes, then record number, both ascending (keys descending in a tag that is
 * `storedDescending`), no entry twice.
 */
export interface SortedKeys {
  /** Moves to the next entry; false at the end. */
  next(): boolean;
  /** The key stands in keyBytes[keyStart .. keyStart + keyLength of the tag), in sortable form. */
  readonly keyBytes: Uint8Array;
  readonly keyStart: number;
  readonly recno: number;
}

/**
 * Changes of a tag in that order. A row whose key changed is two changes. Adding what is there and removing what is not there changes
 * nothing and is counted.
 */
export interface SortedKeyChanges extends SortedKeys {
  readonly isRemoval: boolean;
}

/** What became of the changes of one tag. */
export interface TagApplied {
  readonly added: number;
  readonly removed: number;
  /** Additions of entries that were there, or that lose in a tag with `unique: 'first'`. */
  readonly alreadyThere: number;
  /** Removals of entries that were not there. More than 0 in a tag without `unique: 'first'`: the tag did not belong to these rows. */
  readonly notThere: number;
}
