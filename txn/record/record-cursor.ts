import { DELETED_MARK, type BufferPool } from '#storage';
import { putHead } from './extent-head.js';
import type { RecordView } from './record-view.js';

export interface CursorRange {
  /** First and last record number, both included. */
  readonly from: number;
  readonly to: number;
  readonly reverse: boolean;
  /** Also stop at records that are marked deleted. */
  readonly deleted: boolean;
}

const FIRST_CHUNK_BYTES = 1 << 16;

/**
 * Walks a table in record order, either way, in constant memory. Base rows come from large
 * sequential reads that do not pass through the page cache; committed changes and the reader's own
 * writes replace them. A chunk is read again when a checkpoint changed the base under it.
 */
export class RecordCursor {
  readonly #view: RecordView;
  readonly #pool: BufferPool;
  readonly #to: number;
  readonly #step: number;
  readonly #deleted: boolean;
  readonly #recordLength: number;
  readonly #maxChunkBytes: number;
  #chunkBytes: number;
  #chunk: Buffer | undefined;
  #chunkFirst = 0;
  #chunkLast = -1;
  #chunkEpoch = -1;
  /** Rows of the chunk up to here stand in the base as they are, while the store's changeEpoch stays. */
  #plainFirst = 0;
  #plainLast = -1;
  #plainEpoch = -1;
  recno: number;
  /** Set by nextPlaces() and nextRecords(). */
  firstRecno = 0;
  /** Records looked at, deleted ones included. */
  rowsVisited = 0;
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;

  constructor(view: RecordView, range: CursorRange, pool: BufferPool, maxChunkBytes: number) {
    this.#view = view;
    this.#pool = pool;
    this.#deleted = range.deleted;
    this.#recordLength = view.store.layout.recordLength;
    const last = Math.min(range.to, view.highestRecno);
    const first = Math.max(1, range.from);
    view.readSet?.range(view.store, first, range.to);
    this.#step = range.reverse ? -1 : 1;
    this.recno = range.reverse ? last + 1 : first - 1;
    this.#to = range.reverse ? first : last;
    this.#maxChunkBytes = Math.max(maxChunkBytes, this.#recordLength);
    this.#chunkBytes = Math.max(Math.min(FIRST_CHUNK_BYTES, this.#maxChunkBytes), this.#recordLength);
  }

  /** Moves to the next record; false at the end. Leaves its bytes in `bytes` and `start`, valid until the next call. */
  next(): boolean {
    const step = this.#step;
    const { store } = this.#view;
    while (this.recno !== this.#to && (this.#to - this.recno) * step > 0) {
      const recno = this.recno += step;
      if (recno >= this.#plainFirst && recno <= this.#plainLast && store.changeEpoch === this.#plainEpoch) {
        this.start = (recno - this.#chunkFirst) * this.#recordLength;
      } else if (!this.#load(recno)) continue;
      this.rowsVisited++;
      if (this.#deleted || this.bytes[this.start] !== DELETED_MARK) return true;
    }
    return false;
  }

  /**
   * As next(), for up to `most` records that lie one behind the other from `start` on: returns how many, 0 at the end.
   * `recno` is then the last of them.
   */
  nextRun(most: number): number {
    if (!this.next()) return 0;
    const first = this.recno;
    const last = Math.min(first + most - 1, this.#plainLast, this.#to);
    if (this.#step < 0 || first < this.#plainFirst || this.#view.store.changeEpoch !== this.#plainEpoch) return 1;
    const { bytes } = this;
    let recno = first;
    for (let at = this.start + this.#recordLength; recno < last && (this.#deleted || bytes[at] !== DELETED_MARK); at += this.#recordLength) recno++;
    this.recno = recno;
    return recno - first + 1;
  }

  /**
   * As next(), for many records in one buffer: sets `starts` to where they begin, deleted ones left out, and returns how many; 0 at the end.
   * `firstRecno` is the number of the one at starts[0], and neighbours in the buffer have neighbouring numbers.
   */
  nextPlaces(starts: Int32Array): number {
    if (!this.next()) return 0;
    const first = this.recno;
    this.firstRecno = first;
    starts[0] = this.start;
    if (this.#step < 0 || first < this.#plainFirst || this.#view.store.changeEpoch !== this.#plainEpoch) return 1;
    const last = Math.min(first + starts.length - 1, this.#plainLast, this.#to);
    const { bytes } = this;
    const length = this.#recordLength;
    const all = this.#deleted;
    let count = 1;
    let at = this.start;
    for (let recno = first; recno < last; recno++) {
      at += length;
      if (all || bytes[at] !== DELETED_MARK) starts[count++] = at;
    }
    if (last > first) {
      this.recno = last;
      this.rowsVisited += last - first;
    }
    return count;
  }

  /**
   * As next(), for up to `most` records that lie one behind the other from `start` on, deleted ones among them: whoever looks at a record looks at its
   * mark. Returns how many, 0 at the end. `firstRecno` is the number of the first.
   */
  nextRecords(most: number): number {
    if (!this.next()) return 0;
    const first = this.recno;
    this.firstRecno = first;
    if (this.#step < 0 || first < this.#plainFirst || this.#view.store.changeEpoch !== this.#plainEpoch) return 1;
    const last = Math.min(first + most - 1, this.#plainLast, this.#to);
    if (last <= first) return 1;
    this.recno = last;
    this.rowsVisited += last - first;
    return last - first + 1;
  }

  #load(recno: number): boolean {
    const { store, writes } = this.#view;
    if (writes !== undefined || recno > store.base.recordCount || store.hasChanges()) {
      const own = writes?.rows.get(recno);
      if (own !== undefined) {
        this.bytes = own.bytes;
        this.start = 0;
        return true;
      }
      if (store.hasDelta(recno) || !store.inBase(recno)) {
        if (!store.find(recno, this.#view.sequence)) return false;
        this.bytes = store.foundBytes;
        this.start = store.foundStart;
        return true;
      }
    }
    if (recno < this.#chunkFirst || recno > this.#chunkLast || this.#chunkEpoch !== store.baseEpoch) this.#readChunk(recno);
    if (this.#chunk === undefined || recno > this.#chunkLast) return false;
    this.#markPlain();
    this.bytes = this.#chunk;
    this.start = (recno - this.#chunkFirst) * this.#recordLength;
    return true;
  }

  /** Without changes above the base, the rest of the chunk needs no second look. `bytes` then stays the chunk. */
  #markPlain(): void {
    const { store, writes } = this.#view;
    const plain = writes === undefined && !store.hasChanges();
    this.#plainFirst = this.#chunkFirst;
    this.#plainLast = plain ? Math.min(this.#chunkLast, store.base.recordCount) : -1;
    this.#plainEpoch = store.changeEpoch;
  }

  /** Reads rows around `recno` in walking direction; longer each time up to the limit. */
  #readChunk(recno: number): void {
    const { base, counts, extents } = this.#view.store;
    const rows = Math.max(1, Math.floor(this.#chunkBytes / this.#recordLength));
    const lastRow = this.#step > 0 ? Math.min(this.#to, recno + rows - 1, counts.latest) : recno;
    const firstRow = this.#step > 0 ? recno : Math.max(this.#to, recno - rows + 1);
    const wanted = (lastRow - firstRow + 1) * this.#recordLength;
    if (this.#chunk === undefined || this.#chunk.length < wanted) {
      this.#giveBack();
      this.#chunk = this.#pool.take(wanted);
    }
    const offset = base.offsetOf(firstRow);
    const n = base.cached.readDirect(this.#chunk.subarray(0, wanted), offset);
    for (const extent of extents) putHead(extent, this.#chunk.subarray(0, n), offset);
    this.#chunkFirst = firstRow;
    this.#chunkLast = firstRow + Math.floor(n / this.#recordLength) - 1;
    this.#chunkEpoch = this.#view.store.baseEpoch;
    if (this.#chunkBytes < this.#maxChunkBytes) this.#chunkBytes = Math.min(this.#maxChunkBytes, this.#chunkBytes * 4);
  }

  #giveBack(): void {
    if (this.#chunk !== undefined) this.#pool.giveBack(this.#chunk);
    this.#chunk = undefined;
  }

  /** Gives the read buffer back; next() may not be called again. */
  close(): void {
    this.#giveBack();
    this.recno = this.#to;
  }
}
