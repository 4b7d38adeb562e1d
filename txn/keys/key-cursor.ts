import { compareKeys, MAX_KEY_BYTES, SkipCursor, TreeCursor, type ByteRange, type SkipList, type Tree } from '#index';
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
  readonly #cursor: TreeCursor;
  readonly isTombstone = false;
  readonly keyStart = 0;
  constructor(tree: Tree) { this.#cursor = new TreeCursor(tree); }

  get isValid(): boolean { return this.#cursor.isValid; }
  get keyBytes(): Buffer { return this.#cursor.key; }
  get keyLength(): number { return this.#cursor.keyLength; }
  seek(key?: Uint8Array, keyLength?: number): boolean { return this.#cursor.seek(key, keyLength); }
  seekBefore(key?: Uint8Array, keyLength?: number): boolean { return this.#cursor.seekBefore(key, keyLength); }
  next(): boolean { return this.#cursor.next(); }
  previous(): boolean { return this.#cursor.previous(); }

  keyText(): string | undefined { return this.#cursor.keyText(); }

  giveValue(cursor: KeyCursor): void {
    this.#cursor.readValue();
    cursor.valueBytes = this.#cursor.valueBytes;
    cursor.valueStart = this.#cursor.valueStart;
    cursor.valueEnd = this.#cursor.valueEnd;
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

/**
 * Walks the keys of a range as one reader sees them: own writes, delta and tree merged. When a checkpoint replaces them under it,
 * it finds its place again by its last key.
 */
export class KeyCursor {
  readonly #o: KeyCursorOptions;
  #sources: Source[] = [];
  #epoch = -1;
  #started = false;
  #current: Source | undefined;
  /** The tree, when it is the only source. */
  #only: TreeSource | undefined;
  #keyBytes: Buffer = EMPTY;
  #keyStart = 0;
  #keyLength = 0;
  /** The value of readValue(): a view. */
  valueBytes: Buffer = EMPTY;
  valueStart = 0;
  valueEnd = 0;
  readonly #last = Buffer.allocUnsafe(MAX_KEY_BYTES + 1);
  #lastLength = -1;

  constructor(options: KeyCursorOptions) { this.#o = options; }

  /** To the next key of the range in its direction; false at the end. */
  next(): boolean {
    if (!this.#prepare()) {
      if (this.#only !== undefined) return this.#onlyNext(this.#only);
      this.#advance();
    }
    for (;;) {
      const source = this.#pick();
      this.#current = source;
      if (source === undefined || this.#isOutside(source)) return false;
      if (source.isTombstone) {
        this.#remember(source);
        this.#advance();
        continue;
      }
      if (this.#only !== undefined) return true;
      this.#keyBytes = source.keyBytes;
      this.#keyStart = source.keyStart;
      this.#keyLength = source.keyLength;
      this.#remember(source);
      return true;
    }
  }

  /** A step when there is nothing but the tree, which has no tombstones. */
  #onlyNext(source: TreeSource): boolean {
    if (!(this.#o.reverse ? source.previous() : source.next()) || this.#isOutside(source)) {
      this.#current = undefined;
      return false;
    }
    return true;
  }

  /** The key stands in keyBytes[keyStart .. keyStart + keyLength), until the next step. */
  get keyBytes(): Buffer { return this.#only === undefined ? this.#keyBytes : this.#only.keyBytes; }
  get keyStart(): number { return this.#only === undefined ? this.#keyStart : this.#only.keyStart; }
  get keyLength(): number { return this.#only === undefined ? this.#keyLength : this.#only.keyLength; }

  readValue(): void { this.#current?.giveValue(this); }

  /** The key as text, at little cost; undefined when it must be decoded from its bytes. */
  keyText(): string | undefined { return this.#only?.keyText(); }

  /** Opens the sources when that is needed; true when they stand on the next key already. */
  #prepare(): boolean {
    const { store } = this.#o;
    if (this.#started && this.#epoch === store.epoch) return false;
    if (this.#only !== undefined && this.#current !== undefined) this.#remember(this.#current);
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
    const tree = store.base === undefined || store.base.tree.isEmpty ? undefined : new TreeSource(store.base.tree);
    this.#only = this.#sources.length === 0 ? tree : undefined;
    if (tree !== undefined) this.#sources.push(tree);
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
