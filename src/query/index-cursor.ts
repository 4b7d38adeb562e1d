import type { Access, IndexAccess } from './access.js';
import { recnosOf, type EntryCount } from './recno-set.js';
import { Step, type RowCursor, type RowFetcher } from './row-source.js';

/** Rows that do not match are passed over in one stretch, then asynchronous readers give others a turn. */
const STRETCH = 1024;

/** Reads the rows of record numbers that come one after another. */
abstract class NumberedCursor<Row> implements RowCursor<Row> {
  readonly #fetcher: RowFetcher<Row>;
  recno = 0;
  examined = 0;

  constructor(fetcher: RowFetcher<Row>) { this.#fetcher = fetcher; }

  /** The next number; 0 at the end, -1 for a pause. */
  protected abstract nextRecno(): number;
  abstract close(): void;

  step(): Step {
    for (let passed = 0; passed < STRETCH; passed++) {
      const recno = this.nextRecno();
      if (recno === 0) return Step.End;
      if (recno < 0) return Step.Pause;
      this.examined++;
      if (!this.#fetcher.goTo(recno)) continue;
      this.recno = recno;
      return Step.Row;
    }
    return Step.Pause;
  }

  row(): Row { return this.#fetcher.row(); }
  key(): unknown[] { return this.#fetcher.key(); }
}

/** Rows in the order in which the index has them. */
export class StreamCursor<Row> extends NumberedCursor<Row> {
  readonly #access: IndexAccess;
  readonly #reverse: boolean;
  #entries: Iterator<{ readonly recno: number }> | undefined;

  constructor(access: IndexAccess, reverse: boolean, fetcher: RowFetcher<Row>) {
    super(fetcher);
    this.#access = access;
    this.#reverse = reverse;
  }

  protected nextRecno(): number {
    const [range] = this.#access.ranges;
    if (range === undefined) return 0;
    this.#entries ??= this.#access.index.entries(range, this.#reverse ? BACKWARD : undefined)[Symbol.iterator]();
    const { done, value } = this.#entries.next();
    return done === true ? 0 : value.recno;
  }

  close(): void {
    this.#entries?.return?.();
  }
}

const BACKWARD = { reverse: true };

/** Rows of gathered record numbers, in their order. */
export class GatheredCursor<Row> extends NumberedCursor<Row> {
  readonly #gathering: Generator<undefined, Float64Array>;
  readonly count: EntryCount = { entries: 0 };
  #recnos: Float64Array | undefined;
  #next = 0;

  constructor(access: Exclude<Access, { kind: 'scan' }>, fetcher: RowFetcher<Row>) {
    super(fetcher);
    this.#gathering = recnosOf(access, this.count);
  }

  protected nextRecno(): number {
    if (this.#recnos === undefined) {
      const step = this.#gathering.next();
      if (step.done !== true) return -1;
      this.#recnos = step.value;
    }
    return this.#recnos[this.#next++] ?? 0;
  }

  close(): void { this.#gathering.return(new Float64Array(0)); }
}

/** Rows made from the entries of an index alone. */
export class CoveredCursor<Row> implements RowCursor<Row> {
  readonly #access: IndexAccess;
  readonly #reverse: boolean;
  readonly #make: (recno: number, values: readonly unknown[]) => Row;
  #entries: Iterator<{ readonly recno: number; readonly values?: readonly unknown[] }> | undefined;
  #values: readonly unknown[] = [];
  recno = 0;
  examined = 0;

  constructor(access: IndexAccess, reverse: boolean, make: (recno: number, values: readonly unknown[]) => Row) {
    this.#access = access;
    this.#reverse = reverse;
    this.#make = make;
  }

  step(): Step {
    const [range] = this.#access.ranges;
    if (range === undefined) return Step.End;
    this.#entries ??= this.#access.index.entries(range, this.#reverse ? BACKWARD : undefined)[Symbol.iterator]();
    const { done, value } = this.#entries.next();
    if (done === true) return Step.End;
    this.recno = value.recno;
    this.#values = value.values ?? [];
    this.examined++;
    return Step.Row;
  }

  row(): Row { return this.#make(this.recno, this.#values); }
  key(): unknown[] { return [...this.#values]; }
  close(): void { this.#entries?.return?.(); }
}
