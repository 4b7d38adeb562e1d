import { ByteArena } from './byte-arena.js';

const TOMBSTONE = -1;
// One entry in each of the arrays below.
const VERSION_BYTES = 8 + 4 + 4 + 4 + 4 + 4;
const COMPACT_FROM_BYTES = 1 << 20;
const NO_BYTES = new Uint8Array(0);
/** In place of a chunk: the value must be copied. */
const NOT_ADOPTED = -1;

/** The versions of all keys of one list: sequence, value or tombstone, the next older one. Version 0 = none. */
export class VersionStore {
  #sequences = new Float64Array(16);
  #chunks = new Uint32Array(16);
  #offsets = new Uint32Array(16);
  #lengths = new Int32Array(16);
  #capacities = new Int32Array(16);
  #older = new Uint32Array(16);
  #arena = new ByteArena();
  #count = 1;
  #free = 0;
  #live = 0;
  #valueBytes = 0;
  #garbageBytes = 0;
  // What the next add() or replace() writes.
  #nextBytes: Uint8Array = NO_BYTES;
  #nextLength = 0;
  #nextChunk = NOT_ADOPTED;
  #nextOffset = 0;

  get liveCount(): number { return this.#live; }
  /** Bytes of values and of the entries themselves. */
  get sizeBytes(): number { return this.#live * VERSION_BYTES + this.#valueBytes + this.#garbageBytes; }
  get garbageBytes(): number { return this.#garbageBytes; }

  sequence(version: number): number { return this.#sequences[version] ?? 0; }
  older(version: number): number { return this.#older[version] ?? 0; }
  isTombstone(version: number): boolean { return (this.#lengths[version] ?? 0) === TOMBSTONE; }
  /** The value stands in bytesOf(v)[startOf(v) .. startOf(v) + lengthOf(v)). */
  bytesOf(version: number): Buffer { return this.#arena.chunk(this.#chunks[version] ?? 0); }
  startOf(version: number): number { return this.#offsets[version] ?? 0; }
  lengthOf(version: number): number { return Math.max(0, this.#lengths[version] ?? 0); }

  /** The next version has this value; undefined = the key is deleted. */
  stage(value: Uint8Array | undefined): void {
    this.#nextBytes = value ?? NO_BYTES;
    this.#nextLength = value?.length ?? TOMBSTONE;
    this.#nextChunk = NOT_ADOPTED;
  }

  /** The value of the next version stands in adopted memory, and stays there. */
  stageAdopted(chunk: number, start: number, length: number): void {
    this.#nextBytes = NO_BYTES;
    this.#nextLength = length;
    this.#nextChunk = chunk;
    this.#nextOffset = start;
  }

  /** Takes over memory in which values stand, `otherBytes` of which are none; returns its number for stageAdopted(). */
  adopt(bytes: Buffer, otherBytes: number): number {
    this.#garbageBytes += otherBytes;
    return this.#arena.adopt(bytes);
  }

  /** A new version: what was staged. */
  add(sequence: number, older: number): number {
    const version = this.#take();
    this.#sequences[version] = sequence;
    this.#older[version] = older;
    this.#place(version);
    return version;
  }

  setOlder(version: number, older: number): void { this.#older[version] = older; }

  /** The version becomes what was staged; what it was is forgotten. Reuses its memory when the new value is copied and fits. */
  replace(version: number, sequence: number): void {
    this.#sequences[version] = sequence;
    const length = this.#nextLength;
    if (length === TOMBSTONE) {
      this.#lengths[version] = TOMBSTONE;
    } else if (this.#nextChunk === NOT_ADOPTED && length <= (this.#capacities[version] ?? 0)) {
      this.bytesOf(version).set(this.#nextBytes, this.startOf(version));
      this.#lengths[version] = length;
    } else {
      this.#discardValue(version);
      this.#place(version);
    }
    this.#nextBytes = NO_BYTES;
  }

  /** Frees the version and all older ones; returns how many. */
  freeChain(first: number): number {
    let freed = 0;
    for (let version = first; version !== 0; freed++) {
      const next = this.older(version);
      this.#discardValue(version);
      this.#older[version] = this.#free;
      this.#free = version;
      this.#live--;
      version = next;
    }
    return freed;
  }

  /** More memory is wasted than used: the owner should call compact(). */
  get wantsCompaction(): boolean { return this.#garbageBytes > COMPACT_FROM_BYTES && this.#garbageBytes > this.#valueBytes; }

  /** Moves every living value into new memory. `newest` gives the newest version of each key. */
  compact(newest: Iterable<number>): void {
    const old = this.#arena;
    this.#arena = new ByteArena();
    for (const first of newest) {
      for (let version = first; version !== 0; version = this.older(version)) {
        const length = this.lengthOf(version);
        this.#arena.add(old.chunk(this.#chunks[version] ?? 0), this.startOf(version), length);
        this.#settle(version, this.#arena.lastChunk, this.#arena.lastOffset, length);
      }
    }
    this.#garbageBytes = 0;
    this.#valueBytes = 0;
    for (const first of newest) for (let v = first; v !== 0; v = this.older(v)) this.#valueBytes += this.lengthOf(v);
  }

  #place(version: number): void {
    const length = Math.max(0, this.#nextLength);
    if (this.#nextChunk !== NOT_ADOPTED) this.#settle(version, this.#nextChunk, this.#nextOffset, length);
    else {
      if (this.#nextLength !== TOMBSTONE) this.#arena.add(this.#nextBytes, 0, length);
      this.#settle(version, this.#arena.lastChunk, this.#arena.lastOffset, length);
    }
    this.#lengths[version] = this.#nextLength;
    this.#valueBytes += length;
    this.#nextBytes = NO_BYTES; // whose memory it is may go
  }

  #settle(version: number, chunk: number, offset: number, capacity: number): void {
    this.#chunks[version] = chunk;
    this.#offsets[version] = offset;
    this.#capacities[version] = capacity;
  }

  #discardValue(version: number): void {
    const capacity = this.#capacities[version] ?? 0;
    this.#garbageBytes += capacity;
    this.#valueBytes -= capacity;
    this.#capacities[version] = 0;
  }

  #take(): number {
    this.#live++;
    if (this.#free !== 0) {
      const version = this.#free;
      this.#free = this.older(version);
      return version;
    }
    if (this.#count === this.#older.length) this.#grow();
    return this.#count++;
  }

  #grow(): void {
    this.#sequences = copied(new Float64Array(this.#count * 2), this.#sequences);
    this.#chunks = copied(new Uint32Array(this.#count * 2), this.#chunks);
    this.#offsets = copied(new Uint32Array(this.#count * 2), this.#offsets);
    this.#lengths = copied(new Int32Array(this.#count * 2), this.#lengths);
    this.#capacities = copied(new Int32Array(this.#count * 2), this.#capacities);
    this.#older = copied(new Uint32Array(this.#count * 2), this.#older);
  }
}

function copied<Numbers extends { set(source: Numbers): void }>(target: Numbers, source: Numbers): Numbers {
  target.set(source);
  return target;
}
