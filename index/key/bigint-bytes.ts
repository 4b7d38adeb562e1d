import { keyTooLong, type KeyBuffer } from './key-buffer.js';
import { MAX_KEY_BYTES } from './key-types.js';

const ZERO = 0x80;
/** Magnitudes of up to this many bytes carry their length in the first byte. */
const SHORT_BYTES = 0x7e;
const LONG = 0xff;

/**
 * Length of the magnitude, then the magnitude, big-endian without leading zeros: `80 + length`, or `FF` and four bytes of
 * length when it exceeds 126. All of it is complemented for a negative number, so that longer sorts lower. Throws LIMIT.
 */
export function writeBigint(value: bigint, target: KeyBuffer): void {
  const negative = value < 0n;
  let hex = (negative ? -value : value).toString(16);
  if (hex.length > MAX_KEY_BYTES * 2) throw keyTooLong();
  if (hex === '0') hex = '';
  else if (hex.length % 2 === 1) hex = `0${hex}`;
  const magnitude = Buffer.from(hex, 'hex');
  const start = target.length;
  if (magnitude.length <= SHORT_BYTES) target.push(ZERO + magnitude.length);
  else {
    target.push(LONG);
    const at = target.claim(4);
    target.bytes.writeUInt32BE(magnitude.length, at);
  }
  target.append(magnitude);
  if (!negative) return;
  for (let i = start; i < target.length; i++) target.bytes[i] = ~(target.bytes[i] ?? 0);
}

/** The bigint at `at` and the position after it, or undefined when the bytes are none that writeBigint() gives. */
export function readBigint(bytes: Buffer, at: number, end: number): { value: bigint; next: number } | undefined {
  const first = bytes[at] ?? 0;
  if (at >= end) return undefined;
  const negative = first < ZERO;
  const flip = negative ? 0xff : 0;
  let length = (first ^ flip) - ZERO;
  let from = at + 1;
  if ((first ^ flip) === LONG) {
    if (from + 4 > end) return undefined;
    length = (bytes.readUInt32BE(from) ^ (negative ? -1 : 0)) >>> 0;
    from += 4;
    if (length <= SHORT_BYTES) return undefined;
  }
  if (length > end - from || (negative && length === 0)) return undefined;
  const magnitude = Buffer.from(bytes.subarray(from, from + length));
  if (negative) for (let i = 0; i < length; i++) magnitude[i] = ~(magnitude[i] ?? 0);
  if (length > 0 && magnitude[0] === 0) return undefined;
  const value = length === 0 ? 0n : BigInt(`0x${magnitude.toString('hex')}`);
  return { value: negative ? -value : value, next: from + length };
}
