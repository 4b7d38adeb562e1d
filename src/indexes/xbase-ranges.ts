import { afterPrefix, type ByteRange } from '#index';
import { FieldstoneError } from '#storage';
import { compareValues } from '../filter/compare-values.js';
import type { Bound, IndexRange } from '../query/index-source.js';
import type { XbaseValues } from './xbase-values.js';

/** No entry at all. */
export const NO_ENTRIES: ByteRange = { lower: Buffer.alloc(1), upper: Buffer.alloc(1) };

/**
 * All entries of rows whose value is in the range, perhaps some more: keys may be cut, rounded, or shared by several values, so bounds are taken in and
 * the row decides. Throws VALUE for values that keys do not tell.
 */
export function entriesOfValues(range: IndexRange, values: XbaseValues): ByteRange {
  const { equal, low, high, prefix } = range;
  assertOneKey(range);
  if (prefix !== undefined) return within(values.prefixOf(prefix));
  if (equal.length > 0) {
    const edges = values.edgesOf(equal[0]);
    return { lower: edges.low, upper: afterPrefix(edges.high) };
  }
  return {
    lower: low === undefined ? undefined : values.boundsOf(low.value).low,
    upper: high === undefined ? undefined : afterPrefix(values.boundsOf(high.value).high),
  };
}

/** The entries whose keys are in the range, keys compared as they stand. */
export function entriesOfKeys(range: IndexRange, values: XbaseValues): ByteRange {
  const { equal, low, high, prefix } = range;
  assertOneKey(range);
  if (prefix !== undefined) return within(values.prefixOf(prefix));
  if (equal.length > 0) {
    const key = values.keyOf(equal[0]);
    return orderOf(key, equal[0], values) === 0 ? within(key) : NO_ENTRIES;
  }
  const lower = low === undefined ? undefined : edge(low, -1, values);
  if (lower === null) return NO_ENTRIES;
  return { lower, upper: high === undefined ? undefined : edge(high, 1, values) ?? undefined };
}

function assertOneKey({ equal, low, high, prefix }: IndexRange): void {
  const isOne = equal.length === 0 || (equal.length === 1 && low === undefined && high === undefined && prefix === undefined);
  if (!isOne) throw new FieldstoneError('QUERY', 'an xBase index has one key');
}

/** Where the keys begin (side -1) or end (side 1) that are on the right side of the bound; null: behind all keys. */
function edge({ value, inclusive }: Bound, side: -1 | 1, values: XbaseValues): Buffer | null {
  const key = values.keyOf(value);
  // The key may be that of a value nearby: what counts is on which side of the bound that one is.
  const order = orderOf(key, value, values) * side;
  const isIn = order < 0 || (order === 0 && inclusive);
  return isIn === (side < 0) ? key : afterPrefix(key) ?? null;
}

/** The value of a key beside the one that it was made of. Text is compared by its key alone. */
function orderOf(key: Buffer, value: unknown, values: XbaseValues): number {
  return values.isText || value === null || value === undefined ? 0 : compareValues(values.valueOf(key), value);
}

function within(bytes: Buffer): ByteRange { return bytes.length === 0 ? { lower: undefined, upper: undefined } : { lower: bytes, upper: afterPrefix(bytes) }; }

/** The same entries in a tag that stands with its highest key first. */
export function turnedRange(range: ByteRange): ByteRange {
  const { lower, upper } = range;
  if (range === NO_ENTRIES) return range;
  return { lower: upper === undefined ? undefined : afterPrefix(turned(upper)), upper: lower === undefined ? undefined : afterPrefix(turned(lower)) };
}

export function turned(bytes: Buffer): Buffer { return Buffer.from(bytes.map((byte) => ~byte)); }
