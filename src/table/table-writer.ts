import { copyBytes, DELETED_MARK, FieldstoneError, LIVE_MARK, PHASE, phases, visibleFields } from '#storage';
import { MustWait, type RecordView, type Engine, type RecordStore, type Transaction } from '#txn';
import { assertRecno } from './table-reader.js';
import type { TableCodec } from './table-codec.js';
import { assertGrowable } from './write-guard.js';

export type RowInput = Readonly<Record<string, unknown>>;

/** Writing of rows inside one transaction; everything is checked at once and touches only memory. */
export class TableWriter {
  readonly #transaction: Transaction;
  readonly #codec: TableCodec;
  readonly #view: RecordView;
  readonly #reads: Engine['reads'];

  constructor(engine: Engine, transaction: Transaction, codec: TableCodec, view: RecordView) {
    this.#reads = engine.reads;
    this.#transaction = transaction;
    this.#codec = codec;
    this.#view = view;
  }

  get #store(): RecordStore { return this.#codec.store; }

  insert(input: RowInput): number {
    const store = this.#store;
    this.#assertGrowable();
    const image = Buffer.allocUnsafe(store.layout.recordLength); // encodeInsert fills it
    const filled = withAutomaticValues(store, this.#codec, input);
    const { encoder } = this.#codec;
    const memos = phases.active ? this.#timedEncode(() => encoder.encodeInsert(filled, image, 0)) : encoder.encodeInsert(filled, image, 0);
    if (store.autoNext.size > 0) this.#transaction.usedCounters(store);
    const recno = store.recnos.take();
    try {
      this.#transaction.putRow(store, recno, image, memos, true);
    } catch (e) {
      if (this.#transaction.writesOf(store)?.rows.has(recno) !== true) store.recnos.giveBack(recno);
      throw e;
    }
    this.#reads.rowsInserted++;
    return recno;
  }

  #timedEncode<Result>(encode: () => Result): Result { return phases.measure(PHASE.serialization, encode); }

  /** Changes the named fields; the others keep their bytes. */
  update(recno: number, changes: RowInput): void {
    const image = this.#copy(recno);
    if (image === undefined || image[0] === DELETED_MARK) throw this.#absent(recno);
    const { encoder } = this.#codec;
    const memos = phases.active ? this.#timedEncode(() => encoder.encodeUpdate(changes, image, 0)) : encoder.encodeUpdate(changes, image, 0);
    this.#transaction.putRow(this.#store, recno, image, memos, this.#wasInserted(recno));
    this.#reads.rowsChanged++;
  }

  /** Marks the record; false when it was marked already. */
  delete(recno: number): boolean { return this.#mark(recno, DELETED_MARK); }

  /** Takes the mark away; false when there was none. */
  recall(recno: number): boolean { return this.#mark(recno, LIVE_MARK); }

  #mark(recno: number, mark: number): boolean {
    const image = this.#copy(recno);
    if (image === undefined) throw this.#absent(recno);
    if ((image[0] === DELETED_MARK) === (mark === DELETED_MARK)) return false;
    image[0] = mark;
    this.#transaction.putRow(this.#store, recno, image, [], this.#wasInserted(recno));
    this.#reads.rowsChanged++;
    return true;
  }

  #wasInserted(recno: number): boolean {
    return this.#transaction.writesOf(this.#store)?.rows.get(recno)?.inserted === true;
  }

  #copy(recno: number): Uint8Array | undefined {
    assertRecno(recno);
    const view = this.#view;
    if (!view.find(recno)) return undefined;
    const image = Buffer.allocUnsafe(this.#store.layout.recordLength); // from a shared pool: an array of its own costs as much as the commit
    copyBytes(view.bytes, view.start, image);
    return image;
  }

  #absent(recno: number): FieldstoneError {
    return new FieldstoneError('NOT_FOUND', `there is no record ${recno} in "${this.#store.name}"`, { table: this.#store.name, recno });
  }

  #assertGrowable(): void {
    const store = this.#store;
    assertGrowable(store);
    if (store.appendLease !== undefined) throw new MustWait(`a load is appending to "${store.name}"`, store.appendLease);
    if (store.replacing !== undefined) throw new MustWait(`table "${store.name}" is being rebuilt`, store.replacing);
  }
}

/** Autoincrement fields that the caller left out get their next value; a given one moves the counter on. */
export function withAutomaticValues(store: RecordStore, codec: TableCodec, input: RowInput): RowInput {
  if (store.autoNext.size === 0) return input;
  const given = new Map(Object.entries(input).map(([name, value]) => [name.toLowerCase(), value]));
  const filled: Record<string, unknown> = Object.assign(Object.create(null), input);
  visibleFields(store.layout).forEach((field, i) => {
    const next = store.autoNext.get(field.name);
    if (next === undefined) return;
    const step = field.autoIncrement?.step ?? 1;
    const name = codec.names[i] ?? field.name;
    const value = given.get(name.toLowerCase());
    if (value === undefined) filled[name] = next;
    store.autoNext.set(field.name, typeof value === 'number' && value >= next ? value + step : value === undefined ? next + step : next);
  });
  return filled;
}
