import type { MemoKind, MemoPointer } from './memo-kind.js';

const EOF_MARK = 0x1a;

/** The value inside the bytes that encodeMemo() made for a block: a view, not a copy. */
export function decodeMemo(kind: MemoKind, image: Uint8Array, pointer: MemoPointer): Uint8Array {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  switch (kind) {
    case 'fpt': return image.subarray(8, 8 + view.getUint32(4, false));
    case 'dbt4': return image.subarray(8, view.getUint32(4, true));
    case 'smt': return image.subarray(0, pointer.lengthBytes ?? image.length);
    case 'dbt3': {
      const end = image.indexOf(EOF_MARK);
      return end < 0 ? image : image.subarray(0, end);
    }
  }
}
