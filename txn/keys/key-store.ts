import { compareKeys, hashKey, maxKeyBytes, SkipList, type ByteRange } from '#index';
import { FieldstoneError, type Codec, type CodecCounters } from '#storage';
import type { FoldTarget } from '../checkpoint/fold-target.js';
import type { Steps } from '../checkpoint/step.js';
import type { LiveSnapshots } from '../commit/live-snapshots.js';
import type { VersionedStore } from '../commit/versioned-store.js';
import type { HotBudget } from './hot-budget.js';
import { HotValues } from './hot-values.js';
import type { KeyBase, PendingKeyState } from './key-base.js';
import { foldKeys } from './key-fold.js';
import { WritesInFlight, type KeysInFlight } from './writes-in-flight.js';
import { flagsOf, type StoreKinds } from './key-kinds.js';

export interface KeyStoreOptions {
  readonly name: string;
  /** File name in the folder. */
  readonly file: string;
  readonly kinds: StoreKinds;
  /** Of the tree file that will be made. */
  readonly pageSizeBytes: number;
  /** Opens the tree file; undefined = there is none yet. */
  readonly openBase: () => KeyBase | undefined;
  readonly codec: Codec;
  readonly compressionThresholdBytes: number;
  readonly codecCounters: CodecCounters;
  readonly bloomBitsPerKey: number;
  readonly seed: number;
  readonly hotBudget: HotBudget;
}

/** Changes up to a sequence, in order of keys: a generation of the delta. */
export interface KeyGeneration {
  readonly list: SkipList;
  readonly sequence: number;
}

/** Steps inside a checkpoint that finish a new file of the store. */
export type KeyTakeover = (store: KeyStore, frozen: KeyGeneration, target: FoldTarget) => Steps;

const EMPTY = Buffer.alloc(0);

/**
 * A key-value store: versions of the newest commits in skip lists (active, frozen), the state of the last checkpoint in a
 * B+tree file, and for old snapshots the lists of earlier checkpoints with what stood in the tree before them.
 */
export class KeyStore implements VersionedStore {
  readonly id: string;
  readonly name: string;
  readonly kinds: StoreKinds;
  readonly options: KeyStoreOptions;
  /** Newest values, decoded, in front of everything; the owner fills it. */
  readonly hot: HotValues;
  active: SkipList;
  frozen: KeyGeneration | undefined;
  /** Oldest first. A generation answers for snapshots before its sequence. */
  history: KeyGeneration[] = [];
  /** Last commit that the tree holds. */
  baseSequence = 0;
  /** Goes up when generations or the tree are replaced: cursors find their place again. */
  epoch = 0;
  /** Sequence of the newest published change. */
  lastChange = 0;
  ownerFlags: number;
  #base: KeyBase | undefined;
  #pending: PendingKeyState | undefined;
  #generations = 0;
  #successor: KeyTakeover | undefined;
  readonly #inFlight = new WritesInFlight();
  /** Where find() found the value. */
  foundBytes: Buffer = EMPTY;
  foundStart = 0;
  foundEnd = 0;

  constructor(options: KeyStoreOptions) {
    this.options = options;
    this.hot = new HotValues(options.hotBudget);
    this.name = options.name;
    this.id = `k:${options.name.toLowerCase()}`;
    this.kinds = options.kinds;
    this.#base = options.openBase();
    this.ownerFlags = this.#base?.state.header.ownerFlags ?? flagsOf(options.kinds);
    this.baseSequence = this.#base?.state.header.sequence ?? 0;
    this.active = this.#newList();
  }

  #newList(): SkipList { return new SkipList(this.options.seed + ++this.#generations * 0x9e3779b1); }

  get base(): KeyBase | undefined { return this.#base; }

  /** Throws LIMIT for a key that no page of the store could hold. */
  assertFits(keyLength: number): void {
    const pageSizeBytes = this.#base?.pageSizeBytes ?? this.options.pageSizeBytes;
    if (keyLength <= maxKeyBytes(pageSizeBytes)) return;
    throw new FieldstoneError('LIMIT', `the key takes ${keyLength} bytes, pages of ${pageSizeBytes} bytes hold keys of at most ${maxKeyBytes(pageSizeBytes)}`, { details: { store: this.name } });
  }

  get deltaBytes(): number { return (this.active.isEmpty ? 0 : this.active.sizeBytes) + (this.frozen?.list.sizeBytes ?? 0); }

  get historyBytes(): number {
    let sum = 0;
    for (const { list } of this.history) sum += list.sizeBytes;
    return sum;
  }

  /** The tree file was made. */
  attachBase(): void { this.#base ??= this.options.openBase(); }

  /** Finds the value as of `sequence`: true leaves it in foundBytes[foundStart .. foundEnd), a view. */
  find(key: Uint8Array, keyLength: number, sequence: number, hash: number = hashKey(key, keyLength)): boolean {
    if (sequence < this.baseSequence) {
      const found = this.#inPast(key, keyLength, hash, sequence);
      if (found !== undefined) return found;
    } else if (!this.active.isEmpty) {
      const found = this.#inList(this.active, key, keyLength, hash, sequence);
      if (found !== undefined) return found;
    }
    if (this.frozen !== undefined && sequence >= this.baseSequence) {
      const found = this.#inList(this.frozen.list, key, keyLength, hash, sequence);
      if (found !== undefined) return found;
    }
    const base = this.#base;
    if (base === undefined || base.filter?.mayHold(hash) === false || !base.tree.find(key, keyLength)) return false;
    const { tree } = base;
    this.foundBytes = tree.foundBytes;
    this.foundStart = tree.foundStart;
    this.foundEnd = tree.foundEnd;
    return true;
  }

  /**
   * For a snapshot older than the tree. The first generation after it that knows the key decides: by a version that the
   * snapshot sees, or by what stood in the tree before that generation.
   */
  #inPast(key: Uint8Array, keyLength: number, hash: number, sequence: number): boolean | undefined {
    for (const list of this.listsFor(sequence)) {
      const found = this.#inList(list, key, keyLength, hash, sequence);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** undefined = the list says nothing of the key at that sequence. */
  #inList(list: SkipList, key: Uint8Array, keyLength: number, hash: number, sequence: number): boolean | undefined {
    const node = list.find(key, keyLength, hash);
    if (node === 0) return undefined;
    const version = list.visible(node, sequence);
    if (version === 0) return undefined;
    const { versions } = list;
    if (versions.isTombstone(version)) return false;
    this.foundBytes = versions.bytesOf(version);
    this.foundStart = versions.startOf(version);
    this.foundEnd = this.foundStart + versions.lengthOf(version);
    return true;
  }

  /** The lists that a reader at `sequence` looks through: the first that sees a version decides; the tree comes behind them. */
  listsFor(sequence: number): SkipList[] {
    if (sequence >= this.baseSequence) return this.frozen === undefined ? [this.active] : [this.active, this.frozen.list];
    const lists = this.history.filter((g) => g.sequence > sequence).map((g) => g.list);
    if (this.frozen !== undefined) lists.push(this.frozen.list);
    return [...lists, this.active];
  }

  /** Sequence of the last remembered change of a key; 0 = none that a live snapshot could miss. */
  lastChangeOf(key: Uint8Array, keyLength: number, hash: number): number {
    for (const list of this.#remembered()) {
      const node = list.find(key, keyLength, hash);
      const newest = node === 0 ? 0 : list.newest(node);
      if (newest !== 0) return list.versions.sequence(newest);
    }
    return 0;
  }

  /** True when a key of the range changed after `sequence`, or is changing. */
  changedInRange(range: ByteRange, sequence: number): boolean {
    if (this.#inFlight.touch(range)) return true;
    if (this.lastChange <= sequence) return false;
    for (const list of this.#remembered()) {
      for (let node = firstIn(list, range); node !== 0 && isBelow(list, node, range.upper); node = list.next(node)) {
        const newest = list.newest(node);
        if (newest !== 0 && list.versions.sequence(newest) > sequence) return true;
      }
    }
    return false;
  }

  #remembered(): SkipList[] {
    const lists = [this.active];
    if (this.frozen !== undefined) lists.push(this.frozen.list);
    for (let i = this.history.length - 1; i >= 0; i--) lists.push(this.history[i]?.list ?? this.active);
    return lists;
  }

  /** Another key of the same hash counts as well: that costs a needless conflict, once in four thousand million. */
  isInFlight(hash: number): boolean { return this.#inFlight.holds(hash); }
  enterFlight(writes: KeysInFlight): void { this.#inFlight.add(writes); }
  leaveFlight(writes: KeysInFlight): void { this.#inFlight.remove(writes); }

  /** Makes one change visible at `sequence`. */
  publish(key: Uint8Array, keyLength: number, hash: number, value: Uint8Array | undefined, sequence: number, snapshots: LiveSnapshots): void {
    this.active.put(key, keyLength, sequence, value, snapshots.count > 0, hash);
    this.#published(hash, sequence);
  }

  /** The same for a value that stands in memory which the active list has adopted. */
  publishAdopted(
    key: Uint8Array, keyLength: number, hash: number, chunk: number, start: number, length: number, sequence: number, snapshots: LiveSnapshots,
  ): void {
    this.active.putAdopted(key, keyLength, sequence, chunk, start, length, snapshots.count > 0, hash);
    this.#published(hash, sequence);
  }

  #published(hash: number, sequence: number): void {
    this.hot.invalidate(hash);
    this.lastChange = sequence;
  }

  freeze(sequence: number): boolean {
    if (this.active.isEmpty && this.#successor === undefined) return false;
    if (this.frozen !== undefined) throw new FieldstoneError('POISONED', 'a checkpoint began while another was running');
    this.frozen = { list: this.active, sequence };
    this.active = this.#newList();
    this.epoch++;
    return true;
  }

  publishedSizes(): readonly (readonly [file: string, sizeBytes: number])[] { return []; }

  unfreeze(): void {
    if (this.frozen === undefined) return;
    this.active.absorbOlder(this.frozen.list);
    this.frozen = undefined;
    this.#pending = undefined;
    this.#successor = undefined;
    this.epoch++;
  }

  *fold(target: FoldTarget): Steps {
    const { frozen } = this;
    const base = this.#base;
    if (frozen === undefined || base === undefined) throw new FieldstoneError('POISONED', `store "${this.name}" has nothing to fold`);
    if (this.#successor !== undefined) {
      yield* this.#successor(this, frozen, target);
      return;
    }
    const { file, codec, compressionThresholdBytes, codecCounters, bloomBitsPerKey } = this.options;
    this.#pending = yield* foldKeys({
      base, file, list: frozen.list, sequence: frozen.sequence, ownerFlags: this.ownerFlags, codec, compressionThresholdBytes, codecCounters, bloomBitsPerKey,
    }, target);
  }

  /** The journal is complete: readers go over to the new tree, while its pages move from the journal into place. */
  journalComplete(journalPath: string): void {
    if (this.#pending === undefined) return;
    this.#base?.enter(this.#pending, journalPath);
    this.#pending = undefined;
    this.epoch++;
  }

  switchOver(oldestSnapshot: number): void {
    const { frozen } = this;
    if (frozen === undefined) return;
    if (this.#successor === undefined) this.#base?.settle();
    else this.#reopen();
    if (oldestSnapshot < frozen.sequence) this.history.push(frozen);
    this.baseSequence = frozen.sequence;
    this.frozen = undefined;
    this.epoch++;
  }

  /** At the next checkpoint, which must rename a new file into place: `takeover` makes it what the tree with the frozen changes is. */
  succeed(takeover: KeyTakeover): void { this.#successor = takeover; }

  /** The file of the tree is another one now. */
  #reopen(): void {
    const before = this.#base;
    this.#successor = undefined;
    this.#base = this.options.openBase();
    before?.close();
  }

  pruneHistory(oldestSnapshot: number): void {
    const kept = this.history.filter((g) => g.sequence > oldestSnapshot);
    if (kept.length < this.history.length) {
      this.history = kept;
      this.epoch++;
    }
    if (this.active.versions.liveCount > this.active.keyCount * 2) this.active.collect(oldestSnapshot);
  }

  close(): void {
    this.hot.close();
    this.#base?.close();
  }
}

/** The first node of a list that is not below the range. */
export function firstIn(list: SkipList, range: ByteRange): number { return range.lower === undefined ? list.first() : list.lowerBound(range.lower); }

export function isBelow(list: SkipList, node: number, upper: Buffer | undefined): boolean {
  const { nodes } = list;
  return upper === undefined || compareKeys(upper, upper.length, nodes.keyBytes(node), nodes.keyStart(node), nodes.keyLength(node)) > 0;
}
