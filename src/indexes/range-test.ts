import { compareValues } from '../filter/compare-values.js';
import type { IndexField } from '../query/index-source.js';
import type { TupleBound } from './index-form.js';

/** What is asked of an index, in values: equal first fields, perhaps with the beginning of the next one, or bounds. */
export interface WantedRows {
  readonly equal?: readonly unknown[];
  readonly prefix?: string;
  readonly low?: TupleBound | undefined;
  readonly high?: TupleBound | undefined;
}

type Values = Readonly<Record<string, unknown>>;

/** Whether a row is in the range by its values: keys of long texts are cut, so that entries of other rows may lie among those that are wanted. */
export function rangeTest(fields: readonly IndexField[], { equal = [], prefix, low, high }: WantedRows): (row: Values) => boolean {
  const valueAt = (row: Values, i: number): unknown => row[fields[i]?.path ?? ''] ?? null;
  /** In the order of the keys: descending fields turned. */
  const order = (row: Values, values: readonly unknown[]): number => {
    for (const [i, value] of values.entries()) {
      const difference = compareValues(valueAt(row, i), value ?? null);
      if (difference !== 0) return fields[i]?.descending === true ? -difference : difference;
    }
    return 0;
  };
  const last = (low ?? high)?.values.length ?? 0;
  const [begin, end] = fields[last - 1]?.descending === true ? [high, low] : [low, high];
  return (row) => {
    if (order(row, equal) !== 0) return false;
    if (prefix !== undefined) {
      const text = valueAt(row, equal.length);
      if (typeof text !== 'string' || !text.startsWith(prefix)) return false;
    }
    const fromBegin = begin === undefined ? 1 : order(row, begin.values);
    const fromEnd = end === undefined ? -1 : order(row, end.values);
    return (fromBegin > 0 || (fromBegin === 0 && begin?.inclusive === true)) && (fromEnd < 0 || (fromEnd === 0 && end?.inclusive === true));
  };
}
