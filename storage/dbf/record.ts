import type { DbfField, DbfLayout } from './dbf-types.js';
import { isMemoField, pointerForm } from './memo-fields.js';

/** First byte of a live record. Anything but DELETED_MARK counts as live when read. */
export const LIVE_MARK = 0x20;
/** First byte of a deleted record: '*'. */
export const DELETED_MARK = 0x2a;
/** Last byte of a table, after the last record. Optional when read, always written. */
export const END_MARK = 0x1a;

/** True when the record that begins at `bytes[start]` is marked deleted. */
export function isDeleted(bytes: Uint8Array, start: number): boolean { return bytes[start] === DELETED_MARK; }

/** Marks the record at `bytes[start]` as deleted or live. */
export function markDeleted(bytes: Uint8Array, start: number, deleted: boolean): void { bytes[start] = deleted ? DELETED_MARK : LIVE_MARK; }

/** Byte offset of record `recno` (from 1) in the file. Exact for every table below 2^53 bytes. */
export function recordOffset(layout: Pick<DbfLayout, 'headerLength' | 'recordLength'>, recno: number): number {
  return layout.headerLength + (recno - 1) * layout.recordLength;
}

/** True when a field without a value holds zeros, not blanks. */
function blankIsZero(layout: DbfLayout, field: DbfField): boolean {
  if (isMemoField(field)) return pointerForm(layout, field) === 'binary';
  return 'IBYTQO@+=^0248'.includes(field.type);
}

/** Sets bit `bit` of `_NullFlags` in the record that begins at `target[at]`. */
export function setFlagBit(layout: Pick<DbfLayout, 'nullFlags'>, bit: number | undefined, on: boolean, target: Uint8Array, at: number): void {
  if (layout.nullFlags === undefined || bit === undefined) return;
  const place = at + layout.nullFlags.offset + (bit >> 3);
  const mask = 1 << (bit & 7);
  target[place] = on ? (target[place] ?? 0) | mask : (target[place] ?? 0) & ~mask;
}

/** Writes "no value" into a field: blanks or zeros, null when the field may be null, length 0 for V and Q. */
export function clearField(layout: DbfLayout, field: DbfField, target: Uint8Array, at: number): void {
  target.fill(blankIsZero(layout, field) ? 0 : LIVE_MARK, at + field.offset, at + field.offset + field.length);
  if (field.lengthBit !== undefined) target[at + field.offset + field.length - 1] = 0;
  setFlagBit(layout, field.lengthBit, true, target, at);
  setFlagBit(layout, field.nullBit, true, target, at);
}

/** A live record without values: nullable fields are null, the others blank. */
export function blankRecord(layout: DbfLayout): Uint8Array {
  const record = new Uint8Array(layout.recordLength).fill(LIVE_MARK);
  if (layout.nullFlags !== undefined) record.fill(0, layout.nullFlags.offset, layout.nullFlags.offset + layout.nullFlags.length);
  for (const field of layout.fields) if (!field.hidden) clearField(layout, field, record, 0);
  return record;
}
