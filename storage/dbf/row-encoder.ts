import { FieldstoneError } from '../base/errors.js';
import type { DbfField, DbfLayout } from './dbf-types.js';
import type { NumberForm } from './field-decoder-type.js';
import { fieldEncoder } from './field-encoder.js';
import { describeValue, valueError, type FieldEncoder, type PendingMemo } from './field-encoder-type.js';
import { FieldIndex } from './field-names.js';
import { blankRecord, clearField } from './record.js';

export interface RowEncoderOptions {
  /** What the visible fields are called in input, in the order of the table; the header's names when absent. */
  readonly names?: readonly string[];
  /** Numeric fields that take bigint or string, as in the decoder's options. */
  readonly as?: ReadonlyMap<string, NumberForm>;
}

/**
 * Turns input into record bytes. Names match without regard to case; a property that is undefined counts as not given;
 * null is null where the field allows it, else no value. When a call throws, the record image at `target` may be
 * partly written and must not be used.
 */
export interface RowEncoder {
  /** A whole record: blank, then the fields of `input`. Memo values that need a place come back. */
  encodeInsert(input: Readonly<Record<string, unknown>>, target: Uint8Array, at: number): readonly PendingMemo[];
  /** Changes only the fields of `changes` in the record image at `target[at]`; every other byte stays. */
  encodeUpdate(changes: Readonly<Record<string, unknown>>, target: Uint8Array, at: number): readonly PendingMemo[];
}

const NO_MEMOS: readonly PendingMemo[] = [];
const UNWRITABLE: ReadonlySet<string> = new Set(['dbase2', 'dbase7', 'flagship']);
/** Spellings remembered per field, so that hostile input cannot fill memory with them. */
const SPELLINGS = 4;

interface Column { readonly field: DbfField; readonly encode: FieldEncoder }

/**
 * Places of input keys. Rows mostly come with the same keys in the same order, so the key that stood at a position last
 * time is tried first; then the spellings in use.
 */
function keyLookup(index: FieldIndex): (key: string, position: number) => number {
  const known = new Map<string, number>(index.names.map((name, i) => [name, i]));
  const room = index.names.length * SPELLINGS;
  const lastKeys: string[] = [];
  const lastPlaces: number[] = [];
  return (key, position) => {
    if (lastKeys[position] === key) return lastPlaces[position] ?? 0;
    let place = known.get(key);
    if (place === undefined) {
      place = index.place(key);
      if (known.size < room) known.set(key, place);
    }
    if (position <= lastKeys.length && position < index.names.length) {
      lastKeys[position] = key;
      lastPlaces[position] = place;
    }
    return place;
  };
}

/**
 * Makes the encoder of a table's records.
 *
 * @throws FieldstoneError UNSUPPORTED for dialects that are only read, NOT_FOUND and SCHEMA as createRowDecoder. Its
 * methods throw NOT_FOUND for an unknown name and VALUE, with `field`, for a value that does not fit.
 *
 * @example
 * const record = new Uint8Array(layout.recordLength);
 * createRowEncoder(layout).encodeInsert({ name: 'Ada', born: new Date('1815-12-10') }, record, 0);
 */
export function createRowEncoder(layout: DbfLayout, options: RowEncoderOptions = {}): RowEncoder {
  if (UNWRITABLE.has(layout.dialect)) throw new FieldstoneError('UNSUPPORTED', `${layout.dialect} tables can be read but not written`);
  const index = new FieldIndex(layout, options.names);
  const forms = new Map<number, NumberForm>();
  for (const [name, form] of options.as ?? []) forms.set(index.place(name), form);
  const columns = index.fields.map((field, i): Column => ({ field, encode: fieldEncoder(layout, field, forms.get(i)) }));
  const placeOf = keyLookup(index);
  const blank = blankRecord(layout);
  const givenIn = new Uint32Array(columns.length);
  let call = 0;

  function write(input: Readonly<Record<string, unknown>>, target: Uint8Array, at: number): readonly PendingMemo[] {
    if (typeof input !== 'object' || input === null) throw new FieldstoneError('VALUE', `a row is an object of fields, got ${describeValue(input)}`);
    let memos: PendingMemo[] | undefined;
    call = (call + 1) >>> 0;
    const keys = Object.keys(input);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] ?? '';
      const value = input[key];
      if (value === undefined) continue;
      const place = placeOf(key, i);
      const column = columns[place];
      if (column === undefined) continue;
      if (givenIn[place] === call) throw valueError(column.field, `is given twice, as "${key}" and in another spelling`);
      givenIn[place] = call;
      if (value === null) {
        clearField(layout, column.field, target, at);
        continue;
      }
      const memo = column.encode(value, target, at);
      if (memo !== undefined) (memos ??= []).push(memo);
    }
    return memos ?? NO_MEMOS;
  }

  return {
    encodeInsert(input, target, at) {
      target.set(blank, at);
      return write(input, target, at);
    },
    encodeUpdate: write,
  };
}
