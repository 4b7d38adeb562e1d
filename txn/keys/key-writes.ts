import { hashKey, SkipList, type ByteRange } from '#index';
import { FieldstoneError, varintLength, writeVarint, type ByteWriter } from '#storage';
import { writeKeys } from '../commit/commit-record.js';
import type { LiveSnapshots } from '../commit/live-snapshots.js';
import type { StoreWrites } from '../commit/versioned-store.js';
import { firstIn, isBelow, type KeyStore } from './key-store.js';
import type { KeysInFlight } from './writes-in-flight.js';

/** The private writes of one transaction in one store, in order of keys. */
export class KeyWrites implements StoreWrites, KeysInFlight {
  readonly store: KeyStore;
  readonly list = new SkipList(1);
  linked = false;
  previous: KeysInFlight | undefined;
  next: KeysInFlight | undefined;
  /** Nodes in the order they were written, since the first savepoint. */
  #log: number[] = [];
  #logs = false;
  #clock = 0;

  constructor(store: KeyStore) { this.store = store; }

  get isEmpty(): boolean { return this.list.isEmpty; }
  get sizeBytes(): number { return this.list.sizeBytes; }

  /** @param value undefined deletes the key */
  put(key: Uint8Array, keyLength: number, value: Uint8Array | undefined): void {
    this.store.assertFits(keyLength);
    const node = this.list.put(key, keyLength, ++this.#clock, value, this.#logs);
    if (this.#logs) this.#log.push(node);
  }

  /** A place to come back to. */
  mark(): number {
    this.#logs = true;
    return this.#log.length;
  }

  rollbackTo(mark: number): void {
    while (this.#log.length > mark) this.list.dropNewest(this.#log.pop() ?? 0);
  }

  checkConflicts(sequence: number): void {
    const { nodes } = this.list;
    for (const node of this.#written()) {
      const hash = nodes.hashes[node] ?? 0;
      const key = this.keyOf(node);
      if (this.store.isInFlight(hash) || this.store.lastChangeOf(key, key.length, hash) > sequence) {
        throw new FieldstoneError('CONFLICT', `a key of store "${this.store.name}" was changed by another transaction`, { details: { store: this.store.name, key: key.toString('hex') } });
      }
    }
  }

  *#written(): Generator<number, void, void> {
    for (let node = this.list.first(); node !== 0; node = this.list.next(node)) if (this.list.newest(node) !== 0) yield node;
  }

  /** Keys that are written, for locks. */
  *keys(): Generator<Buffer, void, void> {
    for (const node of this.#written()) yield this.keyOf(node);
  }

  keyOf(node: number): Buffer {
    const { nodes } = this.list;
    const start = nodes.keyStart(node);
    return nodes.keyBytes(node).subarray(start, start + nodes.keyLength(node));
  }

  #valueOf(node: number): Buffer | undefined {
    const { versions } = this.list;
    const version = this.list.newest(node);
    const start = versions.startOf(version);
    return versions.isTombstone(version) ? undefined : versions.bytesOf(version).subarray(start, start + versions.lengthOf(version));
  }

  encode(writer: ByteWriter): void {
    let count = 0;
    let bytes = 0;
    for (const node of this.#written()) {
      const marked = (this.#valueOf(node)?.length ?? -1) + 1;
      const keyLength = this.list.nodes.keyLength(node);
      bytes += varintLength(keyLength) + keyLength + varintLength(marked) + Math.max(0, marked - 1);
      count++;
    }
    const target = Buffer.allocUnsafe(bytes + 16);
    let at = 0;
    for (const node of this.#written()) {
      const key = this.keyOf(node);
      const value = this.#valueOf(node);
      at = writeVarint(target, at, key.length);
      at += key.copy(target, at);
      at = writeVarint(target, at, value === undefined ? 0 : value.length + 1);
      if (value !== undefined) at += value.copy(target, at);
    }
    writeKeys(writer, this.store.name, this.store.ownerFlags, count, target.subarray(0, at));
  }

  markInFlight(): void { this.store.enterFlight(this); }

  *hashes(): Generator<number, void, void> {
    for (const node of this.#written()) yield this.list.nodes.hashes[node] ?? 0;
  }

  publish(sequence: number, snapshots: LiveSnapshots): void {
    for (const node of this.#written()) {
      const key = this.keyOf(node);
      this.store.publish(key, key.length, this.list.nodes.hashes[node] ?? hashKey(key), this.#valueOf(node), sequence, snapshots);
    }
    this.store.leaveFlight(this);
  }

  withdraw(): void { this.store.leaveFlight(this); }

  touches(range: ByteRange): boolean {
    for (let node = firstIn(this.list, range); node !== 0 && isBelow(this.list, node, range.upper); node = this.list.next(node)) {
      if (this.list.newest(node) !== 0) return true;
    }
    return false;
  }
}
