import type { MemoKind } from '../memo/memo-kind.js';
import type { DbfField, DbfLayout } from './dbf-types.js';

/** How a memo field points into the memo file: decimal text, u32, or the SMT structure with length and type. */
export type PointerForm = 'text' | 'binary' | 'smt';

const TEXT_POINTER_BYTES = 10;
const BINARY_POINTER_BYTES = 4;

/** The field's bytes are a pointer: M G P W, and B when it is 10 wide (8 is a double). */
export function isMemoField(field: Pick<DbfField, 'type' | 'length'>): boolean {
  const { type, length } = field;
  if (type === 'B') return length === TEXT_POINTER_BYTES;
  return 'MGPW'.includes(type) && (length === TEXT_POINTER_BYTES || length === BINARY_POINTER_BYTES);
}

/**
 * The layout of the memo file: by the version byte; when that promises none and memo fields are there all the
 * same, by their width. undefined without memo fields.
 */
export function memoKindOf(promised: MemoKind | undefined, fields: readonly Pick<DbfField, 'type' | 'length'>[]): MemoKind | undefined {
  const first = fields.find(isMemoField);
  if (first === undefined) return undefined;
  return promised ?? (first.length === BINARY_POINTER_BYTES ? 'fpt' : 'dbt3');
}

/** By field width, not by version: tables with 0xF5 and 4-byte pointers exist. */
export function pointerForm(layout: Pick<DbfLayout, 'memoKind'>, field: Pick<DbfField, 'length'>): PointerForm {
  if (field.length === BINARY_POINTER_BYTES) return 'binary';
  return layout.memoKind === 'smt' ? 'smt' : 'text';
}
