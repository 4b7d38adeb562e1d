import { FieldstoneError } from '../base/errors.js';
import { BLOCK_HEADER_BYTES, blocksFor, DBT4_USED, END_OF_MEMO } from './memo-blocks.js';
import type { MemoContent, MemoKind } from './memo-kind.js';

const FPT_TYPE: Readonly<Record<MemoContent, number>> = { binary: 0, text: 1, object: 2 };

/**
 * The bytes that belong at the address of the memo's first block: header, data, terminator, zeros up to a whole block.
 * Throws VALUE when a DBT III memo holds the byte 0x1A, which ends a memo there; LIMIT when the value is too long.
 */
export function encodeMemo(kind: MemoKind, blockSizeBytes: number, content: MemoContent, bytes: Uint8Array): Uint8Array {
  const image = new Uint8Array(blocksFor(kind, blockSizeBytes, bytes.length) * blockSizeBytes);
  const view = new DataView(image.buffer);
  switch (kind) {
    case 'dbt3': {
      const at = bytes.indexOf(END_OF_MEMO);
      if (at >= 0) {
        throw new FieldstoneError('VALUE', `byte ${at} of the memo is 0x1A, which ends a memo in a dBASE III file; leave it out, or use a dialect whose memos have a length`);
      }
      image.set(bytes);
      image.fill(END_OF_MEMO, bytes.length, bytes.length + 2);
      break;
    }
    case 'dbt4': {
      view.setUint32(0, DBT4_USED, true);
      // Unlike in FPT, the length counts these 8 bytes.
      view.setUint32(4, bytes.length + BLOCK_HEADER_BYTES, true);
      image.set(bytes, BLOCK_HEADER_BYTES);
      break;
    }
    case 'fpt': {
      view.setUint32(0, FPT_TYPE[content], false);
      view.setUint32(4, bytes.length, false);
      image.set(bytes, BLOCK_HEADER_BYTES);
      break;
    }
    case 'smt': image.set(bytes); break;
  }
  return image;
}
