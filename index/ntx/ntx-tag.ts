import type { IndexTag } from '../xbase/index-tag.js';
import type { TagFacts } from '../xbase/tag-facts.js';
import { NTX_FLAGS, type NtxHeader } from './ntx-header.js';
import { NtxCursor } from './ntx-cursor.js';
import { childAt, isLeaf, itemCount, lowerItem } from './ntx-page.js';
import { MAX_NTX_DEPTH, type NtxPages } from './ntx-pages.js';

/** The one order of an NTX file. */
export class NtxTag implements IndexTag {
  readonly facts: TagFacts;
  readonly #pages: NtxPages;

  /** `name` is for files that have none. */
  constructor(pages: NtxPages, name: string) {
    this.#pages = pages;
    this.facts = factsOf(pages.header, name);
  }

  cursor(): NtxCursor { return new NtxCursor(this.#pages); }

  estimateEntries(): number {
    let entries = 0;
    let width = 1;
    this.#walkDown((page) => {
      const count = itemCount(page);
      entries += width * count;
      width *= count + 1;
      return count >> 1;
    });
    return entries;
  }

  estimateRange(low: Uint8Array | undefined, high: Uint8Array | undefined): number {
    const share = this.#shareBefore(high, 1) - this.#shareBefore(low, 0);
    return Math.max(0, Math.round(share * this.estimateEntries()));
  }

  /** Which part of all entries stands before a key, about: its place in each page on the way down. */
  #shareBefore(key: Uint8Array | undefined, whenOpen: number): number {
    if (key === undefined) return whenOpen;
    const { shape } = this.#pages;
    const length = Math.min(key.length, shape.keyLength);
    let before = 0;
    let width = 1;
    this.#walkDown((page) => {
      const at = lowerItem(page, key, length, 0, shape);
      const parts = isLeaf(page) ? Math.max(1, itemCount(page)) : itemCount(page) + 1;
      before += width * at / parts;
      width /= parts;
      return at;
    });
    return before;
  }

  /** From the root to a leaf; `choose` looks at each page and says which child comes next. */
  #walkDown(choose: (page: Buffer) => number): void {
    let page = this.#pages.page(this.#pages.header.root);
    for (let depth = 0; depth < MAX_NTX_DEPTH; depth++) {
      const i = choose(page);
      if (isLeaf(page)) return;
      page = this.#pages.page(childAt(page, i, this.#pages.shape));
    }
  }
}

function factsOf(header: NtxHeader, name: string): TagFacts {
  return {
    name: (header.tagName === '' ? name : header.tagName).toUpperCase(),
    expression: header.keyExpression, forExpression: header.forExpression,
    unique: header.unique ? 'first' : 'none', descending: header.descending, storedDescending: header.descending,
    keyLength: header.keyLength, keyType: undefined, decimals: header.decimals, nullPrefix: false, collation: 'MACHINE',
    readOnlyReason: readOnlyReason(header),
  };
}

function readOnlyReason({ signature, custom }: NtxHeader): string | undefined {
  if (custom) return 'its keys are put in by hand (custom)';
  if ((signature & NTX_FLAGS.partial) !== 0) return 'it was made over a part of the table (partial)';
  if ((signature & NTX_FLAGS.changeOnly) !== 0) return 'it follows changed records alone (change-only)';
  if ((signature & NTX_FLAGS.template) !== 0) return 'its keys are put in by hand (template)';
  if ((signature & NTX_FLAGS.multiKey) !== 0) return 'a record may have several keys in it (multi-key)';
  return undefined;
}
