import { FieldstoneError } from '../base/errors.js';
import type { DbfLayout } from './dbf-types.js';
import { headerDateBytes } from './header-date.js';

/** Bytes to write at a place in the table file. */
export interface HeaderPatch { readonly offset: number; readonly bytes: Uint8Array }

/** What changes in the header of a table while it is used. */
export interface HeaderState {
  readonly recordCount: number;
  /** Its UTC day is written; undefined leaves the date alone. */
  readonly lastUpdate: Date | undefined;
  /** Next autoincrement values by field name as in the header. */
  readonly autoIncrementNext: ReadonlyMap<string, number>;
  /** New byte 28, when it changes. */
  readonly tableFlags?: number;
}

/** The count is a u32 in the header. */
const MAX_RECORDS = 0xffff_ffff;

function countPatch(layout: DbfLayout, state: HeaderState): HeaderPatch {
  const bytes = new Uint8Array(7);
  new DataView(bytes.buffer).setUint32(3, state.recordCount, true);
  if (state.lastUpdate === undefined) return { offset: 4, bytes: bytes.subarray(3) };
  bytes.set(headerDateBytes(layout, state.lastUpdate));
  return { offset: 1, bytes };
}

/**
 * The smallest set of writes that brings the header up to `state`: date and count in one write, each autoincrement
 * counter, byte 28. All other header bytes stay as they are in the file.
 *
 * @throws FieldstoneError UNSUPPORTED for dBASE II tables, LIMIT when the count does not fit, NOT_FOUND when a counter
 * is given for a field that has none.
 */
export function headerPatches(layout: DbfLayout, state: HeaderState): HeaderPatch[] {
  if (layout.dialect === 'dbase2') {
    throw new FieldstoneError('UNSUPPORTED', 'dBASE II tables can be read but not written; copy it to another dialect');
  }
  if (!Number.isInteger(state.recordCount) || state.recordCount < 0 || state.recordCount > MAX_RECORDS) {
    throw new FieldstoneError('LIMIT', `a table holds 0 to ${MAX_RECORDS} records, not ${state.recordCount}`);
  }
  const patches = [countPatch(layout, state)];
  for (const [name, next] of state.autoIncrementNext) {
    const field = layout.fields.find((f) => f.name === name);
    if (field?.autoIncrement === undefined) {
      throw new FieldstoneError('NOT_FOUND', `field "${name}" has no autoincrement counter`, { field: name });
    }
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, next, true);
    patches.push({ offset: field.autoIncrement.headerOffset, bytes });
  }
  if (state.tableFlags !== undefined) patches.push({ offset: 28, bytes: Uint8Array.of(state.tableFlags) });
  return patches;
}
