/** memcmp of `a[0 .. aLength)` and `b[bStart .. bStart + bLength)`: negative, 0 or positive; a prefix is smaller. */
export function compareKeys(a: Uint8Array, aLength: number, b: Uint8Array, bStart: number, bLength: number): number {
  const shared = aLength < bLength ? aLength : bLength;
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[bStart + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

/** The same for a[aStart .. aStart + aLength) and b[bStart .. bStart + bLength). */
export function compareSlices(a: Uint8Array, aStart: number, aLength: number, b: Uint8Array, bStart: number, bLength: number): number {
  const shared = aLength < bLength ? aLength : bLength;
  for (let i = 0; i < shared; i++) {
    const difference = (a[aStart + i] ?? 0) - (b[bStart + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

/**
 * Bytes `from .. from + 6` of a key as one integer below 2^48, zeros behind its end. Keys whose heads differ compare as
 * their heads do; equal heads say nothing.
 */
export function head48(bytes: Uint8Array, from: number, end: number): number {
  const high = (at(bytes, from, end) << 16) | (at(bytes, from + 1, end) << 8) | at(bytes, from + 2, end);
  const low = (at(bytes, from + 3, end) << 16) | (at(bytes, from + 4, end) << 8) | at(bytes, from + 5, end);
  return high * 0x1000000 + low;
}

/** The same with four bytes: an integer below 2^32. */
export function head32(bytes: Uint8Array, from: number, end: number): number {
  if (from + 4 <= end) return (((bytes[from] ?? 0) << 24) | ((bytes[from + 1] ?? 0) << 16) | ((bytes[from + 2] ?? 0) << 8) | (bytes[from + 3] ?? 0)) >>> 0;
  return ((at(bytes, from, end) << 24) | (at(bytes, from + 1, end) << 16) | (at(bytes, from + 2, end) << 8) | at(bytes, from + 3, end)) >>> 0;
}

function at(bytes: Uint8Array, i: number, end: number): number { return i < end ? bytes[i] ?? 0 : 0; }

/** Number of leading bytes that both have, at most `limit`. */
export function sharedPrefix(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, limit: number): number {
  let n = 0;
  while (n < limit && a[aStart + n] === b[bStart + n]) n++;
  return n;
}
