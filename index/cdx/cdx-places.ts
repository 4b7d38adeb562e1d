import { corruptIndex } from '../xbase/bytes.js';
import { childAt, childCount, entryAt, entryRecno, maxChildren, writeInterior, type ChildRef } from './cdx-interior.js';
import type { NewLeaf } from './cdx-leaf-writer.js';
import { EXTRA_BIT, isLeaf, leftOf, LEAF_BIT, NO_PAGE, PAGE_BYTES, rightOf, setLeft, setRight } from './cdx-page.js';
import type { CdxPages } from './cdx-pages.js';

/** Gives new images their places in the file, with the links between neighbours. */
export class CdxPlaces {
  readonly #pages: CdxPages;
  readonly #keyLength: number;
  /** A bit that pages of this tag have or not. */
  readonly #extra: number;

  constructor(pages: CdxPages, keyLength: number, root: Buffer) {
    this.#pages = pages;
    this.#keyLength = keyLength;
    this.#extra = (root[0] ?? 0) & EXTRA_BIT;
  }

  attributes(bits: number): number { return bits | this.#extra; }

  /** Leaves in the place of the one at `offset` (undefined: of none). */
  leaves(offset: number | undefined, leaves: readonly NewLeaf[]): ChildRef[] {
    const refs: { offset: number; key: Buffer; recno: number }[] = leaves.map(({ lastKey, lastRecno }) => ({ offset: 0, key: lastKey, recno: lastRecno }));
    this.#place(offset, refs, leaves.map(({ page }) => page), LEAF_BIT);
    return refs;
  }

  /** Interior pages for `children` in the place of the one at `offset`. Unless more are expected behind the last one, all get the same share. */
  interiors(offset: number | undefined, children: readonly ChildRef[], appending: boolean): ChildRef[] {
    const max = maxChildren(this.#keyLength);
    const share = appending ? max : Math.ceil(children.length / Math.ceil(children.length / max));
    const refs: { offset: number; key: Buffer; recno: number }[] = [];
    const images: Buffer[] = [];
    for (let from = 0; from < children.length; from += share) {
      const to = Math.min(from + share, children.length);
      const last = children[to - 1];
      if (last === undefined) break;
      const page = Buffer.alloc(PAGE_BYTES);
      writeInterior(page, 0, children, from, to, this.#keyLength);
      images.push(page);
      refs.push({ offset: 0, key: last.key, recno: last.recno });
    }
    this.#place(offset, refs, images, 0);
    return refs;
  }

  /** One image in the place of two neighbours. */
  join(left: ChildRef, right: ChildRef, image: Buffer, bits: number): void {
    const pages = this.#pages;
    const before = leftOf(pages.page(left.offset, left.offset));
    const after = rightOf(pages.page(right.offset, right.offset));
    image[0] = this.attributes(bits);
    setLeft(image, before);
    setRight(image, after);
    pages.put(left.offset, image);
    if (after !== NO_PAGE) pages.link(left.offset, after, right.offset);
    pages.release(right.offset);
  }

  /** What an interior page says of its children: views of the page as it is now. */
  refsOf(page: Buffer, offset: number): ChildRef[] {
    const length = this.#keyLength;
    const count = childCount(page, length, this.#pages.path, offset);
    const refs: ChildRef[] = [];
    for (let i = 0; i < count; i++) {
      const at = entryAt(i, length);
      refs.push({ offset: childAt(page, i, length), key: page.subarray(at, at + length), recno: entryRecno(page, i, length) });
    }
    return refs;
  }

  #place(offset: number | undefined, refs: { offset: number }[], images: readonly Buffer[], bits: number): void {
    const pages = this.#pages;
    const old = offset === undefined ? undefined : pages.page(offset, offset);
    const left = old === undefined ? NO_PAGE : leftOf(old);
    const right = old === undefined ? NO_PAGE : rightOf(old);
    if (offset !== undefined && images.length !== 1) this.#verifyLinks(offset, left, right, isLeaf(old ?? EMPTY));
    if (offset !== undefined && images.length === 0) {
      pages.link(left, right, offset);
      pages.release(offset);
      return;
    }
    refs.forEach((ref, i) => { ref.offset = i === 0 && offset !== undefined ? offset : pages.take(); });
    images.forEach((image, i) => {
      const at = refs[i]?.offset ?? 0;
      image[0] = this.attributes(bits);
      setLeft(image, refs[i - 1]?.offset ?? left);
      setRight(image, refs[i + 1]?.offset ?? right);
      pages.put(at, image);
    });
    const last = refs.at(-1)?.offset ?? NO_PAGE;
    if (right !== NO_PAGE && images.length > 1) pages.link(last, right, last);
  }

  /** Neighbours whose links are about to be changed must know the page. */
  #verifyLinks(offset: number, left: number, right: number, leaf: boolean): void {
    const pages = this.#pages;
    for (const [neighbour, back] of [[left, rightOf], [right, leftOf]] as const) {
      if (neighbour === NO_PAGE) continue;
      const page = pages.page(neighbour, offset);
      if (back(page) !== offset || isLeaf(page) !== leaf) throw corruptIndex(pages.path, offset, `the page at ${neighbour} is no neighbour of it`);
    }
  }
}

const EMPTY = Buffer.alloc(0);
