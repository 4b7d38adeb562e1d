import type { ByteMemory } from '../base/byte-memory.js';
import { FieldstoneError } from '../base/errors.js';
import { BLOCK_HEADER_BYTES, blocksFor, DBT4_USED, END_OF_MEMO } from './memo-blocks.js';
import type { MemoContent, MemoKind } from './memo-kind.js';

const WORD_BYTES = 4;
const FPT_TYPE: Readonly<Record<MemoContent, number>> = { binary: 0, text: 1, object: 2 };

/**
 * The bytes that belong at the address of the memo's first block: header, data, terminator, zeros up to a whole block.
 * Throws VALUE when a DBT III memo holds the byte 0x1A, which ends a memo there; LIMIT when the value is too long.
 */
export function encodeMemo(kind: MemoKind, blockSizeBytes: number, content: MemoContent, bytes: Uint8Array): Uint8Array {
  const image = new Uint8Array(memoImageBytes(kind, blockSizeBytes, bytes.length));
  writeMemoImage(kind, content, bytes, image, 0, image.length);
  return image;
}

/** Length of such an image. Throws LIMIT. */
export function memoImageBytes(kind: MemoKind, blockSizeBytes: number, lengthBytes: number): number {
  return blocksFor(kind, blockSizeBytes, lengthBytes) * blockSizeBytes;
}

/** The same into target[at .. at + imageBytes), whatever stood there. Throws VALUE. */
export function writeMemoImage(kind: MemoKind, content: MemoContent, bytes: Uint8Array, target: Uint8Array, at: number, imageBytes: number): void {
  const { length } = bytes;
  const from = at + (kind === 'dbt4' || kind === 'fpt' ? BLOCK_HEADER_BYTES : 0);
  switch (kind) {
    case 'dbt3': {
      const end = bytes.indexOf(END_OF_MEMO);
      if (end >= 0) {
        throw new FieldstoneError('VALUE', `byte ${end} of the memo is 0x1A, which ends a memo in a dBASE III file; leave it out, or use a dialect whose memos have a length`);
      }
      break;
    }
    // Unlike in FPT, the length counts these 8 bytes.
    case 'dbt4': writeHeader(target, at, swapped(DBT4_USED), swapped(length + BLOCK_HEADER_BYTES)); break;
    case 'fpt': writeHeader(target, at, FPT_TYPE[content], length); break;
    case 'smt': break;
  }
  target.set(bytes, from);
  target.fill(0, from + length, at + imageBytes);
  if (kind === 'dbt3') target.fill(END_OF_MEMO, at + length, at + length + 2);
}

/** What stands around the `lengthBytes` of an FPT memo that were written behind the header's place, at target.bytes[at + BLOCK_HEADER_BYTES]. */
export function closeMemoImage(content: MemoContent, lengthBytes: number, { bytes, words }: ByteMemory, at: number, imageBytes: number): void {
  words.setUint32(at, FPT_TYPE[content]);
  words.setUint32(at + WORD_BYTES, lengthBytes);
  const end = at + imageBytes;
  let i = at + BLOCK_HEADER_BYTES + lengthBytes;
  for (; i + WORD_BYTES <= end; i += WORD_BYTES) words.setInt32(i, 0);
  for (; i < end; i++) bytes[i] = 0;
}

/** Two words, their highest bytes first. */
function writeHeader(target: Uint8Array, at: number, first: number, second: number): void {
  for (let i = 0; i < 4; i++) {
    target[at + i] = first >>> (24 - 8 * i);
    target[at + 4 + i] = second >>> (24 - 8 * i);
  }
}

function swapped(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
