import { corruptIndex } from '../xbase/bytes.js';
import type { BlockSource } from '../xbase/block-source.js';
import { NTX_PAGE_BYTES, type NtxHeader } from './ntx-header.js';
import { assertSoundPage, childAt, inOrder, isLeaf, itemCount, shapeOf, type NtxShape } from './ntx-page.js';

/** Deepest tree that a walk goes down: Harbour's own bound; 32 levels of half full pages hold more keys than there are records. */
export const MAX_NTX_DEPTH = 32;
/** Pages with children that are kept at hand, proved sound. */
const PINNED_PAGES = 1024;

/** The pages of one state of an NTX file, each proved sound when it is read. */
export class NtxPages {
  readonly source: BlockSource;
  readonly header: NtxHeader;
  readonly shape: NtxShape;
  readonly #pinned = new Map<number, Buffer>();

  constructor(source: BlockSource, header: NtxHeader) {
    this.source = source;
    this.header = header;
    this.shape = shapeOf(header, source.path, Math.floor(source.sizeBytes / NTX_PAGE_BYTES));
  }

  /** @throws FieldstoneError CORRUPT_INDEX, IO */
  page(pageNo: number): Buffer {
    const pinned = this.#pinned.get(pageNo);
    if (pinned !== undefined) return pinned;
    if (pageNo < 1 || pageNo >= this.shape.pageCount) throw corruptIndex(this.source.path, pageNo * NTX_PAGE_BYTES, 'a page outside the file');
    const page = this.source.block(pageNo * NTX_PAGE_BYTES, NTX_PAGE_BYTES);
    assertSoundPage(page, pageNo, this.shape);
    if (!isLeaf(page)) {
      if (this.#pinned.size >= PINNED_PAGES) this.#pinned.clear();
      this.#pinned.set(pageNo, page);
    }
    return page;
  }

  /**
   * The page below position `i` of a page, whose keys must lie between the keys around it. `below` and `above` are the pages and items
   * that bound it from further up; undefined where nothing does.
   */
  child(page: Buffer, i: number, below: NtxBound | undefined, above: NtxBound | undefined): Buffer {
    const pageNo = childAt(page, i, this.shape);
    const child = this.page(pageNo);
    const count = itemCount(child);
    if (count > 0) {
      const low = i > 0 ? inOrder(page, i - 1, child, 0, this.shape) : below === undefined || inOrder(below.page, below.item, child, 0, this.shape);
      const high = i < itemCount(page) ? inOrder(child, count - 1, page, i, this.shape)
        : above === undefined || inOrder(child, count - 1, above.page, above.item, this.shape);
      if (!low || !high) throw corruptIndex(this.source.path, pageNo * NTX_PAGE_BYTES, 'keys that do not lie between those above them');
    }
    return child;
  }
}

/** An item that bounds the keys of a page. */
export interface NtxBound {
  readonly page: Buffer;
  readonly item: number;
}
