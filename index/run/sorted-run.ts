import { compareKeys, compareSlices } from '../key/compare-keys.js';
import { MAX_KEY_BYTES } from '../key/key-types.js';
import { RunHeads } from './run-heads.js';
import { sortSteps, type KeyTable } from './radix-sort.js';
import type { OrderedSource } from './ordered-source.js';

const CHUNK_BYTES = 1 << 22;
/** Shorter runs are searched as they are. */
const LEAST_WITH_HEADS = 256;
const HEADS_PER_SEARCH = 64;
const FIRST_ENTRIES = 1024;
const EMPTY = Buffer.alloc(0);
const NO_WORDS = new DataView(new ArrayBuffer(0));

/**
 * Entries in any order that become a sorted run: the keys of a large load, or of a new index. An entry takes its bytes and about 20 more.
 *
 * @example
 * const builder = new RunBuilder();
 * builder.add(key, key.length);
 * const run = builder.finish();
 */
export class RunBuilder implements KeyTable {
  readonly #chunks: Buffer[] = [];
  readonly #words: DataView[] = [];
  #chunk: Buffer = EMPTY;
  #used = CHUNK_BYTES;
  #count = 0;
  #longest = 0;
  #shortest = Infinity;
  /** No key was below the one before it, so far. */
  #isOrdered = true;
  #chunkOf: Uint16Array;
  #starts: Uint32Array;
  #lengths: Uint16Array;

  /** `expected`: how many entries will come, about; more may. */
  constructor(expected = 0) {
    const room = Math.max(FIRST_ENTRIES, expected);
    this.#chunkOf = new Uint16Array(room);
    this.#starts = new Uint32Array(room);
    this.#lengths = new Uint16Array(room);
  }

  get count(): number { return this.#count; }
  get longest(): number { return this.#longest; }
  get shortest(): number { return this.#shortest; }
  get sizeBytes(): number { return this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0) + this.#starts.length * 8; }

  bytesOf(entry: number): Buffer { return this.#chunks[this.#chunkOf[entry] ?? 0] ?? EMPTY; }
  /** The same memory, for reading several bytes at once. */
  wordsOf(entry: number): DataView { return this.#words[this.#chunkOf[entry] ?? 0] ?? NO_WORDS; }
  startOf(entry: number): number { return this.#starts[entry] ?? 0; }
  lengthOf(entry: number): number { return this.#lengths[entry] ?? 0; }

  /** Where the next entry may be written: in `chunk`, from `position` on, at most MAX_KEY_BYTES. Then push() it, or leave it. */
  room(): void { if (this.#used + MAX_KEY_BYTES > CHUNK_BYTES) this.#newChunk(); }
  get chunk(): Buffer { return this.#chunk; }
  get position(): number { return this.#used; }

  /** The entry that was written from `position` on ends here. */
  push(end: number): void {
    const count = this.#count;
    if (count === this.#starts.length) this.#grow();
    this.#chunkOf[count] = this.#chunks.length - 1;
    this.#starts[count] = this.#used;
    const length = end - this.#used;
    this.#lengths[count] = length;
    if (length > this.#longest) this.#longest = length;
    if (length < this.#shortest) this.#shortest = length;
    // Looked at while the bytes are at hand: rows often come in the order of a key.
    if (this.#isOrdered && count > 0) this.#isOrdered = this.#isBehindLast(end);
    this.#used = end;
    this.#count = count + 1;
  }

  #isBehindLast(end: number): boolean {
    const last = this.#count - 1;
    return compareSlices(this.bytesOf(last), this.startOf(last), this.lengthOf(last), this.#chunk, this.#used, end - this.#used) <= 0;
  }

  /** Copies key[0 .. length). */
  add(key: Uint8Array, length: number): void {
    if (this.#used + length > CHUNK_BYTES) this.#newChunk();
    const bytes = this.#chunk;
    const at = this.#used;
    for (let i = 0; i < length; i++) bytes[at + i] = key[i] ?? 0;
    this.push(at + length);
  }

  #newChunk(): void {
    this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    this.#chunks.push(this.#chunk);
    this.#words.push(new DataView(this.#chunk.buffer, this.#chunk.byteOffset, CHUNK_BYTES));
    this.#used = 0;
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
    const steps = this.finishSteps();
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }

  /** The same; yields when others should run. */
  *finishSteps(): Generator<void, SortedRun, void> {
    const order = inOrder(this.#count);
    if (!this.#isOrdered) yield* sortSteps(order, this);
    this.#trim();
    return new SortedRun(this, order);
  }

  /** The same for entries that were added in order. */
  finishSorted(): SortedRun {
    this.#trim();
    return new SortedRun(this, inOrder(this.#count));
  }

  /** What was left free for more entries is given back: runs stay for long. */
  #trim(): void {
    const last = this.#chunks.length - 1;
    if (last >= 0 && this.#used < CHUNK_BYTES / 2) {
      const kept = Buffer.allocUnsafeSlow(this.#used);
      this.#chunk.copy(kept, 0, 0, this.#used);
      this.#chunks[last] = this.#chunk = kept;
      this.#words[last] = new DataView(kept.buffer, kept.byteOffset, kept.length);
    }
    if (this.#count > this.#starts.length / 2) return;
    this.#chunkOf = this.#chunkOf.slice(0, this.#count);
    this.#starts = this.#starts.slice(0, this.#count);
    this.#lengths = this.#lengths.slice(0, this.#count);
  }
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
  #heads: RunHeads | undefined;
  #sought = 0;

  constructor(table: RunBuilder, order: Uint32Array) {
    this.#table = table;
    this.#order = order;
  }

  get count(): number { return this.#order.length; }
  /** Bytes of the longest and of the shortest key. */
  get longest(): number { return this.#table.longest; }
  get shortest(): number { return this.#table.shortest; }
  /** The keys in any order, and their numbers in that of the run: for loops that look at very many. */
  get table(): RunBuilder { return this.#table; }
  get order(): Uint32Array { return this.#order; }
  get sizeBytes(): number { return this.#table.sizeBytes + this.#order.length * 4 + (this.#heads?.sizeBytes ?? 0); }

  bytesAt(i: number): Buffer { return this.#table.bytesOf(this.#order[i] ?? 0); }
  startAt(i: number): number { return this.#table.startOf(this.#order[i] ?? 0); }
  lengthAt(i: number): number { return this.#table.lengthOf(this.#order[i] ?? 0); }

  /** Place of the first key that is not below the given one. */
  lowerBound(key: Uint8Array, keyLength: number): number {
    const heads = this.#heads ?? this.#headsWhenWorthIt();
    if (heads === undefined) return this.#between(key, keyLength, 0, this.count);
    return heads.narrow(key, keyLength) ? this.#between(key, keyLength, heads.low, heads.high) : heads.low;
  }

  /** Made when so many keys were looked for that making it costs little beside that. */
  #headsWhenWorthIt(): RunHeads | undefined {
    if (this.count < LEAST_WITH_HEADS || ++this.#sought < this.count / HEADS_PER_SEARCH) return undefined;
    return this.#heads = new RunHeads(this);
  }

  #between(key: Uint8Array, keyLength: number, from: number, to: number): number {
    let low = from;
    let high = to;
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
