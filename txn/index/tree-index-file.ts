import {
  applySorted, BloomFilter, chainPages, emptyHeader, encodeHeader, hashKey, PageAllocator, readFreePages, Tree, TreeCursor, writeFilter,
  type OrderedSource, type PageSink, type TreeHeader,
} from '#index';
import { assert, keepLayout, newCodecCounters, type Codec, type CodecCounters } from '#storage';
import type { FoldTarget } from '../checkpoint/fold-target.js';
import { WORK, type Steps } from '../checkpoint/step.js';
import type { KeyBase, PendingKeyState } from '../keys/key-base.js';
import { FrozenChanges } from './frozen-changes.js';
import { placesIn, type IndexBase } from './index-base.js';
import type { IndexFile } from './index-file.js';
import { RECNO_BYTES } from './index-keys.js';
import type { IndexStore } from './index-store.js';

export interface TreeIndexOptions {
  readonly name: string;
  readonly codec: Codec;
  readonly compressionThresholdBytes: number;
  readonly codecCounters: CodecCounters;
  readonly bloomBitsPerKey: number;
}

const MIN_FILTER_ENTRIES = 1024;
const ENTRIES_PER_SLICE = 10_000;

/** The base of a `btree` index: a tree file of ours whose keys are entries, without values. Its filter knows keys without record numbers. */
export class TreeIndexFile implements IndexFile, IndexBase {
  readonly #o: TreeIndexOptions;
  readonly #base: KeyBase;
  #pending: PendingKeyState | undefined;
  stores: readonly IndexStore[] = [];
  name: string;
  readonly isForeign = false;

  constructor(base: KeyBase, options: TreeIndexOptions) {
    this.#base = base;
    this.#o = options;
    this.name = options.name;
  }

  get entryCount(): number { return this.#base.tree.keyCount; }
  get base(): KeyBase { return this.#base; }
  source(): OrderedSource { return new TreeEntries(this.#base.tree); }
  mayHold(hash: number): boolean { return this.#base.filter?.mayHold(hash) !== false; }
  sizes(): readonly (readonly [string, number])[] { return []; }
  facts(): { file: string; treeId: number; sequence: number } {
    return { file: this.name, treeId: this.#base.treeId, sequence: this.#base.state.header.sequence };
  }
  renamed(name: string): void { this.name = name; }

  sampleKeys(count: number): Buffer[] {
    const { tree } = this.#base;
    return placesIn(tree.keyCount, count).flatMap((i) => tree.keyAt(i) ?? []);
  }

  estimate(low: Buffer | undefined, high: Buffer | undefined): number {
    const { tree } = this.#base;
    if (low !== undefined && high !== undefined) return tree.countBetween(low, high);
    const from = low === undefined ? 0 : tree.rank(low, low.length);
    return Math.max(0, (high === undefined ? tree.keyCount : tree.rank(high, high.length)) - from);
  }

  *fold(target: FoldTarget): Steps {
    const { name } = this;
    const base = this.#base;
    const frozen = this.stores[0]?.frozen;
    assert(frozen !== undefined, 'only a frozen index is folded');
    const { header } = base.state;
    const { pageSizeBytes, publishedBytes } = base;
    const journalled = new Map<number, number>();
    const sink: PageSink = {
      emit(pageNo, page) {
        target.put(name, base.file, pageNo * pageSizeBytes, page, publishedBytes);
        if (pageNo < header.pageCount) journalled.set(pageNo, target.lastJournalPosition);
      },
      sliceDone: () => target.sliceDone(),
    };
    const allocator = new PageAllocator(header.pageCount, readFreePages(base, header));
    const next = yield* newState(base, this.#o, new FrozenChanges(frozen), () => new FrozenChanges(frozen), allocator, sink, frozen.sequence);
    if (next.header.pageCount < header.pageCount) target.truncate(name, next.header.pageCount * pageSizeBytes);
    target.header(name, 0, encodeHeader(next.header));
    this.#pending = { ...next, tree: new Tree(base, next.header, this.#o.codecCounters), journalled };
  }

  abandon(): void { this.#pending = undefined; }

  journalComplete(journalPath: string): void {
    if (this.#pending === undefined) return;
    this.#base.enter(this.#pending, journalPath);
    this.#pending = undefined;
  }

  settle(): void { this.#base.settle(); }
  close(): void { this.#base.close(); }
}

/** Applies changes to the tree and its filter. */
function* newState(
  base: KeyBase, o: TreeIndexOptions, changes: FrozenChanges, again: () => FrozenChanges, allocator: PageAllocator, sink: PageSink, sequence: number,
): Steps<{ header: TreeHeader; filter: BloomFilter | undefined; filterPages: readonly number[] }> {
  const { header } = base.state;
  const run = applySorted(base.tree, {
    changes, allocator, sink, codec: o.codec, compressionThresholdBytes: o.compressionThresholdBytes, codecCounters: o.codecCounters,
  });
  let step = run.next();
  for (; step.done !== true; step = run.next()) yield WORK;
  const applied = step.value;
  const { filter, pages } = yield* newFilter(base, o, applied.keyCount, again(), allocator);
  const pageCount = allocator.trim();
  const scratch = Buffer.alloc(base.pageSizeBytes);
  if (filter !== undefined) writeFilter({ filter, pages }, header.treeId, sink, scratch);
  return {
    header: {
      ...header, pageCount, root: applied.root, height: applied.height, keyCount: applied.keyCount,
      freeHead: allocator.write(header.treeId, sink, scratch), freeCount: allocator.freeCount, sequence,
      filterHead: pages[0] ?? 0, filterCapacity: filter?.capacity ?? 0, filterBitsPerKey: filter?.bitsPerKey ?? 0,
    },
    filter, filterPages: pages,
  };
}

/** Twice as many as there are: it is made anew after as many more. */
export function filterCapacity(entryCount: number): number { return Math.max(MIN_FILTER_ENTRIES, entryCount * 2); }

/** The filter with the new keys in it; made anew, twice as large as needed, when there are too many for the old one. */
function* newFilter(
  base: KeyBase, o: TreeIndexOptions, entryCount: number, added: FrozenChanges, allocator: PageAllocator,
): Steps<{ filter: BloomFilter | undefined; pages: readonly number[] }> {
  const { filter: before, filterPages } = base.state;
  const fits = before !== undefined && before.bitsPerKey === o.bloomBitsPerKey && entryCount <= before.capacity;
  if (!fits) for (const pageNo of filterPages) allocator.release(pageNo);
  if (o.bloomBitsPerKey === 0) return { filter: undefined, pages: [] };
  const filter = fits ? before.clone() : BloomFilter.forKeys(filterCapacity(entryCount), o.bloomBitsPerKey);
  if (!fits) yield* addTree(filter, base);
  for (let n = 1; added.next(); n++) {
    if (!added.isRemoval) filter.add(hashOf(added.keyBytes, added.keyStart, added.keyLength));
    if (n % ENTRIES_PER_SLICE === 0) yield WORK;
  }
  return { filter, pages: fits ? filterPages : allocator.takeMany(chainPages(filter.sizeBytes, base.pageSizeBytes)) };
}

function* addTree(filter: BloomFilter, base: KeyBase): Steps {
  const cursor = new TreeCursor(base.tree);
  let n = 0;
  for (let ok = cursor.seek(); ok; ok = cursor.next()) {
    filter.add(hashKey(cursor.key, cursor.keyLength - RECNO_BYTES));
    if (++n % ENTRIES_PER_SLICE === 0) yield WORK;
  }
}

function hashOf(bytes: Buffer, start: number, length: number): number {
  return hashKey(start === 0 ? bytes : bytes.subarray(start, start + length), length - RECNO_BYTES);
}

/** The entries of a tree as an ordered source. */
class TreeEntries implements OrderedSource {
  readonly #cursor: TreeCursor;
  readonly isTombstone = false;
  readonly keyStart = 0;

  constructor(tree: Tree) { this.#cursor = new TreeCursor(tree); }

  get isValid(): boolean { return this.#cursor.isValid; }
  get keyBytes(): Buffer { return this.#cursor.key; }
  get keyLength(): number { return this.#cursor.keyLength; }
  seek(key?: Uint8Array, keyLength?: number): boolean { return this.#cursor.seek(key, keyLength); }
  seekBefore(key?: Uint8Array, keyLength?: number): boolean { return this.#cursor.seekBefore(key, keyLength); }
  next(): boolean { return this.#cursor.next(); }
  previous(): boolean { return this.#cursor.previous(); }
}

const NO_PAGES = { pageSizeBytes: 0, treeId: 0, image: () => Buffer.alloc(0) };
// Each look-up makes one.
keepLayout(new TreeEntries(new Tree(NO_PAGES, emptyHeader(0, 0), newCodecCounters())));
