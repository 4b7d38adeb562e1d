import type { MemoPointer } from '../memo/memo-kind.js';
import { wholeSpan, type MemoSpan } from '../memo/memo-span.js';

/** Where decoders get memo values from: a memo file, or the engine's view of one. */
export interface MemoSource {
  /** The bytes of the value; undefined when the pointer leads nowhere (absent file, dangling pointer). */
  read(pointer: MemoPointer): Uint8Array | undefined;
  /** The same where the value stands, without a copy: true leaves its place in `into`, good until anything else is read or written. */
  locate?(pointer: MemoPointer, into: MemoSpan): boolean;
}

/** Finds a value in place where the source can do that, else reads it. */
export function locateMemo(memos: MemoSource, pointer: MemoPointer, into: MemoSpan): boolean {
  if (memos.locate !== undefined) return memos.locate(pointer, into);
  return wholeSpan(memos.read(pointer), into);
}

/** For tables without a memo file: every memo is absent. */
export const NO_MEMO: MemoSource = { read: () => undefined };
