import { compressBlock, compressBound, decompressBlock } from 'lz4js';
import { damagedInput, type Codec } from './codec.js';
import { isSoundLz4Block, literalBlock } from './lz4-block.js';

const HASH_SLOTS = 1 << 16;
const hashTable = new Uint32Array(HASH_SLOTS);

// Results up to this size are built here and then copied out at their true length.
const SCRATCH_BYTES = 128 * 1024;
const scratch = new Uint8Array(SCRATCH_BYTES);

/** LZ4 raw blocks by lz4js: fast to read, about half the size for tables. */
export const lz4: Codec = {
  id: 1,
  name: 'lz4',
  compress(bytes) {
    const bound = compressBound(bytes.length);
    const target = bound <= SCRATCH_BYTES ? scratch : new Uint8Array(bound);
    // What earlier inputs left would still give a right result, but not the same one each time.
    hashTable.fill(0);
    const length = compressBlock(bytes, target, 0, bytes.length, hashTable);
    return length === 0 ? literalBlock(bytes) : target.slice(0, length);
  },
  decompress(bytes, originalBytes) {
    // Before the allocation: what a sound block gives is bounded by its own length.
    if (!isSoundLz4Block(bytes, originalBytes)) throw damagedInput('lz4', bytes.length, originalBytes);
    const target = new Uint8Array(originalBytes);
    decompressBlock(bytes, target, 0, bytes.length, 0);
    return target;
  },
};
