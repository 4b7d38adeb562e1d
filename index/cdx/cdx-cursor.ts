import { corruptIndex, u32be } from '../xbase/bytes.js';
import type { BlockSource } from '../xbase/block-source.js';
import type { IndexCursor } from '../xbase/index-tag.js';
import { childAt, childCount, compareEntry, entryAt, firstNotBelow } from './cdx-interior.js';
import { LeafWalk, type KeyForm } from './cdx-leaf.js';
import { isLeaf, MAX_DEPTH, PAGE_BYTES, pageAt } from './cdx-page.js';

const EMPTY = Buffer.alloc(0);

/**
 * Walks one tree. It goes from leaf to leaf through the pages above them, never through the links beside, and compares what it
 * passes: keys must ascend, and a leaf
 * must end with the key that stands above it. So damage shows as CORRUPT_INDEX, and no circle of pages is gone through twice.
 */
export class CdxCursor implements IndexCursor {
  readonly key: Buffer;
  recno = 0;
  isValid = false;
  readonly #source: BlockSource;
  readonly #anyOrder: boolean;
  #leavesEntered = 0;
  readonly #root: number;
  readonly #from: number;
  readonly #keyLength: number;
  readonly #walk: LeafWalk;
  readonly #target: Buffer;
  /** Interior pages from the root down, their offsets, and the child taken in each. */
  readonly #pages: Buffer[] = [];
  readonly #offsets: number[] = [];
  readonly #children: number[] = [];
  #depth = 0;
  #flat: FlatLeaf | undefined;
  /** The cursor's place while it reads from #flat; -1 while it reads from #walk. */
  #flatAt = -1;

  /**
   * `headerOffset`: where the root's offset stands, for errors. `anyOrder`: goes through the tree whatever order its keys are in (seek makes no
   * sense then); it stops after as many leaves as the file has pages.
   */
  constructor(source: BlockSource, root: number, form: KeyForm, headerOffset: number, anyOrder = false) {
    this.#anyOrder = anyOrder;
    this.#source = source;
    this.#root = root;
    this.#from = headerOffset;
    this.#keyLength = form.keyLength;
    this.#walk = new LeafWalk(source.path, form, anyOrder);
    this.key = this.#walk.key;
    this.#target = Buffer.alloc(form.keyLength);
  }

  first(): boolean {
    this.#depth = 0;
    this.#leavesEntered = 0;
    this.isValid = false;
    this.#descend(this.#root, this.#from, false);
    return this.#stepForward();
  }

  last(): boolean {
    this.#depth = 0;
    this.#leavesEntered = 0;
    this.isValid = false;
    this.#descend(this.#root, this.#from, true);
    return this.#enterBackward();
  }

  seek(key: Uint8Array, recno = 0): boolean {
    const target = this.#target;
    const given = Math.min(key.length, this.#keyLength);
    for (let i = 0; i < given; i++) target[i] = key[i] ?? 0;
    target.fill(0, given);
    this.#depth = 0;
    this.isValid = false;
    let offset = this.#root;
    let page = pageAt(this.#source, offset, this.#from);
    while (!isLeaf(page)) {
      const count = childCount(page, this.#keyLength, this.#source.path, offset);
      const i = firstNotBelow(page, count, this.#keyLength, target, 0, recno);
      if (i === count) return false;
      this.#push(page, offset, i);
      offset = childAt(page, i, this.#keyLength);
      page = this.#child(page, i, offset);
    }
    this.#enterLeaf(page, offset);
    return this.#seekInLeaf(recno);
  }

  next(): boolean {
    if (!this.isValid) return false;
    if (this.#flatAt < 0) return this.#stepForward();
    const flat = this.#flat;
    if (flat !== undefined && ++this.#flatAt < flat.count) return this.#standFlat(flat);
    return this.#nextLeaf(1) && this.#stepForward();
  }

  previous(): boolean {
    if (!this.isValid) return false;
    let at = this.#flatAt;
    if (at < 0) {
      at = this.#walk.i;
      this.#flatten();
    }
    this.#flatAt = at - 1;
    if (this.#flatAt >= 0 && this.#flat !== undefined) return this.#standFlat(this.#flat);
    return this.#nextLeaf(-1) && this.#enterBackward();
  }

  #stepForward(): boolean {
    const walk = this.#walk;
    while (!walk.next()) {
      this.#verifyLeafEnd();
      if (!this.#nextLeaf(1)) return false;
    }
    if (walk.i === 0) this.#verifyLeafStart();
    this.recno = walk.recno;
    return this.isValid = true;
  }

  #seekInLeaf(recno: number): boolean {
    const walk = this.#walk;
    if (!walk.seek(this.#target, recno)) {
      if (this.#depth > 0) throw this.#corrupt('the page ends before the key that stands above it');
      return false;
    }
    if (walk.i === 0) this.#verifyLeafStart();
    this.recno = walk.recno;
    return this.isValid = true;
  }

  /** At the end of the leaf, from behind. */
  #enterBackward(): boolean {
    for (;;) {
      this.#flatten();
      const flat = this.#flat;
      if (flat !== undefined && flat.count > 0) {
        this.#flatAt = flat.count - 1;
        return this.#standFlat(flat);
      }
      if (!this.#nextLeaf(-1)) return false;
    }
  }

  #standFlat(flat: FlatLeaf): boolean {
    const at = this.#flatAt;
    flat.keys.copy(this.key, 0, at * this.#keyLength, (at + 1) * this.#keyLength);
    this.recno = flat.recnos[at] ?? 0;
    return this.isValid = true;
  }

  /** Decodes the whole leaf, for steps backwards. */
  #flatten(): void {
    const walk = this.#walk;
    const flat = this.#flat ??= new FlatLeaf();
    flat.reserve(walk.count, this.#keyLength);
    flat.count = walk.count;
    walk.reset();
    while (walk.next()) {
      if (walk.i === 0) this.#verifyLeafStart();
      walk.key.copy(flat.keys, walk.i * this.#keyLength);
      flat.recnos[walk.i] = walk.recno;
    }
    this.#verifyLeafEnd();
  }

  /** The walk stands on the first entry of its leaf: it must be behind all that stands before this leaf. */
  #verifyLeafStart(): void {
    if (this.#anyOrder) return;
    let depth = this.#depth - 1;
    while (depth >= 0 && this.#children[depth] === 0) depth--;
    if (depth < 0) return;
    const before = (this.#children[depth] ?? 0) - 1;
    if (compareEntry(this.#pages[depth] ?? EMPTY, before, this.#keyLength, this.#walk.key, 0, this.#walk.recno) >= 0) {
      throw this.#corrupt('the page begins with a key that belongs before it');
    }
  }

  /** The walk stands at the end of its leaf: the largest entry must be the one that stands above. */
  #verifyLeafEnd(): void {
    const walk = this.#walk;
    walk.verifyEnd();
    if (this.#depth === 0) return;
    const above = this.#pages[this.#depth - 1] ?? EMPTY;
    const i = this.#children[this.#depth - 1] ?? 0;
    if (walk.count === 0 || compareEntry(above, i, this.#keyLength, walk.key, 0, walk.recno) !== 0) {
      throw this.#corrupt('the page does not end with the key that stands above it');
    }
  }

  #push(page: Buffer, offset: number, child: number): void {
    if (this.#depth >= MAX_DEPTH) throw corruptIndex(this.#source.path, offset, 'the tree is too high, or its pages run in a circle');
    this.#pages[this.#depth] = page;
    this.#offsets[this.#depth] = offset;
    this.#children[this.#depth] = child;
    this.#depth++;
  }

  /** To the first or last leaf below a page. */
  #descend(top: number, from: number, last: boolean): void {
    let offset = top;
    let page = pageAt(this.#source, offset, from);
    while (!isLeaf(page)) {
      const count = childCount(page, this.#keyLength, this.#source.path, offset);
      const i = last ? count - 1 : 0;
      this.#push(page, offset, i);
      offset = childAt(page, i, this.#keyLength);
      page = this.#child(page, i, offset);
    }
    this.#enterLeaf(page, offset);
  }

  /** The page below entry `i`, which must end with the key of the entry (a leaf is compared when its end is reached). */
  #child(above: Buffer, i: number, offset: number): Buffer {
    const page = pageAt(this.#source, offset, this.#offsets[this.#depth - 1] ?? 0);
    if (isLeaf(page)) return page;
    const last = childCount(page, this.#keyLength, this.#source.path, offset) - 1;
    if (this.#compareEntries(above, i, page, last) !== 0) throw corruptIndex(this.#source.path, offset, 'the page does not end with the key that stands above it');
    return page;
  }

  #enterLeaf(page: Buffer, offset: number): void {
    this.#flatAt = -1;
    if (this.#anyOrder && ++this.#leavesEntered > this.#source.sizeBytes / PAGE_BYTES) throw corruptIndex(this.#source.path, offset, 'pages are reached more than once');
    this.#walk.enter(page, offset);
  }

  /** To the leaf beside; false when there is none. The entry above must stand behind the one before it. */
  #nextLeaf(direction: 1 | -1): boolean {
    this.isValid = false;
    for (let depth = this.#depth - 1; depth >= 0; depth--) {
      const page = this.#pages[depth] ?? EMPTY;
      const offset = this.#offsets[depth] ?? 0;
      const from = this.#children[depth] ?? 0;
      const i = from + direction;
      if (i < 0 || i >= childCount(page, this.#keyLength, this.#source.path, offset)) continue;
      const lower = Math.min(i, from);
      if (!this.#anyOrder && this.#compareEntries(page, lower, page, lower + 1) >= 0) throw corruptIndex(this.#source.path, offset, `entry ${lower + 1} is not behind the one before it`);
      this.#children[depth] = i;
      this.#depth = depth + 1;
      this.#descend(childAt(page, i, this.#keyLength), offset, direction < 0);
      return true;
    }
    return false;
  }

  #compareEntries(a: Buffer, i: number, b: Buffer, j: number): number {
    const at = entryAt(j, this.#keyLength);
    return compareEntry(a, i, this.#keyLength, b, at, u32be(b, at + this.#keyLength));
  }

  #corrupt(problem: string): Error { return corruptIndex(this.#source.path, this.#walk.offset, problem); }
}

/** A leaf decoded whole. */
class FlatLeaf {
  keys: Buffer = EMPTY;
  recnos: number[] = [];
  count = 0;

  reserve(count: number, keyLength: number): void {
    if (this.keys.length < count * keyLength) this.keys = Buffer.alloc(count * keyLength);
  }
}
