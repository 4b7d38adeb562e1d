import { FieldstoneError } from '#storage';
import type { KeyBuffer } from './key-buffer.js';

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
const HIGH = LITTLE_ENDIAN ? 1 : 0;
const LOW = 1 - HIGH;

/**
 * Eight bytes whose order is the order of the numbers: the double, big-endian, with the sign bit turned over for
 * positive numbers and every bit for negative ones. -0 is written as 0. Throws VALUE for NaN.
 */
export function writeNumber(value: number, target: KeyBuffer): void {
  if (Number.isNaN(value)) throw new FieldstoneError('VALUE', 'NaN has no place in the order of keys');
  const at = target.claim(8);
  storeNumber(value, target.bytes, at);
}

/** The same into bytes that are there; the value is not NaN. */
export function storeNumber(value: number, bytes: Buffer, at: number): void {
  double[0] = value === 0 ? 0 : value;
  let high = words[HIGH] ?? 0;
  let low = words[LOW] ?? 0;
  if (high >= 0x80000000) {
    high = ~high >>> 0;
    low = ~low >>> 0;
  } else high = (high | 0x80000000) >>> 0;
  bytes.writeUInt32BE(high, at);
  bytes.writeUInt32BE(low, at + 4);
}

/** The number of eight bytes that writeNumber() wrote. */
export function readNumber(bytes: Buffer, at: number): number {
  const high = bytes.readUInt32BE(at);
  const low = bytes.readUInt32BE(at + 4);
  const negative = high < 0x80000000;
  words[HIGH] = negative ? ~high : high & 0x7fffffff;
  words[LOW] = negative ? ~low : low;
  return double[0] ?? 0;
}
