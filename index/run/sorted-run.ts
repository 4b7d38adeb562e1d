import { compareKeys } from '../key/compare-keys.js';
import { sortByKeys, type KeyTable } from './radix-sort.js';
import type { OrderedSource } from './ordered-source.js';

const CHUNK_BYTES = 1 << 22;
const FIRST_ENTRIES = 1024;
const EMPTY = Buffer.alloc(0);

/**
 * Entries in any order that become a sorted run: the keys of a large load, or of a new index. An entry takes its bytes and about 20 more.
 *
 * @example
 * const builder = new RunBuilder();
 * builder.add(key, key.length);
 * const run = builder.finish();
 */
export class RunBuilder implements KeyTable {
  #chunks: Buffer[] = [];
  #used = CHUNK_BYTES;
  #count = 0;
  #chunkOf = new Uint16Array(FIRST_ENTRIES);
  #starts = new Uint32Array(FIRST_ENTRIES);
  #lengths = new Uint16Array(FIRST_ENTRIES);

  get count(): number { return this.#count; }
  get sizeBytes(): number { return this.#chunks.length * CHUNK_BYTES + this.#starts.length * 8; }

  bytesOf(entry: number): Buffer { return this.#chunks[this.#chunkOf[entry] ?? 0] ?? EMPTY; }
  startOf(entry: number): number { return this.#starts[entry] ?? 0; }
  lengthOf(entry: number): number { return this.#lengths[entry] ?? 0; }

  /** Copies key[0 .. length). */
  add(key: Uint8Array, length: number): void {
    if (this.#used + length > CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafeSlow(CHUNK_BYTES));
      this.#used = 0;
    }
    if (this.#count === this.#starts.length) this.#grow();
    const chunk = this.#chunks.length - 1;
    const bytes = this.#chunks[chunk] ?? EMPTY;
    for (let i = 0; i < length; i++) bytes[this.#used + i] = key[i] ?? 0;
    this.#chunkOf[this.#count] = chunk;
    this.#starts[this.#count] = this.#used;
    this.#lengths[this.#count] = length;
    this.#used += length;
    this.#count++;
  }

  #grow(): void {
    const room = this.#starts.length * 2;
    const chunkOf = new Uint16Array(room);
    const starts = new Uint32Array(room);
    const lengths = new Uint16Array(room);
    chunkOf.set(this.#chunkOf);
    starts.set(this.#starts);
    lengths.set(this.#lengths);
    [this.#chunkOf, this.#starts, this.#lengths] = [chunkOf, starts, lengths];
  }

  /** Sorts; nothing may be added any more. */
  finish(): SortedRun {
    const order = inOrder(this.#count);
    sortByKeys(order, this);
    return new SortedRun(this, order);
  }

  /** The same for entries that were added in order. */
  finishSorted(): SortedRun { return new SortedRun(this, inOrder(this.#count)); }
}

function inOrder(count: number): Uint32Array {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  return order;
}

/** Keys in ascending order, in memory; never changed. */
export class SortedRun {
  readonly #table: RunBuilder;
  readonly #order: Uint32Array;

  constructor(table: RunBuilder, order: Uint32Array) {
    this.#table = table;
    this.#order = order;
  }

  get count(): number { return this.#order.length; }
  get sizeBytes(): number { return this.#table.sizeBytes + this.#order.length * 4; }

  bytesAt(i: number): Buffer { return this.#table.bytesOf(this.#order[i] ?? 0); }
  startAt(i: number): number { return this.#table.startOf(this.#order[i] ?? 0); }
  lengthAt(i: number): number { return this.#table.lengthOf(this.#order[i] ?? 0); }

  /** Place of the first key that is not below the given one. */
  lowerBound(key: Uint8Array, keyLength: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(key, keyLength, this.bytesAt(middle), this.startAt(middle), this.lengthAt(middle)) > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Walks a run in both directions. */
export class RunCursor implements OrderedSource {
  readonly #run: SortedRun;
  readonly isTombstone = false;
  #i = -1;

  constructor(run: SortedRun) { this.#run = run; }

  get isValid(): boolean { return this.#i >= 0 && this.#i < this.#run.count; }
  get keyBytes(): Buffer { return this.#run.bytesAt(this.#i); }
  get keyStart(): number { return this.#run.startAt(this.#i); }
  get keyLength(): number { return this.#run.lengthAt(this.#i); }

  seek(key?: Uint8Array, keyLength = key?.length ?? 0): boolean {
    this.#i = key === undefined ? 0 : this.#run.lowerBound(key, keyLength);
    return this.isValid;
  }

  seekBefore(key?: Uint8Array, keyLength = key?.length ?? 0): boolean {
    this.#i = (key === undefined ? this.#run.count : this.#run.lowerBound(key, keyLength)) - 1;
    return this.isValid;
  }

  next(): boolean {
    if (this.#i < this.#run.count) this.#i++;
    return this.isValid;
  }

  previous(): boolean {
    if (this.#i >= 0) this.#i--;
    return this.isValid;
  }
}
