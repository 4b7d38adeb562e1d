import { hashKey, isEmptyRange, type ByteRange } from '#index';
import { KeyCursor } from './key-cursor.js';
import type { KeyReads } from './key-reads.js';
import { firstIn, isBelow, type KeyStore } from './key-store.js';
import type { KeyWrites } from './key-writes.js';

/** A store as one reader sees it: a snapshot, with the reader's own writes on top. */
export class KeyView {
  readonly store: KeyStore;
  readonly sequence: number;
  readonly writes: KeyWrites | undefined;
  readonly reads: KeyReads | undefined;
  /** Where find() found the value: a view, decode at once. */
  foundBytes: Buffer = Buffer.alloc(0);
  foundStart = 0;
  foundEnd = 0;

  constructor(store: KeyStore, sequence: number, writes?: KeyWrites, reads?: KeyReads) {
    this.store = store;
    this.sequence = sequence;
    this.writes = writes;
    this.reads = reads;
  }

  find(key: Uint8Array, keyLength: number, hash: number = hashKey(key, keyLength)): boolean {
    if (this.writes !== undefined) {
      const { list } = this.writes;
      const node = list.find(key, keyLength, hash);
      const version = node === 0 ? 0 : list.newest(node);
      if (version !== 0) {
        this.foundBytes = list.versions.bytesOf(version);
        this.foundStart = list.versions.startOf(version);
        this.foundEnd = this.foundStart + list.versions.lengthOf(version);
        return !list.versions.isTombstone(version);
      }
    }
    this.reads?.point(key, keyLength);
    const { store } = this;
    if (!store.find(key, keyLength, this.sequence, hash)) return false;
    this.foundBytes = store.foundBytes;
    this.foundStart = store.foundStart;
    this.foundEnd = store.foundEnd;
    return true;
  }

  cursor(range: ByteRange, reverse = false): KeyCursor {
    this.reads?.range(range);
    return new KeyCursor({ store: this.store, sequence: this.sequence, writes: this.writes, range, reverse });
  }

  /** Keys of the range. From the counts in the tree, put right by what the delta says; walks only for old snapshots. */
  count(range: ByteRange): number {
    if (isEmptyRange(range)) return 0;
    this.reads?.range(range);
    const { store } = this;
    if (this.sequence < store.baseSequence || (store.frozen !== undefined && this.sequence < store.frozen.sequence)) return this.#walk(range);
    const tree = store.base?.tree;
    let count = tree === undefined ? 0 : rankOf(range.upper, tree.keyCount) - rankOf(range.lower, 0);
    function rankOf(bound: Buffer | undefined, otherwise: number): number { return bound === undefined ? otherwise : tree?.rank(bound, bound.length) ?? 0; }
    const lists = [...(this.writes === undefined ? [] : [this.writes.list]), ...store.listsFor(this.sequence)];
    for (const [i, list] of lists.entries()) {
      const sequence = list === this.writes?.list ? Infinity : this.sequence;
      for (let node = firstIn(list, range); node !== 0 && isBelow(list, node, range.upper); node = list.next(node)) {
        const version = list.visible(node, sequence);
        if (version === 0) continue;
        const { nodes } = list;
        const start = nodes.keyStart(node);
        const key = nodes.keyBytes(node).subarray(start, start + nodes.keyLength(node));
        const hash = nodes.hashes[node] ?? 0;
        if (lists.slice(0, i).some((newer) => says(newer, key, hash, newer === this.writes?.list ? Infinity : this.sequence))) continue;
        const inTree = tree !== undefined && store.base?.filter?.mayHold(hash) !== false && tree.has(key, key.length);
        count += (list.versions.isTombstone(version) ? 0 : 1) - (inTree ? 1 : 0);
      }
    }
    return count;
  }

  #walk(range: ByteRange): number {
    const cursor = new KeyCursor({ store: this.store, sequence: this.sequence, writes: this.writes, range, reverse: false });
    let count = 0;
    while (cursor.next()) count++;
    return count;
  }
}

/** True when the list knows the key at that sequence. */
function says(list: KeyWrites['list'], key: Uint8Array, hash: number, sequence: number): boolean {
  const node = list.find(key, key.length, hash);
  return node !== 0 && list.visible(node, sequence) !== 0;
}
