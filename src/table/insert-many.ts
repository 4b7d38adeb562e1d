import { FieldstoneError, hasCode, keepNewest } from '#storage';
import { bulkLoad, type BulkAppend } from '#txn';
import { assertOptions, assertSignal } from '../arguments.js';
import { assertUniqueTags } from '../indexes/index-trust.js';
import type { Tx } from '../transaction/tx.js';
import { asInput } from '../transaction/tx.js';
import type { TableCodec } from './table-codec.js';
import { assertNotAborted } from '../long-work.js';
import type { TableHost } from './table-host.js';
import { withAutomaticValues } from './table-writer.js';
import { assertGrowable, assertWritable, detachIndexes, type IndexPolicy } from './write-guard.js';

/** Options of insertMany(). */
export interface InsertManyOptions {
  /** Called about every megabyte, and at the end. */
  readonly onProgress?: (progress: { readonly rows: number }) => void;
  /** Write straight to the table files even when the rows would fit into an ordinary transaction. Default: from 512 rows on, in memory from 16 on. */
  readonly direct?: boolean;
  /** Cancels with ABORTED; nothing is inserted then. */
  readonly signal?: AbortSignal;
}

/** What insertMany() did. */
export interface InsertManyResult {
  readonly count: number;
  /** Record numbers of the first and the last row; 0 when there was none. They are consecutive when the load was large. */
  readonly firstRecno: number;
  readonly lastRecno: number;
}

// Below this a load is an ordinary transaction; larger ones are written straight to the table.
const SMALL_BYTES = 1 << 20;
/** On a disk, since it takes two or three more syncs. */
const SMALL_ROWS = 512;
const SMALL_ROWS_IN_MEMORY = 16;
/** While a checkpoint runs, for which a load would wait. */
const SMALL_ROWS_AT_CHECKPOINT = 4096;
const ROWS_PER_TURN = 4096;

/** What is inserted, when it is no plain row. */
export interface RowMaker {
  /** The row of an item, made at once: the item may change as soon as the next one is asked for. */
  row(item: unknown): unknown;
  /** What puts items into a large load, without a row in between. */
  loader(load: BulkAppend, codec: TableCodec): ItemLoader;
}

export interface ItemLoader {
  add(item: unknown): void;
  /** No more items come: lets go of all that takes memory. */
  release(): void;
}

class RowLoader implements ItemLoader {
  readonly #load: BulkAppend;
  readonly #codec: TableCodec;

  constructor(load: BulkAppend, codec: TableCodec) {
    this.#load = load;
    this.#codec = codec;
  }

  add(row: unknown): void { addRow(this.#codec, this.#load, row); }
  release(): void { /* it holds nothing */ }
}

const PLAIN_ROWS: RowMaker = {
  row: (item) => item,
  loader: (load, codec) => new RowLoader(load, codec),
};

/** Iterates rows of either kind. */
type Rows = AsyncIterator<unknown> | Iterator<unknown>;

/** An array, as its own iterator gives it, without an object for each item: what next() gives is good until the next call. */
class ListRows implements Iterator<unknown> {
  #list: readonly unknown[];
  readonly #step: { value: unknown; done: boolean } = { value: undefined, done: false };
  #at = 0;

  constructor(list: readonly unknown[]) { this.#list = list; }

  next(): IteratorResult<unknown> {
    const step = this.#step;
    step.done ||= this.#at >= this.#list.length;
    step.value = step.done ? undefined : this.#list[this.#at++];
    return step;
  }

  release(): void {
    this.#list = [];
    this.#step.value = undefined;
  }
}

export async function insertRows(
  host: TableHost, name: string, policy: IndexPolicy, rows: Iterable<unknown> | AsyncIterable<unknown>, options: InsertManyOptions,
  maker: RowMaker = PLAIN_ROWS,
): Promise<InsertManyResult> {
  const { engine } = host;
  engine.writeSide.assertWritable();
  assertOptions(options, ['onProgress', 'direct', 'signal'], 'insertMany');
  assertSignal(options.signal);
  const entry = engine.entry(name);
  if (policy === 'detach') await detachIndexes(engine, entry);
  const codec = host.codecOf(entry);
  assertWritable(codec.store, entry);
  assertUniqueTags(engine, codec.store);
  assertGrowable(codec.store);
  const iterator = iteratorOf(rows);
  const limit = Math.min(smallRows(engine), Math.max(1, Math.floor(SMALL_BYTES / codec.layout.recordLength)));
  const first: unknown[] = [];
  const isLarge = options.direct === true || (Array.isArray(rows) && rows.length >= limit);
  try {
    const ended = isLarge ? false : await takeUpTo(iterator, first, maker, limit, options.signal);
    const expected = Array.isArray(rows) ? rows.length : 0;
    const result = ended ? await insertSmall(host, name, policy, first) : await insertLarge(host, name, first, iterator, options, maker, expected);
    options.onProgress?.({ rows: result.count });
    return result;
  } catch (e) {
    // A source that was cut off may never answer: nobody waits for it.
    const returned = Promise.resolve(iterator.return?.()).catch(() => undefined);
    if (!hasCode(e, 'CLOSED') && !hasCode(e, 'ABORTED')) await returned;
    throw e;
  }
}

function smallRows({ options, writeSide }: TableHost['engine']): number {
  if (writeSide.isCheckpointing) return SMALL_ROWS_AT_CHECKPOINT;
  return options.ephemeral === true ? SMALL_ROWS_IN_MEMORY : SMALL_ROWS;
}

function iteratorOf(rows: Iterable<unknown> | AsyncIterable<unknown>): Rows {
  if (typeof rows === 'object' && rows !== null) {
    if (Array.isArray(rows) && rows[Symbol.iterator] === Array.prototype[Symbol.iterator]) return new ListRows(rows);
    if (Symbol.asyncIterator in rows) return rows[Symbol.asyncIterator]();
    if (Symbol.iterator in rows) return rows[Symbol.iterator]();
  }
  throw new FieldstoneError('VALUE', 'insertMany takes an array, an iterable or an async iterable of rows');
}

/** True when the rows ended before the limit. */
async function takeUpTo(iterator: Rows, into: unknown[], maker: RowMaker, limit: number, signal: AbortSignal | undefined): Promise<boolean> {
  while (into.length < limit) {
    assertNotAborted(signal, 'insertMany');
    const step = iterator.next();
    const next = step instanceof Promise ? await step : step;
    if (next.done === true) return true;
    into.push(maker.row(next.value));
  }
  return false;
}

async function insertSmall(host: TableHost, name: string, policy: IndexPolicy, rows: readonly unknown[]): Promise<InsertManyResult> {
  if (rows.length === 0) return { count: 0, firstRecno: 0, lastRecno: 0 };
  const recnos = await host.transaction((tx: Tx) => tx.table({ name, indexPolicy: policy }).insertMany(rows.map(asInput)));
  return { count: recnos.length, firstRecno: Math.min(...recnos), lastRecno: Math.max(...recnos) };
}

async function insertLarge(
  host: TableHost, name: string, first: readonly unknown[], iterator: Rows, options: InsertManyOptions, maker: RowMaker, expected: number,
): Promise<InsertManyResult> {
  const { engine } = host;
  return bulkLoad(engine, expected, () => engine.store(engine.entry(name)), async (load) => {
    const entry = engine.entry(name);
    const codec = host.codecOf(entry);
    assertWritable(load.store, entry);
    for (const row of first) addRow(codec, load, row);
    const loader = maker.loader(load, codec);
    for (;;) {
      assertNotAborted(options.signal, 'insertMany');
      const turn = loadTurn(iterator, loader);
      if (typeof turn === 'boolean' ? turn : await loadLate(turn, iterator, loader)) break;
      options.onProgress?.({ rows: load.count });
      await new Promise<void>((resolve) => { engine.options.env.scheduler.later(resolve); });
    }
    assertNotAborted(options.signal, 'insertMany');
    keepNewest('items', iterator instanceof ListRows ? [loader, iterator] : [loader]);
    loader.release();
    if (iterator instanceof ListRows) iterator.release();
    return { count: load.count, firstRecno: load.firstRecno, lastRecno: load.firstRecno + load.count - 1 };
  });
}

/** Adds the items of one turn; true when there are no more, or the promise of an item that is not there yet. No async function: its code is compiled once. */
function loadTurn(iterator: Rows, loader: ItemLoader): boolean | Promise<IteratorResult<unknown>> {
  for (let given = 0; given < ROWS_PER_TURN; given++) {
    const step = iterator.next();
    if (step instanceof Promise) return step;
    if (step.done === true) return true;
    loader.add(step.value);
  }
  return false;
}

/** The same where items come late; the first of them is on its way. */
async function loadLate(first: Promise<IteratorResult<unknown>>, iterator: Rows, loader: ItemLoader): Promise<boolean> {
  let next = await first;
  for (let given = 1; next.done !== true; given++) {
    loader.add(next.value);
    if (given === ROWS_PER_TURN) return false;
    const step = iterator.next();
    next = step instanceof Promise ? await step : step;
  }
  return true;
}

function addRow(codec: TableCodec, load: BulkAppend, row: unknown): void {
  const at = load.slot();
  load.added(codec.encoder.encodeInsert(withAutomaticValues(load.store, codec, asInput(row)), load.buffer, at));
}
