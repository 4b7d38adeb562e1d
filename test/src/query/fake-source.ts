import { compileFilter } from '../../../src/filter/compile-filter.js';
import { compareValues } from '../../../src/filter/compare-values.js';
import type { FilterNode } from '../../../src/filter/filter-node.js';
import { DOCUMENTS } from '../../../src/filter/item-reader.js';
import { sortValue } from '../../../src/filter/sort-value.js';
import { valueKey } from '../../../src/query/node-text.js';
import type { Bound, IndexEntry, IndexField, IndexRange, IndexSource } from '../../../src/query/index-source.js';
import { Step, type RowCursor, type RowFetcher, type RowRequest, type RowSession, type RowSource } from '../../../src/query/row-source.js';

export type Doc = Readonly<Record<string, unknown>>;

export interface FakeIndexSpec {
  readonly name: string;
  readonly on: readonly (string | IndexField)[];
  readonly unique?: boolean;
  readonly sparse?: boolean;
  readonly where?: FilterNode;
  readonly covering?: boolean;
  /** Entries of equal keys by descending record number. */
  readonly tiesDescending?: boolean;
  /** Keys hold the first character of texts only. */
  readonly cut?: boolean;
  /** What estimate() says of the true number. */
  readonly lie?: (true_: number) => number;
}

interface Entry { readonly key: readonly unknown[]; readonly recno: number }

/** All values that a path leads to, elements of arrays one by one; [undefined] for an empty array. */
export function valuesAt(value: unknown, names: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.length === 0 ? [undefined] : value.flatMap((one) => valuesAt(one, names));
  const [name, ...rest] = names;
  if (name === undefined) return [value ?? null];
  const isObject = typeof value === 'object' && value !== null && !(value instanceof Date);
  return isObject ? valuesAt((value as Doc)[name], rest) : [null];
}

function hasArray(value: unknown, names: readonly string[]): boolean {
  if (Array.isArray(value)) return true;
  const [name, ...rest] = names;
  return name !== undefined && typeof value === 'object' && value !== null && hasArray((value as Doc)[name], rest);
}

/** An index in memory that does what IndexSource says, the plainest way. */
export class FakeIndex implements IndexSource {
  readonly name: string;
  readonly kind = 'btree';
  readonly fields: readonly IndexField[];
  readonly unique: boolean;
  readonly multikey: boolean;
  readonly where: FilterNode | undefined;
  readonly sparse: boolean;
  readonly covering: boolean;
  readonly ranged: boolean;
  readonly orderedWithoutNull: boolean;
  readonly ordered: boolean;
  readonly tiesAscending: boolean;
  readonly hasDeleted = false;
  walked = 0;
  readonly #entries: Entry[];
  readonly #spec: FakeIndexSpec;

  constructor(rows: readonly (Doc | undefined)[], spec: FakeIndexSpec) {
    this.#spec = spec;
    this.name = spec.name;
    this.fields = spec.on.map((one) => (typeof one === 'string' ? { path: one, descending: false } : one));
    this.unique = spec.unique ?? false;
    this.sparse = spec.sparse ?? false;
    this.where = spec.where;
    this.ordered = this.ranged = this.orderedWithoutNull = spec.cut !== true;
    this.tiesAscending = spec.tiesDescending !== true;
    const paths = this.fields.map(({ path }) => path.split('.'));
    this.multikey = rows.some((row) => row !== undefined && paths.some((names) => hasArray(row, names)));
    this.covering = spec.covering === true && !this.multikey && spec.cut !== true;
    const matches = spec.where === undefined ? () => true : compileFilter(spec.where, DOCUMENTS);
    this.#entries = [];
    rows.forEach((row, i) => {
      if (row === undefined || !matches(row)) return;
      let keys: unknown[][] = [[]];
      for (const names of paths) keys = keys.flatMap((key) => valuesAt(row, names).map((value) => [...key, this.#stored(value)]));
      if (this.sparse && keys.every((key) => key.every((value) => value === null))) return;
      const seen: unknown[][] = [];
      for (const key of keys) {
        if (seen.some((one) => one.every((v, k) => compareValues(v, key[k]) === 0))) continue;
        seen.push(key);
        this.#entries.push({ key, recno: i + 1 });
      }
    });
    this.#entries.sort((a, b) => this.#compare(a, b));
  }

  #stored(value: unknown): unknown { return this.#spec.cut === true && typeof value === 'string' ? value.slice(0, 1) : value; }

  #compare(a: Entry, b: Entry): number {
    for (const [i, { descending }] of this.fields.entries()) {
      const order = compareValues(a.key[i], b.key[i]);
      if (order !== 0) return descending ? -order : order;
    }
    return this.tiesAscending ? a.recno - b.recno : b.recno - a.recno;
  }

  get entryCount(): number { return this.#entries.length; }

  distinct(fieldCount: number): number { return new Set(this.#entries.map(({ key }) => valueKey(key.slice(0, fieldCount)))).size; }

  estimate(range: IndexRange): number {
    const n = this.#entries.filter((entry) => this.#isIn(entry, range)).length;
    return this.#spec.lie?.(n) ?? n;
  }

  accepts(range: IndexRange): boolean { return this.ordered || (range.low === undefined && range.high === undefined && range.prefix === undefined); }
  exact(): boolean { return this.#spec.cut !== true; }

  #isIn({ key }: Entry, { equal, low, high, prefix }: IndexRange): boolean {
    if (!equal.every((value, i) => compareValues(key[i], this.#stored(value)) === 0)) return false;
    const value = key[equal.length];
    if (prefix !== undefined) return typeof value === 'string' && value.startsWith(prefix);
    return isBeyond(value, low, 1) && isBeyond(value, high, -1);
  }

  *entries(range: IndexRange, options: { readonly reverse?: boolean } = {}): Iterable<IndexEntry> {
    const list = options.reverse === true ? [...this.#entries].reverse() : this.#entries;
    for (const entry of list) {
      if (!this.#isIn(entry, range)) continue;
      this.walked++;
      yield this.covering ? { recno: entry.recno, values: entry.key } : { recno: entry.recno };
    }
  }
}

function isBeyond(value: unknown, bound: Bound | undefined, side: 1 | -1): boolean {
  if (bound === undefined) return true;
  const order = compareValues(value, bound.value) * side;
  return sameKind(value, bound.value) && (order > 0 || (order === 0 && bound.inclusive));
}

function sameKind(a: unknown, b: unknown): boolean {
  const kind = (value: unknown): string => (value instanceof Date ? 'date' : typeof value);
  return kind(a) === kind(b);
}

/** Documents in an array as a source of rows; undefined = deleted. Record numbers count from 1. */
export class FakeSource implements RowSource<Doc> {
  readonly name = 'things';
  readonly costs = { scanRow: 0.5, getRow: 1, makeRow: 0.3 };
  rows: readonly (Doc | undefined)[];
  indexes: readonly FakeIndex[];
  /** Sessions that are open. */
  open_ = 0;
  fetched = 0;

  constructor(rows: readonly (Doc | undefined)[], indexes: readonly FakeIndexSpec[] = []) {
    this.rows = rows;
    this.indexes = indexes.map((spec) => new FakeIndex(rows, spec));
  }

  open(): RowSession<Doc> {
    this.open_++;
    const { rows } = this;
    const at = (request: RowRequest): RowFetcher<Doc> & { readonly recno: number } => {
      const matches = request.filter === undefined ? () => true : compileFilter(request.filter, DOCUMENTS);
      const keys = request.keys.map(({ path, descending }) => sortValue<unknown>(path, descending, DOCUMENTS));
      let current: Doc = {};
      return {
        recno: 0,
        goTo: (recno) => {
          const row = rows[recno - 1];
          if (row === undefined || !matches(row)) return false;
          current = row;
          this.fetched++;
          return true;
        },
        row: () => project(current, request.fields),
        key: () => keys.map((key) => key(current)),
      };
    };
    return {
      rowCount: rows.length, indexes: this.indexes, indexEpoch: this.indexes,
      scan: (request) => scanCursor(rows.length, at(request), request.reverse),
      fetcher: at,
      rowMaker: (request, paths) => (_recno, values) => project(Object.fromEntries(paths.map((path, i) => [path, values[i]])), request.fields),
      assertAlive: () => undefined,
      close: () => { this.open_--; },
    };
  }
}

function scanCursor(count: number, fetcher: RowFetcher<Doc>, reverse: boolean): RowCursor<Doc> {
  let recno = reverse ? count + 1 : 0;
  let examined = 0;
  return {
    step: () => {
      for (;;) {
        recno += reverse ? -1 : 1;
        if (recno < 1 || recno > count) return Step.End;
        examined++;
        if (fetcher.goTo(recno)) return Step.Row;
        if (examined % 7 === 0) return Step.Pause;
      }
    },
    get recno() { return recno; },
    get examined() { return examined; },
    row: () => fetcher.row(), key: () => fetcher.key(), close: () => undefined,
  };
}

/** A projection gives null for missing fields, so that rows made from entries and from documents are alike. */
export function project(row: Doc, fields: readonly string[] | undefined): Doc {
  return fields === undefined ? row : Object.fromEntries(fields.map((name) => [name, row[name] ?? null]));
}
