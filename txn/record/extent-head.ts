import type { Extent } from './foldable-records.js';

/** The load that wrote the record into the table file. Extents stand in the order of their records. */
export function extentOf(extents: readonly Extent[], recno: number): Extent | undefined {
  let low = 0;
  let high = extents.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((extents[middle]?.lastRecno ?? 0) < recno) low = middle + 1;
    else high = middle;
  }
  const extent = extents[low];
  return extent !== undefined && recno >= extent.firstRecno ? extent : undefined;
}

/** One extent instead of two, when the second goes on where the first ends; else undefined. */
export function joinExtents(first: Extent | undefined, second: Extent): Extent | undefined {
  if (first === undefined || first.lastRecno + 1 !== second.firstRecno || second.head.length > 0) return undefined;
  return { ...first, lastRecno: second.lastRecno, memoEndBytes: Math.max(first.memoEndBytes, second.memoEndBytes) };
}

/**
 * The first bytes of a load lie below the published end of the table file (its end mark, and what else stands behind the last record), so
 * that they come into the file with the next checkpoint. Until then they are put over what was read there: `bytes` from `offset` on.
 */
export function putHead({ head, headOffset }: Extent, bytes: Uint8Array, offset: number): void {
  const from = Math.max(offset, headOffset);
  const to = Math.min(offset + bytes.length, headOffset + head.length);
  if (from < to) bytes.set(head.subarray(from - headOffset, to - headOffset), from - offset);
}

/** True when a part of the record is not in the file yet. */
export function isInHead({ head, headOffset }: Extent, offset: number): boolean { return offset < headOffset + head.length; }
