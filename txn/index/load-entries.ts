import { hashKey, hasRepeatedKey, type SortedRun } from '#index';
import { FieldstoneError, type MemoSource } from '#storage';
import { recnoOf } from './entry.js';
import { rangeOfKey } from './entry-changes.js';
import { assertUnique } from './index-build.js';
import { RECNO_BYTES } from './index-keys.js';
import type { IndexStore } from './index-store.js';
import { KeyProbe } from './key-probe.js';
import { KeySink } from './key-sink.js';
import { MergedCursor } from './merged-cursor.js';
import { newestHost } from './newest-host.js';

interface Part {
  readonly index: IndexStore;
  readonly sink: KeySink;
  run: SortedRun | undefined;
}

/** The keys of the rows of one large load, for each index of the table. */
export class LoadEntries {
  readonly #parts: readonly Part[];
  /** Those whose keys nobody else puts into their sinks. */
  #own: readonly Part[];

  /** `expected`: how many rows will come, about; more may. */
  constructor(indexes: readonly IndexStore[], expected = 0) {
    this.#parts = indexes.map((index) => ({ index, sink: new KeySink(index.keys, expected), run: undefined }));
    this.#own = this.#parts;
  }

  /** Adds the keys of the record image[start ..], which was made of `made`. Throws VALUE when no key can be made of it. */
  add(image: Uint8Array, start: number, recno: number, memos: MemoSource, made?: unknown): void {
    for (const { sink } of this.#own) sink.add(image, start, recno, memos, made);
  }

  /** Where the caller puts the keys of an index from now on, one for each row that has one; add() leaves them out. */
  take(index: IndexStore): KeySink | undefined {
    const part = this.#parts.find((each) => each.index === index);
    if (part === undefined) return undefined;
    this.#own = this.#own.filter((each) => each !== part);
    return part.sink;
  }

  /** No more rows come. */
  finish(): void { for (const part of this.#parts) part.run = part.sink.builder.finish(); }

  /** Throws DUPLICATE when a key of a unique index comes twice, or is there already. */
  assertUnique(table: string): void {
    for (const { index, run } of this.#parts) {
      if (index.definition.unique !== true || run === undefined) continue;
      // Repeated keys stand side by side in a run that is in order; others are not brought into order for that.
      if (run.isSorted || hasRepeatedKey(run.table, RECNO_BYTES)) assertUnique(run, index.definition);
      if (index.entryCount > 0) assertAbsent(index, run, table);
    }
  }

  publish(sequence: number): void {
    for (const { index, run } of this.#parts) if (run !== undefined && run.count > 0) index.publishRun(run, sequence);
  }

  /** The load is over: lets go of its keys. */
  release(): void {
    for (const part of this.#parts) {
      part.run = undefined;
      part.sink.release();
    }
  }
}

function assertAbsent(index: IndexStore, { table: keys }: SortedRun, table: string): void {
  const probe = new KeyProbe(index);
  for (let i = 0; i < keys.count; i++) {
    const start = keys.startOf(i);
    const length = keys.lengthOf(i);
    const entry = keys.bytesOf(i).subarray(start, start + length);
    const keyLength = length - RECNO_BYTES;
    if (!probe.mayHold(entry, keyLength)) continue;
    if (!new MergedCursor(newestHost(index, hashKey(entry, keyLength)), rangeOfKey(entry, keyLength), false).next()) continue;
    const recno = recnoOf(entry, 0, length);
    throw new FieldstoneError('DUPLICATE', `record ${recno} of the load has a key that the unique index "${index.name}" of "${table}" holds already`, {
      table, recno, details: { index: index.name },
    });
  }
}
