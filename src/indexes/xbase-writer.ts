import { CdxKeys, encodeNtxNumber, putSortableDouble, type CompiledExpression, type ExpressionRow, type TagFacts } from '#index';
import { FieldstoneError } from '#storage';
import type { CatalogIndex } from '#txn';

const BLANK = 0x20;
const UNIX_EPOCH_JULIAN = 2_440_588;
const DAY_MS = 86_400_000;

/** Writes the key of a row at the start of `out`. */
export type WriteKey = (row: ExpressionRow, out: Buffer) => void;

/** Makes keys as the format of the file has them. Throws UNSUPPORTED when keys of the expression do not fit the tag. */
export function keyWriter(kind: CatalogIndex['kind'], expression: CompiledExpression, facts: TagFacts, decimals: number): WriteKey {
  if (kind === 'cdx' || kind === 'idx') {
    const keys = new CdxKeys(expression, facts);
    return (row, out) => { keys.write(row, out, 0); };
  }
  const { value } = expression;
  const { keyLength } = facts;
  switch (value.type) {
    case 'C': return (row, out) => {
      if (out.length < value.length) throw new FieldstoneError('LIMIT', `a key of ${value.length} bytes is too long`);
      const written = Math.max(0, value.text(row, out, 0));
      for (let i = written; i < keyLength; i++) out[i] = BLANK;
    };
    case 'N': return kind === 'ndx' ? (row, out) => { putSortableDouble(orZero(value.number(row)), out, 0); }
      : (row, out) => { encodeNtxNumber(orZero(value.number(row)), keyLength, decimals, out); };
    case 'D': return kind === 'ndx' ? (row, out) => { putSortableDouble(value.number(row) || BLANK_DATE, out, 0); }
      : (row, out) => { out.write(dayText(value.number(row)), 0, 'latin1'); };
    case 'L':
      if (kind === 'ndx') break;
      return (row, out) => { out[0] = value.logical(row) === 1 ? 0x54 : 0x46; };
    case 'T': break;
  }
  throw new FieldstoneError('UNSUPPORTED', `keys of type ${value.type} are not kept in ${kind.toUpperCase()} files`);
}

/** What dBASE III documents for the key of a blank date. */
export const BLANK_DATE = 1e100;

function orZero(value: number): number { return Number.isNaN(value) ? 0 : value; }

/** YYYYMMDD of a Julian day number; blanks for none. */
export function dayText(julian: number): string {
  return julian > 0 ? new Date((julian - UNIX_EPOCH_JULIAN) * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '') : '        ';
}

/** The day of a Julian day number at UTC midnight; null for none. */
export function dayOf(julian: number): Date | null {
  return julian > 0 && julian < BLANK_DATE ? new Date(Math.round((julian - UNIX_EPOCH_JULIAN) * DAY_MS)) : null;
}

/** The Julian day number of a date, with the time of the day as its fraction. */
export function julianOf(date: Date): number { return date.getTime() / DAY_MS + UNIX_EPOCH_JULIAN; }
