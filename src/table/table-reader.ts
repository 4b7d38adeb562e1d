import { assertOptions, assertSignal, shown } from '../arguments.js';
import { ArgumentRangeError, ArgumentTypeError, DELETED_MARK, isMemoField, PHASE, phases } from '#storage';
import { RecordCursor, type Engine, type RecordView } from '#txn';
import { orderOfNearness } from './nearness.js';
import type { RowScan, ScanOptions, ScanSource } from './scan.js';
import { rowScan } from './scan.js';
import type { TableCodec } from './table-codec.js';

// Decoding neighbours in one go is a fifth faster than one after another.
const RUN_ROWS = 32;

/** Options of get() and getMany(). */
export interface GetOptions {
  /** Also a record that is marked deleted. */
  readonly deleted?: boolean;
}

/** How one kind of handle (plain, snapshot, transaction) sees a table. */
export interface ReadAccess {
  readonly engine: Engine;
  /** The table now, and where reads stand. */
  view(): { readonly codec: TableCodec; readonly view: RecordView };
  /** The same for a scan that lasts: `close` is called when it ends. */
  hold(): {
    readonly codec: TableCodec;
    readonly view: RecordView;
    readonly close: () => void;
    readonly hold: { readonly ended: boolean };
    readonly assertAlive: () => void;
  };
}


/** Reading of rows, the same for every kind of handle. */
export class TableReader<Row> {
  readonly #access: ReadAccess;

  constructor(access: ReadAccess) { this.#access = access; }

  get(recno: number, options?: GetOptions): Row | undefined {
    assertRecno(recno);
    const deleted = options !== undefined && wantsDeleted(options);
    const { codec, view } = this.#access.view();
    this.#access.engine.reads.gets++;
    return this.#row(codec, view, recno, deleted);
  }

  #row(codec: TableCodec, view: RecordView, recno: number, deleted: boolean): Row | undefined {
    if (phases.active) return this.#rowInParts(codec, view, recno, deleted);
    return decodeRow<Row>(codec, view, recno, deleted);
  }

  /** The same steps, each with its time. */
  #rowInParts(codec: TableCodec, view: RecordView, recno: number, deleted: boolean): Row | undefined {
    if (!phases.measure(PHASE.index, () => view.find(recno))) return undefined;
    if (!deleted && view.bytes[view.start] === DELETED_MARK) return undefined;
    const row: unknown = phases.measure(PHASE.serialization, () => codec.decoder.decode(view.bytes, view.start, recno, view.memoSource));
    return row as Row; // the decoder was built for this row type
  }

  /** Rows in the order asked; the file is read in the order of the record numbers. */
  getMany(recnos: readonly number[], options?: GetOptions): (Row | undefined)[] {
    if (!Array.isArray(recnos)) throw new ArgumentTypeError('VALUE', `getMany takes an array of record numbers, got ${shown(recnos)}`);
    recnos.forEach(assertRecno);
    const deleted = options !== undefined && wantsDeleted(options);
    const { codec, view } = this.#access.view();
    const rows: (Row | undefined)[] = recnos.map(() => undefined);
    for (const i of orderOfNearness(recnos)) rows[i] = this.#row(codec, view, recnos[i] ?? 0, deleted);
    return rows;
  }

  /** How its handle sees the table: for other ways of reading it. */
  get access(): ReadAccess { return this.#access; }

  recordCount(): number { return this.#access.view().view.recordCount(); }

  scan(options: ScanOptions = {}): RowScan<Row> {
    checkScanOptions(options);
    const { engine } = this.#access;
    const open = (): ScanSource => {
      const { codec, view, close, hold, assertAlive } = this.#access.hold();
      try {
        const range = { from: options.from ?? 1, to: options.to ?? Infinity, reverse: options.reverse === true, deleted: options.deleted === true };
        const decoder = codec.decoderFor(options.fields);
        const cursor = new RecordCursor(view, range, engine.buffers, engine.options.readAheadBytes);
        engine.reads.scans++;
        const closeBoth = (): void => {
          engine.reads.rowsScanned += cursor.rowsVisited;
          cursor.close();
          close();
        };
        // Memos may be large: they are read when their row comes.
        const runRows = decoder.fields.some(isMemoField) ? 1 : RUN_ROWS;
        return { cursor, view, decoder, runRows, close: closeBoth, hold, assertAlive };
      } catch (e) {
        close();
        throw e;
      }
    };
    return rowScan<Row>(open, options.signal, engine.options.env.scheduler);
  }
}

/** The row as the view sees it; undefined when absent, or deleted and deleted ones are not wanted. */
export function decodeRow<Row>(codec: TableCodec, view: RecordView, recno: number, deleted: boolean): Row | undefined {
  if (!view.find(recno)) return undefined;
  if (!deleted && view.bytes[view.start] === DELETED_MARK) return undefined;
  const row: unknown = codec.decoder.decode(view.bytes, view.start, recno, view.memoSource);
  return row as Row; // the decoder was built for this row type
}

function wantsDeleted(options: GetOptions): boolean {
  assertOptions(options, ['deleted'], 'get');
  return options.deleted === true;
}

function checkScanOptions(options: ScanOptions): void {
  assertOptions(options, ['fields', 'from', 'to', 'reverse', 'deleted', 'signal'], 'scan');
  assertSignal(options.signal);
  if (options.fields !== undefined && !Array.isArray(options.fields)) {
    throw new ArgumentTypeError('OPTION', `fields of a scan is an array of names, got ${shown(options.fields)}`);
  }
  for (const bound of [options.from, options.to]) {
    if (bound !== undefined && bound !== Infinity && (!Number.isSafeInteger(bound) || bound < 0)) throw new ArgumentRangeError('OPTION', 'from and to of a scan are record numbers');
  }
}

export function assertRecno(recno: unknown): asserts recno is number {
  if (typeof recno !== 'number' || !Number.isSafeInteger(recno) || recno < 0) {
    throw new ArgumentRangeError('VALUE', `a record number is a whole number from 1, got ${shown(recno)}`);
  }
}
