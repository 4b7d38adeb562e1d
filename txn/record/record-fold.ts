import { assert, END_MARK, headerPatches } from '#storage';
import type { FoldTarget } from '../checkpoint/fold-target.js';
import { WORK, type Steps } from '../checkpoint/step.js';
import { extentOf, putHead } from './extent-head.js';
import type { FoldableRecords, FrozenRecords } from './foldable-records.js';
import { HoleRow } from './hole-row.js';
import { oldestVersion } from './row-version.js';

const RUN_BYTES = 1 << 18;
// Up to so many bytes between two changed rows are written with them: cheaper than one more write (measured: 2 microseconds a write).
const GAP_BYTES = 512;
const ROWS_PER_SLICE = 8192;

/** Takes the active generation of the store, with all that is known about the files afterwards. */
export function frozenRecords(store: FoldableRecords, sequence: number): FrozenRecords {
  const { base } = store;
  const count = store.counts.latest;
  const grows = count > base.recordCount;
  const endsHere = grows && store.appendLease === undefined;
  const end = base.offsetOf(count + 1);
  return {
    delta: store.active, sequence, count, extents: store.extents.length, preImages: new Map(), recnos: new Float64Array(0), writes: [], endsHere,
    publishedBytes: endsHere ? end + 1 : grows ? Math.max(base.publishedBytes, end) : base.publishedBytes,
    memoPublishedBytes: memoEnd(store),
  };
}

function memoEnd(store: FoldableRecords): number {
  const { memo } = store.base;
  if (memo === undefined) return 0;
  let end = memo.publishedBytes;
  for (const [block, bytes] of store.active.memos) end = Math.max(end, block * memo.allocator.blockSizeBytes + bytes.length);
  for (const extent of store.extents) end = Math.max(end, extent.memoEndBytes);
  return end;
}

/** Where that ends in the files which commits may not lose: what they counted, what loads left there, and what a checkpoint is writing behind it. */
export function usedEnds(store: FoldableRecords): { readonly tableBytes: number; readonly memoBytes: number } {
  const { base, frozen, extents } = store;
  let tableBytes = Math.max(base.publishedBytes, frozen?.publishedBytes ?? 0);
  let memoBytes = Math.max(base.memo?.publishedBytes ?? 0, frozen?.memoPublishedBytes ?? 0);
  for (const extent of extents) {
    tableBytes = Math.max(tableBytes, base.offsetOf(extent.lastRecno + 1));
    memoBytes = Math.max(memoBytes, extent.memoEndBytes);
  }
  return { tableBytes, memoBytes };
}

/** Turns a frozen generation into growth, journal ranges and header changes. */
export function* foldRecords(store: FoldableRecords, target: FoldTarget): Steps {
  const frozen = store.frozen;
  assert(frozen !== undefined, 'only a frozen store is folded');
  frozen.writes = [];
  frozen.recnos = recnosToFold(store, frozen);
  yield* capturePreImages(store, frozen, target);
  yield* foldMemos(store, frozen, target);
  yield* foldRows(store, frozen, target);
  foldEnd(store, frozen, target);
  for (const patch of headerPatches(store.layout, {
    recordCount: frozen.count, lastUpdate: target.today, autoIncrementNext: store.autoNext,
    ...(store.pendingTableFlags === undefined ? {} : { tableFlags: store.pendingTableFlags }),
  })) {
    target.header(store.base.tableName, patch.offset, patch.bytes);
  }
}

/** Snapshots that begin meanwhile see the frozen changes, so the oldest one of now decides. */
function* capturePreImages(store: FoldableRecords, frozen: FrozenRecords, target: FoldTarget): Steps {
  const oldestSnapshot = target.snapshots.oldestSequence();
  if (oldestSnapshot === Infinity) return;
  for (const recno of frozen.recnos) {
    const newest = frozen.delta.rows.get(recno);
    if (newest === undefined || oldestVersion(newest).sequence <= oldestSnapshot || frozen.preImages.has(recno)) continue;
    const image = recno <= store.base.recordCount ? store.base.copyOf(recno) : loadedImage(store, recno);
    if (image !== undefined) frozen.preImages.set(recno, image);
    target.worked(store.layout.recordLength);
    if (target.sliceDone()) yield WORK;
  }
}

/** A row of a load that no header counts yet: it stands in the file, but for its head. */
function loadedImage(store: FoldableRecords, recno: number): Uint8Array | undefined {
  const extent = extentOf(store.extents, recno);
  if (extent === undefined) return undefined;
  const image = store.base.copyOf(recno);
  putHead(extent, image, store.base.offsetOf(recno));
  return image;
}

function* foldMemos(store: FoldableRecords, frozen: FrozenRecords, target: FoldTarget): Steps {
  const memo = store.base.memo;
  if (memo === undefined) return;
  // Where a dBASE IV header says "end", readers look for a free run: nothing may stand there before the header moves on.
  const published = memo.kind === 'dbt4' ? Infinity : memo.publishedBytes;
  const blocks = [...frozen.delta.memos.keys()].sort((a, b) => a - b);
  for (const block of blocks) {
    const bytes = frozen.delta.memos.get(block);
    if (bytes !== undefined) target.put(memo.name, memo.cached.file, block * memo.allocator.blockSizeBytes, bytes, published);
    if (target.sliceDone()) yield WORK;
  }
  for (const change of memo.allocator.headerChanges()) target.header(memo.name, change.offset, change.bytes);
}

/** Record numbers to write, ascending: changed ones, and numbers that nobody filled. */
function recnosToFold(store: FoldableRecords, frozen: FrozenRecords): Float64Array {
  const vacant: number[] = [];
  for (let recno = store.base.recordCount + 1; recno <= frozen.count; recno++) {
    const extent = extentOf(store.extents, recno);
    if (extent !== undefined) recno = extent.lastRecno;
    else if (!frozen.delta.rows.has(recno)) vacant.push(recno);
  }
  const recnos = new Float64Array(frozen.delta.rows.size + vacant.length);
  let i = 0;
  for (const recno of frozen.delta.rows.keys()) recnos[i++] = recno;
  recnos.set(vacant, i);
  return recnos.sort();
}

function* foldRows(store: FoldableRecords, frozen: FrozenRecords, target: FoldTarget): Steps {
  const { recnos } = frozen;
  const hole = new HoleRow(store.layout).bytes;
  // Heads first: a row of an extent that was changed since stands over its head.
  for (const extent of store.extents.slice(0, frozen.extents)) {
    if (extent.head.length > 0) put(store, frozen, target, extent.headOffset, extent.head);
  }
  for (let i = 0; i < recnos.length;) {
    const end = endOfRun(store, recnos, i);
    const first = recnos[i] ?? 0;
    const run = bytesOfRun(store, first, recnos[end - 1] ?? 0, end - i);
    for (let k = i; k < end; k++) {
      const recno = recnos[k] ?? 0;
      run.set(frozen.delta.rows.get(recno)?.bytes ?? hole, (recno - first) * store.layout.recordLength);
    }
    putInTable(store, target, store.base.offsetOf(first), run);
    i = end;
    if (target.sliceDone()) yield WORK;
  }
}

/** Rows from place `i` on that are written at once: neighbours, or with little between them that the file already holds. */
function endOfRun(store: FoldableRecords, recnos: Float64Array, i: number): number {
  const { recordLength } = store.layout;
  const first = recnos[i] ?? 0;
  let end = i + 1;
  for (let last = first; end < recnos.length; end++) {
    const recno = recnos[end] ?? 0;
    if ((recno - first + 1) * recordLength > RUN_BYTES) break;
    if (recno !== last + 1 && ((recno - last - 1) * recordLength > GAP_BYTES || recno > store.base.recordCount)) break;
    last = recno;
  }
  return end;
}

/** Memory for the rows from `first` to `last`; what stands between changed ones is read from the file. */
function bytesOfRun(store: FoldableRecords, first: number, last: number, changed: number): Uint8Array {
  const run = new Uint8Array((last - first + 1) * store.layout.recordLength);
  if (last - first + 1 === changed) return run;
  // A gap ends inside the counted rows; what follows it may grow past them.
  const counted = run.subarray(0, (Math.min(last, store.base.recordCount) - first + 1) * store.layout.recordLength);
  const n = store.base.cached.readDirect(counted, store.base.offsetOf(first));
  assert(n === counted.length, 'the file holds all rows that its header counts');
  return run;
}

/** Rows of a committed load are published by the log, not by the header: they are not overwritten without the journal either. */
function protectedBytes(store: FoldableRecords): number {
  const last = store.extents.at(-1);
  return Math.max(store.base.publishedBytes, last === undefined ? 0 : store.base.offsetOf(last.lastRecno + 1));
}

function putInTable(store: FoldableRecords, target: FoldTarget, offset: number, bytes: Uint8Array): void {
  target.put(store.base.tableName, store.base.file, offset, bytes, protectedBytes(store));
}

function put(store: FoldableRecords, frozen: FrozenRecords, target: FoldTarget, offset: number, bytes: Uint8Array): void {
  putInTable(store, target, offset, bytes);
  frozen.writes.push({ offset, bytes });
}

/** The end mark behind the last record, and nothing behind the end mark. */
function foldEnd(store: FoldableRecords, frozen: FrozenRecords, target: FoldTarget): void {
  if (!frozen.endsHere) return;
  const { base } = store;
  const end = base.offsetOf(frozen.count + 1);
  put(store, frozen, target, end, Uint8Array.of(END_MARK));
  if (base.stat().sizeBytes > end + 1) target.truncate(base.tableName, end + 1);
}

/**
 * The file holds the folded rows: cached pages take them over. Until the switch nobody reads these rows from the base
 * (they stand in the frozen generation or its pre-images), so that this can be done in slices.
 */
export function* patchRows(store: FoldableRecords): Steps {
  const { base, frozen } = store;
  if (frozen === undefined) return;
  const hole = new HoleRow(store.layout).bytes;
  // Heads first, here as in the file: a row that was deleted since would come back.
  for (const { offset, bytes } of frozen.writes) base.cached.patch(offset, bytes);
  let pageNo = -1;
  let page: Uint8Array | undefined;
  for (let i = 0; i < frozen.recnos.length; i++) {
    if (i % ROWS_PER_SLICE === ROWS_PER_SLICE - 1) {
      yield WORK;
      pageNo = -1; // it may have been evicted
    }
    const recno = frozen.recnos[i] ?? 0;
    const pageOfRecord = base.pageNoOf(recno);
    if (pageOfRecord !== pageNo) page = base.cached.peek(pageNo = pageOfRecord);
    if (page === undefined) continue;
    const bytes = frozen.delta.rows.get(recno)?.bytes ?? hole;
    const start = base.startInPage(recno);
    if (start + bytes.length <= page.length) {
      page.set(bytes, start);
      continue;
    }
    base.cached.drop(pageNo); // it ended before the table grew
    page = undefined;
  }
}

/** The base files now hold the frozen generation: caches and counts follow. */
export function switchRecords(store: FoldableRecords, frozen: FrozenRecords, oldestSnapshot: number): void {
  const { base } = store;
  const memo = base.memo;
  if (memo !== undefined) {
    for (const [block, bytes] of frozen.delta.memos) {
      const offset = block * memo.allocator.blockSizeBytes;
      memo.cached.invalidate(offset, offset + bytes.length);
    }
    memo.publishedBytes = frozen.memoPublishedBytes;
    memo.memos.measure();
  }
  if (oldestSnapshot !== Infinity) store.history.keep(frozen.delta, frozen.preImages, oldestSnapshot);
  base.recordCount = frozen.count;
  base.publishedBytes = frozen.publishedBytes;
  store.baseSequence = frozen.sequence;
  store.extents.splice(0, frozen.extents);
  store.pendingTableFlags = undefined;
  base.noteWritten();
}
