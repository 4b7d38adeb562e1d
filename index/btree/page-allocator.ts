import { assert } from '#storage';
import { AT_NEXT, AT_STORED, AT_TYPE, corruptPage, PAGE_HEADER_BYTES, PAGE_TYPES, putU32, sealPage, u32 } from './page-format.js';
import type { PageSink, PageSource } from './page-source.js';
import type { TreeHeader } from './tree-header.js';

/** Which pages of the file are free. Gives out the one freed last first, and grows the file when there is none. */
export class PageAllocator {
  readonly #free: number[];
  #pageCount: number;

  constructor(pageCount: number, free: readonly number[]) {
    this.#pageCount = pageCount;
    this.#free = [...free];
  }

  /** Pages of the file, free ones included. */
  get pageCount(): number { return this.#pageCount; }
  get freeCount(): number { return this.#free.length; }

  take(): number { return this.#free.pop() ?? this.#pageCount++; }

  takeMany(count: number): number[] {
    const pages: number[] = [];
    for (let i = 0; i < count; i++) pages.push(this.take());
    return pages;
  }

  release(pageNo: number): void {
    assert(pageNo > 0 && pageNo < this.#pageCount, 'a released page is in the file');
    this.#free.push(pageNo);
  }

  /** Gives free pages at the end of the file back to the folder. Returns the pages that are left. */
  trim(): number {
    this.#free.sort((a, b) => b - a);
    let cut = 0;
    while (cut < this.#free.length && this.#free[cut] === this.#pageCount - 1) {
      this.#pageCount--;
      cut++;
    }
    this.#free.splice(0, cut);
    return this.#pageCount;
  }

  /** Writes the list of free pages into free pages; returns the first of them (0 = there are none). */
  write(treeId: number, sink: PageSink, scratch: Buffer): number {
    const capacity = Math.floor((scratch.length - PAGE_HEADER_BYTES) / 4);
    const trunks = this.#free.slice(0, Math.ceil(this.#free.length / (capacity + 1)));
    const leaves = this.#free.slice(trunks.length);
    trunks.forEach((pageNo, i) => {
      const part = leaves.slice(i * capacity, (i + 1) * capacity);
      scratch.fill(0);
      part.forEach((free, k) => { putU32(scratch, PAGE_HEADER_BYTES + k * 4, free); });
      sealPage(scratch, { treeId, pageNo, type: PAGE_TYPES.free, storedBytes: part.length * 4, next: trunks[i + 1] ?? 0 });
      sink.emit(pageNo, scratch);
    });
    return trunks[0] ?? 0;
  }
}

/** The free pages that a tree's list names. Throws CORRUPT_PAGE for a list that is longer than it says, runs in a circle or names a page twice. */
export function readFreePages(source: PageSource, header: TreeHeader): number[] {
  const seen = new Set<number>();
  const note = (pageNo: number, trunk: number): void => {
    if (pageNo < 1 || pageNo >= header.pageCount || seen.has(pageNo) || seen.size >= header.freeCount) {
      throw corruptPage(trunk, header.pageSizeBytes, `the list of free pages names page ${pageNo}, which can not be free`);
    }
    seen.add(pageNo);
  };
  for (let trunk = header.freeHead; trunk !== 0;) {
    note(trunk, trunk);
    const image = source.image(trunk, true);
    const stored = u32(image, AT_STORED);
    if (image[AT_TYPE] !== PAGE_TYPES.free || stored % 4 !== 0) throw corruptPage(trunk, header.pageSizeBytes, 'it is no page of the list of free pages');
    for (let at = 0; at < stored; at += 4) note(u32(image, PAGE_HEADER_BYTES + at), trunk);
    trunk = u32(image, AT_NEXT);
  }
  if (seen.size !== header.freeCount) throw corruptPage(header.freeHead, header.pageSizeBytes, `the list of free pages names ${seen.size} pages instead of ${header.freeCount}`);
  return [...seen];
}
