import type { ByteRange } from '#index';
import { keepLayout } from '#storage';
import type { RecordView } from '../record/record-view.js';
import { recnoOf } from './entry.js';
import { RECNO_BYTES } from './index-keys.js';
import { IndexReads } from './index-reads.js';
import type { IndexStore } from './index-store.js';
import { MergedCursor } from './merged-cursor.js';
import { hostAt } from './newest-host.js';

/** Walks a range of an index as one reader of the table sees it: its snapshot, with its own rows on top. */
export class IndexCursor {
  readonly #merged: MergedCursor;
  readonly #highest: number;
  recno = 0;

  /** `highest`: record numbers above it are not this reader's. */
  constructor(merged: MergedCursor, highest: number) {
    this.#merged = merged;
    this.#highest = highest;
  }

  /**
   * @param range of entries (keys with record numbers behind them)
   * @param keyHash of the key, when the range holds entries of one key alone
   */
  static open(index: IndexStore, view: RecordView, range: ByteRange, reverse = false, keyHash?: number): IndexCursor {
    const { writes } = view;
    view.readSet?.include(new IndexReads(index, range, keyHash));
    const highest = view.highestRecno;
    const own = writes === undefined || writes.isUntouched ? undefined : (): ReturnType<typeof writes.entriesOf> => writes.entriesOf(index, view.sequence);
    return new IndexCursor(new MergedCursor(hostAt(index, view.sequence, own, keyHash), range, reverse), highest);
  }

  /** To the next entry; false at the end. */
  next(): boolean {
    const merged = this.#merged;
    while (merged.next()) {
      this.recno = recnoOf(merged.keyBytes, merged.keyStart, merged.keyLength);
      if (this.recno <= this.#highest) return true; // rows of a load that came later are in the index already
    }
    return false;
  }

  /** The key stands in keyBytes[keyStart .. keyStart + keyLength), until the next step. */
  get keyBytes(): Buffer { return this.#merged.keyBytes; }
  get keyStart(): number { return this.#merged.keyStart; }
  get keyLength(): number { return this.#merged.keyLength - RECNO_BYTES; }
}
keepLayout(new IndexCursor(new MergedCursor({ epoch: 0, openSources: () => [] }, { lower: undefined, upper: undefined }, false), 0));
