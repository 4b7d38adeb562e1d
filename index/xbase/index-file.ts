import type { BlockSink } from './block-source.js';
import type { IndexTag } from './index-tag.js';
import type { SortedKeyChanges, SortedKeys, TagApplied } from './sorted-key-changes.js';
import type { IndexFileKind, KeyType, UniqueKind } from './tag-facts.js';

/** An order to be made. */
export interface TagSpec {
  readonly name: string;
  readonly expression: string;
  readonly forExpression?: string | undefined;
  readonly unique?: UniqueKind | undefined;
  readonly descending?: boolean | undefined;
  readonly keyType: KeyType;
  /** Bytes of a key, with the byte that tells NULL. */
  readonly keyLength: number;
  readonly nullPrefix?: boolean | undefined;
  /** Digits behind the point of numbers that are kept as text (NTX). */
  readonly decimals?: number | undefined;
}

/** One state of an index file. */
export interface IndexFile {
  readonly kind: IndexFileKind;
  /** In the order in which they were made, as far as the file tells. */
  readonly tags: readonly IndexTag[];
  /** Begins a change of the file: one at a time, on this state. Throws UNSUPPORTED when the file is only read. */
  update(sink: BlockSink): IndexFileUpdate;
}

/**
 * All changes of one checkpoint to one index file. Changed blocks are kept in memory until `finish` hands each to the sink once; the blocks of
 * a new tag may go there at once. The file and the state that others read stay as they are. The generators yield when the
 * sink says that others should run.
 *
 * In a tag with `unique: 'first'` the row with the lowest number, of those that the changes bring and the one that is there, holds a key. Who
 * removes the holder of a key offers all other rows that have the key as additions: then the tag is as if it were built anew. Whoever
 * offers none leaves the key out, as FoxPro and Clipper do until REINDEX.
 */
export interface IndexFileUpdate {
  /**
   * Once for each tag, not for one made by this update.
   *
   * @throws FieldstoneError NOT_FOUND, UNSUPPORTED (the tag is only read), CORRUPT_INDEX, LIMIT (the file would be too large), IO
   */
  apply(tagName: string, changes: SortedKeyChanges): Generator<void, TagApplied, void>;
  /** Makes a tag of sorted entries. Throws EXISTS, NAME, UNSUPPORTED, LIMIT. */
  addTag(spec: TagSpec, keys: SortedKeys): Generator<void, void, void>;
  /** Throws NOT_FOUND, UNSUPPORTED where a file has one order only. */
  dropTag(tagName: string): void;
  /** Hands out all changed blocks; the file is `sizeBytes` long afterwards. Nothing is written when nothing changed. */
  finish(): Generator<void, UpdatedFile, void>;
}

/** A file after an update. */
export interface UpdatedFile {
  readonly sizeBytes: number;
  readonly blocksWritten: number;
}

/** Something wrong in an index file. */
export interface IndexFinding {
  /** Byte offset in the file. */
  readonly offset: number;
  /** Empty when it concerns the file. */
  readonly tag: string;
  readonly message: string;
}
