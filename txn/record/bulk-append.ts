import { BLOCK_HEADER_BYTES, ByteMemory, encodeMemo, FieldstoneError, closeMemoImage, memoImageBytes, writeMemoImage, writeFully, writePointer, type ByteWriter, type DbfField, type MemoSource, type PendingMemo } from '#storage';
import { writeCounters, writeExtent, writeExtentBegin, writeMemos } from '../commit/commit-record.js';
import type { LiveSnapshots } from '../commit/live-snapshots.js';
import type { StoreWrites } from '../commit/versioned-store.js';
import type { IndexStore } from '../index/index-store.js';
import type { KeySink } from '../index/key-sink.js';
import type { LoadEntries } from '../index/load-entries.js';
import { cutForGood } from './cut-for-good.js';
import type { Extent } from './foldable-records.js';
import { usedEnds } from './record-fold.js';
import type { RecordStore } from './record-store.js';

/** A memo that is written in place begins with so much room. */
const LEAST_MEMO_ROOM = 1 << 14;
/** Memory for the memos of a small load, for each row that is expected. */
const LIKELY_MEMO_BYTES = 256;
const NO_BYTES = Buffer.alloc(0);
const NO_MEMORY = new ByteMemory(NO_BYTES);

/**
 * A load of any size: rows go straight to the end of the table file (memos to the end of the memo
 * file) in large writes, uncounted until one small log record names them.
 */
export class BulkAppend {
  readonly store: RecordStore;
  readonly #firstRecno: number;
  readonly #publishedBytes: number;
  #memory: ByteMemory;
  #buffer: Buffer;
  #head: number[] = [];
  /** Memos that stand one after another in the file, from #memoStart on: #memoBuffered bytes. */
  #memoMemory = NO_MEMORY;
  /** The buffer without its last block, which is kept for what fills up blocks. */
  #memoRoom = NO_MEMORY;
  #memoStart = 0;
  #memoBuffered = 0;
  /** dBASE IV memos: where the header says "end", readers look for a free run, so they wait for the checkpoint like any other. */
  #logged: { block: number; bytes: Uint8Array }[] = [];
  #loggedBytes = 0;
  readonly #maxLoggedBytes: number;
  #buffered = 0;
  #count = 0;
  #written = 0;
  #memoEndBytes = 0;
  /** The first block that was taken, and the one behind the last. */
  #memoBlocks: { readonly first: number; end: number } | undefined;
  /** Nobody else took blocks in between. */
  #isAlone = true;
  readonly #entries: LoadEntries | undefined;
  /** Memos of the row that is being added, for its keys. */
  #rowMemos: readonly PendingMemo[] = [];
  readonly #rowBlocks: number[] = [];
  readonly #memosOfRow: MemoSource = { read: ({ block }) => this.#rowMemos[this.#rowBlocks.indexOf(block)]?.bytes };
  #abandoned = false;
  #emptyRow: Uint8Array | undefined;

  /**
   * The caller holds the append lease of the store and logged its beginning.
   * `maxLoggedBytes` bounds memos that must go through the log (dBASE IV); `expected`: how many rows will come, about; 0: nobody knows.
   */
  constructor(store: RecordStore, bufferBytes: number, maxLoggedBytes: number, expected: number) {
    this.#maxLoggedBytes = maxLoggedBytes;
    this.store = store;
    this.#firstRecno = store.recnos.beginLoad();
    this.#publishedBytes = store.base.publishedBytes;
    this.#entries = store.indexes.newLoad(expected);
    const { recordLength } = store.layout;
    const most = expected > 0 ? expected : Infinity;
    const rows = Math.max(1, Math.floor(Math.min(most, bufferBytes / recordLength)));
    this.#memory = new ByteMemory(Buffer.alloc(rows * recordLength));
    this.#buffer = this.#memory.bytes;
    if (store.base.memo !== undefined) this.#takeMemoBuffer(Math.min(bufferBytes, 2 * LEAST_MEMO_ROOM + most * LIKELY_MEMO_BYTES));
  }

  /** Rows begin as these bytes from now on: the place at slot() holds them. */
  beginRowsAs(row: Uint8Array): void {
    this.#emptyRow = row;
    this.#clearRows(this.#buffered, this.#buffer.length);
  }

  #clearRows(from: number, to: number): void {
    const row = this.#emptyRow;
    if (row === undefined || from >= to) return;
    this.#buffer.set(row, from);
    for (let end = from + row.length; end < to; end += end - from) this.#buffer.copyWithin(end, from, Math.min(end, from + to - end));
  }

  get firstRecno(): number { return this.#firstRecno; }
  get count(): number { return this.#count; }
  /** The number of the row at slot(). */
  get recno(): number { return this.#firstRecno + this.#count; }
  get buffer(): Uint8Array { return this.#buffer; }
  get memory(): ByteMemory { return this.#memory; }

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
    if (this.#rowBlocks.length > 0) this.#rowBlocks.length = 0;
    for (const memo of memos) this.#placeMemo(memo);
    this.#rowMemos = memos;
    this.#entries?.add(this.#buffer, this.#buffered, this.recno, this.#memosOfRow, made);
    this.#buffered += this.store.layout.recordLength;
    this.#count++;
    this.store.recnos.takeForLoad();
  }

  /** Where the caller puts the keys of an index from now on, one for each row that has one; undefined when the index is not among those of the table. */
  takeKeys(index: IndexStore): KeySink | undefined { return this.#entries?.take(index); }

  /** Adds keys to such a sink as the index itself makes them of the row at slot(). */
  putKeys(sink: KeySink, made: unknown): void { sink.add(this.#buffer, this.#buffered, this.recno, this.#memosOfRow, made); }

  /**
   * Memory for a text memo of the row at slot(), written where it will stand, from `memoAt` on; undefined when memos of this kind are not. What fits is kept
   * with closeMemo().
   */
  openMemo(): ByteMemory | undefined {
    const base = this.store.base.memo;
    if (base?.kind !== 'fpt') return undefined;
    const offset = base.allocator.endBytes;
    if (offset !== this.#memoStart + this.#memoBuffered || this.#memoBuffered + LEAST_MEMO_ROOM > this.#memoRoom.bytes.length) {
      this.#flushMemos();
      this.#memoStart = offset;
    }
    return this.#memoRoom;
  }

  /** Valid after openMemo(). */
  get memoAt(): number { return this.#memoBuffered + BLOCK_HEADER_BYTES; }

  /** The memo that was written from `memoAt` on has this length. */
  closeMemo(field: DbfField, lengthBytes: number): void {
    const base = this.store.base.memo;
    if (base === undefined) return;
    const { allocator } = base;
    const block = allocator.allocateAtEnd(lengthBytes);
    const imageBytes = allocator.endBytes - block * allocator.blockSizeBytes;
    this.#took(block, allocator.nextBlock);
    writePointer(this.store.layout, field, { block, lengthBytes }, this.#buffer, this.#buffered);
    closeMemoImage('text', lengthBytes, this.#memoMemory, this.#memoBuffered, imageBytes);
    this.#memoBuffered += imageBytes;
    this.#memoEndBytes = this.#memoStart + this.#memoBuffered;
  }

  #placeMemo(memo: PendingMemo): void {
    const base = this.store.base.memo;
    if (base === undefined) throw new FieldstoneError('CORRUPT_MEMO', `table "${this.store.name}" has no memo file`, { table: this.store.name });
    const { kind, allocator } = base;
    const lengthBytes = memo.bytes.length;
    const block = allocator.allocateAtEnd(lengthBytes);
    this.#took(block, allocator.nextBlock);
    writePointer(this.store.layout, memo.field, { block, lengthBytes }, this.#buffer, this.#buffered);
    this.#rowBlocks.push(block);
    if (kind === 'dbt4') {
      this.#log(block, encodeMemo(kind, allocator.blockSizeBytes, memo.content, memo.bytes));
      return;
    }
    const imageBytes = memoImageBytes(kind, allocator.blockSizeBytes, lengthBytes);
    const at = this.#placeInBuffer(block * allocator.blockSizeBytes, imageBytes);
    writeMemoImage(kind, memo.content, memo.bytes, this.#memoMemory.bytes, at, imageBytes);
    this.#memoEndBytes = Math.max(this.#memoEndBytes, this.#memoStart + this.#memoBuffered);
  }

  #took(block: number, end: number): void {
    const blocks = this.#memoBlocks ??= { first: block, end: block };
    if (blocks.end !== block) this.#isAlone = false;
    blocks.end = end;
  }

  /** Where in the buffer the next memo goes, which stands at `offset` in the file. */
  #placeInBuffer(offset: number, imageBytes: number): number {
    const follows = offset === this.#memoStart + this.#memoBuffered;
    if (!follows || this.#memoBuffered + imageBytes > this.#memoMemory.bytes.length) {
      this.#flushMemos();
      this.#memoStart = offset;
      if (imageBytes > this.#memoMemory.bytes.length) this.#takeMemoBuffer(imageBytes);
    }
    const at = this.#memoBuffered;
    this.#memoBuffered += imageBytes;
    return at;
  }

  #takeMemoBuffer(sizeBytes: number): void {
    this.#memoMemory = new ByteMemory(Buffer.allocUnsafeSlow(sizeBytes + (this.store.base.memo?.allocator.blockSizeBytes ?? 0)));
    this.#memoRoom = new ByteMemory(this.#memoMemory.bytes.subarray(0, sizeBytes));
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
    writeFully(base.cached.file, this.#memoMemory.bytes.subarray(0, this.#memoBuffered), this.#memoStart);
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
    this.#clearRows(0, this.#buffered);
    this.#buffered = 0;
  }

  /** All rows are in the files; sync them before the commit. Throws DUPLICATE. */
  finish(): void {
    this.#flush();
    this.#entries?.finish();
    this.#entries?.assertUnique(this.store.name);
  }

  /** The writes that publish the load. */
  commit(): StoreWrites {
    const { base } = this.store;
    const count = this.#written / this.store.layout.recordLength;
    const memoStartBytes = (this.#memoBlocks?.first ?? 0) * (base.memo?.allocator.blockSizeBytes ?? 0);
    return new ExtentWrites(this.store, {
      firstRecno: this.#firstRecno, lastRecno: this.#firstRecno + count - 1,
      headOffset: base.offsetOf(this.#firstRecno), head: Uint8Array.from(this.#head), memoEndBytes: this.#memoEndBytes,
    }, memoStartBytes, this.#logged, this.#entries);
  }

  /** It is over: lets go of all that takes memory. What is left may be kept as an example. */
  release(): void {
    this.#abandoned = true;
    this.store.recnos.endLoad();
    this.#memory = this.#memoMemory = this.#memoRoom = NO_MEMORY;
    this.#buffer = NO_BYTES;
    this.#head = [];
    this.#logged = [];
    this.#rowMemos = [];
    this.#emptyRow = undefined;
    this.#entries?.release();
  }

  /** Gives everything back; the bytes behind the counted rows are cut off, if the file may still be touched. */
  abandon(mayWrite: boolean): void {
    const { store } = this;
    this.#abandoned = true;
    if (!mayWrite) return;
    store.recnos.giveBackLoad();
    cutForGood(store.base.file, usedEnds(store).tableBytes);
    this.#giveBackMemos();
  }

  /** Blocks behind which nobody took others: the memo file would end before the place that its header names. */
  #giveBackMemos(): void {
    const { memo } = this.store.base;
    const blocks = this.#memoBlocks;
    if (memo === undefined || blocks === undefined || !this.#isAlone || memo.allocator.nextBlock !== blocks.end) return;
    memo.allocator.undoFrom(blocks.first);
    cutForGood(memo.cached.file, usedEnds(this.store).memoBytes);
  }
}

/** The commit of a load: one extent. */
class ExtentWrites implements StoreWrites {
  readonly isEmpty = false;
  readonly sizeBytes = 0;
  readonly store: RecordStore;
  readonly #extent: Extent;
  readonly #memoStartBytes: number;
  readonly #memos: readonly { block: number; bytes: Uint8Array }[];
  readonly #entries: LoadEntries | undefined;

  constructor(
    store: RecordStore, extent: Extent, memoStartBytes: number, memos: readonly { block: number; bytes: Uint8Array }[], entries: LoadEntries | undefined,
  ) {
    this.#entries = entries;
    this.store = store;
    this.#extent = extent;
    this.#memoStartBytes = memoStartBytes;
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
    this.store.publishExtent(this.#extent, sequence, this.#memoStartBytes);
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
