import { DELETED_MARK } from '#storage';
import type { RecordView } from '#txn';
import type { KeyedRows, KeyPlace } from '../query/row-source.js';
import { KeyLookup } from './key-lookup.js';

/** The rows of one key after the other, for one handle. */
export class KeyedRecords<Row> implements KeyedRows<Row> {
  readonly #lookup = new KeyLookup();
  #view: RecordView | undefined;
  rowCount = 0;
  examined = 0;

  readonly #rowAt: (view: RecordView, recno: number) => Row;

  /** `rowAt` makes the row at which the view stands. */
  constructor(rowAt: (view: RecordView, recno: number) => Row) { this.#rowAt = rowAt; }

  /** False when the rows are to be found by a run. */
  goTo(way: KeyPlace, values: readonly unknown[], view: RecordView): boolean {
    if (!this.#lookup.goTo(way, values, view)) return false;
    this.#view = view;
    this.rowCount = view.highestRecno;
    this.examined = 0;
    return true;
  }

  read(limit: number, rows: Row[]): void {
    const view = this.#view;
    if (view === undefined || limit <= 0) return;
    const lookup = this.#lookup;
    let left = limit;
    try {
      lookup.start(view);
      while (left > 0 && lookup.next()) {
        this.examined++;
        const { recno } = lookup;
        if (!view.find(recno) || view.bytes[view.start] === DELETED_MARK) continue;
        rows.push(this.#rowAt(view, recno));
        left--;
      }
    } finally {
      lookup.close();
    }
  }

  count(): number {
    const view = this.#view;
    const lookup = this.#lookup;
    if (view === undefined) return 0;
    try {
      lookup.start(view);
      while (lookup.next()) this.examined++;
    } finally {
      lookup.close();
    }
    return this.examined;
  }
}
