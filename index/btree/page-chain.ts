import { AT_LOGICAL, AT_NEXT, AT_STORED, AT_TYPE, corruptPage, PAGE_HEADER_BYTES, sealPage, u32, type PageType } from './page-format.js';
import type { PageSink, PageSource } from './page-source.js';

/** Bytes of a value that one page of a chain holds. */
export function chainCapacity(pageSizeBytes: number): number { return pageSizeBytes - PAGE_HEADER_BYTES; }

export function chainPages(lengthBytes: number, pageSizeBytes: number): number {
  return Math.max(1, Math.ceil(lengthBytes / chainCapacity(pageSizeBytes)));
}

/**
 * Writes bytes as a chain of pages over the given page numbers, which must be exactly as many as chainPages() says.
 * `scratch` has the size of a page.
 */
export function writeChain(bytes: Uint8Array, pages: readonly number[], type: PageType, treeId: number, sink: PageSink, scratch: Buffer): void {
  const capacity = chainCapacity(scratch.length);
  pages.forEach((pageNo, i) => {
    const part = bytes.subarray(i * capacity, (i + 1) * capacity);
    scratch.set(part, PAGE_HEADER_BYTES);
    scratch.fill(0, PAGE_HEADER_BYTES + part.length);
    sealPage(scratch, { treeId, pageNo, type, logicalBytes: i, storedBytes: part.length, next: pages[i + 1] ?? 0 });
    sink.emit(pageNo, scratch);
  });
}

/** Calls `visit` for each page of the chain. Every page says where in the chain it stands, so a cycle ends at once. */
export function walkChain(
  source: PageSource, pageCount: number, head: number, lengthBytes: number, type: PageType, visit: (pageNo: number, image: Buffer, storedBytes: number) => void,
): void {
  const capacity = chainCapacity(source.pageSizeBytes);
  const pages = chainPages(lengthBytes, source.pageSizeBytes);
  if (pages > pageCount) throw corruptPage(head, source.pageSizeBytes, `a value of ${lengthBytes} bytes is longer than the file`);
  let pageNo = head;
  for (let i = 0; i < pages; i++) {
    if (pageNo < 1 || pageNo >= pageCount) throw corruptPage(pageNo, source.pageSizeBytes, 'a chain leads outside the file');
    const image = source.image(pageNo, true);
    const stored = u32(image, AT_STORED);
    const next = u32(image, AT_NEXT);
    const wanted = Math.min(capacity, lengthBytes - i * capacity);
    if (image[AT_TYPE] !== type || u32(image, AT_LOGICAL) !== i || stored !== wanted || (next === 0) !== (i === pages - 1)) {
      throw corruptPage(pageNo, source.pageSizeBytes, `it is not part ${i} of the chain of ${lengthBytes} bytes that begins at page ${head}`);
    }
    visit(pageNo, image, stored);
    pageNo = next;
  }
}

/** The bytes of a chain. Memory is taken only after its length was checked against the file. */
export function readChain(source: PageSource, pageCount: number, head: number, lengthBytes: number, type: PageType): Buffer {
  const parts: Buffer[] = [];
  walkChain(source, pageCount, head, lengthBytes, type, (_pageNo, image, stored) => {
    parts.push(image.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + stored));
  });
  return Buffer.concat(parts, lengthBytes);
}

/** The page numbers of a chain. */
export function chainPageNumbers(source: PageSource, pageCount: number, head: number, lengthBytes: number, type: PageType): number[] {
  const pages: number[] = [];
  walkChain(source, pageCount, head, lengthBytes, type, (pageNo) => { pages.push(pageNo); });
  return pages;
}
