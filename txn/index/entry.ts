import { MAX_KEY_BYTES, type OrderedSource } from '#index';
import { FieldstoneError } from '#storage';
import { RECNO_BYTES } from './index-keys.js';

/** The record number behind the key of an entry bytes[start .. start + length). */
export function recnoOf(bytes: Uint8Array, start: number, length: number): number {
  const at = start + length - RECNO_BYTES;
  return ((bytes[at] ?? 0) * 0x1000000) + (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
}

/** Writes the record number behind the key in bytes[0 .. length); returns the length of the entry. Throws LIMIT for a key without room for it. */
export function appendRecno(bytes: Uint8Array, length: number, recno: number): number {
  if (length > MAX_KEY_BYTES - RECNO_BYTES) throw new FieldstoneError('LIMIT', `the keys of an index take at most ${MAX_KEY_BYTES - RECNO_BYTES} bytes, one of record ${recno} takes ${length}`, { recno });
  bytes[length] = recno >>> 24;
  bytes[length + 1] = recno >>> 16;
  bytes[length + 2] = recno >>> 8;
  bytes[length + 3] = recno;
  return length + RECNO_BYTES;
}

/** The source stands on an entry of the whole key[0 .. length). */
export function isEntryOf(source: OrderedSource, key: Uint8Array, length: number): boolean {
  return source.keyLength === length + RECNO_BYTES && beginsWith(source, key, length);
}

/** The source stands on an entry that begins with key[0 .. length): of this key, or of a longer one. */
export function beginsWith({ keyBytes, keyStart, keyLength }: OrderedSource, key: Uint8Array, length: number): boolean {
  if (keyLength < length) return false;
  for (let i = length - 1; i >= 0; i--) if (key[i] !== keyBytes[keyStart + i]) return false;
  return true;
}
