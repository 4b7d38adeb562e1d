import { assert, DELETED_MARK } from '#storage';
import { RecordCursor, RecordView } from '#txn';
import { compileFilter } from '../filter/compile-filter.js';
import type { Predicate } from '../filter/item-reader.js';
import { indexesOf } from '../indexes/indexes-of.js';
import { KeyedRecords } from '../indexes/keyed-rows.js';
import { sortValue } from '../filter/sort-value.js';
import type { IndexSource } from '../query/index-source.js';
import { Step, type KeyedRows, type KeyPlace, type RowCursor, type RowFetcher, type RowRequest, type RowSession, type RowSource } from '../query/row-source.js';
import type { TableCodec } from '../table/table-codec.js';
import type { ReadAccess } from '../table/table-reader.js';
import type { DocumentCodec } from './document-codec.js';
import { DocumentPlace, placeReader } from './document-place.js';
import type { DocumentCodecs } from './document-codecs.js';
import { projection } from './projection.js';

/** In microseconds on some machine: reading a document means reading its memo and parsing it. */
const COSTS = { scanRow: 2, getRow: 3, makeRow: 1 };
/** Asynchronous readers give others a turn after so many documents. */
const ROWS_PER_PAUSE = 512;

interface SessionLife { readonly close: () => void; readonly assertAlive: () => void }

/** A collection as queries see it, through one kind of handle (plain, snapshot, transaction). */
export class CollectionRows<Doc> implements RowSource<Doc> {
  readonly name: string;
  readonly costs = COSTS;
  readonly #access: ReadAccess;
  readonly #codecs: DocumentCodecs;
  readonly #keyed = new KeyedRecords<Doc>((view) => this.#documentAt(view));
  #place: DocumentPlace | undefined;

  constructor(name: string, access: ReadAccess, codecs: DocumentCodecs) {
    this.name = name;
    this.#access = access;
    this.#codecs = codecs;
  }

  atKey(way: KeyPlace, values: readonly unknown[]): KeyedRows<Doc> | undefined {
    const { codec, view } = this.#access.view();
    const keyed = this.#keyed;
    if (!keyed.goTo(way, values, view)) return undefined;
    const documents = this.#codecs.of(codec);
    if (this.#place?.codec !== documents) this.#place = new DocumentPlace(documents);
    return keyed;
  }

  #documentAt(view: RecordView): Doc {
    const place = this.#place;
    assert(place !== undefined, 'who reads documents knows how they are kept');
    place.moveTo(view.bytes, view.start, view.memoSource);
    const document: unknown = place.take();
    return document as Doc; // documents are typed by who opens the collection
  }

  open(lasting: boolean): RowSession<Doc> {
    const { engine } = this.#access;
    if (!lasting) {
      const { codec, view } = this.#access.view();
      const life = { close: () => undefined, assertAlive: () => { engine.assertReadable(); } };
      return new CollectionSession<Doc>(this.#access, codec, this.#codecs.of(codec), view, life);
    }
    const held = this.#access.hold();
    const assertAlive = (): void => { if (held.hold.ended) held.assertAlive(); };
    return new CollectionSession<Doc>(this.#access, held.codec, this.#codecs.of(held.codec), held.view, { close: held.close, assertAlive });
  }
}

class CollectionSession<Doc> implements RowSession<Doc> {
  readonly indexes: readonly IndexSource[];
  readonly indexEpoch: unknown;
  readonly #access: ReadAccess;
  readonly #codec: DocumentCodec;
  readonly #view: RecordView;
  readonly #life: SessionLife;

  constructor(access: ReadAccess, table: TableCodec, codec: DocumentCodec, view: RecordView, life: SessionLife) {
    this.#access = access;
    this.#codec = codec;
    this.#view = view;
    this.#life = life;
    const { sources, epoch } = indexesOf(access.engine, table, view);
    this.indexes = sources;
    this.indexEpoch = epoch;
  }

  get rowCount(): number { return this.#view.highestRecno; }

  scan(request: RowRequest & { readonly reverse: boolean }): RowCursor<Doc> {
    const { engine } = this.#access;
    const range = { from: 1, to: Infinity, reverse: request.reverse, deleted: false };
    const cursor = new RecordCursor(this.#view, range, engine.buffers, engine.options.readAheadBytes);
    engine.reads.scans++;
    return new ScanCursor<Doc>(cursor, this.#view, new DocumentParts(request, this.#codec), (rows) => { engine.reads.rowsScanned += rows; });
  }

  fetcher(request: RowRequest): RowFetcher<Doc> {
    const { store, sequence, writes, readSet } = this.#view;
    // A view of its own: the documents of two fetchers are not in each other's way.
    return new DocumentFetcher<Doc>(new RecordView(store, sequence, writes, readSet), new DocumentParts(request, this.#codec));
  }

  assertAlive(): void { this.#life.assertAlive(); }
  close(): void { this.#life.close(); }
}

/** What a cursor does at a record: test it, make its document, tell its sort key. */
class DocumentParts<Doc> {
  readonly place: DocumentPlace;
  readonly test: Predicate<DocumentPlace> | undefined;
  readonly #keys: readonly ((place: DocumentPlace) => unknown)[];
  readonly #project: ((document: Record<string, unknown>) => Record<string, unknown>) | undefined;

  constructor(request: RowRequest, codec: DocumentCodec) {
    const reader = placeReader(codec);
    this.place = new DocumentPlace(codec);
    this.test = request.filter === undefined ? undefined : compileFilter(request.filter, reader);
    this.#keys = request.keys.map(({ path, descending }) => sortValue(path, descending, reader));
    this.#project = request.fields === undefined ? undefined : projection(request.fields);
  }

  row(): Doc {
    const document: unknown = this.#project === undefined ? this.place.take() : this.#project(this.place.take());
    return document as Doc; // documents are typed by who opens the collection
  }

  key(): unknown[] { return this.#keys.map((read) => read(this.place)); }
}

class ScanCursor<Doc> implements RowCursor<Doc> {
  readonly #cursor: RecordCursor;
  readonly #view: RecordView;
  readonly #parts: DocumentParts<Doc>;
  readonly #onClose: (rowsVisited: number) => void;
  #untilPause = ROWS_PER_PAUSE;
  #closed = false;
  examined = 0;

  constructor(cursor: RecordCursor, view: RecordView, parts: DocumentParts<Doc>, onClose: (rowsVisited: number) => void) {
    this.#cursor = cursor;
    this.#view = view;
    this.#parts = parts;
    this.#onClose = onClose;
  }

  get recno(): number { return this.#cursor.recno; }

  step(): Step {
    const { place, test } = this.#parts;
    const cursor = this.#cursor;
    for (;;) {
      if (--this.#untilPause < 0) {
        this.#untilPause = ROWS_PER_PAUSE;
        return Step.Pause;
      }
      if (!cursor.next()) return Step.End;
      this.examined++;
      place.moveTo(cursor.bytes, cursor.start, this.#view.memoSource);
      if (test === undefined || test(place)) return Step.Row;
    }
  }

  row(): Doc { return this.#parts.row(); }
  key(): unknown[] { return this.#parts.key(); }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose(this.#cursor.rowsVisited);
    this.#cursor.close();
  }
}

class DocumentFetcher<Doc> implements RowFetcher<Doc> {
  readonly #view: RecordView;
  readonly #parts: DocumentParts<Doc>;

  constructor(view: RecordView, parts: DocumentParts<Doc>) {
    this.#view = view;
    this.#parts = parts;
  }

  goTo(recno: number): boolean {
    const view = this.#view;
    if (!view.find(recno) || view.bytes[view.start] === DELETED_MARK) return false;
    const { place, test } = this.#parts;
    place.moveTo(view.bytes, view.start, view.memoSource);
    return test === undefined || test(place);
  }

  row(): Doc { return this.#parts.row(); }
  key(): unknown[] { return this.#parts.key(); }
}
