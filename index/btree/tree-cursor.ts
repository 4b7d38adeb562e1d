import { MAX_KEY_BYTES } from '../key/key-types.js';
import { childIndex, copyKey, copySuffix, entryStart, levelOf, lowerBound, nodeCount, payloadStart, prefixLength, searchNode, suffixLengthAt, VALUE_KINDS, valueKindAt } from './node-image.js';
import type { LeafRun } from './leaf-texts.js';
import type { Tree } from './tree.js';

const EMPTY = Buffer.alloc(0);
const SHORT_KEY_BYTES = 128;

/** Walks a tree in key order, in both directions. It stands on a key or, before it is moved and at the ends, on none. */
export class TreeCursor {
  readonly tree: Tree;
  /** Memory for the key: little at first, as a walk of a few short keys costs what it allocates. */
  #key: Buffer = Buffer.allocUnsafe(SHORT_KEY_BYTES);
  /** -1 = the key is not put together yet: many walks never ask. */
  #keyLength = 0;
  isValid = false;
  /** The value of readValue(). */
  valueBytes: Buffer = EMPTY;
  valueStart = 0;
  valueEnd = 0;
  readonly #nodes: Buffer[] = [];
  readonly #positions: number[] = [];
  #leaf: Buffer = EMPTY;
  #i = 0;
  #count = 0;
  #prefix = -1;

  constructor(tree: Tree) { this.tree = tree; }

  /** The key stands in key[0 .. keyLength). */
  get key(): Buffer {
    if (this.#keyLength < 0) this.#makeKey();
    return this.#key;
  }

  get keyLength(): number {
    if (this.#keyLength < 0) this.#makeKey();
    return this.#keyLength;
  }

  /** To the first key that is not below the given one; without a key to the first of all. */
  seek(key?: Uint8Array, keyLength: number = key?.length ?? 0): boolean {
    if (!this.#descend(key, keyLength, false)) return false;
    this.#i = key === undefined ? 0 : lowerBound(this.#leaf, key, keyLength, 0);
    return this.#i < this.#count ? this.#stand() : this.#nextLeaf();
  }

  /** To the last key that is below the given one; without a key to the last of all. */
  seekBefore(key?: Uint8Array, keyLength: number = key?.length ?? 0): boolean {
    if (!this.#descend(key, keyLength, true)) return false;
    this.#i = (key === undefined ? this.#count : lowerBound(this.#leaf, key, keyLength, 0)) - 1;
    return this.#i >= 0 ? this.#stand() : this.#previousLeaf();
  }

  next(): boolean {
    if (!this.isValid) return false;
    this.#i++;
    return this.#i < this.#count ? this.#stand() : this.#nextLeaf();
  }

  previous(): boolean {
    if (!this.isValid) return false;
    this.#i--;
    return this.#i >= 0 ? this.#stand() : this.#previousLeaf();
  }

  /** Entries of the leaf behind the current one in that direction. */
  entriesLeft(step: 1 | -1): number { return step > 0 ? this.#count - this.#i - 1 : this.#i; }

  /** The same, of at most `most`, as far as they come before the given key. */
  entriesBefore(key: Uint8Array, keyLength: number, step: 1 | -1, most: number): number {
    if (step > 0) return Math.min(most, lowerBound(this.#leaf, key, keyLength, 0) - this.#i - 1);
    const place = searchNode(this.#leaf, key, keyLength, 0);
    return Math.min(most, this.#i - (place < 0 ? ~place : place + 1));
  }

  /** So many entries on or back, which the leaf must have: see entriesLeft(). */
  hop(steps: number): void {
    this.#i += steps;
    this.#keyLength = -1;
  }

  /** The entry that it stands on and those beside it, `count` in all, which the leaf must have: see entriesLeft(). */
  runHere(count: number, step: 1 | -1): LeafRun { return { leaf: this.#leaf, from: this.#i, count, step }; }

  /** Leaves the value of the key in valueBytes[valueStart .. valueEnd): a view. */
  readValue(): void {
    const leaf = this.#leaf;
    const start = entryStart(leaf, this.#i);
    if (valueKindAt(leaf, start) === VALUE_KINDS.inline) {
      this.valueBytes = leaf;
      this.valueStart = payloadStart(leaf, start);
      this.valueEnd = entryStart(leaf, this.#i + 1);
      return;
    }
    this.valueBytes = this.tree.valueOf(leaf, this.#i);
    this.valueStart = 0;
    this.valueEnd = this.valueBytes.length;
  }

  #stand(): boolean {
    this.#keyLength = -1;
    return this.isValid = true;
  }

  #makeKey(): void {
    const leaf = this.#leaf;
    if (prefixLength(leaf) + suffixLengthAt(leaf, entryStart(leaf, this.#i)) > this.#key.length) {
      this.#key = Buffer.allocUnsafeSlow(MAX_KEY_BYTES);
      this.#prefix = -1;
    }
    if (this.#prefix < 0) {
      this.#keyLength = copyKey(this.#leaf, this.#i, this.#key);
      this.#prefix = prefixLength(this.#leaf);
    } else this.#keyLength = this.#prefix + copySuffix(this.#leaf, this.#i, this.#key, this.#prefix);
  }

  #descend(key: Uint8Array | undefined, keyLength: number, last: boolean): boolean {
    this.isValid = false;
    this.#nodes.length = 0;
    this.#positions.length = 0;
    if (this.tree.isEmpty) return false;
    let node = this.tree.root();
    while (levelOf(node) > 0) {
      const i = key !== undefined ? childIndex(node, key, keyLength) : last ? nodeCount(node) - 1 : 0;
      this.#nodes.push(node);
      this.#positions.push(i);
      node = this.tree.child(node, i, false);
    }
    this.#enter(node);
    return true;
  }

  #enter(leaf: Buffer): void {
    this.#leaf = leaf;
    this.#count = nodeCount(leaf);
    this.#prefix = -1;
  }

  #nextLeaf(): boolean {
    while (this.#step(1)) {
      this.#i = 0;
      if (this.#count > 0) return this.#stand();
    }
    return this.isValid = false;
  }

  #previousLeaf(): boolean {
    while (this.#step(-1)) {
      this.#i = this.#count - 1;
      if (this.#count > 0) return this.#stand();
    }
    return this.isValid = false;
  }

  /** To the leaf beside; false when there is none. */
  #step(direction: 1 | -1): boolean {
    let depth = this.#nodes.length - 1;
    for (; depth >= 0; depth--) {
      const i = (this.#positions[depth] ?? 0) + direction;
      if (i >= 0 && i < nodeCount(this.#nodes[depth] ?? EMPTY)) {
        this.#positions[depth] = i;
        break;
      }
    }
    if (depth < 0) return false;
    let node = this.#nodes[depth] ?? EMPTY;
    node = this.tree.child(node, this.#positions[depth] ?? 0, true);
    for (depth++; levelOf(node) > 0; depth++) {
      this.#nodes[depth] = node;
      this.#positions[depth] = direction > 0 ? 0 : nodeCount(node) - 1;
      node = this.tree.child(node, this.#positions[depth] ?? 0, true);
    }
    this.#enter(node);
    return true;
  }
}
