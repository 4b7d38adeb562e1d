import type { MemoPointer } from '../memo/memo-kind.js';

/** Where decoders get memo values from: a memo file, or the engine's view of one. */
export interface MemoSource {
  /** The bytes of the value; undefined when the pointer leads nowhere (absent file, dangling pointer). */
  read(pointer: MemoPointer): Uint8Array | undefined;
}

/** For tables without a memo file: every memo is absent. */
export const NO_MEMO: MemoSource = { read: () => undefined };
