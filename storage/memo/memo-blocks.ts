import { FieldstoneError } from '../base/errors.js';
import type { MemoKind } from './memo-kind.js';

/** Fixed by the format of dBASE III. */
export const DBT3_BLOCK_BYTES = 512;
/** Type and length word in front of the data (DBT IV, FPT). */
export const BLOCK_HEADER_BYTES = 8;
/** First bytes of a used run in DBT IV. */
export const DBT4_USED = 0x0008ffff;
/** Ends the data in DBT III, where it stands twice. */
export const END_OF_MEMO = 0x1a;
/** Block numbers are 32 bits in headers and in the pointers of most dialects. */
export const MAX_BLOCK = 0xffff_ffff;
/** Lengths are 32 bits, and signed in most programs. */
export const MAX_MEMO_BYTES = 0x7fff_ffff - BLOCK_HEADER_BYTES;

/** Bytes that a memo of `lengthBytes` takes with its header or terminator, before it is padded to whole blocks. */
function framedBytes(kind: MemoKind, lengthBytes: number): number {
  switch (kind) {
    case 'dbt3': return lengthBytes + 2;
    case 'dbt4':
    case 'fpt': return lengthBytes + BLOCK_HEADER_BYTES;
    case 'smt': return Math.max(1, lengthBytes);
  }
}

/** Blocks that a memo of `lengthBytes` (data alone) takes. LIMIT when no memo can be that long. */
export function blocksFor(kind: MemoKind, blockSizeBytes: number, lengthBytes: number): number {
  if (lengthBytes > MAX_MEMO_BYTES) {
    throw new FieldstoneError('LIMIT', `a memo holds at most ${MAX_MEMO_BYTES} bytes, this value has ${lengthBytes}; split it`);
  }
  return Math.ceil(framedBytes(kind, lengthBytes) / blockSizeBytes);
}

/** Bytes at the beginning of a file that no memo can be in. `isFlex`: FlexFile's longer header (FPT alone). */
export function headerEndBytes(kind: MemoKind, blockSizeBytes: number, isFlex = false): number {
  // Only block 0 is reserved in DBT IV: with blocks of 64 bytes the first memo stands at 64.
  if (kind === 'dbt4') return blockSizeBytes;
  return isFlex ? 1024 : 512;
}
