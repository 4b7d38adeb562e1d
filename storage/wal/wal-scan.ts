import type { FileWindow } from '../vfs/file-window.js';
import { decodeRecordHeader, RECORD_HEADER_BYTES, RECORD_MARK } from './wal-format.js';

/** A record header found by its own checksum, not by the chain. */
export interface FoundHeader {
  readonly offset: number;
  readonly sequence: number;
  readonly bodyBytes: number;
  readonly promisedBytes: number;
}

/**
 * Every valid record header of the segment from `from` on, at any byte; linear in the size of the file.
 * The salt and the offset in its checksum keep out records of other segments and images inside bodies.
 */
export function* scanForHeaders(window: FileWindow, from: number, salt: number): Generator<FoundHeader, void, undefined> {
  let offset = from;
  while (offset + RECORD_HEADER_BYTES <= window.sizeBytes) {
    const piece = window.rest(offset, RECORD_HEADER_BYTES);
    if (piece.length < RECORD_HEADER_BYTES) return;
    const lastStart = piece.length - RECORD_HEADER_BYTES;
    const at = piece.indexOf(RECORD_MARK);
    if (at < 0 || at > lastStart) {
      // A mark in the last bytes of the piece is met again: the next piece begins before it.
      offset += lastStart + 1;
      continue;
    }
    offset += at;
    const head = decodeRecordHeader(piece.subarray(at, at + RECORD_HEADER_BYTES), offset, salt);
    if (head !== undefined) yield { offset, sequence: head.sequence, bodyBytes: head.bodyBytes, promisedBytes: head.promisedBytes };
    offset++;
  }
}

/** The first record behind `offset` that says the byte at `offset` was on disk before the record was made. */
export function findPromiseBeyond(window: FileWindow, offset: number, salt: number): FoundHeader | undefined {
  for (const found of scanForHeaders(window, offset + 1, salt)) {
    if (found.promisedBytes > offset) return found;
  }
  return undefined;
}

/** True when nothing but zeros stands from `from` on: room that was made for records. Looks at every byte. */
export function isZeroFrom(window: FileWindow, from: number): boolean {
  for (let offset = from; offset < window.sizeBytes;) {
    const piece = window.rest(offset, 1);
    if (piece.length === 0) return true;
    for (const byte of piece) if (byte !== 0) return false;
    offset += piece.length;
  }
  return true;
}
