import { compareKeys, MAX_KEY_BYTES, SkipCursor, TreeCursor, type ByteRange, type LeafRun, type SkipList, type Tree } from '#index';
import type { KeyStore } from './key-store.js';
import type { KeyWrites } from './key-writes.js';

/** One of the ordered sources that a cursor merges. */
interface Source {
  isValid: boolean;
  readonly isTombstone: boolean;
  readonly keyBytes: Buffer;
  readonly keyStart: number;
  readonly keyLength: number;
  seek(key?: Uint8Array, keyLength?: number): boolean;
  seekBefore(key?: Uint8Array, keyLength?: number): boolean;
  next(): boolean;
  previous(): boolean;
  /** Leaves the value of the key in the cursor's valueBytes, valueStart, valueEnd. */
  giveValue(cursor: KeyCursor): void;
}

class ListSource implements Source {
  readonly #cursor: SkipCursor;
  constructor(list: SkipList, sequence: number) { this.#cursor = new SkipCursor(list, sequence); }

  get isValid(): boolean { return this.#cursor.node !== 0; }
  get isTombstone(): boolean { return this.#cursor.list.versions.isTombstone(this.#cursor.version); }
  get keyBytes(): Buffer { return this.#cursor.list.nodes.keyBytes(this.#cursor.node); }
  get keyStart(): number { return this.#cursor.list.nodes.keyStart(this.#cursor.node); }
  get keyLength(): number { return this.#cursor.list.nodes.keyLength(this.#cursor.node); }
  seek(key?: Uint8Array, keyLength?: number): boolean { return this.#cursor.seek(key, keyLength); }
  seekBefore(key?: Uint8Array, keyLength?: number): boolean { return this.#cursor.seekBefore(key, keyLength); }
  next(): boolean { return this.#cursor.next(); }
  previous(): boolean { return this.#cursor.previous(); }

  giveValue(cursor: KeyCursor): void {
    const { versions } = this.#cursor.list;
    const { version } = this.#cursor;
    cursor.valueBytes = versions.bytesOf(version);
    cursor.valueStart = versions.startOf(version);
    cursor.valueEnd = cursor.valueStart + versions.lengthOf(version);
  }
}

class TreeSource implements Source {
  readonly cursor: TreeCursor;
  readonly isTombstone = false;
  readonly keyStart = 0;
  constructor(tree: Tree) { this.cursor = new TreeCursor(tree); }

  get isValid(): boolean { return this.cursor.isValid; }
  get keyBytes(): Buffer { return this.cursor.key; }
  get keyLength(): number { return this.cursor.keyLength; }
  seek(key?: Uint8Array, keyLength?: number): boolean { return this.cursor.seek(key, keyLength); }
  seekBefore(key?: Uint8Array, keyLength?: number): boolean { return this.cursor.seekBefore(key, keyLength); }
  next(): boolean { return this.cursor.next(); }
  previous(): boolean { return this.cursor.previous(); }

  giveValue(cursor: KeyCursor): void {
    this.cursor.readValue();
    cursor.valueBytes = this.cursor.valueBytes;
    cursor.valueStart = this.cursor.valueStart;
    cursor.valueEnd = this.cursor.valueEnd;
  }
}

/** What a cursor reads: a snapshot of a store, with a transaction's own writes on top. */
export interface KeyCursorOptions {
  readonly store: KeyStore;
  readonly sequence: number;
  readonly writes?: KeyWrites | undefined;
  readonly range: ByteRange;
  readonly reverse: boolean;
}

const SHORT_KEY_BYTES = 64;

/**
 * Walks the keys of a range as one reader sees them: own writes, delta and tree merged. When a checkpoint replaces them under it,
 * it finds its place again by its last key. Where it stands in a leaf of the tree it works out once how many entries come
 * before the next key of any other source or the end of the range: so many steps merge nothing and compare nothing.
 */
export class KeyCursor {
  readonly #store: KeyStore;
  readonly #o: KeyCursorOptions;
  readonly #step: 1 | -1;
  #sources: Source[] = [];
  #epoch = -1;
  #started = false;
  #current: Source | undefined;
  #tree: TreeSource | undefined;
  /** The tree's cursor while the current key is in the tree. */
  #inTree: TreeCursor | undefined;
  /** Steps in the leaf that need no look at anything else. */
  #free = 0;
  /** The value of readValue(): a view. */
  valueBytes: Buffer = EMPTY;
  valueStart = 0;
  valueEnd = 0;
  #last: Buffer = Buffer.allocUnsafe(SHORT_KEY_BYTES);
  #lastLength = -1;

  constructor(options: KeyCursorOptions) {
    this.#o = options;
    this.#store = options.store;
    this.#step = options.reverse ? -1 : 1;
  }

  /** To the next key of the range in its direction; false at the end. */
  next(): boolean {
    if (this.#free > 0 && this.#epoch === this.#store.epoch) {
      this.#free--;
      this.#inTree?.hop(this.#step);
      return true;
    }
    return this.#merge();
  }

  #merge(): boolean {
    this.#free = 0;
    if (this.#current !== undefined) this.#remember(this.#current);
    if (!this.#prepare()) this.#advance();
    for (;;) {
      const source = this.#pick();
      this.#current = source;
      if (source === undefined || this.#isOutside(source)) {
        this.#inTree = undefined;
        return false;
      }
      if (!source.isTombstone) {
        this.#inTree = source === this.#tree ? this.#tree.cursor : undefined;
        if (this.#inTree !== undefined) this.#free = this.#freeSteps(this.#inTree);
        return true;
      }
      this.#remember(source);
      this.#advance();
    }
  }

  /** The key stands in keyBytes[keyStart .. keyStart + keyLength), until the next step. */
  get keyBytes(): Buffer { return this.#inTree === undefined ? this.#current?.keyBytes ?? EMPTY : this.#inTree.key; }
  get keyStart(): number { return this.#inTree === undefined ? this.#current?.keyStart ?? 0 : 0; }
  get keyLength(): number { return this.#inTree === undefined ? this.#current?.keyLength ?? 0 : this.#inTree.keyLength; }

  /** Leaves the value in valueBytes[valueStart .. valueEnd): a view, until the next step. */
  readValue(): void { this.#current?.giveValue(this); }

  /**
   * The entry that the cursor stands on and those that come next, at most `most` of them, when they stand in one leaf with nothing of the delta
   * between them; undefined when there are fewer than `least`. pass() goes on to the last of them, or to one before.
   */
  runHere(least: number, most: number): LeafRun | undefined {
    const count = this.#free < most ? this.#free + 1 : most;
    return count < least ? undefined : this.#inTree?.runHere(count, this.#step);
  }

  /** Past so many entries of the run, to the next one of it. */
  pass(count: number): void {
    this.#free -= count;
    this.#inTree?.hop(count * this.#step);
  }

  /** Entries of the leaf that come next whatever the other sources hold. */
  #freeSteps(tree: TreeCursor): number {
    const { range, reverse } = this.#o;
    let free = tree.entriesLeft(this.#step);
    const bound = reverse ? range.lower : range.upper;
    if (bound !== undefined) free = tree.entriesBefore(bound, bound.length, this.#step, free);
    if (this.#sources.length === 1) return free;
    for (const source of this.#sources) {
      if (free === 0) break;
      if (source === this.#tree || !source.isValid) continue;
      const { keyStart, keyLength } = source;
      free = tree.entriesBefore(source.keyBytes.subarray(keyStart, keyStart + keyLength), keyLength, this.#step, free);
    }
    return free;
  }

  /** Opens the sources when that is needed; true when they stand on the next key already. */
  #prepare(): boolean {
    if (this.#started && this.#epoch === this.#store.epoch) return false;
    this.#open();
    const first = !this.#started;
    this.#started = true;
    if (first) this.#seekStart();
    else this.#seekBehindLast();
    return true;
  }

  #open(): void {
    const { store, sequence, writes } = this.#o;
    this.#epoch = store.epoch;
    this.#sources = [];
    if (writes !== undefined) this.#sources.push(new ListSource(writes.list, Infinity));
    for (const list of store.listsFor(sequence)) if (!list.isEmpty) this.#sources.push(new ListSource(list, sequence));
    this.#tree = store.base === undefined || store.base.tree.isEmpty ? undefined : new TreeSource(store.base.tree);
    if (this.#tree !== undefined) this.#sources.push(this.#tree);
  }

  #seekStart(): void {
    const { range, reverse } = this.#o;
    for (const source of this.#sources) {
      if (reverse) source.seekBefore(range.upper);
      else source.seek(range.lower);
    }
  }

  #seekBehindLast(): void {
    if (this.#lastLength < 0) {
      this.#seekStart();
      return;
    }
    const key = this.#last;
    key[this.#lastLength] = 0; // nothing lies between k and k 00
    for (const source of this.#sources) {
      if (this.#o.reverse) source.seekBefore(key, this.#lastLength);
      else source.seek(key, this.#lastLength + 1);
    }
  }

  /** Past the current key in every source that stands on it. */
  #advance(): void {
    for (const source of this.#sources) {
      if (!source.isValid) continue;
      if (source !== this.#current && compareKeys(this.#last, this.#lastLength, source.keyBytes, source.keyStart, source.keyLength) !== 0) continue;
      if (this.#o.reverse) source.previous();
      else source.next();
    }
  }

  /** The source with the next key; of several with the same key the first, which says newest. */
  #pick(): Source | undefined {
    const { reverse } = this.#o;
    let best: Source | undefined;
    for (const source of this.#sources) {
      if (!source.isValid) continue;
      if (best === undefined) {
        best = source;
        continue;
      }
      const order = orderOf(source, best);
      if (reverse ? order > 0 : order < 0) best = source;
    }
    return best;
  }

  #isOutside(source: Source): boolean {
    const { range, reverse } = this.#o;
    const bound = reverse ? range.lower : range.upper;
    if (bound === undefined) return false;
    const order = compareKeys(bound, bound.length, source.keyBytes, source.keyStart, source.keyLength);
    return reverse ? order > 0 : order <= 0;
  }

  #remember(source: Source): void {
    const { keyBytes, keyStart, keyLength } = source;
    if (keyLength >= this.#last.length) this.#last = Buffer.allocUnsafeSlow(MAX_KEY_BYTES + 1);
    for (let i = 0; i < keyLength; i++) this.#last[i] = keyBytes[keyStart + i] ?? 0;
    this.#lastLength = keyLength;
  }
}

const EMPTY = Buffer.alloc(0);

function orderOf(a: Source, b: Source): number {
  const [x, y] = [a.keyBytes, b.keyBytes];
  const shared = Math.min(a.keyLength, b.keyLength);
  for (let i = 0; i < shared; i++) {
    const difference = (x[a.keyStart + i] ?? 0) - (y[b.keyStart + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.keyLength - b.keyLength;
}
