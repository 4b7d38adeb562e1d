import { RunBuilder, type SortedRun } from '#index';
import { hasCode, type Finding } from '#storage';
import { appendRecno, IndexCursor, RecordCursor, recnoOf, type Engine, type IndexStore, type RecordView } from '#txn';
import { assertNotAborted } from '../long-work.js';
import { checkIndexFile } from './check-index-file.js';
import { StoreFindings } from './store-findings.js';

const ROWS_PER_TURN = 4096;
/** More differences than these say nothing more. */
const MAX_DIFFERENCES = 1000;
const RECNO_BYTES = 4;

export interface IndexesCheck {
  readonly engine: Engine;
  readonly view: RecordView;
  readonly signal: AbortSignal | undefined;
}

/** Index files that are not kept right, their structure, and whether their entries are those of the rows. */
export async function checkIndexes(c: IndexesCheck): Promise<Finding[]> {
  const { engine, view } = c;
  const { indexes } = view.store;
  const path = (file: string): string => `${engine.options.folder}/${file}`;
  const findings: Finding[] = indexes.problems.map(({ file, reason, code = 'INDEX_READ_ONLY' }) => ({
    code, severity: code === 'CORRUPT_INDEX' ? 'error' : code === 'INDEX_READ_ONLY' ? 'note' : 'warning', file: path(file),
    message: `the index file is not kept right, and writes to the table are refused: ${reason}`,
  }));
  for (const file of indexes.files) {
    const found = new StoreFindings(path(file.name));
    await checkIndexFile(engine, file, () => turn(c), found);
    for (const index of file.stores) {
      const { readOnlyReason, isComparable = readOnlyReason === undefined } = index.keys;
      if (isComparable && view.sequence >= index.validFrom) await compareIndex(c, index, found);
    }
    findings.push(...found.list());
  }
  return findings;
}

function turn({ engine, signal }: IndexesCheck): Promise<void> {
  assertNotAborted(signal, 'the check');
  return new Promise((resolve) => { engine.options.env.scheduler.later(resolve); });
}

async function compareIndex(c: IndexesCheck, index: IndexStore, found: StoreFindings): Promise<void> {
  try {
    const cursor = new IndexCursor(index, c.view, { lower: undefined, upper: undefined });
    // A file that is only read may be in an order of its own.
    const entries = index.keys.readOnlyReason === undefined ? cursor : await inOrder(c, cursor);
    await new Comparison(index, await keysOfRows(c, index), found).run(c, entries);
  } catch (e) {
    if (!hasCode(e, 'CORRUPT_INDEX') && !hasCode(e, 'CORRUPT_PAGE') && !hasCode(e, 'VALUE') && !hasCode(e, 'LIMIT')) throw e;
    found.add('CORRUPT_INDEX', 'error', `${index.name}: ${e.message}`, e.offset);
  }
}

async function keysOfRows(c: IndexesCheck, index: IndexStore): Promise<SortedRun> {
  const { engine, view } = c;
  const builder = new RunBuilder();
  const cursor = new RecordCursor(view, { from: 1, to: Infinity, reverse: false, deleted: true }, engine.buffers, engine.options.readAheadBytes);
  try {
    for (let done = 1; cursor.next(); done++) {
      const { recno } = cursor;
      index.keys.keysOf(cursor.bytes, cursor.start, recno, view.store.memoSource, (key, length) => { builder.add(key, appendRecno(key, length, recno)); });
      if (done % ROWS_PER_TURN === 0) await turn(c);
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
async function inOrder(c: IndexesCheck, cursor: Entries): Promise<Entries> {
  const builder = new RunBuilder();
  for (let n = 1; cursor.next(); n++) {
    builder.add(cursor.keyBytes.subarray(cursor.keyStart), cursor.keyLength + RECNO_BYTES);
    if (n % ROWS_PER_TURN === 0) await turn(c);
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

/** Entries and keys of rows, both in order, side by side. */
class Comparison {
  readonly #index: IndexStore;
  readonly #rows: SortedRun;
  readonly #found: StoreFindings;
  readonly #firstOnly: boolean;
  #held: Buffer = Buffer.alloc(0);
  #differences = 0;

  constructor(index: IndexStore, rows: SortedRun, found: StoreFindings) {
    this.#index = index;
    this.#rows = rows;
    this.#found = found;
    // Of the rows with one key an xBase UNIQUE index has one.
    this.#firstOnly = index.definition.tag?.unique === 'first';
  }

  async run(c: IndexesCheck, cursor: Entries): Promise<void> {
    const rows = this.#rows;
    let stands = cursor.next();
    let row = 0;
    for (let n = 1; (stands || row < rows.count) && this.#differences < MAX_DIFFERENCES; n++) {
      const entry = stands ? cursor.keyBytes.subarray(cursor.keyStart, cursor.keyStart + cursor.keyLength + RECNO_BYTES) : undefined;
      const own = row < rows.count ? this.#row(row) : undefined;
      const order = entry === undefined ? 1 : own === undefined ? -1 : entry.compare(own);
      if (order <= 0 && entry !== undefined && this.#firstOnly) this.#held = Buffer.from(keyOf(entry));
      if (order < 0) this.#report(`${this.#index.name}: an entry for record ${cursor.recno} has a key that its row does not give`);
      else if (order > 0 && own !== undefined && !this.#isHeld(own, entry)) this.#report(`${this.#index.name}: record ${recnoOf(own, 0, own.length)} has no entry`);
      if (order <= 0) stands = cursor.next();
      if (order >= 0) row++;
      if (n % ROWS_PER_TURN === 0) await turn(c);
    }
  }

  #row(i: number): Buffer {
    const start = this.#rows.startAt(i);
    return this.#rows.bytesAt(i).subarray(start, start + this.#rows.lengthAt(i));
  }

  #isHeld(row: Buffer, entry: Buffer | undefined): boolean {
    if (!this.#firstOnly) return false;
    const key = keyOf(row);
    return key.equals(this.#held) || (entry !== undefined && key.equals(keyOf(entry)));
  }

  #report(message: string): void {
    this.#differences++;
    this.#found.add('CORRUPT_INDEX', 'error', message);
  }
}

function keyOf(entry: Buffer): Buffer { return entry.subarray(0, entry.length - RECNO_BYTES); }
