import { DBT3_BLOCK_BYTES, headerEndBytes } from './memo-blocks.js';
import type { MemoFinding } from './memo-finding.js';
import type { MemoKind } from './memo-kind.js';

/** What the header of a memo file says, after correction by what the file is. */
export interface MemoHeader {
  readonly kind: MemoKind;
  readonly blockSizeBytes: number;
  /** The word at byte 0 as it stands: next free block; in DBT IV the first free run, or the end. */
  readonly claimedNext: number;
  /** First block that no memo uses, at or behind the end of the file (DBT IV: before its free list is looked at). */
  readonly nextBlock: number;
  /** First byte that can belong to a memo. */
  readonly dataStartBytes: number;
  /** FlexFile (Harbour, Clipper) keeps a change counter here, u32 LE. */
  readonly flexCounter?: number;
  /** DBT IV: name of the table when the file was made. */
  readonly tableName?: string;
  /** The file is too short to have a header. */
  readonly isMissing: boolean;
}

/** Bytes of a file's beginning that readMemoHeader() looks at. */
export const HEADER_READ_BYTES = 1024;
/** Where the change counter of FlexFile stands. */
export const FLEX_COUNTER_OFFSET = 532;

const FLEX_SIGNATURE = 'FlexFile3\x03';
const FLEX_SIGNATURE_OFFSET = 512;
const FLEX_BLOCK_SIZE_OFFSET = 540;
const LEAST_HEADER_BYTES = 8;
const DBT4_LEAST_BLOCK = 24;
const SMT_MOST_BLOCK = 0x10000;
const DEFAULT_BLOCK = { dbt3: 512, dbt4: 512, fpt: 64, smt: 64 } as const;

/** Block size for new files. */
export function defaultBlockSize(kind: MemoKind): number { return DEFAULT_BLOCK[kind]; }

/**
 * Reads a header from the first bytes of a file (up to HEADER_READ_BYTES). Never throws: what is odd becomes a finding.
 * `sizeBytes` is the size of the whole file.
 */
export function readMemoHeader(kind: MemoKind, bytes: Uint8Array, sizeBytes: number, findings: MemoFinding[]): MemoHeader {
  if (bytes.length < LEAST_HEADER_BYTES) {
    findings.push({ code: 'MEMO_HEADER_MISSING', severity: 'error', offset: 0, message: `a memo file of ${sizeBytes} bytes has no header` });
    return missingHeader(kind);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const claimedNext = view.getUint32(0, kind !== 'fpt');
  const isFlex = kind === 'fpt' && hasFlexSignature(bytes);
  const blockSizeBytes = blockSizeOf(kind, view, { claimedNext, sizeBytes, isFlex }, findings);
  const dataStartBytes = headerEndBytes(kind, blockSizeBytes, isFlex);
  const header = { kind, blockSizeBytes, claimedNext, dataStartBytes, isMissing: false };
  return {
    ...header,
    nextBlock: nextBlockOf(header, sizeBytes, findings),
    ...(isFlex && bytes.length >= FLEX_COUNTER_OFFSET + 4 ? { flexCounter: view.getUint32(FLEX_COUNTER_OFFSET, true) } : {}),
    ...(kind === 'dbt4' ? { tableName: textUntilNul(bytes.subarray(8, 16)) } : {}),
  };
}

function missingHeader(kind: MemoKind): MemoHeader {
  const blockSizeBytes = defaultBlockSize(kind);
  const dataStartBytes = headerEndBytes(kind, blockSizeBytes);
  const nextBlock = Math.ceil(dataStartBytes / blockSizeBytes);
  return { kind, blockSizeBytes, claimedNext: nextBlock, nextBlock, dataStartBytes, isMissing: true };
}

interface Facts { readonly claimedNext: number; readonly sizeBytes: number; readonly isFlex: boolean }

function blockSizeOf(kind: MemoKind, view: DataView, facts: Facts, findings: MemoFinding[]): number {
  switch (kind) {
    // Bytes 20-21 hold 512 or garbage in real files.
    case 'dbt3': return DBT3_BLOCK_BYTES;
    case 'dbt4': {
      const claimed = view.byteLength >= 22 ? view.getUint16(20, true) : 0;
      return claimed === 0 || claimed >= DBT4_LEAST_BLOCK ? claimed || 512 : badBlockSize(kind, claimed, 20, findings);
    }
    case 'smt': {
      const claimed = view.getUint32(4, true);
      return claimed >= 1 && claimed <= SMT_MOST_BLOCK ? claimed : badBlockSize(kind, claimed, 4, findings);
    }
    case 'fpt': {
      const claimed = view.getUint16(6, false);
      if (claimed !== 0) return claimed;
      const flexSize = facts.isFlex && view.byteLength >= FLEX_BLOCK_SIZE_OFFSET + 2 ? view.getUint16(FLEX_BLOCK_SIZE_OFFSET, true) : 0;
      if (flexSize !== 0) return flexSize;
      // With blocks of 512 the last one begins inside the file; else the numbers are byte offsets (SET BLOCKSIZE TO 0).
      return (facts.claimedNext - 1) * 512 < facts.sizeBytes ? 512 : 1;
    }
  }
}

function badBlockSize(kind: MemoKind, claimed: number, offset: number, findings: MemoFinding[]): number {
  const used = defaultBlockSize(kind);
  findings.push({ code: 'MEMO_BLOCK_SIZE', severity: 'error', offset, message: `block size ${claimed} cannot be; ${used} is used instead` });
  return used;
}

function nextBlockOf(header: Omit<MemoHeader, 'nextBlock'>, sizeBytes: number, findings: MemoFinding[]): number {
  const { kind, claimedNext, blockSizeBytes, dataStartBytes } = header;
  const endOfFile = Math.ceil(Math.max(sizeBytes, dataStartBytes) / blockSizeBytes);
  // In DBT IV a smaller number is the head of the free list.
  if (kind !== 'dbt4' && claimedNext * blockSizeBytes < sizeBytes) {
    findings.push({
      code: 'MEMO_NEXT_LOW', severity: 'warning', offset: 0,
      message: `the header's next free block ${claimedNext} lies inside the file of ${sizeBytes} bytes; new memos go behind its end`,
    });
  }
  return Math.max(claimedNext, endOfFile);
}

function hasFlexSignature(bytes: Uint8Array): boolean {
  for (let i = 0; i < FLEX_SIGNATURE.length; i++) if (bytes[FLEX_SIGNATURE_OFFSET + i] !== FLEX_SIGNATURE.charCodeAt(i)) return false;
  return true;
}

function textUntilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end))).trimEnd();
}
