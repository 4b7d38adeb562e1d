import type { ByteMemory } from '#storage';
import { VALUE_TAGS } from './value-key.js';

const NUMBER_END = 0x80;
const WORD_BYTES = 4;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
const LOW = 1 - HIGH;

// What writeValueKey() writes for the commonest values, straight into the place where the key is wanted. Each returns where the key ends.

/** Bytes of the key of a number. */
export const NUMBER_KEY_BYTES = 10;

/** The key of a number that is not NaN. */
export function putNumberKey(value: number, target: ByteMemory, at: number): number {
  target.bytes[at] = VALUE_TAGS.number;
  putDouble(value, target.words, at + 1);
  target.bytes[at + 9] = NUMBER_END;
  return at + NUMBER_KEY_BYTES;
}

/** The key of a date, milliseconds since 1970. */
export function putDateKey(ms: number, target: ByteMemory, at: number): number {
  target.bytes[at] = VALUE_TAGS.date;
  putDouble(ms, target.words, at + 1);
  return at + 9;
}

function putDouble(value: number, target: DataView, at: number): void {
  double[0] = value === 0 ? 0 : value;
  let high = words[HIGH] ?? 0;
  let low = words[LOW] ?? 0;
  if (high >= 0x80000000) {
    high = ~high;
    low = ~low;
  } else high |= 0x80000000;
  target.setInt32(at, high);
  target.setInt32(at + 4, low);
}

/** The key of text that is ASCII without a zero byte, source.bytes[from .. to), at most MAX_VALUE_KEY_BYTES - 4 of it. */
export function putPlainTextKey(source: ByteMemory, from: number, to: number, target: ByteMemory, start: number): number {
  target.bytes[start] = VALUE_TAGS.text;
  copyByWords(source, from, to, target, start + 1);
  const end = start + 1 + to - from;
  target.bytes[end] = 0;
  target.bytes[end + 1] = 0;
  return end + 2;
}

/** Four at once; what is copied too much is written over by what follows. */
function copyByWords(source: ByteMemory, from: number, to: number, target: ByteMemory, start: number): void {
  const whole = Math.min(to, source.bytes.length - WORD_BYTES + 1);
  let i = from;
  for (; i < whole; i += WORD_BYTES) target.words.setInt32(start + i - from, source.words.getInt32(i));
  for (; i < to; i++) target.bytes[start + i - from] = source.bytes[i] ?? 0;
}

/**
 * The key of the text whose bytes are bytes[from .. to), at most MAX_VALUE_KEY_BYTES / 2 of them; -1, and the target holds anything, when they
 * are not all ASCII.
 */
export function putAsciiKey(bytes: Uint8Array, from: number, to: number, { bytes: target }: ByteMemory, start: number): number {
  let at = start;
  target[at++] = VALUE_TAGS.text;
  let seen = 0;
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0;
    seen |= byte;
    target[at++] = byte;
    if (byte === 0) target[at++] = 0xff;
  }
  if (seen >= 0x80) return -1;
  target[at] = 0;
  target[at + 1] = 0;
  return at + 2;
}
