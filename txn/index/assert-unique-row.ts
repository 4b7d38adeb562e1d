import { hashKey } from '#index';
import { FieldstoneError } from '#storage';
import type { RecordStore } from '../record/record-store.js';
import { RecordView } from '../record/record-view.js';
import type { RecordWrites } from '../record/record-writes.js';
import { entriesOf, rangeOfKey } from './entry-changes.js';
import { IndexCursor } from './index-cursor.js';
import { RECNO_BYTES } from './index-keys.js';
import type { IndexStore } from './index-store.js';

/**
 * A transaction wrote a row: no other row that it sees has the same key of a unique index. The commit proves it again against what
 * others did meanwhile. Throws DUPLICATE.
 */
export function assertUniqueRow(store: RecordStore, writes: RecordWrites, sequence: number, recno: number, image: Uint8Array): void {
  const inserted = writes.insertedKeys;
  // Of the transaction's own entries only those of other rows matter; without changed rows their keys alone tell.
  const view = new RecordView(store, sequence, inserted !== undefined || writes.rows.size === 1 ? undefined : writes);
  for (const index of store.indexes.stores) {
    if (index.definition.unique !== true) continue;
    for (const entry of entriesOf(index, image, 0, recno, writes)) {
      const cursor = IndexCursor.open(index, view, rangeOfKey(entry, entry.length - RECNO_BYTES), false, hashKey(entry, entry.length - RECNO_BYTES));
      while (cursor.next()) if (cursor.recno !== recno) throw duplicate(store, index, cursor.recno);
      const holder = inserted?.take(index, entry, recno) ?? 0;
      if (holder !== 0) throw duplicate(store, index, holder);
    }
  }
}

function duplicate({ name }: RecordStore, index: IndexStore, recno: number): FieldstoneError {
  return new FieldstoneError('DUPLICATE', `record ${recno} of "${name}" has the same key of the unique index "${index.name}"`, {
    table: name, recno, details: { index: index.name },
  });
}
