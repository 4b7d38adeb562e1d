import { hasCode } from '#storage';
import type { IndexFinding } from '../xbase/index-file.js';
import { compareBytes } from '../xbase/bytes.js';
import type { PlusTag } from './plus-tag.js';
import { childOf, entryCount, isLeafPage, keyPlace, recnoOf, UNIT_BYTES } from './plus-shape.js';
import { MAX_PLUS_DEPTH } from './plus-pages.js';

const MAX_FINDINGS = 100;

/**
 * Looks at every page of a tree of an NDX or MDX: form, order within and between pages, keys above children, one depth of all leaves, equal keys
 * of a unique order, pages that are used twice. `use` has a byte for each unit of the file, not 0 for those that something else has. Pages
 * that nobody uses are no damage: dBASE leaves them behind. Others may run after each page.
 */
export function checkPlusTree(tag: PlusTag, use: Uint8Array): Generator<void, IndexFinding[], void> { return new PlusCheck(tag, use).run(); }

class PlusCheck {
  readonly #tag: PlusTag;
  readonly #use: Uint8Array;
  readonly #findings: IndexFinding[] = [];
  readonly #last: Buffer;
  readonly #key: Buffer;
  #lastRecno = 0;
  #leafDepth = -1;

  constructor(tag: PlusTag, use: Uint8Array) {
    this.#tag = tag;
    this.#use = use;
    this.#last = Buffer.alloc(tag.facts.keyLength);
    this.#key = Buffer.alloc(tag.facts.keyLength);
  }

  *run(): Generator<void, IndexFinding[], void> {
    yield* this.#guard(() => this.#visit(this.#tag.pages.root, 0));
    return this.#findings;
  }

  *#guard(part: () => Generator<void, void, void>): Generator<void, void, void> {
    try {
      yield* part();
    } catch (e) {
      if (!hasCode(e, 'CORRUPT_INDEX')) throw e;
      this.#report(e.offset ?? 0, e.message);
    }
  }

  #report(offset: number, message: string): void {
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push({ offset, tag: this.#tag.facts.name, message });
  }

  *#visit(unit: number, depth: number): Generator<void, void, void> {
    yield;
    const { pages } = this.#tag;
    const { shape } = pages;
    const offset = unit * UNIT_BYTES;
    const page = pages.page(unit);
    for (let i = unit; i < unit + shape.blockBytes / UNIT_BYTES; i++) {
      if (this.#use[i] !== 0) return this.#report(offset, 'a page that is used twice');
      this.#use[i] = 1;
    }
    if (depth >= MAX_PLUS_DEPTH) return this.#report(offset, 'the tree is deeper than a tree can be');
    const leaf = isLeafPage(page, shape);
    if (leaf && this.#leafDepth < 0) this.#leafDepth = depth;
    if (leaf ? depth !== this.#leafDepth : this.#leafDepth >= 0 && depth >= this.#leafDepth) this.#report(offset, 'leaves are not all at one depth');
    if (leaf) {
      for (let i = 0; i < entryCount(page); i++) this.#entry(page, i, offset);
      return;
    }
    for (let i = 0; i <= entryCount(page); i++) {
      yield* this.#guard(() => this.#below(page, i, depth));
      if (i < entryCount(page) && this.#lastRecno !== 0) this.#above(page, i, offset);
    }
  }

  #below(page: Buffer, i: number, depth: number): Generator<void, void, void> {
    const { pages } = this.#tag;
    pages.child(page, i);
    return this.#visit(childOf(page, i, pages.shape), depth + 1);
  }

  /** The key above a child is its last key, which was just gone over. */
  #above(page: Buffer, i: number, offset: number): void {
    const { shape } = this.#tag.pages;
    shape.form.toSortable(page, keyPlace(i, shape), this.#key, 0);
    if (compareBytes(this.#key, 0, this.#last, 0, this.#last.length) !== 0) this.#report(offset + keyPlace(i, shape), `key ${i} is not the last one of the page below it`);
  }

  #entry(page: Buffer, i: number, offset: number): void {
    const { shape } = this.#tag.pages;
    shape.form.toSortable(page, keyPlace(i, shape), this.#key, 0);
    const recno = recnoOf(page, i, shape);
    const order = this.#lastRecno === 0 ? 1 : compareBytes(this.#key, 0, this.#last, 0, this.#last.length) * (shape.descending ? -1 : 1);
    const at = offset + keyPlace(i, shape);
    if (order < 0 && shape.ordered) this.#report(at, `key ${i} does not stand behind the one before it`);
    if (order === 0 && recno === this.#lastRecno) this.#report(at, `key ${i} is there twice`);
    else if (order === 0 && this.#tag.facts.unique !== 'none') this.#report(at, `key ${i} has the key of another record in a unique order`);
    this.#key.copy(this.#last);
    this.#lastRecno = recno;
  }
}
