import { assert, type CodecCounters } from '#storage';
import { MAX_KEY_BYTES } from '../key/key-types.js';
import { leafValue } from './leaf-value.js';
import { childIndex, childKeys, childPage, copyKey, entryStart, levelOf, lowerBound, nodeCount, payloadStart, searchNode, VALUE_KINDS, valueKindAt } from './node-image.js';
import { AT_TYPE, corruptPage, PAGE_TYPES } from './page-format.js';
import type { PageSource } from './page-source.js';
import type { TreeHeader } from './tree-header.js';

/** Inner nodes kept at hand, besides the cache: about one page in a hundred is one. */
const PINNED_NODES = 1024;

/**
 * One state of a B+tree, for reading. Searches run on the bytes of the pages; nothing is decoded and nothing is allocated on the way.
 *
 * @example
 * if (tree.find(key, key.length)) console.log(tree.foundBytes.toString('utf8', tree.foundStart, tree.foundEnd));
 */
export class Tree {
  readonly source: PageSource;
  readonly header: TreeHeader;
  readonly codecCounters: CodecCounters;
  /** Inner nodes by page number. */
  #pinned: (Buffer | undefined)[] = [];
  #pinnedCount = 0;
  #root: Buffer | undefined;
  /** Where find() found the value: a view, decode or copy at once. */
  foundBytes: Buffer = EMPTY;
  foundStart = 0;
  foundEnd = 0;

  constructor(source: PageSource, header: TreeHeader, codecCounters: CodecCounters) {
    this.source = source;
    this.header = header;
    this.codecCounters = codecCounters;
  }

  get pageCount(): number { return this.header.pageCount; }
  get keyCount(): number { return this.header.keyCount; }
  get isEmpty(): boolean { return this.header.root === 0; }

  /** Finds the value of a key. Throws CORRUPT_PAGE, IO. */
  find(key: Uint8Array, keyLength: number): boolean {
    if (this.isEmpty) return false;
    const leaf = this.#leafFor(key, keyLength);
    const i = searchNode(leaf, key, keyLength, 0);
    if (i < 0) return false;
    this.#found(leaf, i);
    return true;
  }

  has(key: Uint8Array, keyLength: number): boolean {
    if (this.isEmpty) return false;
    const leaf = this.#leafFor(key, keyLength);
    return searchNode(leaf, key, keyLength, 0) >= 0;
  }

  /** Number of keys below the given one: reads one node of each level. */
  rank(key: Uint8Array, keyLength: number): number {
    return this.isEmpty ? 0 : this.#below(this.root(), key, keyLength);
  }

  /** Number of keys with low <= key < high: one path down as long as both lead the same way. */
  countBetween(low: Uint8Array, high: Uint8Array): number {
    if (this.isEmpty) return 0;
    let node = this.root();
    while (levelOf(node) > 0) {
      const from = childIndex(node, low, low.length);
      const to = childIndex(node, high, high.length);
      if (from !== to) {
        let between = this.#below(this.child(node, to, false), high) - this.#below(this.child(node, from, false), low);
        for (let i = from; i < to; i++) between += childKeys(node, i);
        return Math.max(0, between);
      }
      node = this.child(node, from, false);
    }
    return Math.max(0, lowerBound(node, high, high.length, 0) - lowerBound(node, low, low.length, 0));
  }

  /** Number of keys of a subtree below the given one. */
  #below(subtree: Buffer, key: Uint8Array, keyLength: number = key.length): number {
    let below = 0;
    let node = subtree;
    while (levelOf(node) > 0) {
      const at = childIndex(node, key, keyLength);
      for (let i = 0; i < at; i++) below += childKeys(node, i);
      node = this.child(node, at, false);
    }
    return below + lowerBound(node, key, keyLength, 0);
  }

  /** A copy of the key with so many below it; undefined behind the last. Reads one node of each level. */
  keyAt(rank: number): Buffer | undefined {
    if (this.isEmpty || rank < 0 || rank >= this.keyCount) return undefined;
    let left = rank;
    let node = this.root();
    while (levelOf(node) > 0) {
      let i = 0;
      for (; i < nodeCount(node) - 1 && left >= childKeys(node, i); i++) left -= childKeys(node, i);
      node = this.child(node, i, false);
    }
    if (left >= nodeCount(node)) return undefined;
    const key = Buffer.allocUnsafe(MAX_KEY_BYTES);
    return Buffer.from(key.subarray(0, copyKey(node, left, key)));
  }

  #leafFor(key: Uint8Array, keyLength: number): Buffer {
    let node = this.root();
    while (levelOf(node) > 1) node = this.child(node, childIndex(node, key, keyLength), false);
    return levelOf(node) === 0 ? node : this.#leaf(childPage(node, childIndex(node, key, keyLength)));
  }

  #found(leaf: Buffer, i: number): void {
    const start = entryStart(leaf, i);
    if (valueKindAt(leaf, start) === VALUE_KINDS.inline) {
      this.foundBytes = leaf;
      this.foundStart = payloadStart(leaf, start);
      this.foundEnd = entryStart(leaf, i + 1);
      return;
    }
    this.foundBytes = this.valueOf(leaf, i);
    this.foundStart = 0;
    this.foundEnd = this.foundBytes.length;
  }

  /** The value of entry `i` of a leaf: a view, or new memory. */
  valueOf(leaf: Buffer, i: number): Buffer { return leafValue(leaf, i, this); }

  /** The root's image; the tree must not be empty. */
  root(): Buffer {
    assert(!this.isEmpty, 'an empty tree has no root');
    return this.#root ??= this.#node(this.header.root, this.header.height - 1, false);
  }

  /** Child `i` of an inner node. A child is exactly one level lower, so no walk down ever circles. */
  child(node: Buffer, i: number, scan: boolean): Buffer { return this.#node(childPage(node, i), levelOf(node) - 1, scan); }

  /** A leaf for one look: valid until the next. */
  #leaf(pageNo: number): Buffer {
    const { source } = this;
    if (source.glimpse === undefined) return this.#node(pageNo, 0, false);
    this.#assertInside(pageNo);
    return this.#assertLevel(source.glimpse(pageNo), pageNo, 0);
  }

  #assertInside(pageNo: number): void {
    if (pageNo < 1 || pageNo >= this.header.pageCount) throw corruptPage(pageNo, this.header.pageSizeBytes, 'a node leads outside the file');
  }

  #assertLevel(image: Buffer, pageNo: number, level: number): Buffer {
    if (image[AT_TYPE] !== (level > 0 ? PAGE_TYPES.inner : PAGE_TYPES.leaf) || levelOf(image) !== level) {
      throw corruptPage(pageNo, this.header.pageSizeBytes, `it is no node of level ${level}`);
    }
    return image;
  }

  #node(pageNo: number, level: number, scan: boolean): Buffer {
    if (level > 0) {
      const pinned = this.#pinned[pageNo];
      if (pinned !== undefined) return pinned;
    }
    this.#assertInside(pageNo);
    const image = this.#assertLevel(this.source.image(pageNo, scan), pageNo, level);
    if (level > 0) {
      if (this.#pinnedCount++ >= PINNED_NODES) {
        this.#pinned = [];
        this.#pinnedCount = 1;
      }
      this.#pinned[pageNo] = image;
    }
    return image;
  }
}

const EMPTY = Buffer.alloc(0);
