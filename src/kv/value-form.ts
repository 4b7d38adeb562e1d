import { FieldstoneError, PHASE, phases } from '#storage';
import type { ValueKind, ValueSource } from '#txn';
import { sliceText } from './slice-text.js';

// A stored value begins with one byte of these bits, then the time of expiry (8 bytes) if it has one, then the value, or where its
// parts are: id (6 bytes), number of parts (4), bytes in all (6). Layout in docs/kv.md.
const EXPIRES = 1;
const IN_PARTS = 2;
/** All bytes of the text are ASCII: said by who writes it, so that readers may cut it out of a larger text. */
const ASCII = 4;
const PLAIN_HEAD = 1;
const EXPIRY_BYTES = 8;
const PARTS_BYTES = 16;

/** Values from this size on are kept in parts of this size. */
export const PART_BYTES = 4 << 20;

/** Where the parts of a large value are. */
export interface PartsRef {
  readonly id: number;
  readonly count: number;
  readonly totalBytes: number;
}

/** One value on its way into memory: its size is known before it is written. A text is ASCII when it takes as many bytes as it has letters. */
class ValueDraft implements ValueSource {
  #text: string | undefined;
  #bytes: Uint8Array = NO_BYTES;
  #bodyBytes = 0;
  #expiresMs = 0;
  lengthBytes = 0;

  /** False for a value so large that it must be kept in parts. Throws VALUE. */
  take(value: unknown, kind: ValueKind, expiresMs: number): boolean {
    if (kind === 'binary') {
      this.#text = undefined;
      this.#bytes = bytesOf(value);
      this.#bodyBytes = this.#bytes.length;
    } else {
      const text = textOf(value, kind);
      this.#text = text;
      this.#bytes = NO_BYTES;
      this.#bodyBytes = text.length > PART_BYTES ? Infinity : Buffer.byteLength(text, 'utf8');
    }
    this.#expiresMs = expiresMs;
    this.lengthBytes = PLAIN_HEAD + (expiresMs === 0 ? 0 : EXPIRY_BYTES) + this.#bodyBytes;
    return this.#bodyBytes <= PART_BYTES;
  }

  /** Writes head and value, `lengthBytes` in all, and lets the value go. */
  writeTo(target: Buffer, at: number): void {
    const text = this.#text;
    const isAscii = text !== undefined && this.#bodyBytes === text.length;
    target[at] = (isAscii ? ASCII : 0) | (this.#expiresMs === 0 ? 0 : EXPIRES);
    if (this.#expiresMs !== 0) target.writeDoubleLE(this.#expiresMs, at + PLAIN_HEAD);
    const body = at + this.lengthBytes - this.#bodyBytes;
    if (text === undefined) target.set(this.#bytes, body);
    else target.write(text, body, this.#bodyBytes, isAscii ? 'latin1' : 'utf8');
    this.#text = undefined;
    this.#bytes = NO_BYTES;
  }
}

const NO_BYTES = new Uint8Array(0);
const draft = new ValueDraft();

/**
 * The value, to be written before the next call; undefined when it is so large that it must be kept in parts. Throws VALUE.
 */
export function draftOf(value: unknown, kind: ValueKind, expiresMs: number): ValueSource | undefined {
  const isWhole = phases.active ? timedTake(value, kind, expiresMs) : draft.take(value, kind, expiresMs);
  return isWhole ? draft : undefined;
}

// Apart, because a function that holds a closure pays for its variables at each call.
function timedTake(value: unknown, kind: ValueKind, expiresMs: number): boolean {
  return phases.measure(PHASE.serialization, () => draft.take(value, kind, expiresMs));
}

/** Memory in which values are put together, head first; the next call reuses it. */
let scratch = Buffer.allocUnsafeSlow(4096);

/**
 * The value as it is stored, head first. Throws VALUE. A view of memory that the next call reuses; undefined when the value is so large that
 * it must be kept in parts.
 */
export function storedValue(value: unknown, kind: ValueKind, expiresMs: number): Uint8Array | undefined {
  const taken = draftOf(value, kind, expiresMs);
  if (taken === undefined) return undefined;
  const { lengthBytes } = taken;
  if (scratch.length < lengthBytes) scratch = Buffer.allocUnsafeSlow(Math.max(lengthBytes, scratch.length * 2));
  taken.writeTo(scratch, 0);
  return scratch.subarray(0, lengthBytes);
}

/** The bytes of a value that is kept in parts, without a head. Throws VALUE. */
export function largeValueBytes(value: unknown, kind: ValueKind): Uint8Array {
  return kind === 'binary' ? bytesOf(value) : Buffer.from(textOf(value, kind), 'utf8');
}

function bytesOf(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw wrongValue('binary', 'a Uint8Array', value);
  return value;
}

function textOf(value: unknown, kind: 'utf8' | 'json'): string {
  if (kind === 'utf8') {
    if (typeof value !== 'string') throw wrongValue('utf8', 'a string', value);
    return value;
  }
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw wrongValue('json', 'anything that JSON can hold', value);
  return text;
}

function wrongValue(kind: ValueKind, wanted: string, value: unknown): FieldstoneError {
  return new FieldstoneError('VALUE', `the values of this store are '${kind}': a value is ${wanted}, got ${value === null ? 'null' : typeof value}`);
}

/** Time of expiry in milliseconds, 0 = never. Throws VALUE. */
export function expiryOf(expiresAt: number | Date | undefined): number {
  if (expiresAt === undefined) return 0;
  const ms = expiresAt instanceof Date ? expiresAt.getTime() : expiresAt;
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms <= 0) throw new FieldstoneError('VALUE', 'expiresAt is a Date or milliseconds since 1970');
  return ms;
}

/** True for a value that is all there and never expires: it begins at `start + 1`. */
export function isPlain(bytes: Uint8Array, start: number): boolean { return ((bytes[start] ?? 0) & ~ASCII) === 0; }

/** The first byte of a stored value: what it is for plain ASCII text, the bit of values that expire, all bits. */
export const HEADS = { asciiText: ASCII, expires: EXPIRES, all: 0xff } as const;

/** What is stored in place of a value that is kept in parts. */
export function storedParts(parts: PartsRef, expiresMs: number): Uint8Array {
  const head = PLAIN_HEAD + (expiresMs === 0 ? 0 : EXPIRY_BYTES);
  const stored = Buffer.alloc(head + PARTS_BYTES);
  stored[0] = IN_PARTS | (expiresMs === 0 ? 0 : EXPIRES);
  if (expiresMs !== 0) stored.writeDoubleLE(expiresMs, 1);
  stored.writeUIntLE(parts.id, head, 6);
  stored.writeUInt32LE(parts.count, head + 6);
  stored.writeUIntLE(parts.totalBytes, head + 10, 6);
  return stored;
}

/** True when the value is past its time. */
export function isExpired(bytes: Buffer, start: number, end: number, nowMs: number): boolean {
  return ((bytes[start] ?? 0) & EXPIRES) !== 0 && end - start > EXPIRY_BYTES && bytes.readDoubleLE(start + 1) <= nowMs;
}

/** Where the value itself begins. */
export function bodyStart(bytes: Buffer, start: number): number {
  return start + PLAIN_HEAD + (((bytes[start] ?? 0) & EXPIRES) === 0 ? 0 : EXPIRY_BYTES);
}

/** The parts of a stored value; undefined when it is whole. Throws CORRUPT_PAGE. */
export function partsOf(bytes: Buffer, start: number, end: number): PartsRef | undefined {
  if (((bytes[start] ?? 0) & IN_PARTS) === 0) return undefined;
  const at = bodyStart(bytes, start);
  if (end - at !== PARTS_BYTES) throw damagedValue();
  return { id: bytes.readUIntLE(at, 6), count: bytes.readUInt32LE(at + 6), totalBytes: bytes.readUIntLE(at + 10, 6) };
}

export function damagedValue(): FieldstoneError { return new FieldstoneError('CORRUPT_PAGE', 'a stored value is not well formed; restore a backup'); }

/** The value of whole bytes. Throws CORRUPT_PAGE. */
export function decodeValue(bytes: Buffer, start: number, end: number, kind: ValueKind): unknown {
  if (start > end) throw damagedValue();
  if (kind === 'utf8') return sliceText(bytes, start, end);
  if (kind === 'binary') return new Uint8Array(bytes.subarray(start, end));
  return jsonValue(sliceText(bytes, start, end));
}

/** Throws CORRUPT_PAGE. */
export function jsonValue(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (cause) {
    throw new FieldstoneError('CORRUPT_PAGE', 'a stored value is no JSON; restore a backup', { cause });
  }
}
