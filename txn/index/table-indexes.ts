import type { MemoSource } from '#storage';
import type { FoldTarget } from '../checkpoint/fold-target.js';
import { WORK, type Steps } from '../checkpoint/step.js';
import type { LiveSnapshots } from '../commit/live-snapshots.js';
import { changesOf, type ChangedRecords, type ChangedRows, type EntryChanges } from './entry-changes.js';
import type { IndexFile } from './index-file.js';
import type { CatalogIndex } from './index-keys.js';
import type { IndexStore } from './index-store.js';
import { LoadEntries } from './load-entries.js';
import { working } from './xbase-format.js';

/** Why an index file of a table is not maintained. */
export interface IndexProblem {
  readonly file: string;
  readonly reason: string;
  /** Undefined: it is only read. */
  readonly code?: 'CORRUPT_INDEX' | 'INDEX_MISSING' | 'INDEX_STALE';
}

/** The indexes of one generation of a table. They change, freeze and fold with its rows. */
export class TableIndexes {
  #stores: readonly IndexStore[] = [];
  #files: readonly IndexFile[] = [];
  #hasUnique = false;
  /** Index files of the table that can not be kept right: it is not written to while they stand beside it. */
  readonly problems: IndexProblem[] = [];
  /** Index files that opening the table made anew, since somebody asked last. */
  readonly remadeAtOpening: string[] = [];
  /** Files of dropped indexes: readers that still walk them may end. */
  readonly #dropped: IndexFile[] = [];
  #frozen: readonly IndexFile[] = [];
  #replaced: readonly string[] = [];

  get stores(): readonly IndexStore[] { return this.#stores; }
  get files(): readonly IndexFile[] { return this.#files; }
  get isEmpty(): boolean { return this.#stores.length === 0; }
  get hasUnique(): boolean { return this.#hasUnique; }

  get sizeBytes(): number {
    let sum = 0;
    for (const store of this.#stores) sum += store.sizeBytes;
    return sum;
  }

  get historyBytes(): number {
    let sum = 0;
    for (const store of this.#stores) sum += store.historyBytes;
    return sum;
  }

  /** All of them as they are now. */
  definitions(): CatalogIndex[] { return this.#files.flatMap(definitionsIn); }

  /** Those that only the catalog knows of. */
  ownDefinitions(): CatalogIndex[] { return this.#files.filter((file) => !file.isForeign).flatMap(definitionsIn); }

  /** The files got other names. */
  renamed(names: ReadonlyMap<string, string>): void {
    for (const file of this.#files) {
      const name = names.get(file.name);
      if (name === undefined) continue;
      file.renamed(name);
      for (const store of file.stores) store.movedTo(name);
    }
  }

  /** The index by name, any letter case. */
  find(name: string, file?: string): IndexStore | undefined {
    const key = name.toLowerCase();
    let first: IndexStore | undefined;
    for (const store of this.#stores) {
      if (store.name.toLowerCase() !== key) continue;
      if (file === undefined || store.definition.file === file) return store;
      first ??= store;
    }
    return first;
  }

  add(file: IndexFile, stores: readonly IndexStore[]): void {
    this.#files = [...this.#files, file];
    this.#setStores([...this.#stores, ...stores]);
  }

  /** Files that were set aside: they are read no more, and no problem any more. */
  forget(names: readonly string[]): void {
    for (const file of this.#files) if (names.includes(file.name)) for (const store of file.stores) this.remove(store);
    const left = this.problems.filter((problem) => !names.includes(problem.file));
    this.problems.splice(0, this.problems.length, ...left);
  }

  /** Takes a file back that has just been opened. */
  removeFile(file: IndexFile): void {
    this.#files = this.#files.filter((other) => other !== file);
    this.#setStores(this.#stores.filter((store) => !file.stores.includes(store)));
    file.close();
  }

  #setStores(stores: readonly IndexStore[]): void {
    this.#stores = stores;
    this.#hasUnique = stores.some((store) => store.definition.unique === true);
  }

  /** One more tag of a file that is there already. */
  addTo(file: IndexFile, store: IndexStore): void {
    if (!this.#files.includes(file)) this.#files = [...this.#files, file];
    this.#setStores([...this.#stores, store]);
  }

  /** Nobody finds the index any more; the file is closed with the table. */
  remove(store: IndexStore): void {
    this.#setStores(this.#stores.filter((other) => other !== store));
    const gone = this.#files.filter((file) => file.stores.includes(store) && file.stores.every((each) => !this.#stores.includes(each)));
    this.#files = this.#files.filter((file) => !gone.includes(file));
    this.#dropped.push(...gone);
  }

  /** What a commit changes in each index (`provenAt`: see there). Throws CONFLICT when a unique key was taken meanwhile, VALUE. */
  changesOf(records: ChangedRecords, rows: ChangedRows, memos: MemoSource, provenAt: number): EntryChanges[] {
    const all: EntryChanges[] = [];
    for (const store of this.#stores) {
      const changes = changesOf(store, records, rows, memos, provenAt);
      if (!changes.isEmpty) all.push(changes);
    }
    return all;
  }

  /** Recovery: a row of a commit that is in the log, before it is published. */
  replayRow(records: ChangedRecords, recno: number, image: Uint8Array, sequence: number, snapshots: LiveSnapshots): void {
    const isNew = !records.find(recno, Infinity);
    const rows = new Map([[recno, { bytes: image, inserted: isNew }]]);
    for (const store of this.#stores) if (isKept(store)) changesOf(store, records, rows, records.memoSource, Infinity).publish(sequence, snapshots);
  }

  /** Begins to collect the keys of rows that a large load appends. */
  newLoad(expected: number): LoadEntries | undefined { return this.isEmpty ? undefined : new LoadEntries(this.#stores, expected); }

  /** Recovery: the rows of a load that is in the log; they stand in the table file. */
  replayLoad(records: ChangedRecords, firstRecno: number, lastRecno: number, sequence: number): void {
    const load = new LoadEntries(this.#stores.filter(isKept));
    for (let recno = firstRecno; recno <= lastRecno; recno++) {
      if (records.find(recno, Infinity)) load.add(records.foundBytes, records.foundStart, recno, records.memoSource);
    }
    load.finish();
    load.publish(sequence);
  }

  /** The next checkpoint puts other files in the place of these: nothing is folded into them. */
  replacing(files: readonly string[]): void { this.#replaced = files; }

  /** True when there is something to fold. */
  freeze(sequence: number): boolean {
    const frozen = new Set(this.#stores.filter((store) => !this.#replaced.includes(store.definition.file ?? '') && store.freeze(sequence)));
    this.#frozen = this.#files.filter((file) => file.stores.some((store) => frozen.has(store)));
    return frozen.size > 0;
  }

  unfreeze(): void {
    for (const file of this.#frozen) file.abandon();
    for (const store of this.#stores) store.unfreeze();
    this.#frozen = [];
  }

  publishedSizes(): (readonly [file: string, sizeBytes: number])[] { return this.#frozen.flatMap((file) => [...file.sizes()]); }

  *fold(target: FoldTarget): Steps {
    for (const file of this.#frozen) {
      for (const store of file.stores) {
        store.keepBefore(target.snapshots);
        for (const run of store.frozen?.runs ?? []) yield* working(run.sortSteps());
      }
      yield* file.fold(target);
      yield WORK;
    }
  }

  journalComplete(journalPath: string): void {
    for (const file of this.#frozen) {
      file.journalComplete(journalPath);
      for (const store of file.stores) store.epoch++;
    }
  }

  switchOver(oldestSnapshot: number): void {
    for (const file of this.#frozen) file.settle();
    for (const store of this.#stores) store.switchOver(oldestSnapshot);
    this.#frozen = [];
  }

  pruneHistory(oldestSnapshot: number): void {
    for (const store of this.#stores) store.pruneHistory(oldestSnapshot);
  }

  close(): void {
    for (const file of [...this.#files, ...this.#dropped]) file.close();
    for (const store of this.#stores) store.close();
    this.#files = [];
    this.#stores = [];
    this.#dropped.length = 0;
  }
}

/** Recovery meets rows of a time when the file was sound: what can not be kept by now is a problem of the table, not of the log. */
function isKept({ keys }: IndexStore): boolean { return keys.readOnlyReason === undefined; }

function definitionsIn(file: IndexFile): CatalogIndex[] { return file.stores.map(({ definition }) => ({ ...definition, ...file.facts() })); }
