import type { IndexTag } from '../xbase/index-tag.js';
import type { TagFacts } from '../xbase/tag-facts.js';
import { PlusCursor } from './plus-cursor.js';
import { MAX_PLUS_DEPTH, type PlusPages } from './plus-pages.js';
import { childOf, entryCount, isLeafPage } from './plus-shape.js';

/** One order of an NDX or MDX. */
export class PlusTag implements IndexTag {
  readonly facts: TagFacts;
  readonly pages: PlusPages;

  constructor(facts: TagFacts, pages: PlusPages) {
    this.facts = facts;
    this.pages = pages;
  }

  cursor(): PlusCursor { return new PlusCursor(this.pages); }

  estimateEntries(): number {
    let width = 1;
    this.#walkDown((page, leaf) => {
      width *= leaf ? entryCount(page) : entryCount(page) + 1;
      return entryCount(page) >> 1;
    });
    return width;
  }

  estimateRange(low: Uint8Array | undefined, high: Uint8Array | undefined): number {
    const share = (high === undefined ? 1 : this.#shareBefore(high)) - (low === undefined ? 0 : this.#shareBefore(low));
    return Math.max(0, Math.round(share * this.estimateEntries()));
  }

  /** Which part of all entries stands before a key, about: its place in each page on the way down. */
  #shareBefore(key: Uint8Array): number {
    const length = Math.min(key.length, this.facts.keyLength);
    let before = 0;
    let width = 1;
    this.#walkDown((page, leaf) => {
      const at = this.pages.lowerEntry(page, key, length, 0);
      const parts = leaf ? Math.max(1, entryCount(page)) : entryCount(page) + 1;
      before += width * at / parts;
      width /= parts;
      return at;
    });
    return before;
  }

  /** From the root to a leaf; `choose` looks at each page and says which child comes next. */
  #walkDown(choose: (page: Buffer, leaf: boolean) => number): void {
    let page = this.pages.page(this.pages.root);
    for (let depth = 0; depth < MAX_PLUS_DEPTH; depth++) {
      const leaf = isLeafPage(page, this.pages.shape);
      const i = choose(page, leaf);
      if (leaf) return;
      page = this.pages.page(childOf(page, i, this.pages.shape));
    }
  }
}
