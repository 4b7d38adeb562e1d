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
  /** Entries stand in the order in which sorts compare the values. */
  readonly ordered: boolean;
  readonly collation: string;
  /** Of every key; undefined when keys are made of values that end by themselves. */
  readonly keyLengthBytes: number | undefined;
  /** Where the entries of a range lie. Throws VALUE, LIMIT for values that no key can be made of. */
  locate(range: IndexRange): LocatedRange;
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
