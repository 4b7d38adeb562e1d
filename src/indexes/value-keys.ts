import { DELETED_MARK, FieldstoneError, type MemoSource } from '#storage';
import { KeyBuffer, ValueKeyReader, writeValueKey } from '#index';
import type { CatalogIndex, EmitKey } from '#txn';
import type { IndexField, IndexRange } from '../query/index-source.js';
import type { IndexForm, TupleBound } from './index-form.js';
import type { ReadValues } from './row-values.js';
import type { LocatedRange } from './located-range.js';
import { locate, locateTuple } from './value-ranges.js';

const key = new KeyBuffer();

/** Which rows are in a partial index. */
export type RowTest = (image: Uint8Array, start: number, recno: number, memos: MemoSource) => boolean;

/** Keys made of the values of fields, one after the other. Deleted rows have none. */
export class ValueKeys implements IndexForm {
  readonly fields: readonly IndexField[];
  readonly multikey: boolean = false;
  readonly hasDeleted = false;
  readonly ranged = true;
  readonly orderedWithoutNull = true;
  readonly ordered = true;
  readonly walkedBackwards = false;
  readonly collation = 'binary';
  readonly keyLengthBytes = undefined;
  readonly #values: ReadValues;
  readonly #descending: readonly boolean[];
  readonly #definition: CatalogIndex;
  readonly #test: RowTest | undefined;

  constructor(definition: CatalogIndex, values: ReadValues, test: RowTest | undefined) {
    this.#definition = definition;
    this.#values = values;
    this.#test = test;
    this.fields = (definition.fields ?? []).map(({ path, descending }) => ({ path, descending: descending === true }));
    this.#descending = this.fields.map((field) => field.descending);
  }

  keysOf(image: Uint8Array, start: number, recno: number, memos: MemoSource, emit: EmitKey): void {
    if (image[start] === DELETED_MARK) return;
    if (this.#test !== undefined && !this.#test(image, start, recno, memos)) return;
    const values = this.#values(image, start, recno, memos);
    if (this.#definition.sparse === true && values.every((value) => value === null || value === undefined)) return;
    key.reset();
    let exact = true;
    for (let i = 0; i < values.length; i++) exact = writeValueKey(values[i], key, this.#descending[i]) && exact;
    if (!exact && this.#definition.unique === true) throw tooLong(this.#definition.name, recno);
    emit(key.bytes, key.length);
  }

  locate(range: IndexRange): LocatedRange { return locate(range, this.#descending); }
  locateKeys(range: IndexRange): LocatedRange { return locate(range, this.#descending); }

  locateTuple(low: TupleBound | undefined, high: TupleBound | undefined): LocatedRange { return locateTuple(low, high, this.#descending); }

  valuesOf(bytes: Buffer, start: number, length: number): unknown[] {
    const reader = new ValueKeyReader(bytes, start, start + length);
    return this.#descending.map((descending) => reader.read(descending));
  }
}

function tooLong(name: string, recno: number): FieldstoneError {
  return new FieldstoneError('VALUE', `record ${recno}: a value is too long for the unique index "${name}"`, { recno, details: { index: name } });
}
