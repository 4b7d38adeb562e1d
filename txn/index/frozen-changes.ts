import { compareSlices, RunCursor, type SkipList, type SortedChanges } from '#index';
import type { FrozenEntries } from './index-base.js';

const PRESENT = Buffer.alloc(0);
const EMPTY = Buffer.alloc(0);

/** A frozen generation as changes of a base, in order: what the list says newest of an entry, and the entries of loads that it says nothing of. */
export class FrozenChanges implements SortedChanges {
  readonly #list: SkipList;
  readonly #runs: RunCursor[];
  #node = 0;
  #run: RunCursor | undefined;
  #started = false;
  keyBytes: Buffer = EMPTY;
  keyStart = 0;
  keyLength = 0;
  isRemoval = false;

  constructor(frozen: FrozenEntries) {
    this.#list = frozen.list;
    this.#runs = frozen.runs.map((run) => new RunCursor(run));
  }

  get value(): Uint8Array | undefined { return this.isRemoval ? undefined : PRESENT; }

  next(): boolean {
    if (!this.#started) {
      this.#started = true;
      for (const run of this.#runs) run.seek();
      this.#node = this.#written(this.#list.first());
    } else if (this.#run !== undefined) this.#run.next();
    else this.#node = this.#written(this.#list.next(this.#node));
    return this.#take();
  }

  #written(from: number): number {
    let node = from;
    while (node !== 0 && this.#list.newest(node) === 0) node = this.#list.next(node);
    return node;
  }

  #take(): boolean {
    for (;;) {
      const run = this.#lowestRun();
      if (this.#node === 0) return run !== undefined && this.#fromRun(run);
      const order = run === undefined ? -1 : this.#compare(run);
      if (order > 0 && run !== undefined) return this.#fromRun(run);
      if (order === 0) { // the list is newer
        run?.next();
        continue;
      }
      return this.#fromList();
    }
  }

  #lowestRun(): RunCursor | undefined {
    let best: RunCursor | undefined;
    for (const run of this.#runs) {
      if (!run.isValid) continue;
      if (best === undefined || compareSlices(run.keyBytes, run.keyStart, run.keyLength, best.keyBytes, best.keyStart, best.keyLength) < 0) best = run;
    }
    return best;
  }

  /** The node of the list against a run: positive when the run comes first. */
  #compare(run: RunCursor): number {
    const { nodes } = this.#list;
    const node = this.#node;
    return compareSlices(nodes.keyBytes(node), nodes.keyStart(node), nodes.keyLength(node), run.keyBytes, run.keyStart, run.keyLength);
  }

  #fromRun(run: RunCursor): boolean {
    this.#run = run;
    this.keyBytes = run.keyBytes;
    this.keyStart = run.keyStart;
    this.keyLength = run.keyLength;
    this.isRemoval = false;
    return true;
  }

  #fromList(): boolean {
    const { nodes, versions } = this.#list;
    this.#run = undefined;
    this.keyBytes = nodes.keyBytes(this.#node);
    this.keyStart = nodes.keyStart(this.#node);
    this.keyLength = nodes.keyLength(this.#node);
    this.isRemoval = versions.isTombstone(this.#list.newest(this.#node));
    return true;
  }
}
