import { FieldstoneError } from '../base/errors.js';
import { DBT3_BLOCK_BYTES } from './memo-blocks.js';
import { defaultBlockSize } from './memo-header.js';
import type { MemoKind } from './memo-kind.js';

/** Block sizes that a new file may have. DBT IV keeps its header in block 0, so that cannot be tiny. */
const ALLOWED: Readonly<Record<MemoKind, readonly [least: number, most: number]>> = {
  dbt3: [DBT3_BLOCK_BYTES, DBT3_BLOCK_BYTES], dbt4: [64, 0xfe00], fpt: [1, 0xffff], smt: [1, 0xffff],
};
const HEADER_BYTES = 512;
const SIX_SIGNATURE = 'SIxMemo';

/**
 * The beginning of a new, empty memo file: the whole file. `blockSizeBytes` defaults to 64 (FPT, SMT) or 512 (DBT);
 * `tableName` is the name of the table without folder and extension (only DBT IV keeps it). OPTION for a block size
 * that the kind cannot have.
 */
export function createMemoHeader(kind: MemoKind, options: { readonly blockSizeBytes?: number; readonly tableName: string }): Uint8Array {
  const blockSize = options.blockSizeBytes ?? defaultBlockSize(kind);
  const [least, most] = ALLOWED[kind];
  if (!Number.isInteger(blockSize) || blockSize < least || blockSize > most) {
    const range = least === most ? `${least}` : `${least} to ${most}`;
    throw new FieldstoneError('OPTION', `memo blocks of ${blockSize} bytes are not possible in this kind of file; use ${range}`, { option: 'memoBlockSize' });
  }
  const bytes = new Uint8Array(kind === 'dbt4' ? blockSize : HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.ceil(bytes.length / blockSize), kind !== 'fpt');
  switch (kind) {
    case 'dbt3': bytes[16] = 0x03; break;
    case 'dbt4': {
      putText(bytes, 8, plainName(options.tableName));
      view.setUint16(18, 0x0102, true);
      view.setUint16(20, blockSize, true);
      break;
    }
    case 'fpt': view.setUint16(6, blockSize, false); break;
    case 'smt': {
      view.setUint32(4, blockSize, true);
      putText(bytes, 8, SIX_SIGNATURE);
      break;
    }
  }
  return bytes;
}

function plainName(tableName: string): string {
  return tableName.toUpperCase().replace(/[^\x21-\x7e]/g, '_').slice(0, 8);
}

function putText(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}
