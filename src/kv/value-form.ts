import { FieldstoneError, PHASE, phases } from '#storage';
import type { ValueKind } from '#txn';
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

/** Memory in which values are put together, head first; the next call reuses it. */
let scratch = Buffer.allocUnsafeSlow(4096);

/**
 * The value as it is stored, head first. Throws VALUE. A view of memory that the next call reuses; undefined when the value is so large that
 * it must be kept in parts.
 */
export function storedValue(value: unknown, kind: ValueKind, expiresMs: number): Uint8Array | undefined {
  return phases.active ? timedStoredValue(value, kind, expiresMs) : putTogether(value, kind, expiresMs);
}

// Apart, because a function that holds a closure pays for its variables at each call.
function timedStoredValue(value: unknown, kind: ValueKind, expiresMs: number): Uint8Array | undefined {
  return phases.measure(PHASE.serialization, () => putTogether(value, kind, expiresMs));
}

function putTogether(value: unknown, kind: ValueKind, expiresMs: number): Uint8Array | undefined {
  const head = PLAIN_HEAD + (expiresMs === 0 ? 0 : EXPIRY_BYTES);
  let count: number;
  let ascii = 0;
  if (kind === 'binary') {
    const bytes = bytesOf(value);
    if (bytes.length > PART_BYTES) return undefined;
    reserve(head + bytes.length);
    scratch.set(bytes, head);
    count = bytes.length;
  } else {
    const text = textOf(value, kind);
    if (text.length > PART_BYTES) return undefined;
    reserve(head + text.length * 3);
    count = scratch.write(text, head, 'utf8');
    if (count > PART_BYTES) return undefined;
    if (count === text.length) ascii = ASCII; // half of a surrogate pair takes three bytes like any other wide unit
  }
  scratch[0] = ascii | (expiresMs === 0 ? 0 : EXPIRES);
  if (expiresMs !== 0) scratch.writeDoubleLE(expiresMs, 1);
  return scratch.subarray(0, head + count);
}

/** The bytes of a value that is kept in parts, without a head. Throws VALUE. */
export function largeValueBytes(value: unknown, kind: ValueKind): Uint8Array {
  return kind === 'binary' ? bytesOf(value) : Buffer.from(textOf(value, kind), 'utf8');
}

function reserve(count: number): void {
  if (scratch.length < count) scratch = Buffer.allocUnsafeSlow(Math.max(count, scratch.length * 2));
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
