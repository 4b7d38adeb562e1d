import { RunBuilder, type SortedRun } from '#index';
import { FieldstoneError } from '#storage';
import { appendRecno, HoleRow, IndexCursor, RecordCursor, recnoOf, type Engine, type IndexStore, type RecordView } from '#txn';

const ROWS_PER_TURN = 4096;
/** More differences than these say nothing more. */
const MAX_DIFFERENCES = 1000;
const RECNO_BYTES = 4;

/** Where rows are read from. */
export type RowReads = Pick<Engine, 'buffers'> & { readonly options: Pick<Engine['options'], 'readAheadBytes'> };

/** `missing`: the row has no such entry; `extra`: the row does not give the key of the entry. */
export interface EntryDifference {
  readonly kind: 'missing' | 'extra';
  readonly recno: number;
}

/** No key can be made of a row: what the index says of it can not be judged, and the comparison ends. */
export interface KeyNotMade {
  readonly kind: 'unmade';
  readonly error: FieldstoneError;
}

/** What was found, or undefined when others may run. */
type Step = EntryDifference | KeyNotMade | undefined;

/** Whether keys can be made of rows that are those of the index. */
export function isComparable({ keys }: IndexStore): boolean { return keys.isComparable ?? keys.readOnlyReason === undefined; }

/**
 * Walks the entries of an index beside the keys that its rows give, both as one reader sees them, and yields where they differ. Of an index
 * that holds the first row of each key (xBase UNIQUE) every row counts as present whose key is there. Numbers that nobody filled are deleted, empty rows in
 * the table of which the index need not know.
 *
 * @throws FieldstoneError CORRUPT_INDEX, CORRUPT_PAGE and what reading throws
 */
export function* compareEntries(reads: RowReads, view: RecordView, index: IndexStore): Generator<Step, void, void> {
  const cursor = IndexCursor.open(index, view, { lower: undefined, upper: undefined });
  // A file that is only read may be in an order of its own.
  const entries = index.keys.readOnlyReason === undefined ? cursor : yield* inOrder(cursor);
  const holes = new Set<number>();
  const rows = yield* keysOfRows(reads, view, index, holes);
  if (rows instanceof FieldstoneError) yield { kind: 'unmade', error: rows };
  else yield* sideBySide(entries, rows, holes, index.definition.tag?.unique === 'first');
}

function* keysOfRows(
  { buffers, options }: RowReads, view: RecordView, index: IndexStore, holes: Set<number>,
): Generator<Step, SortedRun | FieldstoneError, void> {
  const hole = new HoleRow(view.store.layout);
  const builder = new RunBuilder();
  const cursor = new RecordCursor(view, { from: 1, to: Infinity, reverse: false, deleted: true }, buffers, options.readAheadBytes);
  try {
    for (let done = 1; cursor.next(); done++) {
      const { recno, bytes, start } = cursor;
      if (hole.isAt(bytes, start)) holes.add(recno);
      try {
        index.keys.keysOf(cursor.bytes, cursor.start, recno, view.store.memoSource, (key, length) => { builder.add(key, appendRecno(key, length, recno)); });
      } catch (e) {
        if (e instanceof FieldstoneError) return e;
        throw e;
      }
      if (done % ROWS_PER_TURN === 0) yield;
    }
  } finally {
    cursor.close();
  }
  return builder.finish();
}

/** Entries one by one, as a cursor gives them. */
interface Entries {
  readonly keyBytes: Buffer;
  readonly keyStart: number;
  readonly keyLength: number;
  readonly recno: number;
  next(): boolean;
}

/** The same entries by key and record. */
function* inOrder(cursor: Entries): Generator<Step, Entries, void> {
  const builder = new RunBuilder();
  for (let n = 1; cursor.next(); n++) {
    builder.add(cursor.keyBytes.subarray(cursor.keyStart), cursor.keyLength + RECNO_BYTES);
    if (n % ROWS_PER_TURN === 0) yield;
  }
  return new RunEntries(builder.finish());
}

class RunEntries implements Entries {
  readonly #run: SortedRun;
  #at = -1;

  constructor(run: SortedRun) { this.#run = run; }

  get keyBytes(): Buffer { return this.#run.bytesAt(this.#at); }
  get keyStart(): number { return this.#run.startAt(this.#at); }
  get keyLength(): number { return this.#run.lengthAt(this.#at) - RECNO_BYTES; }
  get recno(): number { return recnoOf(this.keyBytes, this.keyStart, this.#run.lengthAt(this.#at)); }
  next(): boolean { return ++this.#at < this.#run.count; }
}

function* sideBySide(entries: Entries, rows: SortedRun, holes: ReadonlySet<number>, firstOnly: boolean): Generator<Step, void, void> {
  let held: Buffer = Buffer.alloc(0);
  let stands = entries.next();
  let row = 0;
  let differences = 0;
  for (let n = 1; (stands || row < rows.count) && differences < MAX_DIFFERENCES; n++) {
    const entry = stands ? entries.keyBytes.subarray(entries.keyStart, entries.keyStart + entries.keyLength + RECNO_BYTES) : undefined;
    const own = row < rows.count ? entryAt(rows, row) : undefined;
    const order = entry === undefined ? 1 : own === undefined ? -1 : entry.compare(own);
    if (order <= 0 && entry !== undefined && firstOnly) held = Buffer.from(keyOf(entry));
    const isHeld = firstOnly && own !== undefined && (keyOf(own).equals(held) || (entry !== undefined && keyOf(own).equals(keyOf(entry))));
    const recno = own === undefined ? 0 : recnoOf(own, 0, own.length);
    const difference: Step = order < 0 ? { kind: 'extra', recno: entries.recno }
      : order > 0 && own !== undefined && !isHeld && !holes.has(recno) ? { kind: 'missing', recno } : undefined;
    if (difference !== undefined) {
      differences++;
      yield difference;
    }
    if (order <= 0) stands = entries.next();
    if (order >= 0) row++;
    if (n % ROWS_PER_TURN === 0) yield;
  }
}

function entryAt(rows: SortedRun, i: number): Buffer {
  const start = rows.startAt(i);
  return rows.bytesAt(i).subarray(start, start + rows.lengthAt(i));
}

function keyOf(entry: Buffer): Buffer { return entry.subarray(0, entry.length - RECNO_BYTES); }

/** A difference in words. */
export function differenceText(index: IndexStore, { kind, recno }: EntryDifference): string {
  return `${index.name}: ${kind === 'extra' ? `an entry for record ${recno} has a key that its row does not give` : `record ${recno} has no entry`}`;
}
