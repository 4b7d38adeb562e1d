import { FieldstoneError } from '#storage';
import { Step, type RowCursor, type RowFetcher } from './row-source.js';
import type { SortItem, SortOrder } from './sort-key.js';

/** Rows that are gathered in one stretch, before asynchronous readers give others a turn. */
const STRETCH = 1024;
/** About what an item takes besides its texts. */
const ITEM_BYTES = 64;
const VALUE_BYTES = 16;

/** What sorting may take. */
export interface SortLimit {
  /** Memory for keys of rows that are sorted; past it LIMIT. */
  readonly sortMemoryBytes: number;
}

/** Keys and record numbers in memory, within the limit. The rows are read again in their order, so that only keys are kept. */
class SortBuffer<Row> {
  readonly #order: SortOrder;
  readonly #fetcher: RowFetcher<Row>;
  readonly #limit: SortLimit;
  #items: SortItem[] = [];
  #bytes = 0;
  #next = 0;

  constructor(order: SortOrder, fetcher: RowFetcher<Row>, limit: SortLimit) {
    this.#order = order;
    this.#fetcher = fetcher;
    this.#limit = limit;
  }

  get length(): number { return this.#items.length; }
  get first(): SortItem | undefined { return this.#items[0]; }
  get last(): SortItem | undefined { return this.#items.at(-1); }

  add(item: SortItem): void {
    this.#items.push(item);
    this.#bytes += sizeOf(item);
    if (this.#bytes > this.#limit.sortMemoryBytes) throw sortTooLarge(this.#items.length, this.#limit);
  }

  sort(): void { this.#items.sort(this.#order); }

  /** Keeps the first so many. */
  cut(length: number): void {
    this.#items.length = length;
    this.#bytes = this.#items.reduce((sum, item) => sum + sizeOf(item), 0);
  }

  clear(): void {
    this.#items = [];
    this.#next = 0;
    this.#bytes = 0;
  }

  /** Goes to the next row in order; 0 when there is none. */
  goToNext(): number {
    while (this.#next < this.#items.length) {
      const recno = this.#items[this.#next++]?.recno ?? 0;
      if (this.#fetcher.goTo(recno)) return recno;
    }
    return 0;
  }
}

function sizeOf({ key }: SortItem): number {
  let bytes = ITEM_BYTES;
  for (const value of key) bytes += VALUE_BYTES + (typeof value === 'string' ? value.length * 2 : 0);
  return bytes;
}

function sortTooLarge(rows: number, { sortMemoryBytes }: SortLimit): FieldstoneError {
  return new FieldstoneError('LIMIT',
    `sorting needs more than sortMemory (${sortMemoryBytes} bytes, reached after ${rows} rows); make an index on the fields of the sort, set a limit, or raise sortMemory`,
    { option: 'sortMemory' });
}

/** Takes what it gives out from another cursor, in another order. */
interface SortParts<Row> {
  readonly source: RowCursor<Row>;
  readonly order: SortOrder;
  readonly fetcher: RowFetcher<Row>;
  readonly limit: SortLimit;
}

function itemAt<Row>(source: RowCursor<Row>): SortItem { return { key: source.key(), recno: source.recno }; }

/** All rows, sorted; with `most` only the best so many are kept. */
export class SortCursor<Row> implements RowCursor<Row> {
  readonly #parts: SortParts<Row>;
  readonly #buffer: SortBuffer<Row>;
  readonly #most: number;
  #sorted = false;
  /** The worst item that is kept once `most` are there: whatever is worse needs no place. */
  #worst: SortItem | undefined;
  recno = 0;

  constructor(parts: SortParts<Row>, most: number) {
    this.#parts = parts;
    this.#buffer = new SortBuffer(parts.order, parts.fetcher, parts.limit);
    this.#most = most;
  }

  get examined(): number { return this.#parts.source.examined; }

  step(): Step {
    if (!this.#sorted && !this.#gather()) return Step.Pause;
    this.recno = this.#buffer.goToNext();
    return this.recno === 0 ? Step.End : Step.Row;
  }

  /** True when all rows are there, sorted. */
  #gather(): boolean {
    const { source, order } = this.#parts;
    for (let taken = 0; taken < STRETCH; taken++) {
      const step = source.step();
      if (step === Step.Pause) return false;
      if (step === Step.End) {
        this.#cut();
        this.#sorted = true;
        return true;
      }
      const item = itemAt(source);
      if (this.#worst !== undefined && order(item, this.#worst) > 0) continue;
      this.#buffer.add(item);
      // Twice as many are gathered before sorting: each item is sorted few times.
      if (this.#buffer.length >= 2 * this.#most + 16) this.#cut();
    }
    return false;
  }

  #cut(): void {
    this.#buffer.sort();
    if (this.#buffer.length < this.#most) return;
    this.#buffer.cut(this.#most);
    this.#worst = this.#buffer.last;
  }

  row(): Row { return this.#parts.fetcher.row(); }
  key(): unknown[] { return this.#parts.fetcher.key(); }

  close(): void {
    this.#buffer.clear();
    this.#parts.source.close();
  }
}

/** Rows that come ordered by the leading keys; those with equal ones are sorted among themselves. */
export class GroupCursor<Row> implements RowCursor<Row> {
  readonly #parts: SortParts<Row>;
  readonly #buffer: SortBuffer<Row>;
  readonly #sameGroup: (a: SortItem, b: SortItem) => boolean;
  #ahead: SortItem | undefined;
  #ended = false;
  #emitting = false;
  recno = 0;

  constructor(parts: SortParts<Row>, sameGroup: (a: SortItem, b: SortItem) => boolean) {
    this.#parts = parts;
    this.#buffer = new SortBuffer(parts.order, parts.fetcher, parts.limit);
    this.#sameGroup = sameGroup;
  }

  get examined(): number { return this.#parts.source.examined; }

  step(): Step {
    for (;;) {
      if (this.#emitting) {
        this.recno = this.#buffer.goToNext();
        if (this.recno !== 0) return Step.Row;
        this.#emitting = false;
        this.#buffer.clear();
      }
      if (this.#ended) return Step.End;
      if (!this.#gather()) return Step.Pause;
      this.#buffer.sort();
      this.#emitting = true;
    }
  }

  /** True when a group is complete. */
  #gather(): boolean {
    const { source } = this.#parts;
    if (this.#ahead !== undefined) this.#buffer.add(this.#ahead);
    this.#ahead = undefined;
    for (let taken = 0; taken < STRETCH; taken++) {
      const step = source.step();
      if (step === Step.Pause) return false;
      if (step === Step.End) {
        this.#ended = true;
        return true;
      }
      const item = itemAt(source);
      const { first } = this.#buffer;
      if (first !== undefined && !this.#sameGroup(first, item)) {
        this.#ahead = item;
        return true;
      }
      this.#buffer.add(item);
    }
    return false;
  }

  row(): Row { return this.#parts.fetcher.row(); }
  key(): unknown[] { return this.#parts.fetcher.key(); }

  close(): void {
    this.#buffer.clear();
    this.#parts.source.close();
  }
}
