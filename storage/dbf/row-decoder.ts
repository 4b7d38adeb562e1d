import { FieldstoneError } from '../base/errors.js';
import { latin1Text } from '../codepage/byte-text.js';
import { INTERNED_BYTES, type TextInterner } from '../codepage/text-interner.js';
import type { DbfField, DbfLayout } from './dbf-types.js';
import { fieldDecoder } from './field-decoder.js';
import type { FieldDecoder, NumberForm } from './field-decoder-type.js';
import { FieldIndex } from './field-names.js';
import { NO_MEMO, type MemoSource } from './memo-source.js';
import type { FieldValue, Row } from './row.js';
import { rowAssembly } from './row-assembly.js';
import { textSpan } from './text-span.js';

export interface RowDecoderOptions {
  /** Only these fields, in this order; names without regard to case. */
  readonly fields?: readonly string[];
  /** What the visible fields are called in rows, in the order of the table; the header's names when absent. */
  readonly names?: readonly string[];
  /** Numeric fields (by any of their names, upper-cased or as in `names`) that come back as bigint or string. */
  readonly as?: ReadonlyMap<string, NumberForm>;
  /** Gives texts that repeat again instead of making them anew. */
  readonly interner?: TextInterner | undefined;
}

/** Turns record bytes into rows. Built once per table and projection. */
export interface RowDecoder {
  /** Property names of the rows, in order. */
  readonly names: readonly string[];
  /** The fields behind `names`. */
  readonly fields: readonly DbfField[];
  /**
   * The record that begins at `bytes[start]` and is all there. Nothing of `bytes` is kept: the buffer may be reused.
   *
   * @param recno 1-based record number, for `$recno`.
   * @param memo where memo values come from; without it they are null.
   */
  decode(bytes: Uint8Array, start: number, recno: number, memo?: MemoSource): Row;
  /**
   * Sets `rows[0..count)` to the rows of `count` records that lie one behind the other from `bytes[start]` on: about a
   * fifth faster than decode() for each. Use the array again for the next run. Texts of neighbouring rows may share up to
   * 2 KiB of memory.
   */
  decodeRun(bytes: Uint8Array, start: number, count: number, recno: number, rows: Row[], memo?: MemoSource): void;
}

/** Rows whose text is taken in one call share its memory as long as one of them lives, so it is kept small. */
const SHARED_TEXT_BYTES = 2048;
/** Fewer rows in one call are not worth it when the fields fill little of the record. */
const LEAST_SHARED_ROWS = 4;

function formsByPlace(index: FieldIndex, as: ReadonlyMap<string, NumberForm> | undefined): ReadonlyMap<number, NumberForm> {
  const forms = new Map<number, NumberForm>();
  for (const [name, form] of as ?? []) forms.set(index.place(name), form);
  return forms;
}

/**
 * Makes the decoder of a table's records.
 *
 * @throws FieldstoneError NOT_FOUND for an unknown name in `fields` or `as`, SCHEMA when `as` names a field that is no number.
 *
 * @example
 * const decoder = createRowDecoder(layout, { fields: ['name', 'born'] });
 * decoder.decode(bytes, 0, 1); // { NAME: 'Ada', BORN: Date }
 */
export function createRowDecoder(layout: DbfLayout, options: RowDecoderOptions = {}): RowDecoder {
  const index = new FieldIndex(layout, options.names);
  const forms = formsByPlace(index, options.as);
  const places = options.fields === undefined ? index.fields.map((_, i) => i) : [...new Set(options.fields.map((name) => index.place(name)))];
  const names: string[] = [];
  const fields: DbfField[] = [];
  const decoders: FieldDecoder[] = [];
  for (const place of places) {
    const field = index.fields[place];
    const name = index.names[place];
    if (field === undefined || name === undefined) throw new FieldstoneError('NOT_FOUND', `no field at position ${place + 1}`);
    names.push(name);
    fields.push(field);
    decoders.push(fieldDecoder(layout, field, forms.get(place), options.interner));
  }
  const cut = options.interner === undefined ? fields : fields.filter((field) => field.length > INTERNED_BYTES);
  return makeDecoder(layout.recordLength, names, fields, decoders, cut);
}

function makeDecoder(
  recordLength: number, names: readonly string[], fields: readonly DbfField[], decoders: readonly FieldDecoder[], cut: readonly DbfField[],
): RowDecoder {
  const assemble = rowAssembly(names, decoders);
  const { from, to, dense } = textSpan(cut);
  const textRows = Math.max(1, Math.floor(SHARED_TEXT_BYTES / recordLength));
  const sharesText = to > 0 && (dense || textRows >= LEAST_SHARED_ROWS);
  return {
    names,
    fields,
    decode(bytes, start, recno, memo = NO_MEMO) {
      const text = dense ? latin1Text(bytes, start + from, start + to) : '';
      return assemble(bytes, start, recno, text, -from, memo);
    },
    decodeRun(bytes, start, count, recno, rows, memo = NO_MEMO) {
      const step = sharesText ? textRows : count;
      for (let i = 0; i < count; i += step) {
        const first = start + i * recordLength;
        const end = Math.min(i + step, count);
        const text = sharesText ? latin1Text(bytes, first + from, first + (end - i - 1) * recordLength + to) : '';
        for (let j = i, at = first; j < end; j++, at += recordLength) rows[j] = assemble(bytes, at, recno + j, text, at - first - from, memo);
      }
    },
  };
}

/** The value of one field of the record at `bytes[start]`. For many records make a decoder once. */
export function decodeField(layout: DbfLayout, field: DbfField, bytes: Uint8Array, start: number, memo: MemoSource = NO_MEMO): FieldValue {
  return fieldDecoder(layout, field)(bytes, start, '', 0, memo);
}
