import type { BlockSink } from '../xbase/block-source.js';
import type { SortedKeyChanges, TagApplied } from '../xbase/sorted-key-changes.js';
import type { PlusChanges } from './plus-changes.js';

/** Changes between two looks at the clock. */
const CHANGES_PER_LOOK = 64;

/** Runs sorted changes over a tree. Under `unique` the lowest record of those with a key holds it. */
export function* applyToTree(tree: PlusChanges, changes: SortedKeyChanges, unique: boolean, sink: BlockSink): Generator<void, TagApplied, void> {
  const counts = { added: 0, removed: 0, alreadyThere: 0, notThere: 0 };
  for (let n = 1; changes.next(); n++) {
    const { keyBytes, keyStart, recno, isRemoval } = changes;
    const holder = unique && !isRemoval ? tree.holder(keyBytes, keyStart) : 0;
    if (isRemoval) {
      if (tree.remove(keyBytes, keyStart, recno)) counts.removed++;
      else counts.notThere++;
    } else if (holder > recno) {
      tree.setHolder(recno);
      counts.added++;
      counts.removed++;
    } else if (holder === 0 && tree.insert(keyBytes, keyStart, recno)) counts.added++;
    else counts.alreadyThere++;
    if (n % CHANGES_PER_LOOK === 0 && sink.sliceDone()) yield;
  }
  return counts;
}
