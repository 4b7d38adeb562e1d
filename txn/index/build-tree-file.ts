import { BloomFilter, bulkLoad, chainPages, emptyHeader, encodeHeader, hashKeyIn, PageAllocator, writeFilter, type SortedRun } from '#index';
import { writeFully, type VfsFile } from '#storage';
import { WORK, type Steps } from '../checkpoint/step.js';
import type { IndexContext } from './index-context.js';
import { RECNO_BYTES } from './index-keys.js';
import { PageRuns } from './page-runs.js';
import { filterCapacity } from './tree-index-file.js';

const KEYS_PER_SLICE = 1 << 16;

/** A file that an index is built into, under a temporary name. */
export interface IndexTarget {
  readonly file: VfsFile;
  /** Called when most of a large file is written, before its filter is computed. */
  readonly mostIsWritten?: () => void;
}

/** Smaller trees are synced with what comes behind them. */
const LARGE_BYTES = 1 << 22;

/** Fills the file of a new index with sorted entries, before anybody else sees it: the tree, its filter, and the header last. */
export function* buildTreeFile(c: IndexContext, { file, mostIsWritten }: IndexTarget, treeId: number, run: SortedRun, sequence: number): Steps {
  const { pageSizeBytes, codec, codecCounters } = c;
  const allocator = new PageAllocator(1, []);
  const sink = new PageRuns(file, pageSizeBytes);
  const steps = bulkLoad(run, { treeId, pageSizeBytes, allocator, sink, codec, codecCounters });
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) yield WORK;
  const { root, height, keyCount } = step.value;
  if (c.bloomBitsPerKey > 0 && allocator.pageCount * pageSizeBytes >= LARGE_BYTES) {
    sink.flush();
    mostIsWritten?.();
  }
  const filter = c.bloomBitsPerKey === 0 ? undefined : yield* filterOf(run, c.bloomBitsPerKey);
  const pages = filter === undefined ? [] : allocator.takeMany(chainPages(filter.sizeBytes, pageSizeBytes));
  if (filter !== undefined) writeFilter({ filter, pages }, treeId, sink, Buffer.alloc(pageSizeBytes));
  sink.flush();
  writeFully(file, encodeHeader({
    ...emptyHeader(treeId, pageSizeBytes), pageCount: allocator.pageCount, root, height, keyCount, sequence,
    filterHead: pages[0] ?? 0, filterCapacity: filter?.capacity ?? 0, filterBitsPerKey: filter?.bitsPerKey ?? 0,
  }), 0);
}

/** The filter of all keys, without their record numbers. */
function* filterOf(run: SortedRun, bitsPerKey: number): Steps<BloomFilter> {
  const filter = BloomFilter.forKeys(filterCapacity(run.count), bitsPerKey);
  const hashes = new Uint32Array(Math.min(run.count, KEYS_PER_SLICE));
  const grouped = new Uint32Array(hashes.length);
  for (let from = 0; from < run.count; from += KEYS_PER_SLICE) {
    filter.addMany(hashes, hashKeys(run, from, Math.min(run.count, from + KEYS_PER_SLICE), hashes), grouped);
    yield WORK;
  }
  return filter;
}

/**
 * The different hashes of neighbouring keys; returns how many. As they stand in memory, not in the order of the run, which leads from one end of the memory
 * to the other: that takes three times as long. A loop outside the generator: engines compile it better.
 */
function hashKeys(run: SortedRun, from: number, to: number, hashes: Uint32Array): number {
  const { table } = run;
  if (table.fixedLength > 0) return hashFixed(table.memoryOf(0).words, table.fixedLength, from, to, hashes);
  let count = 0;
  for (let entry = from; entry < to; entry++) {
    const hash = hashKeyIn(table.memoryOf(entry).words, table.startOf(entry), table.lengthOf(entry) - RECNO_BYTES);
    if (count === 0 || hashes[count - 1] !== hash) hashes[count++] = hash;
  }
  return count;
}

/** The same where keys of one length stand one behind the other. */
function hashFixed(words: DataView, length: number, from: number, to: number, hashes: Uint32Array): number {
  let count = 0;
  let last = 0;
  for (let entry = from, start = from * length; entry < to; entry++, start += length) {
    const hash = hashKeyIn(words, start, length - RECNO_BYTES);
    if (count === 0 || last !== hash) hashes[count++] = hash;
    last = hash;
  }
  return count;
}
