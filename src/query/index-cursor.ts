import { keepLayout } from '#storage';
import type { Access, IndexAccess } from './access.js';
import type { IndexEntry } from './index-source.js';
import { recnosOf } from './recno-set.js';
import { Step, type RowCursor, type RowFetcher } from './row-source.js';

/** Rows that do not match are passed over in one stretch, then asynchronous readers give others a turn. */
const STRETCH = 1024;

/** Record numbers, one after another. */
interface RecnoFeed {
  /** 0 at the end, -1 for a pause. */
  next(): number;
  close(): void;
}

/** Reads the rows of record numbers that come one after another. */
class FetchCursor<Row> implements RowCursor<Row> {
  readonly #feed: RecnoFeed;
  readonly #fetcher: RowFetcher<Row>;
  recno = 0;
  examined = 0;

  constructor(feed: RecnoFeed, fetcher: RowFetcher<Row>) {
    this.#feed = feed;
    this.#fetcher = fetcher;
  }

  step(): Step {
    for (let passed = 0; passed < STRETCH; passed++) {
      const recno = this.#feed.next();
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
  close(): void { this.#feed.close(); }
}
keepLayout(new FetchCursor({ next: () => 0, close: () => undefined }, { goTo: () => false, row: () => undefined, key: () => [] }));

const BACKWARD = { reverse: true };

/** The entries of the one range of the access; opened at the first step. */
function entriesOf({ index, ranges }: IndexAccess, reverse: boolean): Iterator<IndexEntry> {
  const [range] = ranges;
  if (range === undefined) return [][Symbol.iterator]();
  return index.entries(range, reverse ? BACKWARD : undefined)[Symbol.iterator]();
}

/** Rows in the order in which the index has them. */
export function streamCursor<Row>(access: IndexAccess, reverse: boolean, fetcher: RowFetcher<Row>): RowCursor<Row> {
  let entries: Iterator<IndexEntry> | undefined;
  return new FetchCursor({
    next: () => {
      const { done, value } = (entries ??= entriesOf(access, reverse)).next();
      return done === true ? 0 : value.recno;
    },
    close: () => { entries?.return?.(); },
  }, fetcher);
}

/** Rows of record numbers that are known already, in their order. */
export function listCursor<Row>(recnos: Float64Array, fetcher: RowFetcher<Row>): RowCursor<Row> {
  let at = 0;
  return new FetchCursor({ next: () => recnos[at++] ?? 0, close: () => undefined }, fetcher);
}

/** Rows of gathered record numbers, in their order. */
export function gatheredCursor<Row>(access: Exclude<Access, { kind: 'scan' }>, fetcher: RowFetcher<Row>): RowCursor<Row> {
  const gathering = recnosOf(access, { entries: 0 });
  let recnos: Float64Array | undefined;
  let at = 0;
  return new FetchCursor({
    next: () => {
      if (recnos === undefined) {
        const step = gathering.next();
        if (step.done !== true) return -1;
        recnos = step.value;
      }
      return recnos[at++] ?? 0;
    },
    close: () => { gathering.return(new Float64Array(0)); },
  }, fetcher);
}

/** Rows made from the entries of an index alone. */
export class CoveredCursor<Row> implements RowCursor<Row> {
  readonly #access: IndexAccess;
  readonly #reverse: boolean;
  readonly #make: (recno: number, values: readonly unknown[]) => Row;
  #entries: Iterator<IndexEntry> | undefined;
  #values: readonly unknown[] = [];
  recno = 0;
  examined = 0;

  constructor(access: IndexAccess, reverse: boolean, make: (recno: number, values: readonly unknown[]) => Row) {
    this.#access = access;
    this.#reverse = reverse;
    this.#make = make;
  }

  step(): Step {
    const { done, value } = (this.#entries ??= entriesOf(this.#access, this.#reverse)).next();
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
