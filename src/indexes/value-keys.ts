import { ByteMemory, DELETED_MARK, FieldstoneError, type MemoSource } from '#storage';
import { KeyBuffer, MAX_KEY_BYTES, ValueKeyReader, VALUE_TAGS, writeValueKey } from '#index';
import { RECNO_BYTES, type CatalogIndex, type EmitKey, type PutKey } from '#txn';
import type { IndexField, IndexRange } from '../query/index-source.js';
import type { FieldKey, PutFieldKey } from './field-key.js';
import type { IndexForm, TupleBound } from './index-form.js';
import type { ReadValues } from './row-values.js';
import type { LocatedRange } from './located-range.js';
import { locate, locateTuple, putEqual } from './value-ranges.js';

const key = new KeyBuffer();
const oneKey = new ByteMemory(Buffer.alloc(MAX_KEY_BYTES));

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
  readonly putKey: PutKey | undefined;
  readonly #values: ReadValues;
  readonly #descending: readonly boolean[];
  readonly #definition: CatalogIndex;
  readonly #test: RowTest | undefined;

  /** `fieldKeys`: what makes the keys of the fields without decoding them into rows. */
  constructor(definition: CatalogIndex, values: ReadValues, fieldKeys: readonly FieldKey[], test: RowTest | undefined) {
    this.#definition = definition;
    this.#values = values;
    this.#test = test;
    this.fields = (definition.fields ?? []).map(({ path, descending }) => ({ path, descending: descending === true }));
    this.#descending = this.fields.map((field) => field.descending);
    this.putKey = putKeyOf(definition, fieldKeys, this.#descending, test);
  }

  keysOf(image: Uint8Array, start: number, recno: number, memos: MemoSource, emit: EmitKey): void {
    if (this.putKey !== undefined) {
      const end = this.putKey(image, start, recno, memos, oneKey, 0);
      if (end >= 0) emit(oneKey.bytes, end);
      return;
    }
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
  putEqual(values: readonly unknown[], target: KeyBuffer): boolean { return putEqual(values, this.#descending, target); }
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

/** Undefined when the keys of a row may become longer than a key may be: then each value is looked at. */
function putKeyOf(
  { name, unique, sparse }: CatalogIndex, fieldKeys: readonly FieldKey[], descending: readonly boolean[], test: RowTest | undefined,
): PutKey | undefined {
  if (fieldKeys.reduce((sum, { mostBytes }) => sum + mostBytes, 0) > MAX_KEY_BYTES - RECNO_BYTES) return undefined;
  const put = fieldKeys.map((field, i) => directed(field, descending[i] === true));
  const [only] = put;
  const isPlain = sparse !== true && test === undefined && only !== undefined && put.length === 1;
  const mustTell = unique === true;
  const finish = (end: number, recno: number): number => {
    if (end >= 0) return end;
    if (mustTell) throw tooLong(name, recno);
    return -end;
  };
  if (isPlain) {
    return (image, start, recno, memos, target, at) => (image[start] === DELETED_MARK ? -1 : finish(only(image, start, memos, target, at), recno));
  }
  return (image, start, recno, memos, target, at) => {
    if (image[start] === DELETED_MARK || test?.(image, start, recno, memos) === false) return -1;
    let end = at;
    let isNull = true;
    for (let i = 0; i < put.length; i++) {
      const from = end;
      end = finish(put[i]?.(image, start, memos, target, end) ?? end, recno);
      isNull &&= target.bytes[from] === (descending[i] === true ? 0xff - VALUE_TAGS.null : VALUE_TAGS.null);
    }
    return sparse === true && isNull ? -1 : end;
  };
}

/** The key of a descending field is complemented. */
function directed({ put }: FieldKey, descending: boolean): PutFieldKey {
  if (!descending) return put;
  return (image, start, memos, target, at) => {
    const end = put(image, start, memos, target, at);
    const { bytes } = target;
    for (let i = at, to = Math.abs(end); i < to; i++) bytes[i] = ~(bytes[i] ?? 0);
    return end;
  };
}
