import { FieldstoneError } from '../base/errors.js';
import { latin1Text } from '../codepage/byte-text.js';
import type { DbfField, DbfLayout } from './dbf-types.js';
import { fieldDecoder, usesText } from './field-decoder.js';
import type { FieldDecoder, NumberForm } from './field-decoder-type.js';
import { FieldIndex } from './field-names.js';
import { NO_MEMO, type MemoSource } from './memo-source.js';
import { rowFactory, type FieldValue, type Row, type RowFactory } from './row.js';

const DELETED = 0x2a;

export interface RowDecoderOptions {
  /** Only these fields, in this order; names without regard to case. */
  readonly fields?: readonly string[];
  /** What the visible fields are called in rows, in the order of the table; the header's names when absent. */
  readonly names?: readonly string[];
  /** Numeric fields (by any of their names, upper-cased or as in `names`) that come back as bigint or string. */
  readonly as?: ReadonlyMap<string, NumberForm>;
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
}

/** Which bytes of a record to turn into text in one call, because most of them are text fields. */
interface TextSpan { readonly from: number; readonly to: number }

const NO_SPAN: TextSpan = { from: 0, to: 0 };

/** One call for all text fields pays when there are several and they fill most of what lies between them. */
function textSpan(fields: readonly DbfField[]): TextSpan {
  const texts = fields.filter(usesText);
  if (texts.length < 2) return NO_SPAN;
  const from = Math.min(...texts.map((f) => f.offset));
  const to = Math.max(...texts.map((f) => f.offset + f.length));
  const wanted = texts.reduce((total, f) => total + f.length, 0);
  return wanted * 2 >= to - from ? { from, to } : NO_SPAN;
}

class TableRowDecoder implements RowDecoder {
  readonly names: readonly string[];
  readonly fields: readonly DbfField[];
  readonly #decoders: readonly FieldDecoder[];
  readonly #make: RowFactory;
  readonly #span: TextSpan;
  /** Values of the row under construction. */
  readonly #values: FieldValue[];

  constructor(names: readonly string[], fields: readonly DbfField[], decoders: readonly FieldDecoder[]) {
    this.names = names;
    this.fields = fields;
    this.#decoders = decoders;
    this.#make = rowFactory(names);
    this.#span = textSpan(fields);
    this.#values = new Array<FieldValue>(fields.length).fill(null);
  }

  decode(bytes: Uint8Array, start: number, recno: number, memo: MemoSource = NO_MEMO): Row {
    const { from, to } = this.#span;
    const text = to === 0 ? '' : latin1Text(bytes, start + from, start + to);
    const decoders = this.#decoders;
    const values = this.#values;
    for (let i = 0; i < decoders.length; i++) values[i] = decoders[i]?.(bytes, start, text, -from, memo) ?? null;
    return this.#make(recno, bytes[start] === DELETED, values);
  }
}

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
    decoders.push(fieldDecoder(layout, field, forms.get(place)));
  }
  return new TableRowDecoder(names, fields, decoders);
}

/** The value of one field of the record at `bytes[start]`. For many records make a decoder once. */
export function decodeField(layout: DbfLayout, field: DbfField, bytes: Uint8Array, start: number, memo: MemoSource = NO_MEMO): FieldValue {
  return fieldDecoder(layout, field)(bytes, start, '', 0, memo);
}
