import { DELETED_MARK, FieldstoneError, type ByteMemory, type DbfLayout, type MemoSource } from '#storage';
import { KeyBuffer, MAX_VALUE_KEY_BYTES, putPlainTextKey, ValueKeyReader, writeValueKey } from '#index';
import type { CatalogIndex, EmitKey, IndexedTable } from '#txn';
import { pathsOf } from '../filter/bind-filter.js';
import { compileFilter } from '../filter/compile-filter.js';
import type { Predicate } from '../filter/item-reader.js';
import { anyAtPath, parsePath, type PathPart } from '../filter/path.js';
import type { IndexForm, TupleBound } from '../indexes/index-form.js';
import type { LocatedRange } from '../indexes/located-range.js';
import { filterFromText } from '../indexes/stored-filter.js';
import { locate, locateTuple, putEqual } from '../indexes/value-ranges.js';
import type { IndexField, IndexRange } from '../query/index-source.js';
import { namesFor, typesFor } from '../table/table-schema.js';
import type { CollectionLayout } from './collection-layout.js';
import { DocumentCodec } from './document-codec.js';
import { DocumentPlace, KnownValues, placeReader } from './document-place.js';

/** Keys of one document in one index; more come of lists in several fields. */
const MOST_KEYS = 10_000;
/** ASCII text of this length has a key of its own: it is not cut. */
export const MOST_TEXT_BYTES = MAX_VALUE_KEY_BYTES / 2;

const key = new KeyBuffer();

/** Collects the values at a path, each element of a list by itself. */
type ReadKeys = (place: DocumentPlace) => readonly unknown[];

/**
 * Keys of documents: a value for each path, and of lists one key for each element (several lists: each with each). A missing value and an empty
 * list count as null.
 */
export class DocumentKeys implements IndexForm {
  readonly fields: readonly IndexField[];
  readonly multikey: boolean;
  readonly hasDeleted = false;
  readonly ranged = true;
  readonly orderedWithoutNull = true;
  readonly ordered = true;
  readonly walkedBackwards = false;
  readonly collation = 'binary';
  readonly keyLengthBytes = undefined;
  readonly #definition: CatalogIndex;
  readonly #place: DocumentPlace;
  readonly #test: Predicate<DocumentPlace> | undefined;
  readonly #reads: readonly ReadKeys[];
  /** Fields at the top of documents that it looks at. */
  readonly tops: ReadonlySet<string>;
  /** Of an index on one field at the top: most values there are no lists. */
  readonly #single: ((place: DocumentPlace) => unknown) | undefined;
  readonly #descending: readonly boolean[];
  /** The field at the top whose value alone makes the key of a document; undefined when there is more to it. */
  readonly onlyField: string | undefined;

  constructor(dbf: DbfLayout, collection: CollectionLayout, table: IndexedTable, definition: CatalogIndex) {
    this.#definition = definition;
    const codec = new DocumentCodec(dbf, collection, { names: namesFor(dbf, table.fieldNames), as: typesFor(table.fieldTypes) });
    const reader = placeReader(codec);
    this.#place = new DocumentPlace(codec);
    this.#test = definition.where === undefined ? undefined : compileFilter(filterFromText(definition.where), reader);
    this.fields = (definition.fields ?? []).map(({ path, descending }) => ({ path, descending: descending === true }));
    this.#descending = this.fields.map(({ descending }) => descending);
    const plain = new Set(['_id', ...collection.columns.map(({ name }) => name)]);
    // A column holds no list; but a null of the rest is one value as well.
    this.multikey = this.fields.some(({ path }) => !plain.has(path));
    this.#reads = this.fields.map(({ path }) => readKeys(path, reader));
    const paths = [...this.fields.map(({ path }) => path), ...definition.where === undefined ? [] : pathsOf(filterFromText(definition.where))];
    this.tops = new Set(paths.map((path) => parsePath(path)[0]?.name ?? ''));
    const [only, ...others] = this.fields.map(({ path }) => parsePath(path));
    this.#single = others.length > 0 || only?.length !== 1 ? undefined : reader.field(only[0]?.name ?? '');
    this.onlyField = this.#single === undefined || this.#test !== undefined ? undefined : only?.[0]?.name;
  }

  /**
   * Of an index on one field: the key of a document whose value there is the text source.bytes[from .. to), ASCII without a zero byte and at most
   * MOST_TEXT_BYTES of it, to target[at ..]; returns where it ends.
   */
  putText(source: ByteMemory, from: number, to: number, target: ByteMemory, at: number): number {
    const end = putPlainTextKey(source, from, to, target, at);
    if (this.#descending[0] === true) for (let i = at; i < end; i++) target.bytes[i] = ~(target.bytes[i] ?? 0);
    return end;
  }

  /** The same for any value but a list; -1 when the document is not in the index. Throws VALUE. */
  putValue(value: unknown, recno: number, target: ByteMemory, at: number): number {
    if (this.#definition.sparse === true && (value === null || value === undefined)) return -1;
    key.reset();
    this.#assertTold(writeValueKey(value, key, this.#descending[0]), recno);
    const { bytes, length } = key;
    for (let i = 0; i < length; i++) target.bytes[at + i] = bytes[i] ?? 0;
    return at + length;
  }

  keysOf(image: Uint8Array, start: number, recno: number, memos: MemoSource, emit: EmitKey, made?: unknown): void {
    if (image[start] === DELETED_MARK) return;
    const place = this.#place;
    place.moveTo(image, start, memos);
    if (made instanceof KnownValues) place.known = made;
    if (this.#test?.(place) === false) return;
    const value = this.#single?.(place);
    if (this.#single === undefined || Array.isArray(value)) this.#emitAll(recno, emit);
    else if (this.#definition.sparse !== true || (value !== null && value !== undefined)) this.#emitOne(value, recno, emit);
  }

  #emitAll(recno: number, emit: EmitKey): void {
    const place = this.#place;
    const values = this.#reads.map((read) => read(place));
    if (this.#definition.sparse === true && values.every((list) => list.every((value) => value === null || value === undefined))) return;
    const count = values.reduce((product, list) => product * list.length, 1);
    if (count > MOST_KEYS) {
      throw new FieldstoneError('LIMIT', `record ${recno} would have ${count} keys in the index "${this.#definition.name}"; at most ${MOST_KEYS} are allowed`, { recno });
    }
    if (count === 1) this.#emit(values.map((list) => list[0]), recno, emit);
    else this.#emitEach(values, recno, emit);
  }

  /** Every combination, but no key twice. */
  #emitEach(values: readonly (readonly unknown[])[], recno: number, emit: EmitKey): void {
    const seen = new Set<string>();
    const once: EmitKey = (bytes, length) => {
      const text = bytes.toString('latin1', 0, length);
      if (seen.has(text)) return;
      seen.add(text);
      emit(bytes, length);
    };
    const chosen: unknown[] = values.map(() => null);
    const walk = (i: number): void => {
      const list = values[i];
      if (list === undefined) {
        this.#emit(chosen, recno, once);
        return;
      }
      for (const value of list) {
        chosen[i] = value;
        walk(i + 1);
      }
    };
    walk(0);
  }

  #emitOne(value: unknown, recno: number, emit: EmitKey): void {
    key.reset();
    this.#finish(writeValueKey(value, key, this.#descending[0]), recno, emit);
  }

  #emit(values: readonly unknown[], recno: number, emit: EmitKey): void {
    key.reset();
    let exact = true;
    for (let i = 0; i < values.length; i++) exact = writeValueKey(values[i], key, this.#descending[i]) && exact;
    this.#finish(exact, recno, emit);
  }

  #finish(exact: boolean, recno: number, emit: EmitKey): void {
    this.#assertTold(exact, recno);
    emit(key.bytes, key.length);
  }

  #assertTold(exact: boolean, recno: number): void {
    if (exact || this.#definition.unique !== true) return;
    throw new FieldstoneError('VALUE', `record ${recno}: an object or a very long value has no place in the unique index "${this.#definition.name}"`, { recno });
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

function readKeys(path: string, reader: ReturnType<typeof placeReader>): ReadKeys {
  const [first, ...rest] = parsePath(path);
  const read = reader.field(first?.name ?? '');
  return (place) => {
    const value = read(place);
    if (rest.length === 0 && !Array.isArray(value)) return [value];
    return valuesAt(value, rest);
  };
}

function valuesAt(value: unknown, rest: readonly PathPart[]): unknown[] {
  const found: unknown[] = [];
  const single = (one: unknown): false => {
    found.push(one);
    return false;
  };
  const field = (one: unknown): false => {
    if (!Array.isArray(one)) return single(one);
    one.forEach(single);
    return false;
  };
  anyAtPath(value, rest, 0, { single, field });
  return found.length === 0 ? [null] : found;
}
