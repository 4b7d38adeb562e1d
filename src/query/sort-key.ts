import { compareValues } from '../filter/compare-values.js';

/** One field to sort by. */
export interface SortKey {
  readonly path: string;
  readonly descending: boolean;
}

/** A row as sorting sees it. */
export interface SortItem {
  readonly key: readonly unknown[];
  readonly recno: number;
}

/** Compares two rows: negative when the first one comes first. */
export type SortOrder = (a: SortItem, b: SortItem) => number;

/**
 * The order of a sort. Rows with equal keys stand by record number, in the direction of the first key: so a descending sort is an
 * ascending one backwards, and every plan gives the same order.
 */
export function sortOrder(keys: readonly SortKey[]): SortOrder {
  const signs = keys.map(({ descending }) => (descending ? -1 : 1));
  const tie = signs[0] ?? 1;
  return (a, b) => {
    for (let i = 0; i < signs.length; i++) {
      const order = compareValues(a.key[i], b.key[i]);
      if (order !== 0) return order * (signs[i] ?? 1);
    }
    return (a.recno - b.recno) * tie;
  };
}
