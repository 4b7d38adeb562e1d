import type { BlockSource } from '../xbase/block-source.js';
import { childAt, childCount } from './cdx-interior.js';
import { isLeaf, MAX_DEPTH, pageAt } from './cdx-page.js';

/**
 * Adds the offsets of all pages of a tree to `pages`; leaves are named by the pages above them and not read. True when the tree is sound that far: all paths
 * are of one length, no page is reached twice.
 */
export function reachPages(source: BlockSource, root: number, keyLength: number, from: number, pages: Set<number>): boolean {
  const height = heightOf(source, root, keyLength, from);
  let level = [root];
  for (let depth = 0; ; depth++) {
    for (const offset of level) {
      if (pages.has(offset)) return false;
      pages.add(offset);
    }
    if (depth === height) return true;
    const below: number[] = [];
    for (const offset of level) {
      const page = pageAt(source, offset, from);
      if (isLeaf(page)) return false;
      const count = childCount(page, keyLength, source.path, offset);
      for (let i = 0; i < count; i++) below.push(childAt(page, i, keyLength));
    }
    level = below;
  }
}

/** Interior levels above the leaves. */
function heightOf(source: BlockSource, root: number, keyLength: number, from: number): number {
  let page = pageAt(source, root, from);
  let height = 0;
  for (; !isLeaf(page) && height <= MAX_DEPTH; height++) page = pageAt(source, childAt(page, 0, keyLength), root);
  return height;
}
