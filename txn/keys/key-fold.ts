import { applySorted, BloomFilter, chainPages, encodeHeader, hashKey, PageAllocator, readFreePages, Tree, TreeCursor, writeFilter, type Applied, type ApplyOptions, type PageSink, type SkipList, type SortedChanges, type TreeHeader } from '#index';
import type { Codec, CodecCounters } from '#storage';
import type { FoldTarget } from '../checkpoint/fold-target.js';
import { WORK, type Steps } from '../checkpoint/step.js';
import type { KeyBase, PendingKeyState } from './key-base.js';

export interface KeyFold {
  readonly base: KeyBase;
  readonly file: string;
  readonly list: SkipList;
  /** Sequence of the last commit in the list. */
  readonly sequence: number;
  readonly ownerFlags: number;
  readonly codec: Codec;
  readonly compressionThresholdBytes: number;
  readonly codecCounters: CodecCounters;
  readonly bloomBitsPerKey: number;
}

const MIN_FILTER_KEYS = 1024;
/** Sequence of what stood in the tree before a generation: below those of all commits. */
const BEFORE_ALL = 0;

/** Folds a frozen list into the tree: new pages to the journal or behind the end of the file, the header last. */
export function* foldKeys(fold: KeyFold, target: FoldTarget): Steps<PendingKeyState> {
  const { base } = fold;
  const { header } = base.state;
  const journalled = new Map<number, number>();
  const { pageSizeBytes, publishedBytes } = base;
  const sink: PageSink = {
    emit(pageNo, page) {
      target.put(fold.file, base.file, pageNo * pageSizeBytes, page, publishedBytes);
      if (pageNo < header.pageCount) journalled.set(pageNo, target.lastJournalPosition);
    },
    sliceDone: () => target.sliceDone(),
  };
  const allocator = new PageAllocator(header.pageCount, readFreePages(base, header));
  const applied = yield* apply(fold, target, allocator, sink);
  const { filter, pages } = yield* foldFilter(fold, applied, allocator, target);
  const pageCount = allocator.trim();
  const scratch = Buffer.alloc(pageSizeBytes);
  if (filter !== undefined) writeFilter({ filter, pages }, header.treeId, sink, scratch);
  const next: TreeHeader = {
    ...header, pageCount, root: applied.root, height: applied.height, keyCount: applied.keyCount,
    freeHead: allocator.write(header.treeId, sink, scratch), freeCount: allocator.freeCount, sequence: fold.sequence, ownerFlags: fold.ownerFlags,
    filterHead: pages[0] ?? 0, filterCapacity: filter?.capacity ?? 0, filterBitsPerKey: filter?.bitsPerKey ?? 0,
  };
  if (pageCount < header.pageCount) target.truncate(fold.file, pageCount * pageSizeBytes);
  target.header(fold.file, 0, encodeHeader(next));
  return { header: next, tree: new Tree(base, next, fold.codecCounters), filter, filterPages: pages, journalled };
}

function* apply(fold: KeyFold, target: FoldTarget, allocator: PageAllocator, sink: PageSink): Steps<Applied> {
  const { list, base } = fold;
  const oldest = target.snapshots.oldestSequence();
  const changes = new ListChanges(list);
  const run = applySorted(base.tree, {
    changes, allocator, sink, codec: fold.codec, compressionThresholdBytes: fold.compressionThresholdBytes, codecCounters: fold.codecCounters,
    sequence: fold.sequence,
    before: keeperOf(list, changes, oldest),
  });
  for (let step = run.next(); ; step = run.next()) {
    if (step.done === true) return step.value;
    yield WORK;
  }
}

/** For a checkpoint: what old snapshots read stays in the list that is folded. undefined = there are none. */
export function keeperOf(list: SkipList, changes: ListChanges, oldest: number): ApplyOptions['before'] {
  return oldest === Infinity ? undefined : (old) => keepBefore(list, changes.node, oldest, old);
}

/** What the tree holds stays in the list as its oldest version when a live snapshot is older than all others. */
function keepBefore(list: SkipList, node: number, oldestSnapshot: number, old: (() => Buffer) | undefined): void {
  const { versions } = list;
  let version = list.newest(node);
  for (let older = versions.older(version); older !== 0; older = versions.older(version)) version = older;
  const sequence = versions.sequence(version);
  if (sequence > oldestSnapshot && sequence > BEFORE_ALL) list.addOldest(node, BEFORE_ALL, old?.());
}

/** The filter with the new keys in it; made anew, twice as large as needed, when there are too many for the old one. */
function* foldFilter(
  fold: KeyFold, applied: Applied, allocator: PageAllocator, target: FoldTarget,
): Steps<{ filter: BloomFilter | undefined; pages: readonly number[] }> {
  const { base, list, bloomBitsPerKey } = fold;
  const { filter: before, filterPages } = base.state;
  const fits = before !== undefined && before.bitsPerKey === bloomBitsPerKey && applied.keyCount <= before.capacity;
  if (fits) {
    const filter = before.clone();
    addList(filter, list);
    return { filter, pages: filterPages };
  }
  for (const pageNo of filterPages) allocator.release(pageNo);
  if (bloomBitsPerKey === 0) return { filter: undefined, pages: [] };
  const filter = BloomFilter.forKeys(Math.max(MIN_FILTER_KEYS, applied.keyCount * 2), bloomBitsPerKey);
  const cursor = new TreeCursor(base.tree);
  let n = 0;
  for (let ok = cursor.seek(); ok; ok = cursor.next()) {
    filter.add(hashKey(cursor.key, cursor.keyLength));
    if (++n % 10_000 === 0) yield WORK;
  }
  addList(filter, list);
  target.sliceDone();
  return { filter, pages: allocator.takeMany(chainPages(filter.sizeBytes, base.pageSizeBytes)) };
}

function addList(filter: BloomFilter, list: SkipList): void {
  const { nodes, versions } = list;
  for (let node = list.first(); node !== 0; node = list.next(node)) {
    if (!versions.isTombstone(list.newest(node))) filter.add(nodes.hashes[node] ?? 0);
  }
}

/** The newest versions of a list as changes of a tree. */
export class ListChanges implements SortedChanges {
  readonly #list: SkipList;
  node = 0;

  constructor(list: SkipList) { this.#list = list; }

  next(): boolean {
    this.node = this.#list.next(this.node);
    while (this.node !== 0 && this.#list.newest(this.node) === 0) this.node = this.#list.next(this.node);
    return this.node !== 0;
  }

  get keyBytes(): Buffer { return this.#list.nodes.keyBytes(this.node); }
  get keyStart(): number { return this.#list.nodes.keyStart(this.node); }
  get keyLength(): number { return this.#list.nodes.keyLength(this.node); }

  get value(): Uint8Array | undefined {
    const { versions } = this.#list;
    const version = this.#list.newest(this.node);
    if (versions.isTombstone(version)) return undefined;
    const start = versions.startOf(version);
    return versions.bytesOf(version).subarray(start, start + versions.lengthOf(version));
  }
}
