import type { LongWorkOptions } from '../long-work.js';

/** A field of an index: its name, or with a direction. */
export type IndexOn = string | { readonly field: string; readonly descending?: boolean };

/** What createIndex() makes. */
export interface IndexOptions extends LongWorkOptions {
  /** Fields in the order in which they are compared. */
  readonly on?: readonly IndexOn[] | string;
  /**
   * No two rows may have the same key. Default false. Of the types of xBase only `cdx` in Visual FoxPro tables refuses rows (a candidate tag); in others it is
   * UNIQUE as xBase has it: rows may repeat a key, and the index holds the first of them.
   */
  readonly unique?: boolean;
  /** Leaves out rows without a value (null) in all fields. Default false. */
  readonly sparse?: boolean;
  /** Only rows that match this filter are in the index. */
  readonly where?: unknown;
  /**
   * `btree` (default): in a file of ours. `skiplist`: in memory, made anew when the table is opened. `cdx`: a tag of the table's structural index, which
   * FoxPro and Harbour use; `idx`, `ntx`, `ndx`: a file `<name>.<type>` of those programs.
   */
  readonly type?: 'btree' | 'skiplist' | XbaseType;
  /** Key expression of xBase (`UPPER(NAME)+DTOS(BORN)`), instead of `on`; for the types of xBase. */
  readonly expression?: string;
  /** FOR expression of xBase: other rows are not in the index. */
  readonly for?: string;
  /**
   * From the highest key to the lowest, for all fields; `reverse` turns them. Default false. Of type `cdx` and `idx` it is a mark for whoever walks the
   * tag: its entries come as FoxPro shows them, of equal keys the highest record number first.
   */
  readonly descending?: boolean;
}

/** Index files of xBase programs that can be made. */
export type XbaseType = 'cdx' | 'idx' | 'ntx' | 'ndx';
