import { readUpTo, type VfsFile } from '#storage';
import type { BlockSource } from './block-source.js';
import { corruptIndex } from './bytes.js';

/** An open file as it is now, for reading without a cache: each block is read anew. */
export function fileSource(file: VfsFile): BlockSource {
  const { sizeBytes } = file.stat();
  return {
    path: file.path, sizeBytes,
    block: (offset, lengthBytes) => {
      const bytes = Buffer.alloc(lengthBytes);
      if (readUpTo(file, bytes, offset) < lengthBytes) throw corruptIndex(file.path, offset, `the file ends after ${sizeBytes} bytes`);
      return bytes;
    },
  };
}
