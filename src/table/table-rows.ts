import { definingFactory, DELETED_MARK, type FieldValue, type RowDecoder } from '#storage';
import { RecordCursor, RecordView, type Engine } from '#txn';
import { KeyedRecords } from '../indexes/keyed-rows.js';
import type { IndexSource } from '../query/index-source.js';
import type { RowsVersion } from '../query/result-cache.js';
import { Step, type KeyedRows, type KeyPlace, type RowCursor, type RowFetcher, type RowRequest, type RowSession, type RowSource } from '../query/row-source.js';
import { recordFilter, type RecordFilter, type RecordPlace } from './record-filter.js';
import type { TableCodec } from './table-codec.js';
import type { ReadAccess } from './table-reader.js';

/** The indexes of a table as one reader sees them. */
export interface TableIndexes {
  readonly sources: readonly IndexSource[];
  /** Another value after indexes came or went. */
  readonly epoch: unknown;
}

/** Finds the indexes that queries may use. `view` tells the moment, and the reader's own writes. */
export type IndexesOf = (engine: Engine, codec: TableCodec, view: RecordView) => TableIndexes;

/** Rows that are looked at in one go: few enough to stay in the nearest cache of the processor between one test and the next. */
const RUN_ROWS = 1024;
/** Asynchronous readers give others a turn after so many rows. */
const ROWS_PER_PAUSE = 32_768;

/** In microseconds on some machine. */
const COSTS = { scanRow: 0.03, getRow: 0.8, makeRow: 0.3 };

/** A table as queries see it, through one kind of handle (plain, snapshot, transaction). */
export class TableRows<Row> implements RowSource<Row> {
  readonly name: string;
  readonly costs = COSTS;
  readonly #access: ReadAccess;
  readonly #indexesOf: IndexesOf;
  readonly #keyed = new KeyedRecords<Row>(({ bytes, start, memoSource }, recno) => {
    const row: unknown = this.#decoder?.decode(bytes, start, recno, memoSource);
    return row as Row; // the decoder was built for this row type
  });
  #decoder: RowDecoder | undefined;

  readonly #isNewest: boolean;

  /** `isNewest`: the handle sees the newest state, as all others of its kind do: results may be kept until it changes. */
  constructor(name: string, access: ReadAccess, indexesOf: IndexesOf, isNewest: boolean) {
    this.name = name;
    this.#isNewest = isNewest;
    this.#access = access;
    this.#indexesOf = indexesOf;
  }

  atKey(way: KeyPlace, values: readonly unknown[]): KeyedRows<Row> | undefined {
    const { codec, view } = this.#access.view();
    const keyed = this.#keyed;
    if (!keyed.goTo(way, values, view)) return undefined;
    this.#decoder = codec.decoder;
    return keyed;
  }

  open(lasting: boolean): RowSession<Row> {
    const { engine } = this.#access;
    if (lasting) {
      const held = this.#access.hold();
      const assertAlive = (): void => { if (held.hold.ended) held.assertAlive(); };
      return this.#session(held.codec, held.view, { close: held.close, assertAlive });
    }
    const { codec, view } = this.#access.view();
    return this.#session(codec, view, { close: () => undefined, assertAlive: () => { engine.assertReadable(); } });
  }

  #session(codec: TableCodec, view: RecordView, life: SessionLife): RowSession<Row> {
    const { store } = codec;
    const version = this.#isNewest ? { of: store, change: store.lastChange } : undefined;
    return new TableSession<Row>(this.#access, codec, view, this.#indexesOf(this.#access.engine, codec, view), version, life);
  }
}

interface SessionLife { readonly close: () => void; readonly assertAlive: () => void }

class TableSession<Row> implements RowSession<Row> {
  readonly #access: ReadAccess;
  readonly #codec: TableCodec;
  readonly #view: RecordView;
  readonly #indexes: TableIndexes;
  readonly #life: SessionLife;
  readonly version: RowsVersion | undefined;

  constructor(access: ReadAccess, codec: TableCodec, view: RecordView, indexes: TableIndexes, version: RowsVersion | undefined, life: SessionLife) {
    this.#access = access;
    this.#codec = codec;
    this.#view = view;
    this.#life = life;
    this.version = version;
    this.#indexes = indexes;
  }

  get rowCount(): number { return this.#view.highestRecno; }
  get indexes(): readonly IndexSource[] { return this.#indexes.sources; }
  get indexEpoch(): unknown { return this.#indexes.epoch; }

  scan(request: RowRequest & { readonly reverse: boolean }): RowCursor<Row> {
    const { engine } = this.#access;
    const range = { from: 1, to: Infinity, reverse: request.reverse, deleted: false };
    const cursor = new RecordCursor(this.#view, range, engine.buffers, engine.options.readAheadBytes);
    engine.reads.scans++;
    const parts = new RowParts<Row>(request, this.#codec, this.#view);
    return new ScanCursor<Row>(cursor, parts, this.#codec.layout.recordLength, (rows) => { engine.reads.rowsScanned += rows; });
  }

  fetcher(request: RowRequest): RowFetcher<Row> {
    const { store, sequence, writes, readSet } = this.#view;
    // A view of its own: the rows of two fetchers are not in each other's way.
    const view = new RecordView(store, sequence, writes, readSet);
    return new TableFetcher<Row>(view, new RowParts(request, this.#codec, this.#view));
  }

  /** Rows made of values that an index tells: as the decoder makes them. */
  rowMaker(request: RowRequest, paths: readonly string[]): ((recno: number, values: readonly unknown[]) => Row) | undefined {
    const names = request.fields ?? this.#codec.names;
    const places = names.map((name) => paths.indexOf(name));
    if (places.includes(-1)) return undefined;
    const make = definingFactory(names);
    return (recno, values) => {
      const row: unknown = make(recno, false, places.map((place) => asFieldValue(values[place])));
      return row as Row; // made of the fields that were asked for
    };
  }

  assertAlive(): void { this.#life.assertAlive(); }
  close(): void { this.#life.close(); }
}

/** What a cursor does at a record: test it, make its row, tell its sort key. */
class RowParts<Row> {
  readonly place: RecordPlace;
  readonly filter: RecordFilter | undefined;
  readonly #decoder: RowDecoder;
  readonly #keys: readonly ((place: RecordPlace) => unknown)[];

  constructor(request: RowRequest, codec: TableCodec, view: RecordView) {
    this.place = { bytes: view.bytes, start: 0, memos: view.memoSource };
    this.filter = request.filter === undefined ? undefined : recordFilter(request.filter, codec, this.place);
    this.#decoder = codec.decoderFor(request.fields);
    this.#keys = request.keys.map(({ path }) => {
      const { decode } = codec.field(path);
      return ({ bytes, start, memos }) => decode(bytes, start, '', 0, memos);
    });
  }

  moveTo(bytes: Uint8Array, start: number): void {
    this.place.bytes = bytes;
    this.place.start = start;
  }

  row(recno: number): Row {
    const { bytes, start, memos } = this.place;
    const row: unknown = this.#decoder.decode(bytes, start, recno, memos);
    return row as Row; // the decoder was built for this row type
  }

  key(): unknown[] { return this.#keys.map((read) => read(this.place)); }
}

/** Tests runs of neighbouring records at once, and decodes those that match. */
class ScanCursor<Row> implements RowCursor<Row> {
  readonly #cursor: RecordCursor;
  readonly #parts: RowParts<Row>;
  readonly #recordLength: number;
  readonly #onClose: (rowsVisited: number) => void;
  readonly #starts = new Int32Array(RUN_ROWS);
  #count = 0;
  #next = 0;
  #runStart = 0;
  #runRecno = 0;
  #untilPause = ROWS_PER_PAUSE;
  #closed = false;
  recno = 0;
  examined = 0;

  constructor(cursor: RecordCursor, parts: RowParts<Row>, recordLength: number, onClose: (rowsVisited: number) => void) {
    this.#cursor = cursor;
    this.#parts = parts;
    this.#recordLength = recordLength;
    this.#onClose = onClose;
  }

  step(): Step {
    const parts = this.#parts;
    for (;;) {
      while (this.#next < this.#count) {
        const start = this.#starts[this.#next++] ?? 0;
        parts.place.start = start;
        if (parts.filter?.rest?.(parts.place) === false) continue;
        this.recno = this.#runRecno + (start - this.#runStart) / this.#recordLength;
        return Step.Row;
      }
      if (this.#untilPause <= 0) {
        this.#untilPause = ROWS_PER_PAUSE;
        return Step.Pause;
      }
      if (!this.#nextRun()) return Step.End;
    }
  }

  #nextRun(): boolean {
    const cursor = this.#cursor;
    const visited = cursor.rowsVisited;
    const starts = this.#starts;
    const sieves = this.#parts.filter?.sieves;
    const screens = sieves?.screens === true;
    const run = screens ? cursor.nextRecords(starts.length) : cursor.nextPlaces(starts);
    if (run === 0) return false;
    this.#runStart = cursor.start;
    this.#runRecno = cursor.firstRecno;
    this.examined += cursor.rowsVisited - visited;
    this.#untilPause -= cursor.rowsVisited - visited;
    this.#parts.place.bytes = cursor.bytes;
    starts[0] = cursor.start;
    // A record by itself is a changed one, in a buffer of its own.
    if (screens && run > 1) this.#count = sieves.screen(cursor.bytes, cursor.start, this.#recordLength, run, starts);
    else this.#count = sieves === undefined ? run : sieves.sift(cursor.bytes, starts, run);
    this.#next = 0;
    return true;
  }

  row(): Row { return this.#parts.row(this.recno); }
  key(): unknown[] { return this.#parts.key(); }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose(this.#cursor.rowsVisited);
    this.#cursor.close();
  }
}

class TableFetcher<Row> implements RowFetcher<Row> {
  readonly #view: RecordView;
  readonly #parts: RowParts<Row>;
  #recno = 0;

  constructor(view: RecordView, parts: RowParts<Row>) {
    this.#view = view;
    this.#parts = parts;
  }

  goTo(recno: number): boolean {
    const view = this.#view;
    if (!view.find(recno) || view.bytes[view.start] === DELETED_MARK) return false;
    const parts = this.#parts;
    parts.moveTo(view.bytes, view.start);
    if (parts.filter !== undefined && !parts.filter.matches(parts.place)) return false;
    this.#recno = recno;
    return true;
  }

  row(): Row { return this.#parts.row(this.#recno); }
  key(): unknown[] { return this.#parts.key(); }
}

/** An index that covers tells the values of fields. */
function asFieldValue(value: unknown): FieldValue {
  switch (typeof value) {
    case 'string': case 'number': case 'bigint': case 'boolean': return value;
    default: return value instanceof Date || value instanceof Uint8Array ? value : null;
  }
}
