import { blankRecord, DELETED_MARK, END_MARK, isMemoField, LIVE_MARK, readPointer, clearField, readUpTo, type DbfLayout, type MemoPointer, type VfsFile } from '#storage';
import type { TableBuilder } from '../table/table-builder.js';

/** What was mended in the records of a table, counted. */
export interface RecordRepairs {
  oddMarks: number;
  danglingPointers: number;
  invalidPointers: number;
}

export function noRepairs(): RecordRepairs { return { oddMarks: 0, danglingPointers: 0, invalidPointers: 0 }; }

/** What mending the records of a table needs to know. */
export interface RecordMender {
  readonly layout: DbfLayout;
  readonly builder: TableBuilder;
  readonly readMemo: (pointer: MemoPointer) => Uint8Array | undefined;
  readonly repairs: RecordRepairs;
}

/** Copies one record: an odd delete mark becomes "live", as readers take it; pointers that lead nowhere become empty. */
export function copyMended(m: RecordMender, bytes: Uint8Array, start: number): void {
  const { layout, repairs } = m;
  const record = new Uint8Array(bytes.subarray(start, start + layout.recordLength));
  if (record[0] !== LIVE_MARK && record[0] !== DELETED_MARK) {
    record[0] = LIVE_MARK;
    repairs.oddMarks++;
  }
  for (const field of layout.fields) {
    if (!isMemoField(field) || readPointer(layout, field, record, 0) !== 'garbage') continue;
    clearField(layout, field, record, 0);
    repairs.invalidPointers++;
  }
  m.builder.copy(record, 0, (pointer) => {
    const value = m.readMemo(pointer);
    if (value === undefined) repairs.danglingPointers++;
    return value;
  });
}

/** How many whole records stand behind the counted ones: up to an end mark or a byte that is no delete mark. */
export function uncountedRecords(file: VfsFile, layout: DbfLayout): number {
  const mark = new Uint8Array(1);
  let found = 0;
  for (let recno = layout.recordCount + 1; recno <= layout.physicalCount; recno++) {
    const got = readUpTo(file, mark, layout.headerLength + (recno - 1) * layout.recordLength);
    if (got !== 1 || (mark[0] !== LIVE_MARK && mark[0] !== DELETED_MARK)) break;
    found++;
  }
  return found;
}

/**
 * The record that the end of the file cuts off, when the header counts it: its whole fields, the others blank. undefined
 * when there is none.
 */
export function truncatedRecord(file: VfsFile, layout: DbfLayout): Uint8Array | undefined {
  if (layout.claimedCount <= layout.physicalCount) return undefined;
  const start = layout.headerLength + layout.physicalCount * layout.recordLength;
  const part = new Uint8Array(Math.max(0, Math.min(layout.recordLength, file.stat().sizeBytes - start)));
  const present = readUpTo(file, part, start);
  if (present < 2 || (part[0] !== LIVE_MARK && part[0] !== DELETED_MARK)) return undefined;
  if (present === 2 && part[1] === END_MARK) return undefined;
  const record = blankRecord(layout);
  record[0] = part[0];
  for (const field of layout.fields) {
    if (field.offset + field.length <= present) record.set(part.subarray(field.offset, field.offset + field.length), field.offset);
  }
  return record;
}
