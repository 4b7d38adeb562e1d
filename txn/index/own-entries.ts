import { SkipList } from '#index';
import type { MemoSource } from '#storage';
import { entriesOf, type ChangedRecords, type ChangedRow, type ChangedRows } from './entry-changes.js';
import type { IndexStore } from './index-store.js';

const PRESENT = Buffer.alloc(0);
const NO_ENTRIES: readonly Buffer[] = [];

/** A transaction's own rows of one table. */
export interface OwnRows {
  readonly rows: ChangedRows;
  /** Numbers of rows in the order in which they were written or put back. */
  readonly changed: readonly number[];
  readonly memos: MemoSource;
}

/** The entries of a transaction's own rows in one index, over those of its snapshot; brought up to date when somebody looks. */
export class OwnEntries {
  readonly index: IndexStore;
  readonly #records: ChangedRecords;
  readonly #own: OwnRows;
  readonly #sequence: number;
  readonly #list = new SkipList(1);
  readonly #entries = new Map<number, readonly Buffer[]>();
  #seen = 0;
  #clock = 0;

  constructor(index: IndexStore, records: ChangedRecords, own: OwnRows, sequence: number) {
    this.index = index;
    this.#records = records;
    this.#own = own;
    this.#sequence = sequence;
  }

  list(): SkipList {
    const { changed } = this.#own;
    for (; this.#seen < changed.length; this.#seen++) this.#follow(changed[this.#seen] ?? 0);
    return this.#list;
  }

  #follow(recno: number): void {
    const row = this.#own.rows.get(recno);
    const shown = this.#entries.get(recno) ?? this.#committed(recno, row);
    const now = row === undefined ? this.#committed(recno, undefined) : entriesOf(this.index, row.bytes, 0, recno, this.#own.memos);
    for (const entry of shown) this.#list.put(entry, entry.length, ++this.#clock, undefined, false);
    for (const entry of now) this.#list.put(entry, entry.length, ++this.#clock, PRESENT, false);
    this.#entries.set(recno, now);
  }

  #committed(recno: number, row: ChangedRow | undefined): readonly Buffer[] {
    const records = this.#records;
    if (row?.inserted === true || !records.find(recno, this.#sequence)) return NO_ENTRIES;
    return entriesOf(this.index, records.foundBytes, records.foundStart, recno, records.memoSource);
  }
}
