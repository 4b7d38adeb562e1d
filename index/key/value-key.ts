import { FieldstoneError } from '#storage';
import type { KeyBuffer } from './key-buffer.js';
import { readNumber, storeNumber } from './number-bytes.js';

/** First byte of each value in an index key; their order is the order of the types. */
export const VALUE_TAGS = { null: 0x10, number: 0x20, text: 0x30, object: 0x38, array: 0x40, bytes: 0x48, false: 0x50, true: 0x51, date: 0x60 } as const;

/** Text and bytes longer than this (encoded) are cut in a key. */
export const MAX_VALUE_KEY_BYTES = 1000;
const ESCAPE = 0xff;
const END = 0x00;
const CUT = 0x80;
const END_BYTES = 2;
/** Between a double and the byte that says how a bigint differs from it. */
const SAME = 0x80;
const SURROGATES = 0xd800;
const BEHIND_SURROGATES = 0xe000;
/** First byte of units that may have moved. */
const MOVED_LEAD = 0xed;
const MAX_DIFFERENCE = (1n << 63n) - 1n;

/**
 * Appends a value to an index key. The order of the bytes is: null (and undefined), numbers and bigints by value (NaN first), text by
 * code points, objects, arrays, bytes, false, true, dates. Every encoding ends by itself (none is the beginning of another), so values and record numbers
 * may follow each other; `descending` complements all bytes. Returns false when the bytes do not tell the value exactly (cut, an object).
 *
 * Throws VALUE for what no index holds (functions, symbols, invalid dates).
 */
export function writeValueKey(value: unknown, target: KeyBuffer, descending = false): boolean {
  const start = target.length;
  const exact = writeAscending(value, target);
  if (descending) complement(target, start);
  return exact;
}

/** The beginning of the keys of all text that begins with `prefix`; false when it was cut. */
export function writeTextPrefix(prefix: string, target: KeyBuffer, descending = false): boolean {
  const start = target.length;
  const exact = writeAscending(prefix, target);
  target.length -= END_BYTES;
  if (descending) complement(target, start);
  return exact;
}

function complement(target: KeyBuffer, start: number): void {
  const { bytes } = target;
  for (let i = start; i < target.length; i++) bytes[i] = ~(bytes[i] ?? 0);
}

function writeAscending(value: unknown, target: KeyBuffer): boolean {
  // Not one of the cases below: for these V8 makes the name of the type first.
  if (typeof value === 'string') {
    target.push(VALUE_TAGS.text);
    return writeText(value, target);
  }
  switch (typeof value) {
    case 'number':
      target.push(VALUE_TAGS.number);
      writeDouble(value, target);
      target.push(SAME);
      return true;
    case 'bigint':
      target.push(VALUE_TAGS.number);
      return writeBig(value, target);
    case 'boolean':
      target.push(value ? VALUE_TAGS.true : VALUE_TAGS.false);
      return true;
    case 'undefined':
      target.push(VALUE_TAGS.null);
      return true;
    case 'object': return writeObject(value, target);
    default: throw new FieldstoneError('VALUE', `an index can not hold a ${typeof value}`);
  }
}

function writeObject(value: object | null, target: KeyBuffer): boolean {
  if (value === null) {
    target.push(VALUE_TAGS.null);
    return true;
  }
  if (value instanceof Date) {
    const ms = value.getTime();
    if (Number.isNaN(ms)) throw new FieldstoneError('VALUE', 'an invalid Date has no place in an index');
    target.push(VALUE_TAGS.date);
    writeDouble(ms, target);
    return true;
  }
  if (value instanceof Uint8Array) {
    target.push(VALUE_TAGS.bytes);
    return writeEscaped(value, target);
  }
  target.push(Array.isArray(value) ? VALUE_TAGS.array : VALUE_TAGS.object);
  writeText(JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? String(part) : part)), target);
  return false;
}

/** NaN is written as eight zeros, below -Infinity; -0 as 0. */
function writeDouble(value: number, target: KeyBuffer): void {
  const at = target.claim(8);
  const { bytes } = target;
  if (Number.isNaN(value)) {
    bytes.fill(0, at, at + 8);
    return;
  }
  storeNumber(value, bytes, at);
}

/** The nearest double, then how far the bigint lies from it: numbers and bigints stand in one order. */
function writeBig(value: bigint, target: KeyBuffer): boolean {
  const near = Number(value);
  writeDouble(near, target);
  if (!Number.isFinite(near)) {
    target.push(SAME);
    return false;
  }
  const difference = value - BigInt(near);
  if (difference === 0n) {
    target.push(SAME);
    return true;
  }
  const size = difference < 0n ? -difference : difference;
  target.push(difference < 0n ? SAME - 1 : SAME + 1);
  const clamped = size > MAX_DIFFERENCE ? MAX_DIFFERENCE : size;
  const at = target.claim(8);
  target.bytes.writeBigUInt64BE(difference < 0n ? (1n << 64n) - clamped : clamped, at);
  return size <= MAX_DIFFERENCE;
}

/**
 * Each UTF-16 unit in UTF-8's pattern of one to three bytes, with surrogates moved above all others: the order of the bytes is that of
 * code points, and half of a pair has its place too. Text without characters from U+D800 on is plain UTF-8.
 */
function writeText(text: string, target: KeyBuffer): boolean {
  const start = target.length;
  const limit = start + MAX_VALUE_KEY_BYTES;
  const at = target.claim(MAX_VALUE_KEY_BYTES + 8);
  const { bytes } = target;
  let end = at;
  for (let i = 0; i < text.length; i++) {
    if (end >= limit) return endAt(target, end, CUT);
    const code = text.charCodeAt(i);
    if (code < 0x80) {
      bytes[end++] = code;
      if (code === 0) bytes[end++] = ESCAPE;
    } else if (code < 0x800) {
      bytes[end++] = 0xc0 | (code >> 6);
      bytes[end++] = 0x80 | (code & 0x3f);
    } else {
      const unit = code < SURROGATES ? code : code < BEHIND_SURROGATES ? code + 0x2000 : code - 0x800;
      bytes[end++] = 0xe0 | (unit >> 12);
      bytes[end++] = 0x80 | ((unit >> 6) & 0x3f);
      bytes[end++] = 0x80 | (unit & 0x3f);
    }
  }
  return endAt(target, end, END);
}

function writeEscaped(source: Uint8Array, target: KeyBuffer): boolean {
  const at = target.claim(MAX_VALUE_KEY_BYTES + 8);
  const limit = at + MAX_VALUE_KEY_BYTES;
  const { bytes } = target;
  let end = at;
  for (let i = 0; i < source.length; i++) {
    if (end >= limit) return endAt(target, end, CUT);
    const byte = source[i] ?? 0;
    bytes[end++] = byte;
    if (byte === 0) bytes[end++] = ESCAPE;
  }
  return endAt(target, end, END);
}

/** Two bytes end a text: the second is below ESCAPE, so that a shorter text comes first. */
function endAt(target: KeyBuffer, end: number, how: typeof END | typeof CUT): boolean {
  target.bytes[end] = 0;
  target.bytes[end + 1] = how;
  target.length = end + END_BYTES;
  return how === END;
}

/** Reads values that writeValueKey() wrote, one after the other. */
export class ValueKeyReader {
  #bytes: Buffer;
  position: number;
  readonly #end: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.position = start;
    this.#end = end;
  }

  get isAtEnd(): boolean { return this.position >= this.#end; }

  /** The next value; objects and arrays as JSON gives them back, cut text as far as it goes. Throws CORRUPT_INDEX. */
  read(descending = false): unknown {
    if (!descending) return this.#value();
    const [bytes, from] = [this.#bytes, this.position];
    this.#bytes = Buffer.from(bytes.subarray(from, this.#end).map((byte) => ~byte));
    this.position = 0;
    const value = this.#value(this.#bytes.length);
    this.position += from;
    this.#bytes = bytes;
    return value;
  }

  #value(end = this.#end): unknown {
    const tag = this.#bytes[this.position++];
    switch (tag) {
      case VALUE_TAGS.null: return null;
      case VALUE_TAGS.false: return false;
      case VALUE_TAGS.true: return true;
      case VALUE_TAGS.number: return this.#number(end);
      case VALUE_TAGS.date: return new Date(this.#double(end));
      case VALUE_TAGS.text: return textOf(this.#escaped(end));
      case VALUE_TAGS.bytes: return new Uint8Array(this.#escaped(end));
      case VALUE_TAGS.object:
      case VALUE_TAGS.array: return jsonOf(textOf(this.#escaped(end)));
      default: throw damaged(this.position);
    }
  }

  #double(end: number): number {
    const at = this.position;
    if (at + 8 > end) throw damaged(at);
    this.position += 8;
    const isNaNMark = this.#bytes.readUInt32BE(at) === 0 && this.#bytes.readUInt32BE(at + 4) === 0;
    return isNaNMark ? NaN : readNumber(this.#bytes, at);
  }

  #number(end: number): number | bigint {
    const near = this.#double(end);
    const mark = this.#bytes[this.position++];
    if (mark === SAME) return near;
    if (this.position + 8 > end || (mark !== SAME + 1 && mark !== SAME - 1) || !Number.isFinite(near)) throw damaged(this.position);
    const stored = this.#bytes.readBigUInt64BE(this.position);
    this.position += 8;
    return BigInt(near) + (mark > SAME ? stored : stored - (1n << 64n));
  }

  #escaped(end: number): Buffer {
    const bytes = this.#bytes;
    const plain = Buffer.allocUnsafe(end - this.position);
    let length = 0;
    while (this.position < end) {
      const byte = bytes[this.position++] ?? 0;
      if (byte === 0) {
        const next = bytes[this.position++];
        if (next === END || next === CUT) return plain.subarray(0, length);
        if (next !== ESCAPE) break;
      }
      plain[length++] = byte;
    }
    throw damaged(this.position);
  }
}

function damaged(offset: number): FieldstoneError {
  return new FieldstoneError('CORRUPT_INDEX', 'a stored index key is not one that this version writes', { offset });
}

function textOf(bytes: Buffer): string {
  if (!bytes.some((byte) => byte >= MOVED_LEAD)) return bytes.toString('utf8');
  let text = '';
  for (let i = 0; i < bytes.length;) {
    const first = bytes[i] ?? 0;
    const size = first < 0x80 ? 1 : first < 0xe0 ? 2 : 3;
    if (i + size > bytes.length) break; // cut inside a character
    const second = (bytes[i + 1] ?? 0) & 0x3f;
    const unit = size === 1 ? first : size === 2 ? ((first & 0x1f) << 6) | second : ((first & 0x0f) << 12) | (second << 6) | ((bytes[i + 2] ?? 0) & 0x3f);
    text += String.fromCharCode(unit < SURROGATES ? unit : unit < 0xf800 ? unit + 0x800 : unit - 0x2000);
    i += size;
  }
  return text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // it was cut
  }
}
