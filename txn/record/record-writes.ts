import {
  assert, encodeMemo, END_MARK, FieldstoneError, isMemoField, rawPointer, wholeSpan, writePointer, type ByteWriter,
  type MemoPointer, type MemoSource, type MemoSpan, type PendingMemo,
} from '#storage';
import { writeCounters, writeMemos, writeRows } from '../commit/commit-record.js';
import type { LiveSnapshots } from '../commit/live-snapshots.js';
import type { StoreWrites } from '../commit/versioned-store.js';
import type { SkipList } from '#index';
import type { EntryChanges } from '../index/entry-changes.js';
import type { IndexStore } from '../index/index-store.js';
import { InsertedKeys } from '../index/inserted-keys.js';
import { OwnEntries } from '../index/own-entries.js';
import { PendingRows } from './pending-rows.js';
import type { RecordStore } from './record-store.js';

/** Pointers of memos that have no place yet: numbers no real file reaches (checked at each write). */
const PROVISIONAL_BLOCK = 0xf000_0000;

/** One record as the transaction wants it. Never changed in place: savepoints keep the older object. */
export interface PendingRow {
  readonly bytes: Uint8Array;
  /** Memo values of this image that still need a place. */
  readonly memos: readonly PlacedMemo[];
  readonly inserted: boolean;
}

interface PlacedMemo extends PendingMemo { readonly provisional: number }

const NO_MEMOS: readonly PlacedMemo[] = [];
const NO_CHANGES: readonly EntryChanges[] = [];
const NO_BYTES = new Uint8Array(0);
const ROW_OVERHEAD_BYTES = 64;

/** The private writes of one transaction in one table. */
export class RecordWrites implements StoreWrites, MemoSource {
  readonly store: RecordStore;
  readonly rows = new PendingRows<PendingRow>();
  /** Highest record number this transaction sees: its snapshot's count, or its own last insert. */
  highestRecno = 0;
  #sizeBytes = 0;
  /** Memo values without a place, by provisional number; most transactions have none. */
  #provisional: Uint8Array[] | undefined;
  // What most transactions do not need is made when it is needed.
  #placed: { block: number; bytes: Uint8Array; lengthBytes: number }[] | undefined;
  #freed: { block: number; lengthBytes: number }[] | undefined;
  #countersChanged = false;
  #changed: number[] | undefined;
  #ownEntries: OwnEntries[] | undefined;
  #entryChanges = NO_CHANGES;
  /** The indexes whose unique keys were looked at for each row that was written, if they were the same each time. */
  #provenIn: readonly IndexStore[] | undefined;
  #insertsOnly = true;
  #insertedKeys: InsertedKeys | undefined;

  constructor(store: RecordStore) {
    this.store = store;
  }

  /** Memo values as this transaction sees them. */
  read(pointer: MemoPointer): Uint8Array | undefined {
    return this.#provisional?.[pointer.block - PROVISIONAL_BLOCK] ?? this.store.readMemo(pointer);
  }

  locate(pointer: MemoPointer, into: MemoSpan): boolean {
    const own = this.#provisional?.[pointer.block - PROVISIONAL_BLOCK];
    return own === undefined ? this.store.locateMemo(pointer, into) : wholeSpan(own, into);
  }

  /** Numbers of rows in the order in which they were written, for the transaction's own view of the indexes. */
  get changed(): number[] { return this.#changed ??= []; }

  get isEmpty(): boolean { return this.rows.size === 0; }
  get sizeBytes(): number { return this.#sizeBytes; }

  /** Stores the new image and returns what was pending before, for undo. */
  put(recno: number, bytes: Uint8Array, pending: readonly PendingMemo[], inserted: boolean): PendingRow | undefined {
    const before = this.rows.get(recno);
    if (!inserted || before !== undefined) this.#insertsOnly = false;
    const plain = pending.length === 0 && (before === undefined || before.memos.length === 0);
    this.rows.set(recno, { bytes, memos: plain ? NO_MEMOS : this.#memosOf(bytes, pending, before?.memos ?? NO_MEMOS), inserted });
    this.#sizeBytes += bytes.length + ROW_OVERHEAD_BYTES;
    if (recno > this.highestRecno) this.highestRecno = recno;
    if (!this.store.indexes.isEmpty) this.changed.push(recno);
    return before;
  }

  /** The new memo values, and those of the older image that this one still points to. */
  #memosOf(bytes: Uint8Array, pending: readonly PendingMemo[], before: readonly PlacedMemo[]): PlacedMemo[] {
    const fresh = pending.map((memo) => this.#provide(memo, bytes));
    const replaced = new Set(fresh.map((m) => m.field));
    const kept = before.filter((m) => !replaced.has(m.field) && rawPointer(this.store.layout, m.field, bytes, 0)?.block === m.provisional + PROVISIONAL_BLOCK);
    return [...kept, ...fresh];
  }

  #provide(memo: PendingMemo, bytes: Uint8Array): PlacedMemo {
    const { base } = this.store;
    if (base.memo === undefined) throw new FieldstoneError('CORRUPT_MEMO', `table "${this.store.name}" has no memo file`, { table: this.store.name, field: memo.field.name });
    if (base.memo.allocator.nextBlock >= PROVISIONAL_BLOCK) throw new FieldstoneError('LIMIT', `the memo file of "${this.store.name}" is full; pack it`, { table: this.store.name });
    if (base.memo.kind === 'dbt3' && memo.bytes.includes(END_MARK)) {
      throw new FieldstoneError('VALUE', `field "${memo.field.name}": a dBASE III memo can not hold the byte 1A, which ends it`, { table: this.store.name, field: memo.field.name });
    }
    const provisional = (this.#provisional ??= []).push(memo.bytes) - 1;
    this.#sizeBytes += memo.bytes.length;
    writePointer(this.store.layout, memo.field, { block: provisional + PROVISIONAL_BLOCK, lengthBytes: memo.bytes.length }, bytes, 0);
    return { ...memo, provisional };
  }

  /** Undo of one put(), newest first. */
  restore(recno: number, before: PendingRow | undefined): void {
    const now = this.rows.get(recno);
    this.undo(recno, before);
    if (now?.inserted === true && before === undefined) this.store.recnos.giveBack(recno);
  }

  /** The same, but for the number of a row that was inserted: it stays taken. */
  undo(recno: number, before: PendingRow | undefined): void {
    this.#insertsOnly = false;
    const now = this.rows.get(recno);
    if (before !== undefined) this.rows.set(recno, before);
    else this.rows.delete(recno);
    if (now !== undefined) this.#forget(now, before);
    if (!this.store.indexes.isEmpty) this.changed.push(recno);
  }

  /** An image that nobody can come back to takes no memory any more. */
  #forget(now: PendingRow, before: PendingRow | undefined): void {
    this.#sizeBytes -= now.bytes.length + ROW_OVERHEAD_BYTES;
    for (const memo of now.memos) {
      if (before?.memos.includes(memo) === true || this.#provisional === undefined) continue;
      this.#provisional[memo.provisional] = NO_BYTES;
      this.#sizeBytes -= memo.bytes.length;
    }
  }

  usedCounters(): void { this.#countersChanged = true; }

  /** Undefined once anything but an insert was done: rows that changed take other keys. */
  get insertedKeys(): InsertedKeys | undefined { return this.#insertsOnly ? this.#insertedKeys ??= new InsertedKeys() : undefined; }

  /** The row that was put last has keys of its own in all unique indexes, as its transaction sees them. */
  provenUnique(): void {
    const { stores } = this.store.indexes;
    this.#provenIn = this.rows.size === 1 || this.#provenIn === stores ? stores : undefined;
  }

  checkConflicts(sequence: number): void {
    const { store } = this;
    if (store.retired) throw new FieldstoneError('CONFLICT', `table "${store.name}" was rebuilt by another transaction`, { table: store.name });
    this.rows.forEach((_, recno) => {
      if (store.isInFlight(recno) || store.lastChangeOf(recno) > sequence) {
        throw new FieldstoneError('CONFLICT', `record ${recno} of "${store.name}" was changed by another transaction`, { table: store.name, recno });
      }
    });
    // While memos still stand under their provisional numbers.
    if (!store.indexes.isEmpty) {
      const provenAt = this.#provenIn === store.indexes.stores ? sequence : -1;
      this.#entryChanges = store.indexes.changesOf(store, this.rows, this, provenAt);
    }
  }

  /** False once something was written. */
  get isUntouched(): boolean { return this.rows.size === 0 && (this.#changed === undefined || this.#changed.length === 0); }

  /** The entries of these rows in an index, over those of a snapshot. */
  entriesOf(index: IndexStore, sequence: number): SkipList {
    const all = this.#ownEntries ??= [];
    let own = all.find((each) => each.index === index);
    if (own === undefined) all.push(own = new OwnEntries(index, this.store, { rows: this.rows, changed: this.changed, memos: this }, sequence));
    return own.list();
  }

  encode(w: ByteWriter): void {
    const { store } = this;
    if (store.base.memo !== undefined) this.#placeMemos();
    if (this.#placed !== undefined) writeMemos(w, store.name, this.#placed);
    if (this.#countersChanged) writeCounters(w, store.name, store.autoNext);
    writeRows(w, store.name, store.layout.recordLength, this.rows);
  }

  #placeMemos(): void {
    for (const [, row] of this.rows) for (const memo of row.memos) this.#place(memo, row.bytes);
    if (this.store.base.memo?.kind === 'dbt4') this.#collectFreed();
  }

  #place(memo: PlacedMemo, row: Uint8Array): void {
    const base = this.store.base.memo;
    assert(base !== undefined, 'a pending memo has a memo file');
    const image = encodeMemo(base.kind, base.allocator.blockSizeBytes, memo.content, memo.bytes);
    const block = base.allocator.allocate(memo.bytes.length);
    writePointer(this.store.layout, memo.field, { block, lengthBytes: memo.bytes.length }, row, 0);
    (this.#placed ??= []).push({ block, bytes: image, lengthBytes: memo.bytes.length });
  }

  /** Memos of the old images that the new ones no longer point to (dBASE IV files use their blocks again). */
  #collectFreed(): void {
    const { store } = this;
    const memoFields = store.layout.fields.filter(isMemoField);
    for (const [recno, row] of this.rows) {
      if (row.inserted || !store.find(recno, Infinity)) continue;
      for (const field of memoFields) {
        const old = rawPointer(store.layout, field, store.foundBytes, store.foundStart);
        if (old === undefined || old.block === rawPointer(store.layout, field, row.bytes, 0)?.block) continue;
        const lengthBytes = store.readMemo(old)?.length;
        if (lengthBytes !== undefined) (this.#freed ??= []).push({ block: old.block, lengthBytes });
        store.find(recno, Infinity); // readMemo may have moved the view
      }
    }
  }

  markInFlight(): void {
    const { store } = this;
    this.rows.forEach((_, recno) => { store.enterFlight(recno); });
    for (const changes of this.#entryChanges) changes.markInFlight();
  }

  publish(sequence: number, snapshots: LiveSnapshots): void {
    const { store } = this;
    if (this.#placed !== undefined) for (const memo of this.#placed) store.active.putMemo(memo.block, memo.bytes);
    this.rows.forEach((row, recno) => {
      store.leaveFlight(recno);
      store.publishRow(recno, sequence, row.bytes, snapshots);
    });
    for (const changes of this.#entryChanges) changes.publish(sequence, snapshots);
    if (this.#freed !== undefined) for (const f of this.#freed) store.freeMemoLater(sequence, f.block, f.lengthBytes);
  }

  withdraw(): void {
    for (const recno of this.rows.keys()) this.store.leaveFlight(recno);
    for (const changes of this.#entryChanges) changes.withdraw();
    this.release();
  }

  /** Rolled back: record numbers and memo places go back. */
  release(): void {
    const inserted = [...this.rows].filter(([, row]) => row.inserted).map(([recno]) => recno).sort((a, b) => b - a);
    for (const recno of inserted) this.store.recnos.giveBack(recno);
    for (const memo of this.#placed?.reverse() ?? []) this.store.base.memo?.allocator.undoAllocate(memo.block, memo.lengthBytes);
    this.rows.clear();
    this.#placed = undefined;
    this.#provisional = undefined;
  }
}
