import type { BlockSource } from './block-source.js';
import { corruptIndex } from './bytes.js';

/**
 * A file that is in memory whole, for reading.
 *
 * @example
 * const file = CdxFile.open(bufferSource('people.cdx', bytes), options);
 */
export function bufferSource(path: string, bytes: Buffer): BlockSource {
  return {
    path, sizeBytes: bytes.length,
    block: (offset, lengthBytes) => {
      if (offset < 0 || offset + lengthBytes > bytes.length) throw corruptIndex(path, offset, `the file ends after ${bytes.length} bytes`);
      return bytes.subarray(offset, offset + lengthBytes);
    },
  };
}
