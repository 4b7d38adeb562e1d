import { hashKey, RunCursor, RunList, SkipList, type ByteRange, type OrderedSource, type SortedRun } from '#index';
import { FieldstoneError } from '#storage';
import type { LiveSnapshots } from '../commit/live-snapshots.js';
import { firstIn, isBelow } from '../keys/key-store.js';
import { WritesInFlight, type KeysInFlight } from '../keys/writes-in-flight.js';
import type { FrozenEntries, IndexBase } from './index-base.js';
import type { CatalogIndex, IndexKeys } from './index-keys.js';

/** Sequence of what stood in the base before a generation: below those of all commits. */
const BEFORE_ALL = 0;
const PRESENT = Buffer.alloc(0);

/** Newest entries that an estimate counts one by one. */
const MOST_COUNTED = 256;

/** Record numbers are below this. */
export const MAX_RECNO = 0xffffffff;

/** Memory of an index is compacted when so many entries changed since. */
const COMPACT_ENTRIES = 4096;

/**
 * One index: changed entries of the newest commits in skip lists (active, frozen), keys of large loads as sorted runs, the state of the last
 * checkpoint in a base, and for old snapshots the lists of earlier checkpoints.
 */
export class IndexStore {
  readonly keys: IndexKeys;
  /** Snapshots before this sequence can not use the index: it was made later. */
  readonly validFrom: number;
  base: IndexBase;
  active: SkipList;
  #runs = new RunList();
  frozen: FrozenEntries | undefined;
  /** Oldest first. A generation answers for snapshots before its sequence. */
  history: FrozenEntries[] = [];
  baseSequence = 0;
  /** Goes up when generations or the base are replaced: cursors find their place again. */
  epoch = 0;
  /** Sequence of the newest published change. */
  lastChange = 0;
  #lastLoad = 0;
  readonly #seed: number;
  #generations = 0;
  readonly #inFlight = new WritesInFlight();
  #definition: CatalogIndex;

  constructor(definition: CatalogIndex, keys: IndexKeys, base: IndexBase, seed: number, validFrom: number) {
    this.#definition = definition;
    this.keys = keys;
    this.base = base;
    this.validFrom = validFrom;
    this.#seed = seed;
    this.active = this.#newList();
  }

  #newList(): SkipList { return new SkipList(this.#seed + ++this.#generations * 0x9e3779b1); }

  get definition(): CatalogIndex { return this.#definition; }
  get name(): string { return this.#definition.name; }

  /** Its file has another name. */
  movedTo(file: string): void { this.#definition = { ...this.#definition, file }; }

  /** Kept in memory alone: its base is made anew in memory, not in a file. */
  get isInMemory(): boolean { return this.#definition.file === undefined; }

  get sizeBytes(): number {
    return (this.active.isEmpty ? 0 : this.active.sizeBytes) + this.#runs.sizeBytes + (this.frozen?.list.sizeBytes ?? 0);
  }

  get historyBytes(): number {
    let sum = 0;
    for (const { list } of this.history) sum += list.sizeBytes;
    return sum;
  }

  /** Entries, about. */
  get entryCount(): number {
    let count = this.base.entryCount + this.active.keyCount + (this.frozen?.list.keyCount ?? 0) + this.#runs.count;
    for (const run of this.frozen?.runs ?? []) count += run.count;
    return count;
  }

  /** Entries of a range, about: what the base and the runs say, and the newest entries up to a bound. */
  estimate(range: ByteRange): number {
    let sum = this.base.estimate(range.lower, range.upper);
    for (const run of [...this.runs, ...this.frozen?.runs ?? []]) {
      const from = range.lower === undefined ? 0 : run.lowerBound(range.lower, range.lower.length);
      sum += Math.max(0, (range.upper === undefined ? run.count : run.lowerBound(range.upper, range.upper.length)) - from);
    }
    return sum + countUpTo(this.active, range, MOST_COUNTED);
  }

  /** Makes the change of one entry visible at `sequence`. `hash` is that of the whole entry. */
  publish(entry: Uint8Array, length: number, present: boolean, sequence: number, snapshots: LiveSnapshots, hash: number = hashKey(entry, length)): void {
    this.active.put(entry, length, sequence, present ? PRESENT : undefined, snapshots.count > 0, hash);
    this.lastChange = sequence;
  }

  /** The rows of a large load, whose numbers no older snapshot counts. */
  publishRun(run: SortedRun, sequence: number): void {
    this.#runs.add(run);
    this.lastChange = sequence;
    this.#lastLoad = sequence;
    this.epoch++;
  }

  /** The lists that a reader at `sequence` looks through, newest first: the first that sees a version of an entry decides. */
  listsFor(sequence: number): SkipList[] {
    if (sequence >= this.baseSequence) return this.frozen === undefined ? [this.active] : [this.active, this.frozen.list];
    const lists = this.history.filter((g) => g.sequence > sequence).map((g) => g.list);
    if (this.frozen !== undefined) lists.push(this.frozen.list);
    return [...lists, this.active];
  }

  /** Keys of loads that no checkpoint freezes yet. */
  get runs(): readonly SortedRun[] { return this.#runs.joined(); }

  /** The keys of all loads that the base does not hold yet. */
  runSources(): OrderedSource[] { return [...this.runs, ...this.frozen?.runs ?? []].map((run) => new RunCursor(run)); }

  /** What stands beneath the lists: runs and the base, which have no entry in common. */
  sourcesBelow(keyHash?: number): OrderedSource[] {
    const runs = this.runSources();
    return keyHash === undefined || this.base.mayHold(keyHash) ? [...runs, this.base.source()] : runs;
  }

  /** True when an entry of the range changed after `sequence`, or is changing. `keyHash`: of its key, when it holds entries of one alone. */
  changedInRange(range: ByteRange, sequence: number, keyHash: number | undefined): boolean {
    if ((keyHash === undefined || this.#inFlight.holds(keyHash)) && this.#inFlight.touch(range)) return true;
    if (this.lastChange <= sequence) return false;
    for (const list of this.#remembered()) {
      for (let node = firstIn(list, range); node !== 0 && isBelow(list, node, range.upper); node = list.next(node)) {
        const newest = list.newest(node);
        if (newest !== 0 && list.versions.sequence(newest) > sequence) return true;
      }
    }
    return this.#lastLoad > sequence; // its keys may be in the base by now: which of them came with it is not known any more
  }

  #remembered(): SkipList[] {
    const lists = [this.active];
    if (this.frozen !== undefined) lists.push(this.frozen.list);
    for (const { list } of this.history) lists.push(list);
    return lists;
  }

  /**
   * True when a commit on its way to the log changes an entry of a key of this hash. Another key of the same hash counts as well: that costs a needless
   * conflict, once in four thousand million.
   */
  isClaimed(keyHash: number): boolean { return this.#inFlight.holds(keyHash); }
  enterFlight(changes: KeysInFlight): void { this.#inFlight.add(changes); }
  leaveFlight(changes: KeysInFlight): void { this.#inFlight.remove(changes); }

  /** False when there is nothing to fold. An index in memory waits until folding is worth its while. */
  freeze(sequence: number): boolean {
    if (this.active.isEmpty && this.#runs.count === 0) return false;
    if (this.isInMemory && this.#runs.count === 0 && this.active.keyCount < Math.max(COMPACT_ENTRIES, this.base.entryCount / 4)) return false;
    if (this.frozen !== undefined) throw new FieldstoneError('POISONED', 'a checkpoint began while another was running');
    this.frozen = { list: this.active, sequence, runs: this.runs };
    this.active = this.#newList();
    this.#runs = new RunList();
    this.epoch++;
    return true;
  }

  unfreeze(): void {
    if (this.frozen === undefined) return;
    this.active.absorbOlder(this.frozen.list);
    this.#runs = new RunList([...this.frozen.runs, ...this.#runs.joined()]);
    this.frozen = undefined;
    this.epoch++;
  }

  /**
   * Before the base takes the frozen entries over: what it held until now stays in the list as the oldest version, for snapshots
   * older than the changes. An entry that was removed first had been there, one that was added first had not.
   */
  keepBefore(snapshots: LiveSnapshots): void {
    const oldest = snapshots.oldestSequence();
    const list = this.frozen?.list;
    if (oldest === Infinity || list === undefined) return;
    const { versions } = list;
    for (let node = list.first(); node !== 0; node = list.next(node)) {
      let version = list.newest(node);
      if (version === 0) continue;
      for (let older = versions.older(version); older !== 0; older = versions.older(version)) version = older;
      const sequence = versions.sequence(version);
      if (sequence > oldest && sequence > BEFORE_ALL) list.addOldest(node, BEFORE_ALL, versions.isTombstone(version) ? PRESENT : undefined);
    }
  }

  /** The base holds the frozen entries. */
  switchOver(oldestSnapshot: number): void {
    const { frozen } = this;
    if (frozen === undefined) return;
    if (oldestSnapshot < frozen.sequence) this.history.push({ ...frozen, runs: [] });
    this.baseSequence = frozen.sequence;
    this.frozen = undefined;
    this.epoch++;
  }

  /** Lets go of what it holds in memory. */
  close(): void {
    this.active = this.#newList();
    this.#runs = new RunList();
    this.frozen = undefined;
    this.history = [];
    this.epoch++;
  }

  pruneHistory(oldestSnapshot: number): void {
    const kept = this.history.filter((g) => g.sequence > oldestSnapshot);
    if (kept.length < this.history.length) {
      this.history = kept;
      this.epoch++;
    }
    if (this.active.versions.liveCount > this.active.keyCount * 2) this.active.collect(oldestSnapshot);
  }
}

/** Present entries of a range in a list; of more than `most` the share that the first ones suggest. */
function countUpTo(list: SkipList, range: ByteRange, most: number): number {
  if (list.isEmpty) return 0;
  let count = 0;
  let seen = 0;
  let node = firstIn(list, range);
  for (; node !== 0 && seen < most && isBelow(list, node, range.upper); node = list.next(node), seen++) {
    const newest = list.newest(node);
    if (newest !== 0 && !list.versions.isTombstone(newest)) count++;
  }
  return seen < most ? count : Math.max(count, list.keyCount / 4);
}
