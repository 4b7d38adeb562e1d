import { FieldstoneError } from '#storage';
import { writeBigint, readBigint } from './bigint-bytes.js';
import { KeyBuffer } from './key-buffer.js';
import type { TupleElement, TupleKey } from './key-types.js';
import { readNumber, writeNumber } from './number-bytes.js';
import { writeText } from './text-bytes.js';

/** First byte of each element; their order is the order of the types. END is below all of them. */
export const TUPLE_TAGS = {
  end: 0x00, null: 0x05, false: 0x10, true: 0x11, number: 0x20, bigint: 0x28, text: 0x40, bytes: 0x48, date: 0x50, tuple: 0x60,
} as const;

const ESCAPE = 0xff;
/** Nested tuples deeper than this are refused, so that no key can exhaust the stack. */
const MAX_DEPTH = 32;
const scratch = new KeyBuffer();

/** Appends the elements. Throws VALUE for what no key can hold, LIMIT when it becomes too long or too deep. */
export function writeTuple(key: TupleKey, target: KeyBuffer, depth = 0): void {
  if (!Array.isArray(key)) throw new FieldstoneError('VALUE', `a tuple key is an array, got ${typeof key}`, { key });
  if (depth > MAX_DEPTH) throw new FieldstoneError('LIMIT', `a tuple key is nested more than ${MAX_DEPTH} deep`);
  for (let i = 0; i < key.length; i++) {
    const element: TupleElement | undefined = key[i];
    writeElement(element, target, depth);
  }
}

function writeElement(element: TupleElement | undefined, target: KeyBuffer, depth: number): void {
  if (element === null) target.push(TUPLE_TAGS.null);
  else if (typeof element === 'boolean') target.push(element ? TUPLE_TAGS.true : TUPLE_TAGS.false);
  else if (typeof element === 'number') {
    target.push(TUPLE_TAGS.number);
    writeNumber(element, target);
  } else if (typeof element === 'bigint') {
    target.push(TUPLE_TAGS.bigint);
    writeBigint(element, target);
  } else if (typeof element === 'string') {
    target.push(TUPLE_TAGS.text);
    scratch.reset();
    writeText(element, scratch);
    writeEscaped(scratch.bytes, scratch.length, target);
  } else if (element instanceof Uint8Array) {
    target.push(TUPLE_TAGS.bytes);
    writeEscaped(element, element.length, target);
  } else if (element instanceof Date) {
    if (Number.isNaN(element.getTime())) throw new FieldstoneError('VALUE', 'an invalid Date has no place in the order of keys');
    target.push(TUPLE_TAGS.date);
    writeNumber(element.getTime(), target);
  } else if (Array.isArray(element)) {
    target.push(TUPLE_TAGS.tuple);
    writeTuple(element, target, depth + 1);
    target.push(TUPLE_TAGS.end);
  } else throw new FieldstoneError('VALUE', `a tuple key holds null, booleans, numbers, bigints, strings, Uint8Arrays, Dates and arrays of these, not ${typeof element}`);
}

/** The bytes with 00 written as 00 FF, then 00: what follows a real end is never FF. */
function writeEscaped(bytes: Uint8Array, length: number, target: KeyBuffer): void {
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] ?? 0;
    target.push(byte);
    if (byte === 0) target.push(ESCAPE);
  }
  target.push(0);
}

/** The tuple in `bytes[start .. end)`. Throws CORRUPT_PAGE when writeTuple() cannot have written it. */
export function readTuple(bytes: Buffer, start: number, end: number): TupleElement[] {
  const reader = new TupleReader(bytes, start, end);
  const elements = reader.elements(0);
  if (reader.position !== end) throw reader.damaged();
  return elements;
}

class TupleReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  position: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.position = start;
    this.#end = end;
  }

  damaged(): FieldstoneError { return new FieldstoneError('CORRUPT_PAGE', 'a stored key is no tuple', { offset: this.position }); }

  /** Up to the end, or (nested) past the end mark. */
  elements(depth: number): TupleElement[] {
    if (depth > MAX_DEPTH) throw this.damaged();
    const list: TupleElement[] = [];
    while (this.position < this.#end) {
      const tag = this.#bytes[this.position++] ?? 0;
      if (tag === TUPLE_TAGS.end && depth > 0) return list;
      list.push(this.#element(tag, depth));
    }
    if (depth > 0) throw this.damaged();
    return list;
  }

  #element(tag: number, depth: number): TupleElement {
    switch (tag) {
      case TUPLE_TAGS.null: return null;
      case TUPLE_TAGS.false: return false;
      case TUPLE_TAGS.true: return true;
      case TUPLE_TAGS.number: return this.#number();
      case TUPLE_TAGS.date: return new Date(this.#number());
      case TUPLE_TAGS.text: return this.#escaped().toString('utf8');
      case TUPLE_TAGS.bytes: return new Uint8Array(this.#escaped());
      case TUPLE_TAGS.tuple: return this.elements(depth + 1);
      case TUPLE_TAGS.bigint: {
        const read = readBigint(this.#bytes, this.position, this.#end);
        if (read === undefined) throw this.damaged();
        this.position = read.next;
        return read.value;
      }
      default: throw this.damaged();
    }
  }

  #number(): number {
    if (this.position + 8 > this.#end) throw this.damaged();
    const value = readNumber(this.#bytes, this.position);
    this.position += 8;
    return value;
  }

  #escaped(): Buffer {
    const bytes = this.#bytes;
    const plain = Buffer.allocUnsafe(this.#end - this.position);
    let length = 0;
    while (this.position < this.#end) {
      const byte = bytes[this.position++] ?? 0;
      if (byte === 0) {
        if (this.position >= this.#end || bytes[this.position] !== ESCAPE) return plain.subarray(0, length);
        this.position++;
      }
      plain[length++] = byte;
    }
    throw this.damaged();
  }
}
