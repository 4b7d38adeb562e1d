import { FieldstoneError } from '#storage';
import type { BlockSource } from '../xbase/block-source.js';
import type { IndexCursor, IndexTag } from '../xbase/index-tag.js';
import type { TagFacts } from '../xbase/tag-facts.js';
import { CdxCursor } from './cdx-cursor.js';
import { isOpaque, type CdxHeader } from './cdx-header.js';
import { childAt, childCount, firstNotBelow } from './cdx-interior.js';
import type { KeyForm } from './cdx-leaf.js';
import { isLeaf, keyCount, MAX_DEPTH, pageAt } from './cdx-page.js';

/** An order of a CDX, or the only one of a compact IDX. */
export class CdxTag implements IndexTag {
  readonly facts: TagFacts;
  readonly header: CdxHeader;
  readonly form: KeyForm;
  readonly #source: BlockSource;

  constructor(source: BlockSource, header: CdxHeader, facts: TagFacts, fill: number) {
    this.facts = facts;
    this.header = header;
    this.form = { keyLength: header.keyLength, fill };
    this.#source = source;
  }

  /** False for layouts of pages that are not known. */
  get isReadable(): boolean { return !isOpaque(this.header); }

  cursor(): IndexCursor { return this.#cursor(this.facts.collation !== 'MACHINE'); }

  /**
   * Goes through the entries as they stand, whatever order that is. Some programs keep tags that are called MACHINE in a national order; for the
   * engine's own cursor they are damaged.
   */
  fileOrderCursor(): IndexCursor { return this.#cursor(true); }

  #cursor(anyOrder: boolean): CdxCursor {
    if (this.isReadable) return new CdxCursor(this.#source, this.header.root, this.form, this.header.offset, anyOrder);
    throw new FieldstoneError('UNSUPPORTED', `tag ${this.facts.name} cannot be read: ${this.facts.readOnlyReason ?? 'its pages are of another kind'}`, { file: this.#source.path });
  }

  estimateEntries(): number { return !this.isReadable ? 0 : this.#path(undefined, 0.5).entries; }

  estimateRange(low: Uint8Array | undefined, high: Uint8Array | undefined): number {
    if (!this.isReadable) return 0;
    const from = this.#path(low, 0);
    const to = this.#path(high, 1);
    return Math.max(0, Math.round((to.part - from.part) * Math.max(from.entries, to.entries)));
  }

  /**
   * Goes down to a key (or to a part of the whole) and sees how many entries there would be, were all pages as full, and
   * which part of them stands before it.
   */
  #path(key: Uint8Array | undefined, whole: number): { readonly entries: number; readonly part: number } {
    const { keyLength } = this.form;
    const { path } = this.#source;
    const target = Buffer.alloc(keyLength);
    if (key !== undefined) target.set(key.subarray(0, keyLength));
    let entries = 1;
    let part = 0;
    let weight = 1;
    let offset = this.header.root;
    let page = pageAt(this.#source, offset, this.header.offset);
    for (let depth = 0; !isLeaf(page) && depth < MAX_DEPTH; depth++) {
      const count = childCount(page, keyLength, path, offset);
      const i = Math.min(count - 1, key === undefined ? Math.floor(count * whole) : firstNotBelow(page, count, keyLength, target, 0, 0));
      part += (weight * i) / count;
      weight /= count;
      entries *= count;
      const from = offset;
      offset = childAt(page, i, keyLength);
      page = pageAt(this.#source, offset, from);
    }
    const cursor = new CdxCursor(this.#source, offset, this.form, offset);
    const count = keyCount(page);
    if (key === undefined) return { entries: entries * count, part: whole };
    let before = 0;
    for (let stands = cursor.first(); stands && Buffer.compare(cursor.key, target) < 0; stands = cursor.next()) before++;
    return { entries: entries * count, part: part + (count === 0 ? 0 : (weight * Math.min(before, count)) / count) };
  }
}
