import { assert, FieldstoneError } from '#storage';
import { finish } from '../key/hash-key.js';

/** A filter looks at one block of this many bytes per key: one cache line, one page. */
const BLOCK_BYTES = 64;
const BLOCK_BITS = BLOCK_BYTES * 8;
const MAX_PROBES = 16;
/** Of the default of 10 bits a key. */
const USUAL_PROBES = 6;
/** A filter of this size stays near the processor by itself. */
const NEAR_BYTES = 1 << 20;
/** Parts of a filter by the high bits of a hash, which choose the block. */
const PARTS = 256;
const PART_SHIFT = 24;

/**
 * Set of key hashes that answers "certainly not there" or "perhaps". Blocked: all bits of a key lie in one block of 64
 * bytes (F. Putze, P. Sanders, J. Singler, 2007), found by double hashing (A. Kirsch, M. Mitzenmacher, 2006). Never a false "not there".
 *
 * @example
 * const filter = BloomFilter.forKeys(100_000, 10);
 * filter.add(hashKey(key));
 * filter.mayHold(hashKey(other)); // false in about 99 of 100 cases
 */
export class BloomFilter {
  readonly #bits: Uint8Array;
  readonly #blocks: number;
  readonly #probes: number;
  /** Keys that it was made for; beyond them false answers become more frequent. */
  readonly capacity: number;
  readonly bitsPerKey: number;

  private constructor(bits: Uint8Array, capacity: number, bitsPerKey: number) {
    this.#bits = bits;
    this.#blocks = bits.length / BLOCK_BYTES;
    this.#probes = probesFor(bitsPerKey);
    this.capacity = capacity;
    this.bitsPerKey = bitsPerKey;
  }

  /** An empty filter for so many keys; `bitsPerKey` of 10 leaves about 1 % false answers. */
  static forKeys(capacity: number, bitsPerKey: number): BloomFilter {
    assert(Number.isSafeInteger(capacity) && capacity >= 0 && bitsPerKey > 0, 'a filter has a capacity and bits');
    return new BloomFilter(new Uint8Array(sizeFor(capacity, bitsPerKey)), capacity, bitsPerKey);
  }

  /** A filter from bytes that toBytes() gave. Throws CORRUPT_PAGE when the length does not fit the numbers. */
  static fromBytes(bytes: Uint8Array, capacity: number, bitsPerKey: number): BloomFilter {
    if (!(bitsPerKey > 0) || bytes.length !== sizeFor(capacity, bitsPerKey)) {
      throw new FieldstoneError('CORRUPT_PAGE', `a bloom filter of ${capacity} keys at ${bitsPerKey} bits does not have ${bytes.length} bytes`);
    }
    return new BloomFilter(bytes, capacity, bitsPerKey);
  }

  /** Bytes of a filter of that capacity. */
  static sizeFor(capacity: number, bitsPerKey: number): number { return sizeFor(capacity, bitsPerKey); }

  get sizeBytes(): number { return this.#bits.length; }
  /** The bits themselves: a view. */
  toBytes(): Uint8Array { return this.#bits; }

  /** Adds the hash; true when that changed a bit. */
  add(hash: number): boolean {
    const bits = this.#bits;
    const block = this.#blockOf(hash);
    const step = finish(hash ^ 0x5bd1e995) | 1;
    const probes = this.#probes;
    let added = 0;
    let bit = step >>> 23;
    // Written whether it changes or not: a branch on it could not be foretold.
    for (let i = 0; i < probes; i++) {
      const at = block + (bit >>> 3);
      const mask = 1 << (bit & 7);
      const byte = bits[at] ?? 0;
      added |= mask & ~byte;
      bits[at] = byte | mask;
      bit = (bit + (step & 0x1ff) + i) & (BLOCK_BITS - 1);
    }
    return added !== 0;
  }

  /**
   * Adds hashes[0 .. count): those that fall into the same part of a large filter after one another, so that it is near the processor. `grouped` is
   * memory for as many.
   */
  addMany(hashes: Uint32Array, count: number, grouped = new Uint32Array(count)): void {
    if (this.#bits.length <= NEAR_BYTES) {
      this.#addAll(hashes, count);
      return;
    }
    const ends = new Uint32Array(PARTS);
    for (let i = 0; i < count; i++) bump(ends, (hashes[i] ?? 0) >>> PART_SHIFT);
    let sum = 0;
    for (let part = 0; part < PARTS; part++) {
      const size = ends[part] ?? 0;
      ends[part] = sum;
      sum += size;
    }
    for (let i = 0; i < count; i++) {
      const hash = hashes[i] ?? 0;
      grouped[bump(ends, hash >>> PART_SHIFT)] = hash;
    }
    this.#addAll(grouped, count);
  }

  #addAll(hashes: Uint32Array, count: number): void {
    if (this.#probes === USUAL_PROBES) {
      addWithSixProbes(this.#bits, this.#blocks, hashes, count);
      return;
    }
    const bits = this.#bits;
    const blocks = this.#blocks;
    const probes = this.#probes;
    for (let k = 0; k < count; k++) {
      const hash = hashes[k] ?? 0;
      const block = blockOf(hash, blocks);
      const mixed = finish(hash ^ 0x5bd1e995) | 1;
      const step = mixed & 0x1ff;
      let bit = mixed >>> 23;
      for (let i = 0; i < probes; i++) {
        const at = block + (bit >>> 3);
        bits[at] = (bits[at] ?? 0) | (1 << (bit & 7));
        bit = (bit + step + i) & (BLOCK_BITS - 1);
      }
    }
  }

  /** False: no key of that hash was added. */
  mayHold(hash: number): boolean {
    const block = this.#blockOf(hash);
    const step = finish(hash ^ 0x5bd1e995) | 1;
    let bit = step >>> 23;
    for (let i = 0; i < this.#probes; i++) {
      if (((this.#bits[block + (bit >>> 3)] ?? 0) & (1 << (bit & 7))) === 0) return false;
      bit = (bit + (step & 0x1ff) + i) & (BLOCK_BITS - 1);
    }
    return true;
  }

  /** A copy that can be changed while others read this one. */
  clone(): BloomFilter { return new BloomFilter(new Uint8Array(this.#bits), this.capacity, this.bitsPerKey); }

  /** The high bits choose the block (multiply and shift: no modulus). */
  #blockOf(hash: number): number { return blockOf(hash, this.#blocks); }
}

function blockOf(hash: number, blocks: number): number { return ((hash / 0x1_0000_0000) * blocks | 0) * BLOCK_BYTES; }

/** The loop of #addAll() for the usual number of bits: written out it takes two thirds of the time. */
function addWithSixProbes(bits: Uint8Array, blocks: number, hashes: Uint32Array, count: number): void {
  for (let k = 0; k < count; k++) {
    const hash = hashes[k] ?? 0;
    const block = blockOf(hash, blocks);
    const mixed = finish(hash ^ 0x5bd1e995) | 1;
    const step = mixed & 0x1ff;
    const a = mixed >>> 23;
    const b = (a + step) & (BLOCK_BITS - 1);
    const c = (b + step + 1) & (BLOCK_BITS - 1);
    const d = (c + step + 2) & (BLOCK_BITS - 1);
    const e = (d + step + 3) & (BLOCK_BITS - 1);
    const f = (e + step + 4) & (BLOCK_BITS - 1);
    setBit(bits, block, a);
    setBit(bits, block, b);
    setBit(bits, block, c);
    setBit(bits, block, d);
    setBit(bits, block, e);
    setBit(bits, block, f);
  }
}

function setBit(bits: Uint8Array, block: number, bit: number): void {
  const at = block + (bit >>> 3);
  bits[at] = (bits[at] ?? 0) | (1 << (bit & 7));
}

/** Raises a count and returns what it was. */
function bump(counts: Uint32Array, i: number): number {
  const count = counts[i] ?? 0;
  counts[i] = count + 1;
  return count;
}

function sizeFor(capacity: number, bitsPerKey: number): number {
  return Math.max(1, Math.ceil((capacity * bitsPerKey) / BLOCK_BITS)) * BLOCK_BYTES;
}

/** bits x ln 2 is the best number of probes; one less costs little and saves time. */
function probesFor(bitsPerKey: number): number {
  return Math.max(1, Math.min(MAX_PROBES, Math.round(bitsPerKey * 0.6)));
}
