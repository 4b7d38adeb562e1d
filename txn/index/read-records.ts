import { WORK, type Steps } from '../checkpoint/step.js';
import { RecordCursor } from '../record/record-cursor.js';
import type { RecordStore } from '../record/record-store.js';
import { RecordView } from '../record/record-view.js';
import type { IndexContext } from './index-context.js';

const MOST_AT_ONCE = 1024;
const RECORDS_PER_SLICE = 16_384;

/** Records that lie in one buffer: `starts[0 .. count)` tell where, `firstRecno` is the number of the first. Valid during the call. */
export type VisitRecords = (bytes: Uint8Array, starts: Int32Array, count: number, firstRecno: number) => void;

/**
 * Hands every committed record up to number `last`, deleted ones too, to `visit`: in large reads past the page cache. Yields when others should run;
 * nobody may write to the table meanwhile. `onSlice` may throw to end it.
 */
export function* readRecords(c: IndexContext, store: RecordStore, last: number, visit: VisitRecords, onSlice?: (done: number, total: number) => void): Steps {
  const cursor = new RecordCursor(new RecordView(store, Infinity), { from: 1, to: last, reverse: false, deleted: true }, c.buffers, c.readAheadBytes);
  const starts = new Int32Array(MOST_AT_ONCE);
  try {
    let next = RECORDS_PER_SLICE;
    for (let count = cursor.nextPlaces(starts); count > 0; count = cursor.nextPlaces(starts)) {
      visit(cursor.bytes, starts, count, cursor.firstRecno);
      if (cursor.recno < next) continue;
      next = cursor.recno + RECORDS_PER_SLICE;
      onSlice?.(cursor.recno, last);
      yield WORK;
    }
    onSlice?.(last, last);
  } finally {
    cursor.close();
  }
}
