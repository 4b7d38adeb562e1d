import type { Codec, CodecCounters } from '#storage';
import type { PageAllocator } from './page-allocator.js';
import type { PageSink } from './page-source.js';
import { MAX_IMAGE_BYTES, PAGE_HEADER_BYTES, sealPage, type PageType } from './page-format.js';

/** A node that stands in the file: what its parent must know of it. */
export interface NodeRef {
  /** No key of the node is below this one, and every key of the node before it is. */
  readonly lower: Buffer;
  readonly pageNo: number;
  readonly keyCount: number;
}

/** What the parts that write a tree share: page numbers, memory, the codec. */
export class TreeWriter {
  readonly treeId: number;
  readonly pageSizeBytes: number;
  readonly allocator: PageAllocator;
  readonly sink: PageSink;
  readonly codec: Codec;
  readonly codecCounters: CodecCounters;
  readonly #stamp: number;
  /** Memory for one node image. */
  readonly image: Buffer = Buffer.alloc(MAX_IMAGE_BYTES);
  /** Memory for one page. */
  readonly page: Buffer;
  pagesWritten = 0;

  constructor(treeId: number, pageSizeBytes: number, allocator: PageAllocator, sink: PageSink, codec: Codec, codecCounters: CodecCounters, stamp: number) {
    this.treeId = treeId;
    this.pageSizeBytes = pageSizeBytes;
    this.allocator = allocator;
    this.sink = sink;
    this.codec = codec;
    this.codecCounters = codecCounters;
    this.#stamp = stamp % 0x1_0000_0000;
    this.page = Buffer.alloc(pageSizeBytes);
  }

  /** Seals `body` (the node's, compressed when `codecId` is not 0) into a page and hands it on. */
  emitNode(type: PageType, level: number, body: Uint8Array, codecId: number, logicalBytes: number): number {
    const pageNo = this.allocator.take();
    const { page } = this;
    page.set(body, PAGE_HEADER_BYTES);
    page.fill(0, PAGE_HEADER_BYTES + body.length);
    sealPage(page, { treeId: this.treeId, pageNo, type, level, codecId, logicalBytes, storedBytes: body.length, stamp: this.#stamp });
    this.sink.emit(pageNo, page);
    this.pagesWritten++;
    return pageNo;
  }
}
