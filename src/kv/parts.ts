import { FieldstoneError, type Random } from '#storage';
import type { KeyStore } from '#txn';
import { damagedValue, PART_BYTES, type PartsRef } from './value-form.js';

/** The store beside a store that holds the parts of its large values. */
export const PARTS_SUFFIX = '.parts';
/** Largest value. */
export const MAX_VALUE_BYTES = 2 ** 31;

const KEY_BYTES = 10;
const MARK = 0xff;

/** The key of a part: id and position, big-endian, so that the parts of a value lie side by side. */
export function partKey(id: number, position: number): Buffer {
  const key = Buffer.alloc(KEY_BYTES);
  key.writeUIntBE(id, 0, 6);
  key.writeUInt32BE(position, 6);
  return key;
}

/** Stands while the parts of a value are being written; who finds it later removes them. */
export function markKey(id: number): Buffer {
  const key = Buffer.alloc(7, MARK);
  key.writeUIntBE(id, 1, 6);
  return key;
}

/** The id of a mark; undefined for other keys. */
export function markedId(key: Buffer): number | undefined { return key.length === 7 && key[0] === MARK ? key.readUIntBE(1, 6) : undefined; }

/** The id of the value that a part or a mark belongs to; undefined for other keys. */
export function partsId(key: Buffer): number | undefined { return key.length === KEY_BYTES ? key.readUIntBE(0, 6) : markedId(key); }

/** Bytes of all parts of a value as of `sequence`; undefined when one is missing. Throws LIMIT, CORRUPT_PAGE. */
export function partsSize(store: KeyStore, parts: PartsRef, sequence: number): number | undefined {
  assertValueSize(parts.totalBytes);
  if (parts.count !== Math.ceil(parts.totalBytes / PART_BYTES)) throw damagedValue();
  let size = 0;
  for (let i = 0; i < parts.count; i++) {
    const key = partKey(parts.id, i);
    if (!store.find(key, key.length, sequence)) return undefined;
    size += store.foundEnd - store.foundStart;
  }
  return size;
}

/** An id for the parts of a new value, below FF in its first byte. */
export function newPartsId(random: Random): number {
  const bytes = Buffer.alloc(6);
  random.fill(bytes);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.readUIntBE(0, 6);
}

/** One part as of `sequence`: a view. Throws CORRUPT_PAGE when it is missing. */
export function readPart(store: KeyStore, parts: PartsRef, position: number, sequence: number): Buffer {
  const key = partKey(parts.id, position);
  if (!store.find(key, key.length, sequence)) throw damagedValue();
  return store.foundBytes.subarray(store.foundStart, store.foundEnd);
}

/** The whole value. Throws CORRUPT_PAGE, LIMIT. */
export function readParts(store: KeyStore, parts: PartsRef, sequence: number): Buffer {
  assertValueSize(parts.totalBytes);
  if (parts.count !== Math.ceil(parts.totalBytes / PART_BYTES)) throw damagedValue();
  const pieces: Buffer[] = [];
  let length = 0;
  for (let i = 0; i < parts.count; i++) {
    const piece = Buffer.from(readPart(store, parts, i, sequence));
    pieces.push(piece);
    length += piece.length;
  }
  if (length !== parts.totalBytes) throw damagedValue();
  return Buffer.concat(pieces, length);
}

export function assertValueSize(sizeBytes: number): void {
  if (sizeBytes > MAX_VALUE_BYTES) throw new FieldstoneError('LIMIT', `a value of ${sizeBytes} bytes is larger than ${MAX_VALUE_BYTES}`);
}
