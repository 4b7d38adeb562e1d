/** A value as bytes[start .. end). */
export interface MemoSpan {
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** All of the bytes; false without any. */
export function wholeSpan(value: Uint8Array | undefined, into: MemoSpan): boolean {
  if (value === undefined) return false;
  into.bytes = value;
  into.start = 0;
  into.end = value.length;
  return true;
}
