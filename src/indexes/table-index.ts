import { FieldstoneError } from '#storage';
import { IndexCursor, indexOf, type IndexStore, type RecordView } from '#txn';
import { assertOptions, assertSignal, shown } from '../arguments.js';
import { kvScan, LEFT_OUT } from '../kv/kv-scan.js';
import type { KvScan } from '../kv/kv-types.js';
import type { TableCodec } from '../table/table-codec.js';
import { decodeRow, type ReadAccess } from '../table/table-reader.js';
import { assertSound } from './index-trust.js';
import { isIndexForm, type IndexForm, type TupleBound } from './index-form.js';
import type { LocatedRange } from './located-range.js';
import { rangeTest, type WantedRows } from './range-test.js';

/** A place in an index: one value, or several for an index over several fields. */
export type IndexKey = unknown;

/** Which entries, and in which direction. Values of the bounds' own type alone; null is outside of every range. */
export interface IndexKeyRange {
  readonly gt?: IndexKey;
  readonly gte?: IndexKey;
  readonly lt?: IndexKey;
  readonly lte?: IndexKey;
  /** Text that the key begins with; several values: the first fields, and the beginning of the next when it is text. */
  readonly prefix?: IndexKey;
  /** From the last entry to the first. Default false. */
  readonly reverse?: boolean;
  /** At most so many. Default: all. */
  readonly limit?: number;
  /** Ends the walk with ABORTED. */
  readonly signal?: AbortSignal | undefined;
}

const RANGE_OPTIONS = ['gt', 'gte', 'lt', 'lte', 'prefix', 'reverse', 'limit', 'signal'];

/**
 * An index of a table. Rows come in the order of its keys, as the handle that it was taken from sees them.
 *
 * @example
 * const ix = people.index('by_name');
 * ix.seek('Ada');
 * for (const row of ix.range({ gte: 'A', lt: 'C' })) console.log(row.$recno);
 * for (const { key, recno } of ix.entries()) console.log(key, recno);
 */
export class TableIndex<Row> {
  readonly #access: ReadAccess;
  readonly #name: string;
  readonly #file: string | undefined;

  /**
   * @internal
   * @param file of several indexes with one name the one in this file
   */
  constructor(access: ReadAccess, name: string, file?: string) {
    this.#access = access;
    this.#name = name;
    this.#file = file;
    this.#open(access.view());
  }

  #open({ codec, view }: { readonly codec: TableCodec; readonly view: RecordView }): { index: IndexStore; form: IndexForm } {
    const index = indexOf(codec.store, this.#name, this.#file);
    if (view.sequence < index.validFrom) {
      throw new FieldstoneError('NOT_FOUND', `index "${index.name}" was made after this snapshot was taken`, { table: codec.store.name, details: { index: index.name } });
    }
    const form = index.keys;
    if (!isIndexForm(form)) throw new FieldstoneError('VERSION', `index "${index.name}" can not be walked by this version`, { table: codec.store.name });
    return { index, form };
  }

  get #index(): IndexStore { return this.#open(this.#access.view()).index; }

  get name(): string { return this.#index.name; }
  get kind(): string { return this.#index.definition.kind; }
  /** Names of its fields; empty for an index by expression. */
  get fields(): readonly string[] { return this.#open(this.#access.view()).form.fields.map((field) => field.path); }
  get expression(): string | undefined { return this.#index.definition.expression; }
  get for(): string | undefined { return this.#index.definition.forExpression; }
  /** Also an xBase UNIQUE index, which holds the first row of each key. */
  get unique(): boolean {
    const { unique, tag } = this.#index.definition;
    return unique === true || tag?.unique === 'first';
  }
  get descending(): boolean {
    const { form, index } = this.#open(this.#access.view());
    return index.definition.descending === true || form.fields[0]?.descending === true;
  }
  get collation(): string { return this.#open(this.#access.view()).form.collation; }
  get file(): string | undefined { return this.#index.definition.file; }
  /** Entries, about. */
  get entryCount(): number { return this.#index.entryCount; }

  /** The first row with this key, or undefined. Several values: those of the first fields. */
  seek(key: IndexKey): Row | undefined {
    for (const row of this.#rows(valuesOf(key), { limit: 1 })) return row;
    return undefined;
  }

  /** Rows in a range of keys. */
  range(range: IndexKeyRange = {}): KvScan<Row> { return this.#rows(undefined, range); }

  /** Rows whose key begins with the text, or with these values. */
  prefix(prefix: IndexKey, options: Omit<IndexKeyRange, 'gt' | 'gte' | 'lt' | 'lte' | 'prefix'> = {}): KvScan<Row> { return this.range({ ...options, prefix }); }

  /** All rows of the index. */
  scan(options: Omit<IndexKeyRange, 'gt' | 'gte' | 'lt' | 'lte' | 'prefix'> = {}): KvScan<Row> { return this.range(options); }

  /** Keys and record numbers straight from the index; the table is not read. The key is a value, or an array for an index over several fields. */
  entries(range: IndexKeyRange = {}): KvScan<{ readonly key: unknown; readonly recno: number }> {
    checkRange(range);
    const { form } = this.#open(this.#access.view());
    return this.#walk(form, locatedIn(form, wantedBy(range)), range, (cursor) => {
      const values = form.valuesOf(cursor.keyBytes, cursor.keyStart, cursor.keyLength);
      return { key: values.length === 1 ? values[0] : values, recno: cursor.recno };
    });
  }

  #rows(equal: readonly unknown[] | undefined, range: IndexKeyRange): KvScan<Row> {
    checkRange(range);
    const { form, index } = this.#open(this.#access.view());
    const wanted = equal === undefined ? wantedBy(range) : { equal };
    const located = locatedIn(form, wanted);
    // An index of xBase holds keys, not values: what is in the range by its key is wanted.
    const isSure = located.exact || index.definition.tag !== undefined;
    const test = isSure ? undefined : rangeTest(form.fields, wanted);
    return this.#walk<Row>(form, located, range, (cursor, codec, view) => {
      const row = decodeRow<Row>(codec, view, cursor.recno, false);
      return row === undefined || test?.(row as Readonly<Record<string, unknown>>) === false ? LEFT_OUT : row;
    });
  }

  #walk<Item>(
    form: IndexForm, located: LocatedRange, range: IndexKeyRange,
    itemOf: (cursor: IndexCursor, codec: TableCodec, view: RecordView) => Item | typeof LEFT_OUT,
  ): KvScan<Item> {
    const { engine } = this.#access;
    return kvScan<Item, IndexCursor>({
      open: () => {
        const held = this.#access.hold();
        try {
          const { index } = this.#open(held);
          assertSound(engine, held.view, index);
          const cursor = IndexCursor.open(index, held.view, located.range, (range.reverse === true) !== form.walkedBackwards);
          return { cursor, itemOf: (at) => itemOf(at, held.codec, held.view), close: held.close, hold: held.hold, assertAlive: held.assertAlive };
        } catch (e) {
          held.close();
          throw e;
        }
      },
      limit: range.limit ?? Infinity, signal: range.signal, scheduler: engine.options.env.scheduler,
    });
  }
}

function valuesOf(key: IndexKey): readonly unknown[] { return Array.isArray(key) ? key : [key]; }

function checkRange(range: IndexKeyRange): void {
  assertOptions(range, RANGE_OPTIONS, 'a range of an index');
  assertSignal(range.signal);
  const { limit } = range;
  if (limit !== undefined && limit !== Infinity && (!Number.isSafeInteger(limit) || limit < 0)) throw new FieldstoneError('OPTION', `limit is a whole number, got ${shown(limit)}`, { option: 'limit' });
}

function wantedBy(range: IndexKeyRange): WantedRows {
  const low = boundOf(range.gte, range.gt);
  const high = boundOf(range.lte, range.lt);
  if (range.prefix === undefined) return { low, high };
  if (low !== undefined || high !== undefined) throw new FieldstoneError('OPTION', 'a range has a prefix or bounds, not both', { option: 'prefix' });
  const values = valuesOf(range.prefix);
  const last = values.at(-1);
  return typeof last === 'string' ? { equal: values.slice(0, -1), prefix: last } : { equal: values };
}

function locatedIn(form: IndexForm, { equal = [], prefix, low, high }: WantedRows): LocatedRange {
  if (prefix !== undefined) return form.locateKeys({ equal, prefix });
  if ((low?.values.length ?? 0) > 1 || (high?.values.length ?? 0) > 1) return form.locateTuple(low, high);
  return form.locateKeys({
    equal,
    ...(low === undefined ? {} : { low: { value: low.values[0], inclusive: low.inclusive } }),
    ...(high === undefined ? {} : { high: { value: high.values[0], inclusive: high.inclusive } }),
  });
}

function boundOf(inclusive: IndexKey, exclusive: IndexKey): TupleBound | undefined {
  if (inclusive !== undefined && exclusive !== undefined) throw new FieldstoneError('OPTION', 'a range takes gt or gte, lt or lte, not both', { option: 'gt' });
  if (inclusive !== undefined) return { values: valuesOf(inclusive), inclusive: true };
  return exclusive === undefined ? undefined : { values: valuesOf(exclusive), inclusive: false };
}
