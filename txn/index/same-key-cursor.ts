import { afterPrefix, hashKey, RunBuilder, RunCursor, SkipList, type OrderedSource } from '#index';
import { keepLayout } from '#storage';
import type { RecordView } from '../record/record-view.js';
import { isEntryOf, recnoOf } from './entry.js';
import { IndexCursor } from './index-cursor.js';
import type { IndexStore } from './index-store.js';
import { ListSource } from './list-source.js';

/**
 * The records of one key, in the order of their numbers, as one reader of the table sees them: what IndexCursor gives for that range. Sources without an
 * entry of the key are left out, so that mostly one is left, which is walked as it is. Nothing else may run between seek() and the last next(). Used
 * again for the next key.
 */
export class SameKeyCursor {
  recno = 0;
  #key: Uint8Array = NO_KEY;
  #length = 0;
  #highest = 0;
  /** The only source with entries of the key; it stands on one that was not given out. */
  #only: OrderedSource | undefined;
  #isFresh = false;
  #several: IndexCursor | undefined;
  #hasSeveral = false;

  /** To before the first entry of the whole key[0 .. length), which stays where it is until the walk is over. */
  seek(index: IndexStore, view: RecordView, key: Uint8Array, length: number): void {
    this.#key = key;
    this.#length = length;
    this.#only = undefined;
    this.#several = undefined;
    this.#hasSeveral = false;
    this.#isFresh = true;
    const { writes, readSet, sequence } = view;
    const isPlain = readSet === undefined && (writes === undefined || writes.isUntouched) && sequence >= index.baseSequence;
    if (!isPlain || !this.#findOnly(index, sequence)) {
      const lower = Buffer.from(key.subarray(0, length));
      this.#several = IndexCursor.open(index, view, { lower, upper: afterPrefix(lower) }, false, hashKey(key, length));
    }
    this.#highest = view.highestRecno;
  }

  /** False when more than one source has entries of the key. */
  #findOnly(index: IndexStore, sequence: number): boolean {
    const { frozen, runs, base } = index;
    this.#addList(index.active, sequence);
    if (frozen !== undefined) {
      this.#addList(frozen.list, sequence);
      for (const run of frozen.runs) this.#add(new RunCursor(run));
    }
    for (const run of runs) this.#add(new RunCursor(run));
    if (base.entryCount > 0 && (this.#only === undefined || base.mayHold(hashKey(this.#key, this.#length)))) this.#add(base.source());
    return !this.#hasSeveral;
  }

  #addList(list: SkipList, sequence: number): void { if (!list.isEmpty) this.#add(new ListSource(list, sequence)); }

  #add(source: OrderedSource): void {
    if (!source.seek(this.#key, this.#length) || !isEntryOf(source, this.#key, this.#length)) return;
    if (this.#only === undefined) this.#only = source;
    else this.#hasSeveral = true;
  }

  /** To the next record; false at the end. */
  next(): boolean {
    const several = this.#several;
    if (several !== undefined) {
      const there = several.next();
      this.recno = several.recno;
      return there;
    }
    const source = this.#only;
    if (source === undefined) return false;
    for (;;) {
      if (this.#isFresh) this.#isFresh = false;
      else if (!source.next() || !isEntryOf(source, this.#key, this.#length)) break;
      if (source.isTombstone) continue;
      this.recno = recnoOf(source.keyBytes, source.keyStart, source.keyLength);
      if (this.recno <= this.#highest) return true; // rows of a load that came later are in the index already
    }
    this.#only = undefined;
    return false;
  }

  /** Lets go of what it walks: lists and pages may be large. */
  close(): void {
    this.#only = undefined;
    this.#several = undefined;
  }
}

const NO_KEY = new Uint8Array(0);
keepLayout(new RunCursor(new RunBuilder().finish()));
keepLayout(new ListSource(new SkipList(1), 0));
