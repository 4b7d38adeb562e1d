import { corruptIndex } from '../xbase/bytes.js';
import type { IndexCursor } from '../xbase/index-tag.js';
import { isLeaf, itemCount, lowerItem, NTX_KEY_AT, recnoAt, slotAt } from './ntx-page.js';
import { MAX_NTX_DEPTH, type NtxBound, type NtxPages } from './ntx-pages.js';

const EMPTY = Buffer.alloc(0);

/**
 * Walks an NTX in the order of its keys. Keys stand in leaves and above them: after the keys of child `i` comes key `i` of the page.
 * `positions` says of the top page which item the cursor stands on, of the pages above which child it went into.
 */
export class NtxCursor implements IndexCursor {
  readonly key: Buffer;
  recno = 0;
  isValid = false;
  readonly #pages: NtxPages;
  readonly #path: Buffer[] = [];
  readonly #positions: number[] = [];
  #depth = 0;
  /** Moves left in one direction before the walk must be a circle. */
  #movesLeft = 0;
  #direction = 0;

  constructor(pages: NtxPages) {
    this.#pages = pages;
    this.key = Buffer.alloc(pages.shape.keyLength);
  }

  first(): boolean {
    this.#begin();
    this.#goToEdge(1);
    return this.#standOrClimb(1);
  }

  last(): boolean {
    this.#begin();
    this.#goToEdge(-1);
    return this.#standOrClimb(-1);
  }

  seek(key: Uint8Array, recno = 0): boolean {
    this.#begin();
    const { shape } = this.#pages;
    const length = Math.min(key.length, shape.keyLength);
    for (;;) {
      const page = this.#top();
      const at = lowerItem(page, key, length, length === shape.keyLength ? recno : 0, shape);
      this.#positions[this.#depth] = at;
      if (isLeaf(page)) return this.#standOrClimb(1);
      this.#descend(at);
    }
  }

  next(): boolean {
    if (!this.isValid) return false;
    this.#count(1);
    const at = this.#position() + 1;
    this.#positions[this.#depth] = at;
    if (!isLeaf(this.#top())) {
      this.#descend(at);
      this.#goToEdge(1);
    }
    return this.#standOrClimb(1);
  }

  previous(): boolean {
    if (!this.isValid) return false;
    this.#count(-1);
    if (isLeaf(this.#top())) this.#positions[this.#depth] = this.#position() - 1;
    else {
      this.#descend(this.#position());
      this.#goToEdge(-1);
    }
    return this.#standOrClimb(-1);
  }

  #begin(): void {
    this.isValid = false;
    this.#direction = 0;
    this.#depth = 0;
    this.#path[0] = this.#pages.page(this.#pages.header.root);
    this.#positions[0] = 0;
  }

  #top(): Buffer { return this.#path[this.#depth] ?? EMPTY; }

  #position(): number { return this.#positions[this.#depth] ?? 0; }

  /** Into child `at` of the top page. */
  #descend(at: number): void {
    const page = this.#top();
    if (this.#depth + 1 >= MAX_NTX_DEPTH) throw corruptIndex(this.#pages.source.path, 0, 'the tree is deeper than a tree can be');
    const child = this.#pages.child(page, at, this.#bound(-1), this.#bound(1));
    this.#positions[this.#depth] = at;
    this.#depth++;
    this.#path[this.#depth] = child;
    this.#positions[this.#depth] = 0;
  }

  /** The nearest key above the top page that its keys must not go below (-1) or beyond (1). */
  #bound(side: 1 | -1): NtxBound | undefined {
    for (let level = this.#depth - 1; level >= 0; level--) {
      const page = this.#path[level] ?? EMPTY;
      const at = this.#positions[level] ?? 0;
      if (side < 0 ? at > 0 : at < itemCount(page)) return { page, item: side < 0 ? at - 1 : at };
    }
    return undefined;
  }

  /** Down to the leaf with the first (1) or last (-1) keys below the top page, and onto its first or last item. */
  #goToEdge(side: 1 | -1): void {
    while (!isLeaf(this.#top())) this.#descend(side > 0 ? 0 : itemCount(this.#top()));
    this.#positions[this.#depth] = side > 0 ? 0 : itemCount(this.#top()) - 1;
  }

  /** Stands on the item of the top leaf, or on the next key above it when the leaf has none there. */
  #standOrClimb(side: 1 | -1): boolean {
    if (side > 0) {
      while (this.#position() >= itemCount(this.#top())) if (!this.#climb()) return false;
    } else if (this.#position() < 0) {
      do {
        if (!this.#climb()) return false;
      } while (this.#position() === 0);
      this.#positions[this.#depth] = this.#position() - 1;
    }
    return this.#stand();
  }

  #climb(): boolean {
    if (this.#depth === 0) return this.isValid = false;
    this.#depth--;
    return true;
  }

  #stand(): boolean {
    const page = this.#top();
    const at = slotAt(page, this.#position());
    page.copy(this.key, 0, at + NTX_KEY_AT, at + NTX_KEY_AT + this.key.length);
    this.recno = recnoAt(page, this.#position());
    return this.isValid = true;
  }

  /** Pages that lead to each other in a circle through equal keys would be walked for ever. */
  #count(direction: 1 | -1): void {
    const { shape } = this.#pages;
    if (this.#direction !== direction) {
      this.#direction = direction;
      this.#movesLeft = shape.pageCount * shape.maxItems;
    }
    if (this.#movesLeft-- <= 0) throw corruptIndex(this.#pages.source.path, 0, 'there are more keys than the file can hold: pages are used twice');
  }
}
