import { FieldstoneError } from '#storage';
import { Step, type RowCursor, type RowFetcher } from './row-source.js';
import type { SortItem } from './sort-key.js';

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

/** What all sorting cursors do: the rows are read again in their order, so that only keys are kept. */
abstract class ReorderedCursor<Row> implements RowCursor<Row> {
  protected readonly source: RowCursor<Row>;
  protected readonly order: (a: SortItem, b: SortItem) => number;
  readonly #fetcher: RowFetcher<Row>;
  readonly #limit: SortLimit;
  #bytes = 0;
  protected items: SortItem[] = [];
  protected next = 0;
  recno = 0;

  constructor(source: RowCursor<Row>, order: (a: SortItem, b: SortItem) => number, fetcher: RowFetcher<Row>, limit: SortLimit) {
    this.source = source;
    this.order = order;
    this.#fetcher = fetcher;
    this.#limit = limit;
  }

  get examined(): number { return this.source.examined; }
  abstract step(): Step;

  protected add(item: SortItem): void {
    this.items.push(item);
    this.#bytes += sizeOf(item);
    if (this.#bytes > this.#limit.sortMemoryBytes) throw sortTooLarge(this.items.length, this.#limit);
  }

  protected forget(): void {
    this.items = [];
    this.next = 0;
    this.#bytes = 0;
  }

  /** Of what is left when the others were dropped. */
  protected measure(): void { this.#bytes = this.items.reduce((sum, item) => sum + sizeOf(item), 0); }

  protected emit(): Step {
    while (this.next < this.items.length) {
      const item = this.items[this.next++];
      if (item === undefined || !this.#fetcher.goTo(item.recno)) continue;
      this.recno = item.recno;
      return Step.Row;
    }
    return Step.End;
  }

  row(): Row { return this.#fetcher.row(); }
  key(): unknown[] { return this.#fetcher.key(); }

  close(): void {
    this.forget();
    this.source.close();
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

/** All rows, sorted; with `most` only the best so many are kept. */
export class SortCursor<Row> extends ReorderedCursor<Row> {
  readonly #most: number;
  #sorted = false;
  /** The worst item that is kept once `most` are there: whatever is worse needs no place. */
  #worst: SortItem | undefined;

  constructor(source: RowCursor<Row>, order: (a: SortItem, b: SortItem) => number, most: number, fetcher: RowFetcher<Row>, limit: SortLimit) {
    super(source, order, fetcher, limit);
    this.#most = most;
  }

  step(): Step {
    if (this.#sorted) return this.emit();
    for (let taken = 0; taken < STRETCH; taken++) {
      const step = this.source.step();
      if (step === Step.Pause) return step;
      if (step === Step.End) {
        this.#cut();
        this.#sorted = true;
        return this.emit();
      }
      const item = { key: this.source.key(), recno: this.source.recno };
      if (this.#worst !== undefined && this.order(item, this.#worst) > 0) continue;
      this.add(item);
      // Twice as many are gathered before sorting: each item is sorted few times.
      if (this.items.length >= 2 * this.#most + 16) this.#cut();
    }
    return Step.Pause;
  }

  #cut(): void {
    this.items.sort(this.order);
    if (this.items.length < this.#most) return;
    this.items.length = this.#most;
    this.#worst = this.items.at(-1);
    this.measure();
  }
}

/** Rows that come ordered by the leading keys; those with equal ones are sorted among themselves. */
export class GroupCursor<Row> extends ReorderedCursor<Row> {
  readonly #sameGroup: (a: SortItem, b: SortItem) => boolean;
  #ahead: SortItem | undefined;
  #ended = false;
  #emitting = false;

  constructor(
    source: RowCursor<Row>, order: (a: SortItem, b: SortItem) => number, sameGroup: (a: SortItem, b: SortItem) => boolean,
    fetcher: RowFetcher<Row>, limit: SortLimit,
  ) {
    super(source, order, fetcher, limit);
    this.#sameGroup = sameGroup;
  }

  step(): Step {
    for (;;) {
      if (this.#emitting) {
        if (this.emit() === Step.Row) return Step.Row;
        this.#emitting = false;
        this.forget();
      }
      if (this.#ended) return Step.End;
      if (!this.#gather()) return Step.Pause;
      this.items.sort(this.order);
      this.#emitting = true;
    }
  }

  /** True when a group is complete. */
  #gather(): boolean {
    if (this.#ahead !== undefined) this.add(this.#ahead);
    this.#ahead = undefined;
    for (let taken = 0; taken < STRETCH; taken++) {
      const step = this.source.step();
      if (step === Step.Pause) return false;
      if (step === Step.End) {
        this.#ended = true;
        return true;
      }
      const item = { key: this.source.key(), recno: this.source.recno };
      const [first] = this.items;
      if (first !== undefined && !this.#sameGroup(first, item)) {
        this.#ahead = item;
        return true;
      }
      this.add(item);
    }
    return false;
  }
}
