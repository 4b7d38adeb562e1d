import type { Extent } from './foldable-records.js';

/** The load that wrote the record into the table file. */
export function extentOf(extents: readonly Extent[], recno: number): Extent | undefined {
  for (const extent of extents) if (recno >= extent.firstRecno && recno <= extent.lastRecno) return extent;
  return undefined;
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
