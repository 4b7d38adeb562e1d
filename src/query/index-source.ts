import type { FilterNode } from '../filter/filter-node.js';

/** A field of an index, in its place in the key. */
export interface IndexField {
  /** Dotted path of a document, or a field as the table spells it. */
  readonly path: string;
  readonly descending: boolean;
}

/** One end of a range of values. */
export interface Bound {
  readonly value: unknown;
  readonly inclusive: boolean;
}

/**
 * What an index is asked for: equal values of its first fields, then at most one range of the next one. Values are the
 * user's (text, numbers, dates ...); the index makes keys of them. An equal value of null stands for null and missing; bounds
 * are never null. A bound holds for values of its own type, as in filters: `low: 5` alone does not ask for text.
 */
export interface IndexRange {
  readonly equal: readonly unknown[];
  readonly low?: Bound;
  readonly high?: Bound;
  /** Text that the next field begins with; instead of low and high. */
  readonly prefix?: string;
}

/** An entry of an index. */
export interface IndexEntry {
  readonly recno: number;
  /** The values of the fields, when `covering` says that the key tells them. */
  readonly values?: readonly unknown[];
}

/** An index as the planner sees it. */
export interface IndexSource {
  readonly name: string;
  readonly kind: 'btree' | 'skiplist' | 'cdx' | 'idx' | 'ntx' | 'ndx' | 'mdx';
  /** Empty for an index that serves no filter: by expression, or one that leaves out rows for a reason of its own (xBase UNIQUE). */
  readonly fields: readonly IndexField[];
  readonly unique: boolean;
  /** Several entries of one row are possible (array elements): the reader must drop doubles. */
  readonly multikey: boolean;
  /** Rows that this filter does not match are not in the index. */
  readonly where: FilterNode | undefined;
  /** Rows without a value (null, missing) in all its fields are not in the index. */
  readonly sparse: boolean;
  /** The key tells the values of its fields exactly: the row need not be read for them. */
  readonly covering: boolean;
  /** Values in a range have their entries in a range, for those ranges that it accepts. False (another collation, cut keys): it serves equality alone. */
  readonly ranged: boolean;
  /** Entries come in the order in which sorts compare the values of its fields, where null is left out. */
  readonly orderedWithoutNull: boolean;
  /** The same, null included. */
  readonly ordered: boolean;
  /** Forward, entries with equal keys come by ascending record number; false = descending. */
  readonly tiesAscending: boolean;
  /** Rows that are marked deleted have entries too (xBase indexes): each row must be looked at. */
  readonly hasDeleted: boolean;
  /** Entries, about. */
  readonly entryCount: number;
  /** Different values of the first `fieldCount` fields, about. */
  distinct(fieldCount: number): number;
  /** Entries in a range, about; cheap (a sample or two descents), never a walk. */
  estimate(range: IndexRange): number;
  /**
   * False when it cannot tell where a range lies, for example for a value that no key can be made of: another way is taken then.
   * For what it accepts, entries() gives every row of the index that matches the range, and perhaps some more (exact).
   */
  accepts(range: IndexRange): boolean;
  /** True when the entries of the range are exactly those that match it; false = some more (cut keys): test the row again. */
  exact(range: IndexRange): boolean;
  /** Entries of the range in key order, or backwards. The same snapshot as the rows. */
  entries(range: IndexRange, options?: { readonly reverse?: boolean }): Iterable<IndexEntry>;
}
