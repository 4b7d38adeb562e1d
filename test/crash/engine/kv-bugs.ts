import type { SourcePatch } from '../../support/sim/plant-source.js';
import { sourceBug, type SourceBug } from './source-bug.js';

/** Parts of 4 KB: a simulated disk takes few of 4 MB. */
export const SMALL_PARTS: SourcePatch = { file: 'src/kv/value-form.ts', from: 'export const PART_BYTES = 4 << 20;', to: 'export const PART_BYTES = 4096;' };

const STORE = 'txn/keys/key-store.ts';
const FOLD = 'txn/keys/key-fold.ts';
const BASE = 'txn/keys/key-base.ts';
const CURSOR = 'txn/keys/key-cursor.ts';
const VIEW = 'txn/keys/key-view.ts';
const WRITES = 'txn/keys/key-writes.ts';
const REBUILD = 'txn/keys/rebuild-store.ts';
const SUCCESSOR = 'txn/keys/key-successor.ts';
const APPLY = 'index/btree/apply-sorted.ts';
const ALLOCATOR = 'index/btree/page-allocator.ts';
const CURSOR_TREE = 'index/btree/tree-cursor.ts';
const LEAF = 'index/btree/leaf-packer.ts';
const FRONT = 'txn/keys/hot-front.ts';

/** Mistakes in key-value stores and their trees. */
export const KV_BUGS: readonly SourceBug[] = [
  sourceBug('kv-file-not-synced', 'kv', 'a new store is renamed into place before it is on disk', BASE, ['      made.sync();\n', '']),
  sourceBug('kv-pages-in-place', 'kv', 'pages that the header counts are overwritten without the journal', FOLD,
    ['target.put(fold.file, base.file, pageNo * pageSizeBytes, page, publishedBytes);', 'target.put(fold.file, base.file, pageNo * pageSizeBytes, page, publishedBytes * 0);']),
  sourceBug('kv-header-forgotten', 'kv-model', 'a checkpoint does not write the new header', FOLD,
    ['  target.header(fold.file, 0, encodeHeader(next));\n', '']),
  sourceBug('kv-cut-too-short', 'kv-model', 'the file is cut one page too early', FOLD,
    ['target.truncate(fold.file, pageCount * pageSizeBytes)', 'target.truncate(fold.file, (pageCount - 1) * pageSizeBytes)']),
  sourceBug('kv-flags-not-kept', 'kv-model', 'the flags of a store are those of its first page for ever', FOLD,
    ['ownerFlags: fold.ownerFlags,', 'ownerFlags: header.ownerFlags,']),
  sourceBug('kv-filter-not-followed', 'kv-model', 'new keys do not come into the filter', FOLD,
    ['    addList(filter, list);\n    return { filter, pages: filterPages };', '    return { filter, pages: filterPages };']),
  sourceBug('kv-filter-pages-leak', 'kv-model', 'the pages of a filter that is replaced are lost', FOLD,
    ['  for (const pageNo of filterPages) allocator.release(pageNo);\n', ''], ['const MIN_FILTER_KEYS = 1024;', 'const MIN_FILTER_KEYS = 16;']),
  sourceBug('kv-preimages-not-kept', 'kv-model', 'what old snapshots read in the tree is forgotten', FOLD,
    ['if (sequence > oldestSnapshot && sequence > BEFORE_ALL)', 'if (sequence > Infinity)']),
  sourceBug('kv-history-dropped', 'kv-model', 'a checkpoint forgets the versions that old snapshots read', STORE,
    ['if (oldestSnapshot < frozen.sequence) this.history.push(frozen);', '']),
  sourceBug('kv-history-out-of-order', 'kv-model', 'an old snapshot asks the newest generation first', STORE,
    ['const lists = this.history.filter((g) => g.sequence > sequence).map((g) => g.list);', 'const lists = this.history.filter((g) => g.sequence > sequence).map((g) => g.list).reverse();']),
  sourceBug('kv-conflict-missed', 'kv-race', 'a change in the frozen generation does not count as a conflict', STORE,
    ['    if (this.frozen !== undefined) lists.push(this.frozen.list);\n    for (let i', '    for (let i']),
  sourceBug('kv-phantom-missed', 'kv-race', 'ranges that were read are not looked at', 'txn/keys/key-reads.ts',
    ['if (this.#store.changedInRange(range, sequence)) throw this.#conflict();', 'if (this.#store.changedInRange(range, Infinity)) throw this.#conflict();']),
  sourceBug('kv-in-flight-missed', 'kv-race', 'a commit on its way to disk does not conflict', WRITES,
    ['if (this.store.isInFlight(hash) || this.store', 'if (this.store']),
  sourceBug('kv-hot-value-stale', 'kv-model', 'a commit leaves the old value among the hot ones', STORE, ['    this.hot.invalidate(hash);\n', '']),
  {
    id: 'kv-hot-front-stale', caughtBy: 'kv-model', description: 'a commit leaves the old value among those read most',
    patches: [
      { file: FRONT, from: 'delete(key: unknown): void { this.#values.delete(key); }', to: 'delete(_key: unknown): void { return; }' },
      { file: FRONT, from: 'const PAYING_STEPS = 4;', to: 'const PAYING_STEPS = 1;' },
      { file: FRONT, from: 'pays = false;', to: 'pays = true;' },
    ],
  },
  {
    id: 'kv-adopted-too-wide', caughtBy: 'kv-model', description: 'a value is written over its neighbour in the memory of a batch',
    patches: [
      { file: 'index/skiplist/version-store.ts', from: 'this.#nextChunk, this.#nextOffset, length);', to: 'this.#nextChunk, this.#nextOffset, length + 100);' },
      { file: 'txn/keys/key-batch.ts', from: 'const LEAST_ADOPTED_BYTES = 4096;', to: 'const LEAST_ADOPTED_BYTES = 1;' },
      { file: 'txn/keys/key-batch.ts', from: 'otherBytes > this.#valueBytes ?', to: 'otherBytes > Infinity ?' },
    ],
  },
  {
    id: 'kv-glimpse-lent', caughtBy: 'kv-model', description: 'a walk stands in memory that the next read uses again',
    patches: [
      { file: BASE, from: 'this.#seek(pageNo, scan, false); }', to: 'this.#seek(pageNo, scan, true); }' },
      { file: 'storage/cache/page-cache.ts', from: 'return this.#usedBytes + sizeBytes <= this.#limitBytes; }', to: 'return sizeBytes < 0; }' },
    ],
  },
  sourceBug('kv-cursor-keeps-place', 'kv-model', 'a walk does not find its place again after a checkpoint', CURSOR,
    ['    else this.#seekBehindLast();\n', '    else this.#seekStart();\n']),
  sourceBug('kv-cursor-deleted-shine-through', 'kv-model', 'a deleted key shows what is older', CURSOR,
    ['      this.#remember(source);\n      this.#advance();\n    }', '      this.#remember(source);\n      if (this.#o.reverse) source.previous();\n      else source.next();\n    }']),
  sourceBug('kv-cursor-walks-past-delta', 'kv-model', 'steps within a leaf do not stop at the keys of the delta', CURSOR,
    ['    if (this.#sources.length === 1) return free;', '    if (this.#sources.length > 0) return free;']),
  sourceBug('kv-count-forgets-own', 'kv-model', 'a count leaves the own writes of a transaction out', VIEW,
    ['...(this.writes === undefined ? [] : [this.writes.list]), ', '']),
  sourceBug('kv-rollback-forgets', 'kv-model', 'going back to a savepoint leaves its newest write', WRITES,
    ['while (this.#log.length > mark)', 'while (this.#log.length > mark + 1)']),
  sourceBug('kv-compaction-forgets-meantime', 'kv-model', 'a compaction forgets what was committed while it copied', REBUILD,
    ['successor.apply(changes, frozen.sequence, before)', 'successor.apply({ ...empty, next: () => false }, frozen.sequence, before)'], ['/** Slices as steps of a checkpoint. */', "const empty = { keyBytes: Buffer.alloc(0), keyStart: 0, keyLength: 0, value: undefined };\n\n/** Slices as steps of a checkpoint. */"]),
  sourceBug('kv-compaction-forgets-history', 'kv-model', 'a compaction forgets generations that were folded while it copied', REBUILD,
    ['if (sequence > live.hold.sequence) yield*', 'if (sequence > Infinity) yield*']),
  sourceBug('kv-compaction-wrong-preimages', 'kv-model', 'after a compaction old snapshots read values of its copy', REBUILD,
    ['keep === undefined || live === undefined ? keep', 'keep === undefined || live !== undefined ? keep']),
  sourceBug('kv-compaction-not-synced', 'kv', 'the compacted file is renamed into place before it is on disk', REBUILD, ['  target.grew(file);\n', '']),
  sourceBug('kv-compaction-flags-lost', 'kv-model', 'a compacted store forgets that its values may expire', SUCCESSOR,
    ['sequence, ownerFlags,\n', 'sequence, ownerFlags: ownerFlags & 15,\n']),
  sourceBug('kv-compaction-filter-empty', 'kv-model', 'a compacted file has a filter without keys', SUCCESSOR,
    ['if (changes.value !== undefined) filter.add(', 'if (changes.value === null) filter.add(']),
  sourceBug('tree-value-pages-leak', 'kv-model', 'pages of a value that is replaced are lost', APPLY,
    ['        for (const pageNo of valuePages(leaf, at, this.#tree)) this.#o.allocator.release(pageNo);\n', '']),
  sourceBug('tree-old-pages-leak', 'kv-model', 'pages of nodes that are replaced are lost', APPLY,
    ['    else run.add(yield* this.#children(child, lower, upper));\n    this.#o.allocator.release(childPage(node, i));\n', '    else run.add(yield* this.#children(child, lower, upper));\n']),
  sourceBug('tree-appends-at-every-end', 'kv-model', 'a change at the end of a leaf is put behind its upper bound', APPLY,
    ['return this.#hasChange && (upper === undefined || compareKeys(this.#change, this.#changeLength, upper, 0, upper.length) < 0);', 'return this.#hasChange && (upper === undefined || compareKeys(this.#change, this.#changeLength, upper, 0, upper.length) <= 0);']),
  sourceBug('tree-free-list-forgets', 'kv-model', 'the list of free pages leaves its last page out', ALLOCATOR,
    ['const part = leaves.slice(i * capacity, (i + 1) * capacity);', 'const part = leaves.slice(i * capacity + (i === 0 ? 1 : 0), (i + 1) * capacity);']),
  sourceBug('tree-page-given-twice', 'kv-model', 'a free page is given out and stays free', ALLOCATOR,
    ['take(): number { return this.#free.pop() ?? this.#pageCount++; }', 'take(): number { return this.#free.at(-1) ?? this.#pageCount++; }']),
  sourceBug('tree-walk-back-skips', 'kv-model', 'a walk backwards skips the last key of each leaf', CURSOR_TREE,
    ['      this.#i = this.#count - 1;\n', '      this.#i = this.#count - 2;\n']),
  sourceBug('tree-separator-too-short', 'kv-model', 'the key between two leaves is one byte short', LEAF,
    ['return Buffer.from(bytes.subarray(b, b + shared + 1));', 'return Buffer.from(bytes.subarray(b, b + Math.max(1, shared)));']),
  sourceBug('kv-sweep-not-at-close', 'kv-model', 'values whose time is over stay in the file after close', 'txn/engine.ts',
    ['          await this.upkeep?.();\n', '']),
  {
    id: 'kv-sweep-takes-the-living', caughtBy: 'kv-model', description: 'the sweep removes values whose time is not over',
    patches: [
      { file: 'src/kv/expiry-sweep.ts', from: '    if (!isExpired(cursor.valueBytes, cursor.valueStart, cursor.valueEnd, nowMs)) continue;\n', to: '' },
      { file: 'src/kv/tx-kv.ts', from: ' || !form.isExpired(view.foundBytes, view.foundStart, view.foundEnd)) return false;', to: ') return false;' },
    ],
  },
];
