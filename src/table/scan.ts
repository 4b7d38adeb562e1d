import { FieldstoneError, keepLayout, type Row as DecodedRow, type RowDecoder, type Scheduler } from '#storage';
import type { RecordCursor, RecordView } from '#txn';

/** What scan() takes. All optional. */
export interface ScanOptions<Name extends string = string> {
  /** Decode only these fields. */
  readonly fields?: readonly Name[];
  /** First record number, included. Default 1. */
  readonly from?: number;
  /** Last record number, included. Default the last one. */
  readonly to?: number;
  /** From the last record to the first. */
  readonly reverse?: boolean;
  /** Also records that are marked deleted. */
  readonly deleted?: boolean;
  /** Ends the scan with ABORTED. */
  readonly signal?: AbortSignal;
}

/** Rows that can be walked with `for ... of` and with `for await ... of`, in constant memory. */
export interface RowScan<Row> extends Iterable<Row>, AsyncIterable<Row> {
  /** All rows in an array. */
  toArray(): Row[];
}

/** What a scan works with; made when iteration begins, closed when it ends. */
export interface ScanSource {
  readonly cursor: RecordCursor;
  readonly view: RecordView;
  readonly decoder: RowDecoder;
  /** How many rows may be decoded ahead. */
  readonly runRows: number;
  readonly close: () => void;
  /** The snapshot that is read; when it has ended, assertAlive() throws the reason. */
  readonly hold: { readonly ended: boolean };
  readonly assertAlive: () => void;
}

// An awaited row costs a promise; the event loop gets a turn after this many rows.
const ROWS_PER_TURN = 512;

/** The iteration of a table; opens its source at the first step, so an unused scan holds nothing. */
export function rowScan<Row>(open: () => ScanSource, signal: AbortSignal | undefined, scheduler: Scheduler): RowScan<Row> {
  return {
    [Symbol.iterator]: () => new RowIterator<Row>(open, signal),
    [Symbol.asyncIterator]: () => new AsyncRowIterator(new RowIterator<Row>(open, signal), scheduler),
    toArray: () => [...new RowIterator<Row>(open, signal)],
  };
}

class RowIterator<Row> implements IterableIterator<Row> {
  readonly #open: () => ScanSource;
  readonly #signal: AbortSignal | undefined;
  #source: ScanSource | undefined;
  #ended = false;
  /** Decoded rows that were not handed out: from #next to #count. */
  readonly #rows: DecodedRow[] = [];
  #next = 0;
  #count = 0;

  constructor(open: () => ScanSource, signal: AbortSignal | undefined) {
    this.#open = open;
    this.#signal = signal;
  }

  [Symbol.iterator](): this { return this; }

  next(): IteratorResult<Row, undefined> {
    if (this.#ended) return { value: undefined, done: true };
    try {
      const source = this.#source ??= this.#open();
      if (this.#signal?.aborted === true) throw new FieldstoneError('ABORTED', 'the scan was cancelled', { cause: this.#signal.reason });
      if (source.hold.ended) source.assertAlive();
      if (this.#next < this.#count || this.#decode(source)) {
        const row: unknown = this.#rows[this.#next++];
        return { value: row as Row, done: false }; // the decoder was built for this row type
      }
    } catch (e) {
      this.return();
      throw e;
    }
    return this.return();
  }

  #decode({ cursor, decoder, view, runRows }: ScanSource): boolean {
    const count = cursor.nextRun(runRows);
    this.#next = 0;
    this.#count = count;
    if (count === 1) this.#rows[0] = decoder.decode(cursor.bytes, cursor.start, cursor.recno, view.memoSource);
    else if (count > 1) {
      this.#rows.length = count;
      decoder.decodeRun(cursor.bytes, cursor.start, count, cursor.recno - count + 1, this.#rows, view.memoSource);
    }
    return count > 0;
  }

  return(): IteratorResult<Row, undefined> {
    this.#ended = true;
    this.#rows.length = 0;
    this.#next = this.#count = 0;
    this.#source?.close();
    this.#source = undefined;
    return { value: undefined, done: true };
  }
}
keepLayout(new RowIterator(() => { throw new FieldstoneError('CLOSED', 'an example of a scan'); }, undefined));

/** The same rows as promises. Not an async generator: that takes three promises for each row. */
class AsyncRowIterator<Row> implements AsyncIterableIterator<Row> {
  readonly #rows: RowIterator<Row>;
  readonly #scheduler: Scheduler;
  #untilTurn = ROWS_PER_TURN;

  constructor(rows: RowIterator<Row>, scheduler: Scheduler) {
    this.#rows = rows;
    this.#scheduler = scheduler;
  }

  [Symbol.asyncIterator](): this { return this; }

  next(): Promise<IteratorResult<Row, undefined>> {
    try {
      const result = this.#rows.next();
      if (--this.#untilTurn > 0) return Promise.resolve(result);
      this.#untilTurn = ROWS_PER_TURN;
      return new Promise((resolve) => { this.#scheduler.later(() => resolve(result)); });
    } catch (e) {
      return Promise.reject(e);
    }
  }

  return(): Promise<IteratorResult<Row, undefined>> { return Promise.resolve(this.#rows.return()); }
}
