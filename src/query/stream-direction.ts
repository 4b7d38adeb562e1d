import type { IndexField, IndexSource } from './index-source.js';
import type { SortKey } from './sort-key.js';

/** How walking an index serves an order. */
export interface StreamDirection {
  readonly backward: boolean;
  /**
   * 0: rows come exactly in the order wanted. Else the number of leading sort keys (without those fixed by equal values) that the
   * walk serves: rows with equal values of these must be gathered and sorted among themselves.
   */
  readonly groupBy: number;
}

/** The keys of the sort that vary behind `equalCount` equal fields of the index. */
export function varyingKeys(index: IndexSource, equalCount: number, sort: readonly SortKey[]): readonly SortKey[] {
  const fixed = new Set(index.fields.slice(0, equalCount).map((field) => field.path));
  return sort.filter(({ path }) => !fixed.has(path));
}

/**
 * Which way the index is to be walked behind `equalCount` equal fields so that its rows come in the order of the sort, ties included;
 * undefined when neither way does. Without a sort the order is that of the record numbers.
 *
 * @param withoutNull the entries that are walked have a value in the field behind the equal ones
 */
export function streamDirection(index: IndexSource, equalCount: number, sort: readonly SortKey[], withoutNull = false): StreamDirection | undefined {
  if (index.multikey) return undefined; // a row may come twice, at the place of any of its elements
  const [first] = sort;
  if (first === undefined) return equalCount < index.fields.length ? undefined : { backward: !index.tiesAscending, groupBy: 0 };
  if (!(index.ordered || (withoutNull && index.orderedWithoutNull))) return undefined;
  const wanted = varyingKeys(index, equalCount, sort);
  const rest = index.fields.slice(equalCount);
  const [key] = wanted;
  const [field] = rest;
  const tiesBackward = index.tiesAscending === first.descending;
  if (key === undefined) return field === undefined ? { backward: tiesBackward, groupBy: 0 } : undefined;
  if (field?.path !== key.path) return undefined;
  const backward = key.descending !== field.descending;
  let served = 0;
  while (served < wanted.length && isServed(wanted[served], rest[served], backward)) served++;
  const isWhole = served === wanted.length && served === rest.length && backward === tiesBackward;
  return { backward, groupBy: isWhole ? 0 : served };
}

function isServed(key: SortKey | undefined, field: IndexField | undefined, backward: boolean): boolean {
  return key !== undefined && key.path === field?.path && (key.descending !== field.descending) === backward;
}
