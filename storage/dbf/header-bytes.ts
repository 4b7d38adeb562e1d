import { FieldstoneError } from '../base/errors.js';
import { readUpTo } from '../vfs/full-io.js';
import type { VfsFile } from '../vfs/vfs.js';

/** dBASE II has no header length; its records always begin here. */
export const DBASE2_HEADER_BYTES = 521;
const FIXED_BYTES = 32;

export function corruptDbf(file: string, message: string, offset?: number): FieldstoneError {
  return new FieldstoneError('CORRUPT_DBF', `${file}: ${message}`, { file, ...(offset === undefined ? {} : { offset }) });
}

export function unsupportedDbf(file: string, message: string): FieldstoneError {
  return new FieldstoneError('UNSUPPORTED', `${file}: ${message}`, { file });
}

export function u16(bytes: Uint8Array, at: number): number { return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8); }

export function u32(bytes: Uint8Array, at: number): number { return (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0; }

/** Bytes as text, one character each, up to the first NUL. */
export function asciiUntilNul(bytes: Uint8Array, start: number, limit: number): string {
  let text = '';
  for (let i = start; i < limit && bytes[i] !== 0 && bytes[i] !== undefined; i++) text += String.fromCharCode(bytes[i] ?? 0);
  return text;
}

/** Reads the whole header: never more than 64 KiB, never more than the file holds. */
export function readHeaderBytes(file: VfsFile, sizeBytes: number): Uint8Array {
  const fixed = new Uint8Array(FIXED_BYTES);
  const present = readUpTo(file, fixed, 0);
  if (present === 0) throw corruptDbf(file.path, 'the file is empty', 0);
  if (present < FIXED_BYTES) throw corruptDbf(file.path, `not a DBF file: ${present} bytes are fewer than the shortest header`, present);
  const length = fixed[0] === 0x02 ? DBASE2_HEADER_BYTES : u16(fixed, 8);
  if (length <= FIXED_BYTES) throw corruptDbf(file.path, `the header says it is ${length} bytes long; the shortest is ${FIXED_BYTES + 1}`, 8);
  if (length > sizeBytes) throw corruptDbf(file.path, `the header says it is ${length} bytes long, the file ends after ${sizeBytes}`, 8);
  const header = new Uint8Array(length);
  const read = readUpTo(file, header, 0);
  if (read < length) throw corruptDbf(file.path, `the file ends inside its header, after ${read} of ${length} bytes`, read);
  return header;
}
