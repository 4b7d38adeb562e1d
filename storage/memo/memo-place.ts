import { BLOCK_HEADER_BYTES, blocksFor, DBT4_USED, END_OF_MEMO, MAX_MEMO_BYTES } from './memo-blocks.js';
import type { MemoHeader } from './memo-header.js';
import type { MemoPointer } from './memo-kind.js';
import type { ReadAt } from './read-at.js';

/** Where a memo stands in its file. */
export interface MemoPlace {
  /** First byte of its first block. */
  readonly offset: number;
  /** Data bytes in front of which stand `dataOffset - offset` bytes of block header. */
  readonly dataOffset: number;
  readonly lengthBytes: number;
  readonly blocks: number;
  /** Block type of FPT: 0 picture, 1 text, 2 object, others of FlexFile. */
  readonly type?: number;
}

/** Why a pointer leads nowhere. */
export type Dangling = 'before the data' | 'behind the end of the file' | 'longer than the file' | 'not a memo block' | 'without a length';

/** The layouts' common view of a file: how to read it and how long it is. */
export interface MemoBytes {
  readonly header: MemoHeader;
  readonly readAt: ReadAt;
  readonly sizeBytes: number;
}

/** FlexFile's free page and free run: no values. */
const FLEX_FREE_PAGE = 1000;
const FLEX_FREE_RUN = 1001;
const SCAN_BYTES = 4096;

/** Finds the memo of a pointer, or says why there is none. `start` holds the file's bytes from the block on, as far as they were read. */
export function findMemo(file: MemoBytes, pointer: MemoPointer, start: Uint8Array): MemoPlace | Dangling {
  switch (file.header.kind) {
    case 'dbt3': return findByMark(file, pointer, start) ?? place(file, pointer, 0, file.sizeBytes - offsetOf(file, pointer));
    case 'dbt4': return findDbt4(file, pointer, start);
    case 'fpt': return findFpt(file, pointer, start);
    case 'smt': return pointer.lengthBytes === undefined ? 'without a length' : place(file, pointer, 0, pointer.lengthBytes);
  }
}

/** Byte address of the pointer's block; a product that can pass 2^32. */
export function offsetOf(file: MemoBytes, pointer: MemoPointer): number { return pointer.block * file.header.blockSizeBytes; }

function place(file: MemoBytes, pointer: MemoPointer, headerBytes: number, lengthBytes: number, type?: number): MemoPlace | Dangling {
  const offset = offsetOf(file, pointer);
  const dataOffset = offset + headerBytes;
  if (lengthBytes > file.sizeBytes - dataOffset || lengthBytes > MAX_MEMO_BYTES) return 'longer than the file';
  const { kind, blockSizeBytes } = file.header;
  const blocks = blocksFor(kind, blockSizeBytes, lengthBytes);
  return { offset, dataOffset, lengthBytes, blocks, ...(type === undefined ? {} : { type }) };
}

function findFpt(file: MemoBytes, pointer: MemoPointer, start: Uint8Array): MemoPlace | Dangling {
  if (start.length < BLOCK_HEADER_BYTES) return 'behind the end of the file';
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const type = view.getUint32(0, false);
  const isFree = file.header.flexCounter !== undefined && (type === FLEX_FREE_PAGE || type === FLEX_FREE_RUN);
  return isFree ? 'not a memo block' : place(file, pointer, BLOCK_HEADER_BYTES, view.getUint32(4, false), type);
}

function findDbt4(file: MemoBytes, pointer: MemoPointer, start: Uint8Array): MemoPlace | Dangling {
  if (start.length >= BLOCK_HEADER_BYTES) {
    const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
    const headerBytes = view.getUint16(2, true);
    // FF FF = in use, then where the data begins (always 8). The length counts the header.
    if (view.getUint16(0, true) === (DBT4_USED & 0xffff) && headerBytes >= BLOCK_HEADER_BYTES && headerBytes < 0x100) {
      const lengthBytes = view.getUint32(4, true) - headerBytes;
      return lengthBytes < 0 ? 'not a memo block' : place(file, pointer, headerBytes, lengthBytes);
    }
  }
  // CA-Visual Objects writes dBASE III blocks into such files; without the end mark there is nothing to tell them by.
  return findByMark(file, pointer, start) ?? 'not a memo block';
}

/** The dBASE III rule: the data ends at the first 0x1A. undefined when there is none up to the end of the file. */
function findByMark(file: MemoBytes, pointer: MemoPointer, start: Uint8Array): MemoPlace | Dangling | undefined {
  const first = start.indexOf(END_OF_MEMO);
  if (first >= 0) return place(file, pointer, 0, first);
  const offset = offsetOf(file, pointer);
  const chunk = new Uint8Array(Math.min(SCAN_BYTES, Math.max(0, file.sizeBytes - offset - start.length)));
  for (let done = start.length; chunk.length > 0;) {
    const got = file.readAt(chunk, offset + done);
    if (got === 0) break;
    const at = chunk.subarray(0, got).indexOf(END_OF_MEMO);
    if (at >= 0) return place(file, pointer, 0, done + at);
    done += got;
  }
  return undefined;
}
