import { corruptIndex } from '../xbase/bytes.js';
import { NTX_PAGE_BYTES, slotsStart } from './ntx-header.js';
import { childAt, isLeaf, itemCount } from './ntx-page.js';
import { MAX_NTX_DEPTH, type NtxPages } from './ntx-pages.js';

/**
 * The list of free pages, first one first: read when the first page is needed, and only believed for pages that the tree does not use.
 *
 * @throws FieldstoneError CORRUPT_INDEX for a list that runs in a circle, leaves the file or names a page of the tree
 */
export function readFreePages(pages: NtxPages): number[] {
  return pages.header.freeHead === 0 ? [] : [...walkFreeList(pages, usedPages(pages))];
}

/**
 * Walks the list, noting its pages in `used`. The link stands in the child field of a page's first slot; the rest of such a page is what
 * Clipper left there.
 */
export function* walkFreeList({ header, source, shape }: NtxPages, used: Uint8Array): Generator<number, void, void> {
  for (let pageNo = header.freeHead; pageNo !== 0;) {
    if (!Number.isInteger(pageNo) || pageNo >= shape.pageCount || used[pageNo] !== 0) {
      throw corruptIndex(source.path, pageNo * NTX_PAGE_BYTES, 'the list of free pages names a page that is not free');
    }
    used[pageNo] = 1;
    yield pageNo;
    const page = source.block(pageNo * NTX_PAGE_BYTES, NTX_PAGE_BYTES);
    const at = page.readUInt16LE(2);
    if (at < slotsStart(shape.maxItems) || at + shape.itemBytes > NTX_PAGE_BYTES) throw corruptIndex(source.path, pageNo * NTX_PAGE_BYTES, 'a free page without a link');
    pageNo = page.readUInt32LE(at) / shape.unit;
  }
}

/** 1 for each page that the tree uses: reads the pages with children, and of the leaves the first. */
function usedPages(pages: NtxPages): Uint8Array {
  const used = new Uint8Array(pages.shape.pageCount);
  used[0] = 1;
  let leafDepth = 0;
  for (let page = pages.page(pages.header.root); !isLeaf(page) && leafDepth < MAX_NTX_DEPTH; leafDepth++) page = pages.page(childAt(page, 0, pages.shape));
  const visit = (pageNo: number, depth: number): void => {
    if (used[pageNo] !== 0) throw corruptIndex(pages.source.path, pageNo * NTX_PAGE_BYTES, 'a page that is used twice');
    used[pageNo] = 1;
    if (depth === leafDepth) return;
    const page = pages.page(pageNo);
    if (isLeaf(page)) throw corruptIndex(pages.source.path, pageNo * NTX_PAGE_BYTES, 'a leaf above the others');
    for (let i = 0; i <= itemCount(page); i++) visit(childAt(page, i, pages.shape), depth + 1);
  };
  visit(pages.header.root, 0);
  return used;
}
