import {
  applySorted, emptyHeader, encodeHeader, decodeHeader, imageOf, PageAllocator, readFreePages, SkipList, Tree,
  type PageSink, type PageSource, type SortedChanges, type TreeHeader,
} from '#index';
import { codecByName, codecCounters, Probe, type CodecName } from '#storage';

export const TREE_ID = 0xabcd1234;

/** Pages in an array; images are made anew at each read, as if nothing were cached. */
export class MemoryPages implements PageSource {
  readonly pages: Buffer[];
  readonly pageSizeBytes: number;
  readonly treeId = TREE_ID;
  readonly counters = codecCounters(new Probe());
  reads = 0;
  caches = false;
  readonly #images: Buffer[] = [];

  constructor(pages: Buffer[], pageSizeBytes: number) {
    this.pages = pages;
    this.pageSizeBytes = pageSizeBytes;
  }

  image(pageNo: number): Buffer {
    this.reads++;
    const known = this.#images[pageNo];
    if (this.caches && known !== undefined) return known;
    const { treeId, pageSizeBytes, counters } = this;
    return this.#images[pageNo] = imageOf(this.pages[pageNo] ?? Buffer.alloc(0), pageNo, { treeId, pageSizeBytes, codecCounters: counters });
  }

  get header(): TreeHeader { return decodeHeader(this.pages[0] ?? Buffer.alloc(0), this.pages.length * this.pageSizeBytes); }
  get tree(): Tree { return new Tree(this, this.header, this.counters); }
}

/** A tree in memory whose changes become visible all at once, as at a checkpoint. */
export class MemoryTree {
  pages: MemoryPages;
  readonly #codec: CodecName;
  lastWritten = 0;

  constructor(pageSizeBytes: number, codec: CodecName = 'none') {
    this.#codec = codec;
    this.pages = new MemoryPages([encodeHeader(emptyHeader(TREE_ID, pageSizeBytes))], pageSizeBytes);
  }

  get tree(): Tree { return this.pages.tree; }

  apply(changes: SortedChanges, before?: (old: (() => Buffer) | undefined) => void): void {
    const { header } = this.pages;
    const old = this.pages.pages.map((page) => page);
    const next = new Map<number, Buffer>();
    const sink: PageSink = {
      emit(pageNo, page) {
        if (next.has(pageNo)) throw new Error(`page ${pageNo} is emitted twice`);
        next.set(pageNo, Buffer.from(page));
      },
      sliceDone: () => true,
    };
    const allocator = new PageAllocator(header.pageCount, readFreePages(this.pages, header));
    const codec = codecByName(this.#codec);
    const run = applySorted(this.tree, { changes, allocator, sink, codec, compressionThresholdBytes: 64, codecCounters: this.pages.counters, before });
    let step = run.next();
    while (step.done !== true) step = run.next();
    const { root, height, keyCount, pagesWritten } = step.value;
    this.lastWritten = pagesWritten;
    const pageCount = allocator.trim();
    const freeHead = allocator.write(TREE_ID, sink, Buffer.alloc(this.pages.pageSizeBytes));
    for (const [pageNo, page] of next) old[pageNo] = page;
    old.length = pageCount;
    old[0] = encodeHeader({ ...header, pageCount, root, height, keyCount, freeHead, freeCount: allocator.freeCount });
    this.pages = new MemoryPages(old, this.pages.pageSizeBytes);
  }
}

/** Changes from a skip list, as a checkpoint hands them over. */
export function changesOf(list: SkipList): SortedChanges {
  let node = 0;
  return {
    next: () => (node = list.next(node)) !== 0,
    get keyBytes() { return list.nodes.keyBytes(node); },
    get keyStart() { return list.nodes.keyStart(node); },
    get keyLength() { return list.nodes.keyLength(node); },
    get value() {
      const v = list.newest(node);
      const start = list.versions.startOf(v);
      return list.versions.isTombstone(v) ? undefined : list.versions.bytesOf(v).subarray(start, start + list.versions.lengthOf(v));
    },
  };
}

export function listOf(entries: Iterable<readonly [Uint8Array, Uint8Array | undefined]>): SkipList {
  const list = new SkipList(1);
  for (const [key, value] of entries) list.put(key, key.length, 1, value, false);
  return list;
}
