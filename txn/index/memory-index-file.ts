import { RunBuilder, RunCursor, type OrderedSource, type SortedRun } from '#index';
import { assert } from '#storage';
import { WORK, type Steps } from '../checkpoint/step.js';
import { FrozenChanges } from './frozen-changes.js';
import { placesIn, type IndexBase } from './index-base.js';
import type { IndexFile } from './index-file.js';
import type { IndexStore } from './index-store.js';
import { MergedCursor } from './merged-cursor.js';
import { RunChanges } from './run-changes.js';

const ENTRIES_PER_SLICE = 8192;

/** The base of an index that is kept in memory: a sorted run, made anew when enough has changed. */
export class MemoryIndexFile implements IndexFile, IndexBase {
  readonly name = '';
  readonly isForeign = false;
  stores: readonly IndexStore[] = [];
  #run: SortedRun;
  #pending: SortedRun | undefined;

  constructor(run: SortedRun = new RunBuilder().finish()) { this.#run = run; }

  get entryCount(): number { return this.#run.count; }
  get sizeBytes(): number { return this.#run.sizeBytes; }
  source(): OrderedSource { return new RunCursor(this.#run); }
  mayHold(): boolean { return true; }

  sampleKeys(count: number): Buffer[] {
    const run = this.#run;
    return placesIn(run.count, count).map((i) => Buffer.from(run.bytesAt(i).subarray(run.startAt(i), run.startAt(i) + run.lengthAt(i))));
  }

  estimate(low: Buffer | undefined, high: Buffer | undefined): number {
    const from = low === undefined ? 0 : this.#run.lowerBound(low, low.length);
    return Math.max(0, (high === undefined ? this.#run.count : this.#run.lowerBound(high, high.length)) - from);
  }

  facts(): Record<string, never> { return {}; }
  renamed(): void { /* it has no file */ }
  sizes(): readonly (readonly [string, number])[] { return []; }

  *fold(): Steps {
    const frozen = this.stores[0]?.frozen;
    assert(frozen !== undefined, 'only a frozen index is folded');
    const changes = new FrozenChanges(frozen);
    const sources = [new RunChanges(changes), new RunCursor(this.#run)];
    const merged = new MergedCursor({ epoch: 0, openSources: () => sources }, { lower: undefined, upper: undefined }, false);
    const builder = new RunBuilder();
    while (merged.next()) {
      builder.add(merged.keyBytes.subarray(merged.keyStart, merged.keyStart + merged.keyLength), merged.keyLength);
      if (builder.count % ENTRIES_PER_SLICE === 0) yield WORK;
    }
    this.#pending = builder.finish();
  }

  abandon(): void { this.#pending = undefined; }
  journalComplete(): void { /* readers go on with the lists until the switch */ }

  settle(): void {
    if (this.#pending === undefined) return;
    this.#run = this.#pending;
    this.#pending = undefined;
  }

  close(): void { this.#run = new RunBuilder().finish(); }
}
