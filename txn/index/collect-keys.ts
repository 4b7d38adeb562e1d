import type { TableEntry } from '../catalog-state.js';
import type { Steps } from '../checkpoint/step.js';
import type { RecordStore } from '../record/record-store.js';
import { IndexBuild } from './index-build.js';
import type { IndexContext } from './index-context.js';
import type { CatalogIndex } from './index-keys.js';
import { factsFor } from './planned-indexes.js';
import { readRecords } from './read-records.js';

/** Called after each slice of rows; throws to cancel. */
export type OnSlice = ((done: number, total: number) => void) | undefined;

/** The keys of all committed rows for these indexes. */
export function* collectKeys(c: IndexContext, store: RecordStore, entry: TableEntry, definitions: readonly CatalogIndex[], onSlice: OnSlice): Steps<IndexBuild> {
  const build = new IndexBuild(c, store.layout, factsFor(entry), definitions, store.counts.latest);
  yield* readRecords(c, store, store.counts.latest, (bytes, starts, count, firstRecno) => {
    build.addRecords(bytes, starts, count, firstRecno, store.memoSource);
  }, onSlice);
  return build;
}
