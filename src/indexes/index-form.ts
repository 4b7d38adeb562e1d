import type { KeyBuffer } from '#index';
import type { IndexKeys } from '#txn';
import type { IndexField, IndexRange } from '../query/index-source.js';
import type { LocatedRange } from './located-range.js';

/** How an index makes keys of values, and values of keys. */
export interface IndexForm extends IndexKeys {
  /** Empty for an index by expression. */
  readonly fields: readonly IndexField[];
  /** A row may have several entries. */
  readonly multikey: boolean;
  /** Entries of rows that are marked deleted are in it too. */
  readonly hasDeleted: boolean;
  /** Values in a range have their entries in a range. */
  readonly ranged: boolean;
  /** Entries stand in the order in which sorts compare the values, null left out. */
  readonly orderedWithoutNull: boolean;
  /** Entries stand in the order in which sorts compare the values. */
  readonly ordered: boolean;
  /** Those who use the index begin at its highest key. */
  readonly walkedBackwards: boolean;
  readonly collation: string;
  /** Of every key; undefined when keys are made of values that end by themselves. */
  readonly keyLengthBytes: number | undefined;
  /** Where the entries of rows lie whose values are in a range, perhaps with others. Throws VALUE, LIMIT for values that no key can be made of. */
  locate(range: IndexRange): LocatedRange;
  /**
   * Appends the whole key of the rows with these values in all fields; false when other values may have the same key. Absent where entries of one value
   * may have several keys. Throws VALUE, LIMIT.
   */
  putEqual?(values: readonly unknown[], target: KeyBuffer): boolean;
  /** Where the entries lie whose keys are in a range. Throws VALUE, LIMIT. */
  locateKeys(range: IndexRange): LocatedRange;
  /** The same for bounds that are several values, compared one after the other. */
  locateTuple(low: TupleBound | undefined, high: TupleBound | undefined): LocatedRange;
  /** The values of a key bytes[start .. start + length), one for each field; one for an expression. */
  valuesOf(bytes: Buffer, start: number, length: number): unknown[];
}

export interface TupleBound {
  readonly values: readonly unknown[];
  readonly inclusive: boolean;
}

export function isIndexForm(keys: IndexKeys): keys is IndexForm { return 'locate' in keys && 'valuesOf' in keys; }
