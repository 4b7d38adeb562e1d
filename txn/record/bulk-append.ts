import { encodeMemo, FieldstoneError, memoImageBytes, writeMemoImage, writeFully, writePointer, type ByteWriter, type MemoSource, type PendingMemo } from '#storage';
import { writeCounters, writeExtent, writeExtentBegin, writeMemos } from '../commit/commit-record.js';
import type { LiveSnapshots } from '../commit/live-snapshots.js';
import type { StoreWrites } from '../commit/versioned-store.js';
import type { LoadEntries } from '../index/load-entries.js';
import type { Extent } from './foldable-records.js';
import type { RecordStore } from './record-store.js';

/**
 * A load of any size: rows go straight to the end of the table file (memos to the end of the memo
 * file) in large writes, uncounted until one small log record names them.
 */
export class BulkAppend {
  readonly store: RecordStore;
  readonly #firstRecno: number;
  readonly #publishedBytes: number;
  readonly #buffer: Uint8Array;
  readonly #head: number[] = [];
  /** Memos that stand one after another in the file, from #memoStart on: #memoBuffered bytes. */
  #memoBuffer: Uint8Array;
  #memoStart = 0;
  #memoBuffered = 0;
  /** dBASE IV memos: where the header says "end", readers look for a free run, so they wait for the checkpoint like any other. */
  readonly #logged: { block: number; bytes: Uint8Array }[] = [];
  #loggedBytes = 0;
  readonly #maxLoggedBytes: number;
  #buffered = 0;
  #written = 0;
  #memoEndBytes = 0;
  readonly #entries: LoadEntries | undefined;
  /** Memos of the row that is being added, for its keys. */
  #rowMemos: readonly PendingMemo[] = [];
  readonly #rowBlocks: number[] = [];
  readonly #memosOfRow: MemoSource = { read: ({ block }) => this.#rowMemos[this.#rowBlocks.indexOf(block)]?.bytes };
  #abandoned = false;

  /**
   * The caller holds the append lease of the store and logged its beginning.
   * `maxLoggedBytes` bounds memos that must go through the log (dBASE IV).
   */
  constructor(store: RecordStore, bufferBytes: number, maxLoggedBytes: number) {
    this.#maxLoggedBytes = maxLoggedBytes;
    this.store = store;
    this.#firstRecno = store.recnos.next;
    this.#publishedBytes = store.base.publishedBytes;
    this.#entries = store.indexes.newLoad();
    const { recordLength } = store.layout;
    this.#buffer = new Uint8Array(Math.max(1, Math.floor(bufferBytes / recordLength)) * recordLength);
    this.#memoBuffer = new Uint8Array(store.base.memo === undefined ? 0 : bufferBytes);
  }

  get firstRecno(): number { return this.#firstRecno; }
  get count(): number { return (this.#written + this.#buffered) / this.store.layout.recordLength; }
  get buffer(): Uint8Array { return this.#buffer; }

  /** Where the next row is to be encoded in `buffer`. Throws CLOSED when the load was given up. */
  slot(): number {
    if (this.#abandoned) throw new FieldstoneError('CLOSED', 'the load was given up', { table: this.store.name });
    if (this.#buffered === this.#buffer.length) this.#flush();
    return this.#buffered;
  }

  /**
   * The row at slot() is complete; `memos` get their place now, and their bytes are not needed any more. `made`: what the row was made of, for
   * indexes that know it.
   */
  added(memos: readonly PendingMemo[], made?: unknown): void {
    this.#rowBlocks.length = 0;
    for (const memo of memos) this.#placeMemo(memo);
    this.#rowMemos = memos;
    if (this.#entries !== undefined) this.#addEntries(this.#entries, made);
    this.#buffered += this.store.layout.recordLength;
    this.store.recnos.takeRange(1);
  }

  #addEntries(entries: LoadEntries, made: unknown): void {
    entries.add(this.#buffer, this.#buffered, this.#firstRecno + this.count, this.#memosOfRow, made);
  }

  #placeMemo(memo: PendingMemo): void {
    const base = this.store.base.memo;
    if (base === undefined) throw new FieldstoneError('CORRUPT_MEMO', `table "${this.store.name}" has no memo file`, { table: this.store.name });
    const { kind, allocator } = base;
    const lengthBytes = memo.bytes.length;
    const block = allocator.allocateAtEnd(lengthBytes);
    writePointer(this.store.layout, memo.field, { block, lengthBytes }, this.#buffer, this.#buffered);
    this.#rowBlocks.push(block);
    if (kind === 'dbt4') {
      this.#log(block, encodeMemo(kind, allocator.blockSizeBytes, memo.content, memo.bytes));
      return;
    }
    const imageBytes = memoImageBytes(kind, allocator.blockSizeBytes, lengthBytes);
    const at = this.#memoRoom(block * allocator.blockSizeBytes, imageBytes);
    writeMemoImage(kind, memo.content, memo.bytes, this.#memoBuffer, at, imageBytes);
    this.#memoEndBytes = Math.max(this.#memoEndBytes, this.#memoStart + this.#memoBuffered);
  }

  /** Where in the buffer the next memo goes, which stands at `offset` in the file. */
  #memoRoom(offset: number, imageBytes: number): number {
    const follows = offset === this.#memoStart + this.#memoBuffered;
    if (!follows || this.#memoBuffered + imageBytes > this.#memoBuffer.length) {
      this.#flushMemos();
      this.#memoStart = offset;
      if (imageBytes > this.#memoBuffer.length) this.#memoBuffer = new Uint8Array(imageBytes);
    }
    const at = this.#memoBuffered;
    this.#memoBuffered += imageBytes;
    return at;
  }

  #log(block: number, bytes: Uint8Array): void {
    this.#loggedBytes += bytes.length;
    if (this.#loggedBytes > this.#maxLoggedBytes) {
      throw new FieldstoneError('LIMIT', `the memos of one load into "${this.store.name}" exceed transactionMemory (${this.#maxLoggedBytes} bytes), which bounds them in dBASE IV tables; split the load`, {
        table: this.store.name, option: 'transactionMemory',
      });
    }
    this.#logged.push({ block, bytes });
  }

  /** Memos before rows, always. */
  #flushMemos(): void {
    const base = this.store.base.memo;
    if (base === undefined || this.#memoBuffered === 0) return;
    writeFully(base.cached.file, this.#memoBuffer.subarray(0, this.#memoBuffered), this.#memoStart);
    this.#memoStart += this.#memoBuffered;
    this.#memoBuffered = 0;
  }

  #flush(): void {
    this.#flushMemos();
    const { base } = this.store;
    const offset = base.offsetOf(this.#firstRecno) + this.#written;
    const below = Math.max(0, Math.min(this.#buffered, this.#publishedBytes - offset));
    for (let i = 0; i < below; i++) this.#head.push(this.#buffer[i] ?? 0);
    if (below < this.#buffered) writeFully(base.file, this.#buffer.subarray(below, this.#buffered), offset + below);
    this.#written += this.#buffered;
    this.#buffered = 0;
  }

  /** All rows are in the files; sync them before the commit. Throws DUPLICATE. */
  finish(): void {
    this.#flush();
    this.#entries?.sort();
    this.#entries?.assertUnique(this.store.name);
  }

  /** The writes that publish the load. */
  commit(): StoreWrites {
    const { base } = this.store;
    const count = this.#written / this.store.layout.recordLength;
    return new ExtentWrites(this.store, {
      firstRecno: this.#firstRecno, lastRecno: this.#firstRecno + count - 1,
      headOffset: base.offsetOf(this.#firstRecno), head: Uint8Array.from(this.#head), memoEndBytes: this.#memoEndBytes,
    }, this.#logged, this.#entries);
  }

  /** Gives everything back; the bytes behind the counted rows are cut off, if the file may still be touched. */
  abandon(mayWrite: boolean): void {
    const { store } = this;
    this.#abandoned = true;
    if (!mayWrite) return;
    store.recnos.giveBackRange(this.#firstRecno, store.recnos.next);
    const { base } = store;
    if (base.stat().sizeBytes > base.publishedBytes && store.extents.length === 0) base.file.truncate(base.publishedBytes);
  }
}

/** The commit of a load: one extent. */
class ExtentWrites implements StoreWrites {
  readonly isEmpty = false;
  readonly sizeBytes = 0;
  readonly store: RecordStore;
  readonly #extent: Extent;
  readonly #memos: readonly { block: number; bytes: Uint8Array }[];
  readonly #entries: LoadEntries | undefined;

  constructor(store: RecordStore, extent: Extent, memos: readonly { block: number; bytes: Uint8Array }[], entries: LoadEntries | undefined) {
    this.#entries = entries;
    this.store = store;
    this.#extent = extent;
    this.#memos = memos;
  }

  checkConflicts(): void { /* nobody else could touch these numbers */ }

  encode(w: ByteWriter): void {
    const { memo } = this.store.base;
    if (this.#memos.length > 0) writeMemos(w, this.store.name, this.#memos);
    if (this.store.autoNext.size > 0) writeCounters(w, this.store.name, this.store.autoNext);
    writeExtent(w, this.store.name, { ...this.#extent, memoNextBlock: memo === undefined ? 0 : memo.allocator.nextBlock });
  }

  markInFlight(): void { /* the append lease keeps others away */ }
  publish(sequence: number, _snapshots: LiveSnapshots): void {
    for (const memo of this.#memos) this.store.active.putMemo(memo.block, memo.bytes);
    this.store.publishExtent(this.#extent, sequence);
    this.#entries?.publish(sequence);
  }
  withdraw(): void { /* the caller abandons the load */ }
}

/** The log learns that a load begins: recovery then cuts what it left. */
export class ExtentBegin implements StoreWrites {
  readonly isEmpty = false;
  readonly sizeBytes = 0;
  readonly store: RecordStore;
  constructor(store: RecordStore) { this.store = store; }
  checkConflicts(): void { /* nothing is changed */ }
  encode(w: ByteWriter): void { writeExtentBegin(w, this.store.name); }
  markInFlight(): void { /* nothing is changed */ }
  publish(): void { /* nothing is changed */ }
  withdraw(): void { /* nothing is changed */ }
}
