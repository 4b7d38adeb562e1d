import { codecById, unpackBytes, type CodecCounters } from '#storage';
import { entryStart, payloadStart, VALUE_KINDS, valueKindAt } from './node-image.js';
import { chainPageNumbers, readChain } from './page-chain.js';
import { PAGE_TYPES, u32 } from './page-format.js';
import type { PageSource } from './page-source.js';

/** What reading a value needs. */
export interface ValueContext {
  readonly source: PageSource;
  readonly pageCount: number;
  readonly codecCounters: CodecCounters;
}

/** The value of entry `i` of a leaf: a view when it lies in the leaf as it is, else new memory. */
export function leafValue(image: Buffer, i: number, c: ValueContext): Buffer {
  const start = entryStart(image, i);
  const at = payloadStart(image, start);
  const end = entryStart(image, i + 1);
  switch (valueKindAt(image, start)) {
    case VALUE_KINDS.inline: return image.subarray(at, end);
    case VALUE_KINDS.packed: return unpack(image[at + 4] ?? 0, image.subarray(at + 5, end), u32(image, at), c);
    case VALUE_KINDS.chain: return readChain(c.source, c.pageCount, u32(image, at), u32(image, at + 4), PAGE_TYPES.overflow);
    default: {
      const packed = readChain(c.source, c.pageCount, u32(image, at), u32(image, at + 4), PAGE_TYPES.overflow);
      return unpack(image[at + 12] ?? 0, packed, u32(image, at + 8), c);
    }
  }
}

/** Pages outside the leaf that hold the value of entry `i`. */
export function valuePages(image: Buffer, i: number, c: ValueContext): number[] {
  const start = entryStart(image, i);
  const kind = valueKindAt(image, start);
  if (kind !== VALUE_KINDS.chain && kind !== VALUE_KINDS.packedChain) return [];
  const at = payloadStart(image, start);
  return chainPageNumbers(c.source, c.pageCount, u32(image, at), u32(image, at + 4), PAGE_TYPES.overflow);
}

function unpack(codecId: number, bytes: Buffer, originalBytes: number, c: ValueContext): Buffer {
  const original = unpackBytes(codecById(codecId).id, bytes, originalBytes, c.codecCounters);
  return Buffer.from(original.buffer, original.byteOffset, original.length);
}
