import { hasCode } from '#storage';
import { compareBytes } from '../xbase/bytes.js';
import type { BlockSource } from '../xbase/block-source.js';
import { childAt, childCount, entryAt, entryRecno } from './cdx-interior.js';
import { LeafWalk, type KeyForm } from './cdx-leaf.js';
import { isLeaf, leftOf, MAX_DEPTH, NO_PAGE, pageAt, rightOf, ROOT_BIT } from './cdx-page.js';

/** Keeps account of pages. */
export interface PageUse {
  /** False, and reported, when something else has the page. */
  take(offset: number, tag: string): boolean;
}

export interface TreeToCheck {
  readonly form: KeyForm;
  /** Empty for the directory. */
  readonly tag: string;
  /** No key may be there twice. */
  readonly oncePerKey: boolean;
  readonly headerOffset: number;
}

/** The largest entry that stands above a page. */
interface Above {
  readonly key: Buffer;
  readonly recno: number;
}

/** Checks one tree, page by page from left to right. */
export class TreeCheck {
  readonly #source: BlockSource;
  readonly #tree: TreeToCheck;
  readonly #use: PageUse;
  readonly #reportTo: (offset: number, tag: string, message: string) => void;
  readonly #walk: LeafWalk;
  readonly #last: Buffer;
  #lastRecno = 0;
  #entries = 0;
  /** Of each level, the page visited last. */
  readonly #before: number[] = [];
  #leafDepth = -1;
  /** Parts of the tree could not be looked at: links and order across them say nothing. */
  #isBroken = false;

  constructor(source: BlockSource, tree: TreeToCheck, use: PageUse, report: (offset: number, tag: string, message: string) => void) {
    this.#source = source;
    this.#tree = tree;
    this.#use = use;
    this.#reportTo = report;
    this.#walk = new LeafWalk(source.path, tree.form);
    this.#last = Buffer.alloc(tree.form.keyLength);
  }

  /** Number of entries that were read. */
  *run(root: number): Generator<void, number, void> {
    yield* this.#page(root, this.#tree.headerOffset, undefined, 0);
    if (!this.#isBroken) {
      for (const offset of this.#before) {
        if (rightOf(pageAt(this.#source, offset, offset)) !== NO_PAGE) this.#report(offset, 'the last page of its level has a right neighbour');
      }
    }
    return this.#entries;
  }

  *#page(offset: number, from: number, above: Above | undefined, depth: number): Generator<void, void, void> {
    try {
      const page = pageAt(this.#source, offset, from);
      if (depth > MAX_DEPTH || !this.#use.take(offset, this.#tree.tag)) {
        this.#isBroken = true;
        if (depth > MAX_DEPTH) this.#report(offset, 'the tree is too high');
        return;
      }
      if (((page[0] ?? 0) & ROOT_BIT) !== (depth === 0 ? ROOT_BIT : 0)) this.#report(offset, depth === 0 ? 'the root is not marked as one' : 'it is marked as a root and is none');
      this.#links(page, offset, depth);
      if (isLeaf(page)) this.#leaf(page, offset, above, depth);
      else yield* this.#interior(page, offset, above, depth);
      yield;
    } catch (e) {
      if (!hasCode(e, 'CORRUPT_INDEX')) throw e;
      this.#isBroken = true;
      this.#report(e.offset ?? offset, e.message);
    }
  }

  #links(page: Buffer, offset: number, depth: number): void {
    const before = this.#before[depth] ?? NO_PAGE;
    this.#before[depth] = offset;
    if (this.#isBroken) return;
    if (leftOf(page) !== before) this.#report(offset, `its left neighbour is ${leftOf(page)}, not ${before}`);
    if (before !== NO_PAGE && rightOf(pageAt(this.#source, before, offset)) !== offset) this.#report(before, `its right neighbour is not ${offset}`);
  }

  #leaf(page: Buffer, offset: number, above: Above | undefined, depth: number): void {
    if (this.#leafDepth < 0) this.#leafDepth = depth;
    else if (this.#leafDepth !== depth) this.#report(offset, `a leaf of level ${depth}, others are of level ${this.#leafDepth}`);
    const walk = this.#walk;
    const { keyLength } = this.#tree.form;
    walk.enter(page, offset);
    while (walk.next()) {
      const order = this.#entries === 0 ? -1 : compareBytes(this.#last, 0, walk.key, 0, keyLength) || 0;
      if (order > 0 || (order === 0 && this.#lastRecno >= walk.recno)) this.#report(offset, `key ${walk.i} (record ${walk.recno}) is not behind the one before it`);
      else if (order === 0 && this.#tree.oncePerKey) this.#report(offset, `records ${this.#lastRecno} and ${walk.recno} have one key in a unique tag`);
      if (walk.recno === 0) this.#report(offset, `key ${walk.i} is of record 0`);
      walk.key.copy(this.#last);
      this.#lastRecno = walk.recno;
      this.#entries++;
    }
    walk.verifyEnd();
    if (above === undefined) return;
    if (walk.count === 0) this.#report(offset, 'a leaf below another page is empty');
    else if (above.recno !== walk.recno || compareBytes(above.key, 0, walk.key, 0, keyLength) !== 0) this.#report(offset, 'it does not end with the key that stands above it');
  }

  *#interior(page: Buffer, offset: number, above: Above | undefined, depth: number): Generator<void, void, void> {
    const { keyLength } = this.#tree.form;
    const count = childCount(page, keyLength, this.#source.path, offset);
    for (let i = 0; i < count; i++) {
      const at = entryAt(i, keyLength);
      const key = page.subarray(at, at + keyLength);
      const recno = entryRecno(page, i, keyLength);
      if (i > 0) {
        const order = compareBytes(page, entryAt(i - 1, keyLength), key, 0, keyLength);
        if (order > 0 || (order === 0 && entryRecno(page, i - 1, keyLength) >= recno)) this.#report(offset, `entry ${i} is not behind the one before it`);
      }
      if (i === count - 1 && above !== undefined && (above.recno !== recno || compareBytes(above.key, 0, key, 0, keyLength) !== 0)) {
        this.#report(offset, 'it does not end with the key that stands above it');
      }
      yield* this.#page(childAt(page, i, keyLength), offset, { key, recno }, depth + 1);
    }
  }

  #report(offset: number, message: string): void { this.#reportTo(offset, this.#tree.tag, message); }
}
