import type { FilterNode } from '../filter/filter-node.js';
import type { IndexSource } from './index-source.js';
import type { RowsVersion } from './result-cache.js';
import type { SortKey } from './sort-key.js';

/** What single steps of this source cost, in microseconds on some machine: only their ratios matter. */
export interface RowCosts {
  /** Reading the next row of a scan and testing it. */
  readonly scanRow: number;
  /** Reading a row by its number. */
  readonly getRow: number;
  /** Making the object of a row that is given out. */
  readonly makeRow: number;
}

/** What a cursor is to do at each row. */
export interface RowRequest {
  /** Only rows that match it; undefined = all. It has no parameters any more. */
  readonly filter: FilterNode | undefined;
  /** Fields of the rows that row() makes; undefined = all. */
  readonly fields: readonly string[] | undefined;
  /** What key() gives the values of. */
  readonly keys: readonly SortKey[];
}

/** What a step of a cursor came to. */
export const enum Step {
  End,
  Row,
  /** A stretch of work without a row: whoever iterates asynchronously gives others a turn. */
  Pause,
}

/** Walks rows. Between two steps it stands at a row. */
export interface RowCursor<Row> {
  step(): Step;
  readonly recno: number;
  /** The row at which it stands, made anew by each call. */
  row(): Row;
  /** Values that the row is sorted by (as sortValue() gives them). Each call gives an array of its own. */
  key(): unknown[];
  /** Rows looked at so far. */
  readonly examined: number;
  close(): void;
}

/** Reads rows by number. */
export interface RowFetcher<Row> {
  /** Goes to the row; false when it is absent or does not match. */
  goTo(recno: number): boolean;
  row(): Row;
  key(): unknown[];
}

/** Rows and indexes as of one moment. */
export interface RowSession<Row> {
  /** Rows, about. */
  readonly rowCount: number;
  /** In the same snapshot. */
  readonly indexes: readonly IndexSource[];
  /** Another value after indexes came or went, or one of them became multikey: plans are made again. */
  readonly indexEpoch: unknown;
  /** What its rows are, when results may be kept until they change; undefined for views that only one reader has. */
  readonly version?: RowsVersion | undefined;
  /** All rows that match, in the order of their numbers. */
  scan(request: RowRequest & { readonly reverse: boolean }): RowCursor<Row>;
  fetcher(request: RowRequest): RowFetcher<Row>;
  /** The row that fetcher() would make, from the values of an index, or undefined when it takes more than these. */
  rowMaker?(request: RowRequest, paths: readonly string[]): ((recno: number, values: readonly unknown[]) => Row) | undefined;
  /** Throws when the moment can not be read any more (ABORTED, CLOSED, EXTERNAL_CHANGE). */
  assertAlive(): void;
  close(): void;
}

/** An index whose keys are looked up. */
export interface KeyPlace {
  readonly index: IndexSource;
  /** The set of indexes that it was chosen among: with another one it is not asked. */
  readonly epoch: unknown;
}

/** The rows of one key of an index, as of now. To be read at once. */
export interface KeyedRows<Row> {
  /** Rows of the source, about. */
  readonly rowCount: number;
  /** Entries that read() or count() looked at. */
  readonly examined: number;
  /** Adds the rows in the order of their numbers, at most `limit`. */
  read(limit: number, rows: Row[]): void;
  /** How many entries there are. */
  count(): number;
}

/** Where queries find rows: a table or a collection, as one kind of handle sees it. */
export interface RowSource<Row> {
  readonly name: string;
  readonly costs: RowCosts;
  /**
   * Opens it as of now. `lasting` when the reader goes on in later turns of the event loop: the moment is then held until close().
   */
  open(lasting: boolean): RowSession<Row>;
  /** The rows with these values by a way that is known, without a session; undefined when they are to be found by a run. */
  atKey?(way: KeyPlace, values: readonly unknown[]): KeyedRows<Row> | undefined;
}
