import { assert } from './assert.js';
import { FieldstoneError, type ErrorCode } from './errors.js';
import { MAX_VARINT_BYTES, readVarint, varintLength, writeVarint } from './varint.js';

const TWO_32 = 2 ** 32;
const TWO_48 = 2 ** 48;
/** Up to here the length is one byte. */
const SHORT_TEXT = 32;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Growable buffer of little-endian values. `reset()` keeps the memory, so one writer serves many
 * records without allocating.
 *
 * @example
 * const out = new ByteWriter();
 * out.u8(1); out.varint(300); out.utf8('people');
 * file.writeAt(out.bytes(), 0);
 */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacityBytes = 256) {
    this.#bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written since the last reset. */
  get length(): number { return this.#length; }
  /** Bytes of memory held. */
  get capacityBytes(): number { return this.#bytes.length; }

  /** Forgets the content. Memory is kept unless it exceeds `keepBytes`. */
  reset(keepBytes = Infinity): void {
    this.#length = 0;
    if (this.#bytes.length > keepBytes) this.#replace(new Uint8Array(keepBytes));
  }

  /** Forgets what was written after the first `lengthBytes`. */
  rewind(lengthBytes: number): void {
    assert(lengthBytes >= 0 && lengthBytes <= this.#length, 'a writer goes back to a place it has passed');
    this.#length = lengthBytes;
  }

  u8(value: number): void {
    assert(value >= 0 && value <= 0xff && Number.isInteger(value), 'a u8 is an integer of 0..255');
    const at = this.#claim(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    assert(value >= 0 && value <= 0xffff && Number.isInteger(value), 'a u16 is an integer of 0..65535');
    const at = this.#claim(2);
    this.#view.setUint16(at, value, true);
  }

  u32(value: number): void {
    assert(value >= 0 && value < TWO_32 && Number.isInteger(value), 'a u32 is an integer below 2^32');
    const at = this.#claim(4);
    this.#view.setUint32(at, value, true);
  }

  u48(value: number): void {
    assert(value >= 0 && value < TWO_48 && Number.isInteger(value), 'a u48 is an integer below 2^48');
    const at = this.#claim(6);
    this.#view.setUint32(at, value % TWO_32, true);
    this.#view.setUint16(at + 4, Math.floor(value / TWO_32), true);
  }

  /** Eight bytes; `value` is a safe integer >= 0. */
  u64(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, 'a u64 is a safe integer >= 0');
    const at = this.#claim(8);
    this.#view.setUint32(at, value % TWO_32, true);
    this.#view.setUint32(at + 4, Math.floor(value / TWO_32), true);
  }

  f64(value: number): void {
    const at = this.#claim(8);
    this.#view.setFloat64(at, value, true);
  }

  /** Unsigned LEB128, 1 to 8 bytes; `value` is a safe integer >= 0. */
  varint(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, 'a varint is a safe integer >= 0');
    this.#reserve(MAX_VARINT_BYTES);
    this.#length = writeVarint(this.#bytes, this.#length, value);
  }

  /** The content as a view, valid until the next write or reset. */
  bytes(): Uint8Array;
  /** Appends the bytes as they are, without a length. */
  bytes(source: Uint8Array): void;
  bytes(source?: Uint8Array): Uint8Array | void {
    if (source === undefined) return this.#bytes.subarray(0, this.#length);
    const at = this.#claim(source.length);
    this.#bytes.set(source, at);
  }

  /** Length as a varint, then the bytes. */
  blob(source: Uint8Array): void {
    this.varint(source.length);
    this.bytes(source);
  }

  /** Length in bytes as a varint, then UTF-8. A lone surrogate becomes U+FFFD. */
  utf8(text: string): void {
    if (this.#shortAscii(text)) return;
    const start = this.#length;
    this.#reserve(MAX_VARINT_BYTES + text.length * 3);
    const guess = varintLength(text.length);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(start + guess));
    const prefix = varintLength(written);
    if (prefix !== guess) this.#bytes.copyWithin(start + prefix, start + guess, start + guess + written);
    writeVarint(this.#bytes, start, written);
    this.#length = start + prefix + written;
  }

  /** Names are short and ASCII: a loop costs less than the encoder. False, with nothing written, for other texts. */
  #shortAscii(text: string): boolean {
    const count = text.length;
    if (count > SHORT_TEXT) return false;
    this.#reserve(count + 1);
    const start = this.#length + 1;
    for (let i = 0; i < count; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return false;
      this.#bytes[start + i] = code;
    }
    this.#bytes[this.#length] = count;
    this.#length = start + count;
    return true;
  }

  /** May replace `#bytes` and `#view`: call it before they are read. */
  #claim(count: number): number {
    this.#reserve(count);
    const at = this.#length;
    this.#length += count;
    return at;
  }

  #reserve(count: number): void {
    const need = this.#length + count;
    if (need <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(need, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#replace(grown);
  }

  #replace(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/** Where the bytes of a ByteReader come from, for its errors. */
export interface ByteOrigin {
  readonly file?: string;
  /** File offset of the first byte. */
  readonly offset?: number;
}

/**
 * Little-endian values from bytes that may lie: whatever would run past the end, exceeds a safe
 * integer or is no UTF-8 throws a FieldstoneError of the given code.
 *
 * @example
 * const input = new ByteReader(record.body, 'CORRUPT_WAL', { file: path, offset: record.offset });
 * const kind = input.u8();
 */
export class ByteReader {
  readonly #code: ErrorCode;
  readonly #origin: ByteOrigin;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;

  constructor(bytes: Uint8Array, code: ErrorCode, origin: ByteOrigin = {}) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#code = code;
    this.#origin = origin;
  }

  /** Bytes consumed. */
  get position(): number { return this.#position; }
  get remaining(): number { return this.#bytes.length - this.#position; }
  get atEnd(): boolean { return this.#position === this.#bytes.length; }

  u8(): number { return this.#view.getUint8(this.#take(1)); }
  u16(): number { return this.#view.getUint16(this.#take(2), true); }
  u32(): number { return this.#view.getUint32(this.#take(4), true); }

  u48(): number {
    const at = this.#take(6);
    return this.#view.getUint32(at, true) + this.#view.getUint16(at + 4, true) * TWO_32;
  }

  u64(): number {
    const at = this.#take(8);
    const value = this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * TWO_32;
    if (!Number.isSafeInteger(value)) this.fail('a number is too large', at);
    return value;
  }

  f64(): number { return this.#view.getFloat64(this.#take(8), true); }

  varint(): number {
    const value = readVarint(this.#bytes, this.#position);
    if (value < 0) this.fail('a number is not well formed', this.#position);
    this.#position += varintLength(value);
    return value;
  }

  /** A view of the next `count` bytes. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** A view of bytes written by ByteWriter.blob(). */
  blob(): Uint8Array { return this.bytes(this.varint()); }

  /** A text written by ByteWriter.utf8(). */
  utf8(): string {
    const at = this.#position;
    const encoded = this.blob();
    try {
      return decoder.decode(encoded);
    } catch {
      return this.fail('a text is not UTF-8', at);
    }
  }

  /** Throws unless everything was consumed. */
  expectEnd(): void {
    if (this.remaining > 0) this.fail(`${this.remaining} bytes too many`, this.#position);
  }

  /** Throws the reader's error about the byte at `position`. */
  fail(problem: string, position: number = this.#position): never {
    const { file, offset = 0 } = this.#origin;
    const where = file === undefined ? '' : ` in ${file}`;
    throw new FieldstoneError(this.#code, `${problem}${where} at offset ${offset + position}`, {
      offset: offset + position, ...(file === undefined ? {} : { file }),
    });
  }

  #take(count: number): number {
    const at = this.#position;
    const left = this.#bytes.length - at;
    if (!(count >= 0 && count <= left)) this.fail(`${count} bytes are wanted where ${left} remain`, at);
    this.#position = at + count;
    return at;
  }
}
