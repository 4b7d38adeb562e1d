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

/**
 * The source stands on an entry of the key[0 .. length). No key of an index is the beginning of another (values end by themselves, the keys of an xBase
 * tag have one length), so the entries of a key stand together whatever their record numbers are: the first that is not below the key tells whether
 * there is one.
 */
export function isEntryOf({ keyBytes, keyStart, keyLength }: OrderedSource, key: Uint8Array, length: number): boolean {
  if (keyLength !== length + RECNO_BYTES) return false;
  for (let i = length - 1; i >= 0; i--) if (key[i] !== keyBytes[keyStart + i]) return false;
  return true;
}
