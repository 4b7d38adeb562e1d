import { assertSoundBlock, childOf, compareWithEntry, corruptBlock, entryCount, isLeafPage, isUnitOfFile, mayPrecede, recnoOf, UNIT_BYTES, type PlusShape } from './plus-shape.js';
import type { BlockSource } from '../xbase/block-source.js';

/** Deepest tree that is gone down: 32 levels hold more keys than there are record numbers. */
export const MAX_PLUS_DEPTH = 32;
/** Pages with children that are kept at hand, proved sound. */
const PINNED_PAGES = 1024;

/** The pages of one tree, each proved sound when it is read. */
export class PlusPages {
  readonly source: BlockSource;
  readonly shape: PlusShape;
  readonly root: number;
  readonly #pinned = new Map<number, Buffer>();

  constructor(source: BlockSource, shape: PlusShape, root: number) {
    this.source = source;
    this.shape = shape;
    this.root = root;
  }

  /** @throws FieldstoneError CORRUPT_INDEX, IO */
  page(unit: number): Buffer {
    const pinned = this.#pinned.get(unit);
    if (pinned !== undefined) return pinned;
    if (!isUnitOfFile(unit, this.shape)) throw corruptBlock(unit, 'a page outside the file', this.shape);
    const page = this.source.block(unit * UNIT_BYTES, this.shape.blockBytes);
    assertSoundBlock(page, unit, this.shape);
    if (!isLeafPage(page, this.shape)) {
      if (this.#pinned.size >= PINNED_PAGES) this.#pinned.clear();
      this.#pinned.set(unit, page);
    }
    return page;
  }

  /** Child `i` of a page; its keys lie between the keys around it, as far as this page has them. */
  child(page: Buffer, i: number): Buffer {
    const { shape } = this;
    const unit = childOf(page, i, shape);
    const child = this.page(unit);
    const count = entryCount(child);
    if (count > 0 && ((i > 0 && !mayPrecede(page, i - 1, child, 0, shape)) || (i < entryCount(page) && !mayPrecede(child, count - 1, page, i, shape)))) {
      throw corruptBlock(unit, 'keys that do not lie between those above them', shape);
    }
    return child;
  }

  /** The first entry or child of a page that does not stand before (key, recno); the count when all do. */
  lowerEntry(page: Buffer, key: Uint8Array, length: number, recno: number): number {
    const leaf = isLeafPage(page, this.shape);
    let low = 0;
    let high = entryCount(page);
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = compareWithEntry(key, 0, length, page, middle, this.shape);
      if (order > 0 || (order === 0 && recno > 0 && (leaf ? recnoOf(page, middle, this.shape) : this.#lastRecno(page, middle)) < recno)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The record number of the last entry below child `i`: pages with children do not tell. */
  #lastRecno(page: Buffer, i: number): number {
    let below = this.page(childOf(page, i, this.shape));
    for (let depth = 0; !isLeafPage(below, this.shape); depth++) {
      if (depth > MAX_PLUS_DEPTH) throw corruptBlock(this.root, 'the tree is deeper than a tree can be', this.shape);
      below = this.page(childOf(below, entryCount(below), this.shape));
    }
    const count = entryCount(below);
    return count === 0 ? 0 : recnoOf(below, count - 1, this.shape);
  }
}
