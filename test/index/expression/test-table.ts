import { compileExpression, type CompileOptions } from '#index';
import type { DbfLayout } from '#storage';

/** A layout made by hand: one field after the other. */
export function layoutOf(fields: readonly (readonly [name: string, type: string, length: number, decimals?: number, nullBit?: number])[],
  more: Partial<DbfLayout> = {}): DbfLayout {
  let offset = 1;
  const made = fields.map(([name, type, length, decimals = 0, nullBit]) => {
    const field = { name, type, length, decimals, offset, nullable: nullBit !== undefined, binary: false, hidden: false,
      ...(nullBit === undefined ? {} : { nullBit }) };
    offset += length;
    return field;
  });
  return {
    version: 0x30, dialect: 'vfp', headerLength: 0, recordLength: offset + 1, claimedCount: 0, recordCount: 0, physicalCount: 0, fields: made,
    nullFlags: { offset, length: 1 }, languageDriver: 3, tableFlags: 0, encoding: 'cp1252', lastUpdate: null, hasStructuralIndex: false,
    headerBytes: new Uint8Array(0), findings: [], ...more,
  };
}

export type Shown = string | number | boolean | null;

/** The value of an expression for one record. */
export function evaluate(text: string, layout: DbfLayout, record: Buffer, options: Partial<CompileOptions> = {}): Shown {
  const { value } = compileExpression(text, { layout, ...options });
  const row = { bytes: record, start: 0, recno: 42 };
  if (value.type === 'C') {
    const out = Buffer.alloc(value.length);
    const length = value.text(row, out, 0);
    if (length > value.length) throw new Error(`${text}: ${length} bytes written, ${value.length} promised`);
    return length < 0 ? null : out.toString('latin1', 0, length);
  }
  if (value.type === 'L') {
    const logical = value.logical(row);
    return logical === 2 ? null : logical === 1;
  }
  const number = value.number(row);
  return Number.isNaN(number) ? null : number + 0;
}
