/** The xBase index files. */
export type IndexFileKind = 'cdx' | 'idx' | 'ntx' | 'ndx' | 'mdx';

/** Types of values that keys are made of. I and Y: an integer or currency field by itself in a CDX. */
export type KeyType = 'C' | 'N' | 'D' | 'T' | 'L' | 'I' | 'Y';

/**
 * `first`: of the rows that have a key only the first is in the tag (xBase UNIQUE), so rows may be missing. `candidate`: two
 * rows with one key are an error (candidate and primary keys); the tag itself holds every row.
 */
export type UniqueKind = 'none' | 'first' | 'candidate';

/** What an index file says of one of its orders. */
export interface TagFacts {
  /** Upper case; of files without names the file's own name without extension. */
  readonly name: string;
  /** The key expression as it stands in the file. */
  readonly expression: string;
  /** Rows for which it is not true are not in the tag. */
  readonly forExpression: string | undefined;
  readonly unique: UniqueKind;
  /** Programs that use the tag go through it from the highest key to the lowest. */
  readonly descending: boolean;
  /** The entries stand in the file with the highest key first; equal keys by ascending record number all the same. */
  readonly storedDescending: boolean;
  readonly keyLength: number;
  /** Undefined where the file does not tell: the type of the expression is the answer. */
  readonly keyType: KeyType | undefined;
  /** Digits behind the point of numbers that are kept as text (NTX). */
  readonly decimals?: number;
  /** Keys begin with a byte that tells NULL (0) from a value (0x80). */
  readonly nullPrefix: boolean;
  /** `MACHINE`: keys are in the order of their bytes. Other names: keys are sort weights. */
  readonly collation: string;
  /** Why the engine must not change the tag (collation, a feature that is only read); undefined: it may. */
  readonly readOnlyReason: string | undefined;
}
