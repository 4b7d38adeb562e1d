import type { MemoSource } from '#storage';
import type { ReadSet } from '../commit/read-set.js';
import type { RecordStore } from './record-store.js';
import type { RecordWrites } from './record-writes.js';

const NOTHING: Uint8Array = new Uint8Array(0);

/** A table as one reader sees it: a snapshot, with the reader's own writes on top. */
export class RecordView {
  readonly store: RecordStore;
  /** Moved by handles that always read the newest state. */
  sequence: number;
  /** Moved by handles whose transaction begins to write. */
  writes: RecordWrites | undefined;
  readonly readSet: ReadSet | undefined;
  /** Where find() found the record: a view, decode at once. */
  bytes = NOTHING;
  start = 0;

  constructor(store: RecordStore, sequence: number, writes?: RecordWrites, readSet?: ReadSet) {
    this.store = store;
    this.sequence = sequence;
    this.writes = writes;
    this.readSet = readSet;
  }

  /** Records up to here may exist for this reader. */
  get highestRecno(): number {
    return Math.max(this.store.counts.at(this.sequence), this.writes?.highestRecno ?? 0);
  }

  /** The same, as an answer to the reader: for a serializable one a record that is appended meanwhile is a change of it. */
  recordCount(): number {
    this.readSet?.range(this.store, this.store.counts.at(this.sequence) + 1, Infinity);
    return this.highestRecno;
  }

  get memoSource(): MemoSource { return this.writes ?? this.store.memoSource; }

  find(recno: number): boolean {
    const own = this.writes?.rows.get(recno);
    if (own !== undefined) {
      this.bytes = own.bytes;
      this.start = 0;
      return true;
    }
    this.readSet?.point(this.store, recno);
    if (!this.store.find(recno, this.sequence)) return false;
    this.bytes = this.store.foundBytes;
    this.start = this.store.foundStart;
    return true;
  }
}
