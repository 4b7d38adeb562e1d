import { BloomFilter } from '../bloom/bloom-filter.js';
import { chainPageNumbers, readChain, writeChain } from './page-chain.js';
import { PAGE_TYPES } from './page-format.js';
import type { PageSink, PageSource } from './page-source.js';
import type { TreeHeader } from './tree-header.js';

/** The bloom filter of a tree and the pages that hold it. */
export interface StoredFilter {
  readonly filter: BloomFilter;
  readonly pages: readonly number[];
}

/** Reads the filter; the header must name one. Throws CORRUPT_PAGE. */
export function readFilter(source: PageSource, h: TreeHeader): StoredFilter {
  const sizeBytes = BloomFilter.sizeFor(h.filterCapacity, h.filterBitsPerKey);
  const bytes = readChain(source, h.pageCount, h.filterHead, sizeBytes, PAGE_TYPES.filter);
  const pages = chainPageNumbers(source, h.pageCount, h.filterHead, sizeBytes, PAGE_TYPES.filter);
  return { filter: BloomFilter.fromBytes(bytes, h.filterCapacity, h.filterBitsPerKey), pages };
}

/** Writes the filter over its pages: chainPages(filter.sizeBytes, page size) of them. */
export function writeFilter({ filter, pages }: StoredFilter, treeId: number, sink: PageSink, scratch: Buffer): void {
  writeChain(filter.toBytes(), pages, PAGE_TYPES.filter, treeId, sink, scratch);
}
