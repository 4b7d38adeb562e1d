/** Longest encoding of a safe integer: 53 bits at 7 a byte. */
export const MAX_VARINT_BYTES = 8;

/** Bytes that `value` takes as a varint; `value` is a safe integer >= 0. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

/**
 * Writes `value` (a safe integer >= 0) as unsigned LEB128: 7 bits a byte, lowest first, top bit set on all
 * but the last. Returns the position after it. `target` must have room for MAX_VARINT_BYTES.
 */
export function writeVarint(target: Uint8Array, position: number, value: number): number {
  let rest = value;
  let at = position;
  while (rest >= 0x80) {
    target[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  target[at] = rest;
  return at + 1;
}

/**
 * The varint at `position`, or -1 when it does not end inside `source`, exceeds a safe integer, or is longer
 * than needed. So every value has one encoding, whose length is varintLength(value).
 */
export function readVarint(source: Uint8Array, position: number): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < MAX_VARINT_BYTES; i++) {
    const byte = source[position + i];
    if (byte === undefined) return -1;
    if (byte < 0x80) {
      value += byte * scale;
      return (byte === 0 && i > 0) || value > Number.MAX_SAFE_INTEGER ? -1 : value;
    }
    value += (byte - 0x80) * scale;
    scale *= 0x80;
  }
  return -1;
}
