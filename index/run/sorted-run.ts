import { ByteMemory } from '#storage';
import { compareSlices } from '../key/compare-keys.js';
import { MAX_KEY_BYTES } from '../key/key-types.js';
import { RunHeads } from './run-heads.js';
import { sortSteps, type KeyTable } from './radix-sort.js';

const CHUNK_BYTES = 1 << 22;
/** Keys of one length stay in one piece of memory, if it needs no more than this. */
const MOST_PIECE_BYTES = 1 << 29;
/** Shorter runs are searched as they are. */
const LEAST_WITH_HEADS = 256;
const HEADS_PER_SEARCH = 64;
const FIRST_ENTRIES = 1024;
const LEAST_CHUNK_BYTES = 1 << 16;
/** Memory for the keys of a small run, for each that is expected. */
const LIKELY_KEY_BYTES = 48;
const NOT_FIXED = -1;
const NO_PLACES = new Uint16Array(0);
const NO_STARTS = new Uint32Array(0);
const NO_MEMORY = new ByteMemory(Buffer.alloc(0));

/**
 * Entries in any order that become a sorted run: the keys of a large load, or of a new index. An entry takes its bytes and about 20 more.
 *
 * @example
 * const builder = new RunBuilder();
 * builder.add(key, key.length);
 * const run = builder.finish();
 */
export class RunBuilder implements KeyTable {
  readonly #expected: number;
  readonly #chunks: ByteMemory[] = [];
  #chunk = NO_MEMORY;
  #used = 0;
  #count = 0;
  #longest = 0;
  #shortest = Infinity;
  /** No key was below the one before it, so far. */
  #isOrdered = true;
  /** While all keys have this length they stand one behind the other in one piece, and the arrays below are empty; NOT_FIXED: they do not. */
  #fixedLength = NOT_FIXED;
  #chunkOf = NO_PLACES;
  #starts = NO_STARTS;
  #lengths = NO_PLACES;

  /** `expected`: how many entries will come, about; more may. 0: nobody knows. */
  constructor(expected = 0) { this.#expected = expected > 0 ? expected : FIRST_ENTRIES; }

  get count(): number { return this.#count; }
  get longest(): number { return this.#longest; }
  get shortest(): number { return this.#shortest; }
  get sizeBytes(): number { return this.#chunks.reduce((sum, { bytes }) => sum + bytes.length, 0) + this.#starts.length * 8; }

  bytesOf(entry: number): Buffer { return this.memoryOf(entry).bytes; }
  memoryOf(entry: number): ByteMemory { return this.#chunks[this.#fixedLength > 0 ? 0 : this.#chunkOf[entry] ?? 0] ?? NO_MEMORY; }
  startOf(entry: number): number { return this.#fixedLength > 0 ? entry * this.#fixedLength : this.#starts[entry] ?? 0; }
  /** Length of every key when all have the same and stand one behind the other, from the beginning of one piece of memory; else below 0. */
  get fixedLength(): number { return this.#fixedLength; }
  lengthOf(entry: number): number { return this.#fixedLength > 0 ? this.#fixedLength : this.#lengths[entry] ?? 0; }

  /** Where the next entry may be written: in `memory`, from `position` on, at most MAX_KEY_BYTES. Then push() it, or leave it. */
  room(): void { if (this.#used + MAX_KEY_BYTES > this.#chunk.bytes.length) this.#newChunk(); }
  get memory(): ByteMemory { return this.#chunk; }
  get position(): number { return this.#used; }

  /** The entry that was written from `position` on ends here. */
  push(end: number): void {
    const length = end - this.#used;
    if (length === this.#fixedLength) {
      // Looked at while the bytes are at hand: rows often come in the order of a key.
      if (this.#isOrdered) this.#isOrdered = isAscending(this.#chunk.words, this.#used, length);
      this.#used = end;
      this.#count++;
    } else this.#pushAny(length, end);
  }

  #pushAny(length: number, end: number): void {
    const count = this.#count;
    if (count === 0 && length > 0) {
      this.#fixedLength = length;
      this.#longest = this.#shortest = length;
      this.#used = end;
      this.#count = 1;
      return;
    }
    if (this.#fixedLength > 0) this.#notePlaces();
    if (count === this.#starts.length) this.#grow();
    this.#chunkOf[count] = this.#chunks.length - 1;
    this.#starts[count] = this.#used;
    this.#lengths[count] = length;
    if (length > this.#longest) this.#longest = length;
    if (length < this.#shortest) this.#shortest = length;
    if (this.#isOrdered && count > 0) this.#isOrdered = this.#isBehindLast(end);
    this.#used = end;
    this.#count = count + 1;
  }

  /** Memory for all that are expected, if they go on being as long as the first ones. False when that is too little or too much. */
  #widen(): boolean {
    const sizeBytes = this.#expected * this.#fixedLength + MAX_KEY_BYTES;
    if (sizeBytes <= this.#chunk.bytes.length || sizeBytes > MOST_PIECE_BYTES) return false;
    const piece = Buffer.allocUnsafeSlow(sizeBytes);
    this.#chunk.bytes.copy(piece, 0, 0, this.#used);
    this.#chunks.pop();
    this.#take(piece);
    return true;
  }

  /** Keys of one length, until now: from here on each has its place noted. */
  #notePlaces(): void {
    const length = this.#fixedLength;
    const count = this.#count;
    const room = Math.max(this.#expected, count + 1);
    this.#chunkOf = new Uint16Array(room);
    this.#starts = new Uint32Array(room);
    this.#lengths = new Uint16Array(room);
    for (let i = 0; i < count; i++) this.#starts[i] = i * length;
    this.#lengths.fill(length, 0, count);
    this.#fixedLength = NOT_FIXED;
  }

  #isBehindLast(end: number): boolean {
    const last = this.#count - 1;
    return compareSlices(this.bytesOf(last), this.startOf(last), this.lengthOf(last), this.#chunk.bytes, this.#used, end - this.#used) <= 0;
  }

  /** Copies key[0 .. length). */
  add(key: Uint8Array, length: number): void {
    if (this.#used + length > this.#chunk.bytes.length) this.#newChunk();
    const { bytes } = this.#chunk;
    const at = this.#used;
    for (let i = 0; i < length; i++) bytes[at + i] = key[i] ?? 0;
    this.push(at + length);
  }

  #newChunk(): void {
    if (this.#fixedLength > 0) {
      if (this.#widen()) return;
      this.#notePlaces();
    }
    this.#take(Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, this.#likelyBytes())));
    this.#used = 0;
  }

  /** What the keys that are still expected will take, about: more is given back at the end, but was asked for all the same. */
  #likelyBytes(): number {
    const count = this.#count;
    if (count === 0) return Math.min(LEAST_CHUNK_BYTES, MAX_KEY_BYTES + this.#expected * LIKELY_KEY_BYTES);
    if (count >= this.#expected) return CHUNK_BYTES;
    const each = this.#chunks.reduce((sum, { bytes }) => sum + bytes.length, 0) / count;
    return Math.ceil((this.#expected - count) * each) + LEAST_CHUNK_BYTES;
  }

  #take(bytes: Buffer): void {
    this.#chunk = new ByteMemory(bytes);
    this.#chunks.push(this.#chunk);
  }

  #grow(): void {
    const room = Math.max(this.#expected, this.#starts.length * 2);
    const chunkOf = new Uint16Array(room);
    const starts = new Uint32Array(room);
    const lengths = new Uint16Array(room);
    chunkOf.set(this.#chunkOf);
    starts.set(this.#starts);
    lengths.set(this.#lengths);
    [this.#chunkOf, this.#starts, this.#lengths] = [chunkOf, starts, lengths];
  }

  /** Nothing may be added any more. The run is sorted when its order is asked for the first time, in one go. */
  finish(): SortedRun {
    this.#trim();
    return new SortedRun(this, this.#isOrdered);
  }

  /** The same, sorted now; yields when others should run. */
  *finishSteps(): Generator<void, SortedRun, void> {
    const run = this.finish();
    yield* run.sortSteps();
    return run;
  }

  /** What was left free for more entries is given back: runs stay for long. */
  #trim(): void {
    const last = this.#chunks.length - 1;
    if (last >= 0 && this.#used < this.#chunk.bytes.length / 2) {
      const kept = Buffer.allocUnsafeSlow(this.#used);
      this.#chunk.bytes.copy(kept, 0, 0, this.#used);
      this.#chunks[last] = this.#chunk = new ByteMemory(kept);
    }
    if (this.#count > this.#starts.length / 2) return;
    this.#chunkOf = this.#chunkOf.slice(0, this.#count);
    this.#starts = this.#starts.slice(0, this.#count);
    this.#lengths = this.#lengths.slice(0, this.#count);
  }
}

/** The key words[at .. at + length) is not below the one of the same length before it. */
function isAscending(words: DataView, at: number, length: number): boolean {
  const end = at + length;
  let i = at;
  for (; i + 4 <= end; i += 4) {
    const a = words.getUint32(i - length);
    const b = words.getUint32(i);
    if (a !== b) return a < b;
  }
  for (; i < end; i++) {
    const a = words.getUint8(i - length);
    const b = words.getUint8(i);
    if (a !== b) return a < b;
  }
  return true;
}

function inOrder(count: number): Uint32Array {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  return order;
}

/** Keys in ascending order, in memory; never changed. */
export class SortedRun {
  readonly #table: RunBuilder;
  #order: Uint32Array | undefined;
  #isSorted: boolean;
  #heads: RunHeads | undefined;
  #sought = 0;

  /** `isSorted`: the keys are in order as they are. */
  constructor(table: RunBuilder, isSorted: boolean) {
    this.#table = table;
    this.#isSorted = isSorted;
  }

  get count(): number { return this.#table.count; }
  /** Bytes of the longest and of the shortest key. */
  get longest(): number { return this.#table.longest; }
  get shortest(): number { return this.#table.shortest; }
  /** The keys in any order: for loops that look at very many. */
  get table(): RunBuilder { return this.#table; }
  /** False until somebody asks for the order of keys that came in another. */
  get isSorted(): boolean { return this.#isSorted; }

  /** The number in the table of key i of the run. */
  entryAt(i: number): number {
    if (!this.#isSorted) this.#sort();
    return this.#order === undefined ? i : this.#order[i] ?? 0;
  }

  /** Many loads may come before somebody looks for a key. */
  #sort(): void { for (const _ of this.sortSteps()) { /* at once */ } }

  /** Sorts it now, unless that was done; yields when others should run, who may look for keys meanwhile. */
  *sortSteps(): Generator<void, void, void> {
    if (this.#isSorted) return;
    const order = inOrder(this.count);
    yield* sortSteps(order, this.#table);
    this.#order = order;
    this.#isSorted = true;
  }

  get sizeBytes(): number { return this.#table.sizeBytes + (this.#order?.byteLength ?? 0) + (this.#heads?.sizeBytes ?? 0); }

  bytesAt(i: number): Buffer { return this.#table.bytesOf(this.entryAt(i)); }
  startAt(i: number): number { return this.#table.startOf(this.entryAt(i)); }
  lengthAt(i: number): number { return this.#table.lengthOf(this.entryAt(i)); }

  /** Place of the first key that is not below the given one. */
  lowerBound(key: Uint8Array, keyLength: number): number {
    const heads = this.#heads ?? this.#headsWhenWorthIt();
    if (heads === undefined) return this.#between(key, keyLength, 0, this.count, 0);
    return heads.narrow(key, keyLength) ? this.#between(key, keyLength, heads.low, heads.high, heads.sharedLength) : heads.low;
  }

  /** Made when so many keys were looked for that making it costs little beside that. */
  #headsWhenWorthIt(): RunHeads | undefined {
    if (this.count < LEAST_WITH_HEADS || ++this.#sought < this.count / HEADS_PER_SEARCH) return undefined;
    return this.#heads = new RunHeads(this);
  }

  /** Place of the first of the keys [from .. to) that is not below the given one; the first `shared` bytes of all are the same. */
  #between(key: Uint8Array, keyLength: number, from: number, to: number, shared: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compareSlices(key, shared, keyLength - shared, this.bytesAt(middle), this.startAt(middle) + shared, this.lengthAt(middle) - shared);
      if (order > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
