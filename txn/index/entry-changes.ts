import { compareKeys, hashKey, isInRange, type ByteRange } from '#index';
import { FieldstoneError, type MemoSource } from '#storage';
import type { LiveSnapshots } from '../commit/live-snapshots.js';
import type { KeysInFlight } from '../keys/writes-in-flight.js';
import { RECNO_BYTES } from './index-keys.js';
import { MAX_RECNO, type IndexStore } from './index-store.js';
import { appendRecno, recnoOf } from './entry.js';
import { MergedCursor } from './merged-cursor.js';
import { newestHost } from './newest-host.js';

/** What a commit needs of the table whose rows it changes. */
export interface ChangedRecords {
  /** Finds the newest committed image: true leaves it in foundBytes[foundStart ..]. */
  find(recno: number, sequence: number): boolean;
  readonly foundBytes: Uint8Array;
  readonly foundStart: number;
  /** True when what was found is a deleted, empty row: a checkpoint leaves it where nobody filled a number, and no index knows of it. */
  readonly foundHole: boolean;
  readonly memoSource: MemoSource;
  readonly name: string;
}

/** A row as a commit writes it. */
export interface ChangedRow { readonly bytes: Uint8Array; readonly inserted: boolean }

/** Such rows by record number, each once. */
export interface ChangedRows extends Iterable<readonly [recno: number, row: ChangedRow]> {
  get(recno: number): ChangedRow | undefined;
  has(recno: number): boolean;
}

interface Change { readonly entry: Buffer; readonly present: boolean }

const NO_ENTRIES: readonly Buffer[] = [];

/** The entries of one row in one index, copied. */
export function entriesOf(index: IndexStore, image: Uint8Array, start: number, recno: number, memos: MemoSource): readonly Buffer[] {
  let entries: Buffer[] | undefined;
  index.keys.keysOf(image, start, recno, memos, (key, length) => {
    const entry = Buffer.allocUnsafe(length + RECNO_BYTES);
    key.copy(entry, 0, 0, length);
    appendRecno(entry, length, recno);
    (entries ??= []).push(entry);
  });
  return entries ?? NO_ENTRIES;
}

/** What one commit changes in one index: entries that go and entries that come. */
export class EntryChanges implements KeysInFlight {
  readonly index: IndexStore;
  linked = false;
  previous: KeysInFlight | undefined;
  next: KeysInFlight | undefined;
  readonly #changes: Change[] = [];

  constructor(index: IndexStore) { this.index = index; }

  get isEmpty(): boolean { return this.#changes.length === 0; }

  /** Entries of the old image that the new one does not have go; new ones come. */
  add(before: readonly Buffer[], after: readonly Buffer[]): void {
    for (const entry of before) if (!has(after, entry)) this.#changes.push({ entry, present: false });
    for (const entry of after) if (!has(before, entry)) this.#changes.push({ entry, present: true });
  }

  /** Of the keys, without record numbers. */
  *hashes(): Generator<number, void, void> {
    for (const { entry } of this.#changes) yield hashKey(entry, entry.length - RECNO_BYTES);
  }

  touches(range: ByteRange): boolean { return this.#changes.some(({ entry }) => isInRange(range, entry)); }

  markInFlight(): void { this.index.enterFlight(this); }

  publish(sequence: number, snapshots: LiveSnapshots): void {
    this.index.leaveFlight(this);
    for (const { entry, present } of this.#changes) this.index.publish(entry, entry.length, present, sequence, snapshots);
  }

  withdraw(): void { this.index.leaveFlight(this); }
}

function has(entries: readonly Buffer[], entry: Buffer): boolean {
  return entries.some((other) => compareKeys(other, other.length, entry, 0, entry.length) === 0);
}

/**
 * The changes that rows about to be committed make in an index. Called when conflicts of rows have been ruled out, so the newest committed image
 * is what each row replaces. Throws CONFLICT when somebody else committed, or is committing, a key that must be unique: run
 * again, the transaction sees it. `provenAt`: as of this sequence the keys of the rows were found to be unique when they were written.
 * Recovery proves nothing (Infinity): the commit did, and its rows come one by one, in between which two may have one key.
 */
export function changesOf(index: IndexStore, records: ChangedRecords, rows: ChangedRows, memos: MemoSource, provenAt: number): EntryChanges {
  const changes = new EntryChanges(index);
  const unique = index.definition.unique === true && provenAt < Infinity ? new UniqueKeys(index, records.name, rows, provenAt) : undefined;
  for (const [recno, row] of rows) {
    const before = row.inserted || !records.find(recno, Infinity) ? NO_ENTRIES : entriesBefore(index, records, recno);
    const after = entriesOf(index, row.bytes, 0, recno, memos);
    if (unique !== undefined) for (const entry of after) unique.claim(entry);
    changes.add(before, after);
  }
  return changes;
}

/** The entries of the row that was found. */
function entriesBefore(index: IndexStore, records: ChangedRecords, recno: number): readonly Buffer[] {
  const mayMiss = records.foundHole; // asked first: making keys may move what was found
  const entries = entriesOf(index, records.foundBytes, records.foundStart, recno, records.memoSource);
  return mayMiss ? entries.filter((entry) => holds(index, entry)) : entries;
}

function holds(index: IndexStore, entry: Buffer): boolean {
  const upper = Buffer.alloc(entry.length + 1);
  upper.set(entry);
  return new MergedCursor(newestHost(index, hashKey(entry, entry.length - RECNO_BYTES)), { lower: entry, upper }, false).next();
}

/** Proves that keys of a commit are unique: among themselves, against what is committed, against what is on its way. */
class UniqueKeys {
  readonly #index: IndexStore;
  readonly #table: string;
  readonly #rows: ChangedRows;
  readonly #claimed = new Map<string, number>();
  /** Nothing was committed since the keys were proven. */
  readonly #isProven: boolean;

  constructor(index: IndexStore, table: string, rows: ChangedRows, provenAt: number) {
    this.#index = index;
    this.#table = table;
    this.#rows = rows;
    this.#isProven = provenAt >= index.validFrom && provenAt >= index.lastChange;
  }

  claim(entry: Buffer): void {
    const keyLength = entry.length - RECNO_BYTES;
    const recno = recnoOf(entry, 0, entry.length);
    const hash = hashKey(entry, keyLength);
    if (this.#index.isClaimed(hash)) throw this.#conflict(recno);
    if (this.#isProven) return;
    const key = entry.toString('latin1', 0, keyLength);
    const mine = this.#claimed.get(key);
    if (mine !== undefined && mine !== recno) throw this.#conflict(mine);
    this.#claimed.set(key, recno);
    const cursor = new MergedCursor(newestHost(this.#index, hash), rangeOfKey(entry, keyLength), false);
    while (cursor.next()) {
      const other = recnoOf(cursor.keyBytes, cursor.keyStart, cursor.keyLength);
      if (!this.#rows.has(other)) throw this.#conflict(other);
    }
  }

  #conflict(recno: number): FieldstoneError {
    return new FieldstoneError('CONFLICT', `another row got the same key of the unique index "${this.#index.name}" of "${this.#table}"`, {
      table: this.#table, recno, details: { index: this.#index.name },
    });
  }
}

/** All entries of a key: key[0 .. keyLength) with any record number. */
export function rangeOfKey(key: Uint8Array, keyLength: number): ByteRange {
  const lowerLength = keyLength + RECNO_BYTES;
  const both = Buffer.allocUnsafe(lowerLength + keyLength + RECNO_BYTES + 1);
  both.set(key.subarray(0, keyLength));
  both.fill(0, keyLength, lowerLength);
  both.copyWithin(lowerLength, 0, keyLength);
  both[both.length - 1] = 0;
  appendRecno(both, lowerLength + keyLength, MAX_RECNO);
  return { lower: both.subarray(0, lowerLength), upper: both.subarray(lowerLength) };
}
