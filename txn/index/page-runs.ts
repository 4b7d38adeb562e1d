import type { PageSink } from '#index';
import { writeFully, type VfsFile } from '#storage';

/** Most trees are small when they are made. */
const FIRST_BYTES = 1 << 15;
const BUFFER_BYTES = 1 << 19;
/** Others get a turn after about so many bytes. */
const SLICE_BYTES = 1 << 20;

/** Writes the pages of a new file, neighbours of them together. */
export class PageRuns implements PageSink {
  readonly #file: VfsFile;
  readonly #pageSizeBytes: number;
  #buffer: Buffer;
  #first = 0;
  #count = 0;
  #sinceSlice = 0;

  constructor(file: VfsFile, pageSizeBytes: number) {
    this.#file = file;
    this.#pageSizeBytes = pageSizeBytes;
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(pageSizeBytes, FIRST_BYTES));
  }

  emit(pageNo: number, page: Buffer): void {
    const size = this.#pageSizeBytes;
    const follows = pageNo === this.#first + this.#count;
    const endBytes = (this.#count + 1) * size;
    if (follows && endBytes > this.#buffer.length) this.#grow();
    if (!follows || endBytes > this.#buffer.length) {
      this.flush();
      this.#first = pageNo;
    }
    this.#buffer.set(page, this.#count * size);
    this.#count++;
    this.#sinceSlice += size;
  }

  #grow(): void {
    if (this.#buffer.length >= BUFFER_BYTES) return;
    const grown = Buffer.allocUnsafeSlow(this.#buffer.length * 2);
    this.#buffer.copy(grown);
    this.#buffer = grown;
  }

  sliceDone(): boolean {
    if (this.#sinceSlice < SLICE_BYTES) return false;
    this.#sinceSlice = 0;
    return true;
  }

  /** Writes what waits; to be called after the last page. */
  flush(): void {
    if (this.#count > 0) writeFully(this.#file, this.#buffer.subarray(0, this.#count * this.#pageSizeBytes), this.#first * this.#pageSizeBytes);
    this.#count = 0;
  }
}
