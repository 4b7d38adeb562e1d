import type { TableEntry } from '../catalog-state.js';
import { WORK, type Steps } from '../checkpoint/step.js';
import type { RecordStore } from '../record/record-store.js';
import { IndexBuild } from './index-build.js';
import type { IndexContext } from './index-context.js';
import type { CatalogIndex } from './index-keys.js';
import { factsFor } from './planned-indexes.js';

const ROWS_PER_SLICE = 4096;

/** Called after each slice of rows; throws to cancel. */
export type OnSlice = ((done: number, total: number) => void) | undefined;

/** The keys of all committed rows for these indexes. */
export function* collectKeys(c: IndexContext, store: RecordStore, entry: TableEntry, definitions: readonly CatalogIndex[], onSlice: OnSlice): Steps<IndexBuild> {
  const build = new IndexBuild(c, store.layout, factsFor(entry), definitions);
  const total = store.counts.latest;
  for (let recno = 1; recno <= total; recno++) {
    if (store.find(recno, Infinity)) build.add(store.foundBytes, store.foundStart, recno, store.memoSource);
    if (recno % ROWS_PER_SLICE !== 0) continue;
    onSlice?.(recno, total);
    yield WORK;
  }
  onSlice?.(total, total);
  return build;
}
