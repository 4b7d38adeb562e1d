import { hashKey, isInRange, KeyBuffer, type ByteRange } from '#index';
import { readVarint, varintLength, writeVarint, type ByteWriter } from '#storage';
import { writeKeys } from '../commit/commit-record.js';
import type { LiveSnapshots } from '../commit/live-snapshots.js';
import type { StoreWrites } from '../commit/versioned-store.js';
import type { KeyStore } from './key-store.js';
import type { KeysInFlight } from './writes-in-flight.js';

/** The lengths before a key and before its value. */
const LENGTHS_BYTES = 16;
const NO_BYTES = Buffer.alloc(0);
/** Smaller batches are copied into the list's own memory, as are those that are less than half values. */
const LEAST_ADOPTED_BYTES = 4096;
const scratch = new KeyBuffer();

/** A value that is written to where it belongs. */
export interface ValueSource {
  readonly lengthBytes: number;
  writeTo(target: Buffer, at: number): void;
}

/**
 * Puts and deletes without reads, in the order given: what a single put or a batch outside of a transaction writes. They stand
 * in memory as they will stand in the log, so that committing copies them once. The last change of a key counts.
 */
export class KeyBatch implements StoreWrites, KeysInFlight {
  readonly store: KeyStore;
  linked = false;
  previous: KeysInFlight | undefined;
  next: KeysInFlight | undefined;
  // The first change gets just the memory that it needs: most batches are single puts, and thousands may wait for the log.
  #bytes: Buffer = NO_BYTES;
  #length = 0;
  #valueBytes = 0;
  #count = 0;
  #hashes: number[] | undefined;

  constructor(store: KeyStore) { this.store = store; }

  get isEmpty(): boolean { return this.#count === 0; }
  get count(): number { return this.#count; }
  get sizeBytes(): number { return this.#length; }

  /** @param value undefined deletes the key */
  add(key: Uint8Array, keyLength: number, value: Uint8Array | undefined, hash: number = hashKey(key, keyLength)): void {
    const at = this.#begin(key, keyLength, value?.length ?? -1, hash);
    if (value !== undefined) this.#bytes.set(value, at);
  }

  addFrom(key: Uint8Array, keyLength: number, value: ValueSource, hash: number): void {
    const at = this.#begin(key, keyLength, value.lengthBytes, hash);
    value.writeTo(this.#bytes, at);
  }

  /** Writes all but the value, of -1 bytes for none, and returns where that goes. */
  #begin(key: Uint8Array, keyLength: number, valueLength: number, hash: number): number {
    const valueBytes = Math.max(0, valueLength);
    this.store.assertFits(keyLength);
    this.#reserve(keyLength + valueBytes + LENGTHS_BYTES);
    const bytes = this.#bytes;
    let at = writeVarint(bytes, this.#length, keyLength);
    for (let i = 0; i < keyLength; i++) bytes[at + i] = key[i] ?? 0;
    at = writeVarint(bytes, at + keyLength, valueLength + 1);
    this.#length = at + valueBytes;
    this.#valueBytes += valueBytes;
    this.#count++;
    if (this.#hashes === undefined) this.#hashes = [hash];
    else this.#hashes.push(hash);
    return at;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#length + count, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }

  /** The keys, as lock items. */
  keys(): string[] {
    const keys = new Set<string>();
    this.#each((key, keyLength) => { keys.add(Buffer.from(key.buffer, key.byteOffset, keyLength).toString('latin1')); });
    return [...keys];
  }

  /** Nothing was read, so nothing conflicts: the order of the log decides. */
  checkConflicts(): void { return; }

  encode(writer: ByteWriter): void {
    writeKeys(writer, this.store.name, this.store.ownerFlags, this.#count, this.#bytes.subarray(0, this.#length));
  }

  hashes(): readonly number[] { return this.#hashes ?? []; }

  markInFlight(): void { this.store.enterFlight(this); }

  publish(sequence: number, snapshots: LiveSnapshots): void {
    const { store } = this;
    const bytes = this.#bytes;
    const hashes = this.hashes();
    const chunk = this.#adopted();
    let i = 0;
    this.#each((key, keyLength, start, length) => {
      const hash = hashes[i++] ?? 0;
      if (chunk !== undefined && length >= 0) store.publishAdopted(key, keyLength, hash, chunk, start, length, sequence, snapshots);
      else store.publish(key, keyLength, hash, length < 0 ? undefined : bytes.subarray(start, start + length), sequence, snapshots);
    });
    store.leaveFlight(this);
  }

  /** The store's number for the memory of a batch whose values stay where they are: a large one, most of which are values. */
  #adopted(): number | undefined {
    const otherBytes = this.#bytes.length - this.#valueBytes;
    return this.#length < LEAST_ADOPTED_BYTES || otherBytes > this.#valueBytes ? undefined : this.store.active.adopt(this.#bytes, otherBytes);
  }

  withdraw(): void { this.store.leaveFlight(this); }

  touches(range: ByteRange): boolean {
    let touched = false;
    this.#each((key, keyLength) => { touched ||= isInRange(range, key, keyLength); });
    return touched;
  }

  /** For each change its key, which the visit must not keep, and where its value stands: -1 bytes when the key is deleted. */
  #each(visit: (key: Uint8Array, keyLength: number, start: number, length: number) => void): void {
    const bytes = this.#bytes;
    const key = scratch.bytes;
    for (let at = 0; at < this.#length;) {
      const keyLength = readVarint(bytes, at);
      at += varintLength(keyLength);
      for (let i = 0; i < keyLength; i++) key[i] = bytes[at + i] ?? 0;
      at += keyLength;
      const length = readVarint(bytes, at) - 1;
      at += varintLength(length + 1);
      visit(key, keyLength, at, length);
      at += Math.max(0, length);
    }
  }
}
