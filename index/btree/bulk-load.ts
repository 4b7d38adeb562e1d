import { assert, type Codec, type CodecCounters } from '#storage';
import type { SortedRun } from '../run/sorted-run.js';
import { maxKeyBytes, type Applied } from './apply-sorted.js';
import { BulkLeaves } from './bulk-leaves.js';
import { InnerPacker } from './inner-packer.js';
import { LeafPacker } from './leaf-packer.js';
import { VALUE_KINDS } from './node-image.js';
import type { PageAllocator } from './page-allocator.js';
import type { PageSink } from './page-source.js';
import { TreeWriter, type NodeRef } from './tree-writer.js';

export interface BulkLoadOptions {
  readonly treeId: number;
  readonly pageSizeBytes: number;
  readonly allocator: PageAllocator;
  readonly sink: PageSink;
  readonly codec: Codec;
  readonly codecCounters: CodecCounters;
}

const EMPTY = Buffer.alloc(0);
const KEYS_PER_LOOK = 1024;

/**
 * Fills an empty tree with the keys of a run, without values: leaf by leaf, all of them full but the last, then the levels above. Yields when others
 * should run.
 */
export function* bulkLoad(run: SortedRun, o: BulkLoadOptions): Generator<void, Applied, void> {
  if (run.count === 0) return { root: 0, height: 0, keyCount: 0, pagesWritten: 0 };
  assert(run.longest <= maxKeyBytes(o.pageSizeBytes), 'a key fits into a page');
  const writer = new TreeWriter(o.treeId, o.pageSizeBytes, o.allocator, o.sink, o.codec, o.codecCounters, 0);
  let refs: NodeRef[] = [];
  if (o.codec.id === 0) {
    const leaves = new BulkLeaves(writer, run);
    for (let i = 0; i < run.count;) {
      i = leaves.write(i, refs);
      if (o.sink.sliceDone()) yield;
    }
  } else {
    const leaves = new LeafPacker(writer);
    leaves.begin(refs, EMPTY);
    for (let from = 0; from < run.count; from += KEYS_PER_LOOK) {
      addKeys(leaves, run, from, Math.min(run.count, from + KEYS_PER_LOOK));
      if (o.sink.sliceDone()) yield;
    }
    leaves.finish(true);
  }
  let level = 0;
  while (refs.length > 1) {
    const above: NodeRef[] = [];
    new InnerPacker(writer, ++level).write(refs, above, true);
    refs = above;
  }
  return { root: refs[0]?.pageNo ?? 0, height: level + 1, keyCount: run.count, pagesWritten: writer.pagesWritten };
}

function addKeys(leaves: LeafPacker, run: SortedRun, from: number, to: number): void {
  for (let i = from; i < to; i++) leaves.add(run.bytesAt(i), run.startAt(i), run.lengthAt(i), VALUE_KINDS.inline, EMPTY, 0, 0);
}
