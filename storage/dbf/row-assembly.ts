import type { FieldDecoder } from './field-decoder-type.js';
import type { MemoSource } from './memo-source.js';
import { isDeleted } from './record.js';
import { canAssign, definingFactory, openRow, type FieldValue, type Row } from './row.js';

/** Makes the row of the record at `bytes[start]`; `text` and `textStart` are as for a FieldDecoder. */
export type RowAssembly = (bytes: Uint8Array, start: number, recno: number, text: string, textStart: number, memo: MemoSource) => Row;

/** One field, so that a scan of a single column keeps its own type feedback. */
function assignOne(name: string, decode: FieldDecoder): RowAssembly {
  return (bytes, start, recno, text, textStart, memo) => {
    const row = openRow(recno, isDeleted(bytes, start));
    row[name] = decode(bytes, start, text, textStart, memo);
    return row;
  };
}

function assignAll(names: readonly string[], decoders: readonly FieldDecoder[]): RowAssembly {
  const columns = decoders.map((decode, i) => ({ name: names[i] ?? '', decode }));
  const count = columns.length;
  return (bytes, start, recno, text, textStart, memo) => {
    const row = openRow(recno, isDeleted(bytes, start));
    for (let i = 0; i < count; i++) {
      const column = columns[i];
      if (column !== undefined) row[column.name] = column.decode(bytes, start, text, textStart, memo);
    }
    return row;
  };
}

function defineAll(names: readonly string[], decoders: readonly FieldDecoder[]): RowAssembly {
  const make = definingFactory(names);
  return (bytes, start, recno, text, textStart, memo) => {
    const values = new Array<FieldValue>(decoders.length);
    for (let i = 0; i < decoders.length; i++) values[i] = decoders[i]?.(bytes, start, text, textStart, memo) ?? null;
    return make(recno, isDeleted(bytes, start), values);
  };
}

/** The fastest way to make rows with these names. */
export function rowAssembly(names: readonly string[], decoders: readonly FieldDecoder[]): RowAssembly {
  if (!canAssign(names)) return defineAll(names, decoders);
  const [name] = names;
  const [decode] = decoders;
  return names.length === 1 && name !== undefined && decode !== undefined ? assignOne(name, decode) : assignAll(names, decoders);
}
