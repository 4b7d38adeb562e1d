import type { IndexCursor } from '../xbase/index-tag.js';
import { MAX_PLUS_DEPTH, type PlusPages } from './plus-pages.js';
import { corruptBlock, entryCount, isLeafPage, keyPlace, mayPrecede, recnoOf } from './plus-shape.js';

const EMPTY = Buffer.alloc(0);

/** Walks a tree of an NDX or MDX. There are no links between leaves that could be trusted: the way back up is kept. */
export class PlusCursor implements IndexCursor {
  readonly key: Buffer;
  recno = 0;
  isValid = false;
  readonly #pages: PlusPages;
  readonly #path: Buffer[] = [];
  readonly #positions: number[] = [];
  #depth = 0;
  /** Pages left in one direction before the walk must be a circle. */
  #pagesLeft = 0;
  #direction = 0;

  constructor(pages: PlusPages) {
    this.#pages = pages;
    this.key = Buffer.alloc(pages.shape.form.sortableBytes);
  }

  first(): boolean { return this.#edge(1); }

  last(): boolean { return this.#edge(-1); }

  seek(key: Uint8Array, recno = 0): boolean {
    this.#begin();
    const length = Math.min(key.length, this.key.length);
    for (;;) {
      const page = this.#top();
      const at = this.#pages.lowerEntry(page, key, length, length === this.key.length ? recno : 0);
      if (isLeafPage(page, this.#pages.shape)) {
        this.#positions[this.#depth] = at;
        return at < entryCount(page) ? this.#stand() : this.#beside(1);
      }
      this.#descend(at);
    }
  }

  next(): boolean { return this.isValid && this.#move(1); }

  previous(): boolean { return this.isValid && this.#move(-1); }

  #edge(side: 1 | -1): boolean {
    this.#begin();
    return this.#toLeaf(side) ? this.#stand() : this.#beside(side);
  }

  #move(direction: 1 | -1): boolean {
    if (this.#direction !== direction) {
      this.#direction = direction;
      this.#pagesLeft = this.#pages.shape.unitCount;
    }
    const at = (this.#positions[this.#depth] ?? 0) + direction;
    this.#positions[this.#depth] = at;
    return at >= 0 && at < entryCount(this.#top()) ? this.#stand() : this.#beside(direction);
  }

  #begin(): void {
    this.isValid = false;
    this.#direction = 0;
    this.#pagesLeft = this.#pages.shape.unitCount;
    this.#depth = 0;
    this.#path[0] = this.#pages.page(this.#pages.root);
    this.#positions[0] = 0;
  }

  #top(): Buffer { return this.#path[this.#depth] ?? EMPTY; }

  #descend(at: number): void {
    if (this.#depth + 1 >= MAX_PLUS_DEPTH) throw corruptBlock(this.#pages.root, 'the tree is deeper than a tree can be', this.#pages.shape);
    const child = this.#pages.child(this.#top(), at);
    this.#positions[this.#depth] = at;
    this.#depth++;
    this.#path[this.#depth] = child;
    this.#positions[this.#depth] = 0;
  }

  /** Down to the first (1) or last (-1) leaf below the top page, onto its first or last entry; false when it has none. */
  #toLeaf(side: 1 | -1): boolean {
    while (!isLeafPage(this.#top(), this.#pages.shape)) this.#descend(side > 0 ? 0 : entryCount(this.#top()));
    const count = entryCount(this.#top());
    this.#positions[this.#depth] = side > 0 ? 0 : count - 1;
    return count > 0;
  }

  /** To the nearest entry of the leaves beside, whose keys must go on from those left behind. */
  #beside(direction: 1 | -1): boolean {
    let left = this.#top();
    for (;;) {
      do {
        if (this.#depth === 0) return this.isValid = false;
        this.#depth--;
        this.#positions[this.#depth] = (this.#positions[this.#depth] ?? 0) + direction;
      } while ((this.#positions[this.#depth] ?? 0) < 0 || (this.#positions[this.#depth] ?? 0) > entryCount(this.#top()));
      if (this.#pagesLeft-- <= 0) throw corruptBlock(this.#pages.root, 'there are more leaves than pages: some are used twice', this.#pages.shape);
      this.#descend(this.#positions[this.#depth] ?? 0);
      if (!this.#toLeaf(direction)) continue;
      const [before, after] = direction > 0 ? [left, this.#top()] : [this.#top(), left];
      const count = entryCount(before);
      if (count > 0 && entryCount(after) > 0 && !mayPrecede(before, count - 1, after, 0, this.#pages.shape)) {
        throw corruptBlock(this.#pages.root, 'the keys of a leaf do not go on from those of the leaf before it', this.#pages.shape);
      }
      left = this.#top();
      return this.#stand();
    }
  }

  #stand(): boolean {
    const { shape } = this.#pages;
    const page = this.#top();
    const at = this.#positions[this.#depth] ?? 0;
    shape.form.toSortable(page, keyPlace(at, shape), this.key, 0);
    this.recno = recnoOf(page, at, shape);
    return this.isValid = true;
  }
}
