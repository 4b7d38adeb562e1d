import { checkDbf, checkMemo, FieldstoneError, MemoFile, isMemoField, readDbfLayout, readPointer, DELETED_MARK, type DbfLayout, type Finding, type MemoUse } from '#storage';
import { RecordCursor, RecordView, type Engine, type RecordStore, type SnapshotHold, type TableEntry, type CatalogState } from '#txn';
import { assertNotAborted } from '../long-work.js';
import { checkIndexes } from './check-indexes.js';
import { isPlain, snapshotFile } from './snapshot-file.js';

const ROWS_PER_TURN = 4096;
const OF_THE_FILE = new Set(['RECORDS_BEYOND_COUNT', 'COUNT_TOO_LARGE']);

export interface TableCheck {
  readonly engine: Engine;
  readonly hold: SnapshotHold<CatalogState>;
  readonly entry: TableEntry;
  readonly signal: AbortSignal | undefined;
  /** Records done of this table. */
  readonly onProgress: (done: number) => void;
}

/** Everything that can be said about one table as last committed. A table that cannot be opened is one finding. */
export async function checkTable(c: TableCheck): Promise<{ readonly findings: Finding[]; readonly records: number }> {
  const { engine, hold, entry } = c;
  let store: RecordStore;
  try {
    store = engine.store(entry);
  } catch (e) {
    if (!(e instanceof FieldstoneError) || e.code === 'EXTERNAL_CHANGE' || e.code === 'CLOSED') throw e;
    const file = `${engine.options.folder}/${entry.tableFile}`;
    return { records: 0, findings: [{ code: e.code, severity: 'error', message: e.message, file, ...(e.offset === undefined ? {} : { offset: e.offset }) }] };
  }
  const view = new RecordView(store, hold.sequence);
  const pause = (): Promise<void> => new Promise((resolve) => { engine.options.env.scheduler.later(resolve); });
  await settled(engine);
  const count = view.highestRecno;
  const layout: DbfLayout = { ...store.layout, recordCount: count, claimedCount: count, physicalCount: count, findings: headerFindings(view) };
  const findings: Finding[] = [];
  const options = { pause, onProgress: (done: number) => c.onProgress(done), ...(c.signal === undefined ? {} : { signal: c.signal }) };
  for await (const finding of checkDbf(snapshotFile(engine, view), layout, undefined, options)) findings.push(finding);
  engine.assertAlive(hold);
  if (layout.memoKind !== undefined) findings.push(...await checkMemos(c, view));
  engine.assertAlive(hold);
  findings.push(...await checkIndexes({ engine, view, signal: c.signal }));
  engine.assertAlive(hold);
  engine.assertReadable();
  return { findings, records: count };
}

/** A checkpoint under way writes headers last: look at files between checkpoints. */
async function settled(engine: Engine): Promise<void> {
  if (!engine.options.readOnly && engine.writeSide.isCheckpointing) await engine.writeSide.settle();
}

/** Oddities of the header as the file has them now; those about its size say nothing while newer commits stand above it. */
function headerFindings(view: RecordView): Finding[] {
  const { store } = view;
  const now = readDbfLayout(store.base.file, { encoding: store.layout.encoding }).findings;
  const ofText = store.layout.findings.filter((f) => f.code === 'CODE_PAGE_UNKNOWN' || f.code === 'CPG_UNKNOWN');
  const quiet = isPlain(view);
  return [...ofText, ...now.filter((f) => quiet || !OF_THE_FILE.has(f.code))];
}

async function checkMemos(c: TableCheck, view: RecordView): Promise<Finding[]> {
  const { store } = view;
  const uses = await memoUses(c, view);
  const path = store.base.file.path;
  if (store.base.memo === undefined) {
    const severity = uses.length > 0 ? 'error' : 'warning';
    return [{ code: 'MEMO_FILE_MISSING', severity, file: path, message: `the table has memo fields and ${uses.length} pointers, but no memo file lies beside it` }];
  }
  await settled(c.engine);
  const { cached, kind } = store.base.memo;
  const findings = checkMemo(MemoFile.open(cached.file, kind), uses);
  // The memos of a load stand in the file before the header counts them.
  const isBehind = store.extents.length > 0 || store.appendLease !== undefined;
  return isBehind ? findings.filter((f) => f.code !== 'MEMO_NEXT_LOW') : findings;
}

/** All pointers into the memo file; memos that are still in the log are not in it yet. */
async function memoUses(c: TableCheck, view: RecordView): Promise<MemoUse[]> {
  const { store } = view;
  const { layout } = store;
  const fields = layout.fields.filter(isMemoField);
  const uses: MemoUse[] = [];
  const cursor = new RecordCursor(view, { from: 1, to: Infinity, reverse: false, deleted: true }, c.engine.buffers, c.engine.options.readAheadBytes);
  try {
    for (let done = 1; cursor.next(); done++) {
      for (const field of fields) {
        const pointer = readPointer(layout, field, cursor.bytes, cursor.start);
        if (typeof pointer === 'string' || isInDelta(store, pointer.block)) continue;
        uses.push({ pointer, recno: cursor.recno, field: field.name, deleted: cursor.bytes[cursor.start] === DELETED_MARK });
      }
      if (done % ROWS_PER_TURN !== 0) continue;
      assertNotAborted(c.signal, 'the check');
      await new Promise<void>((resolve) => { c.engine.options.env.scheduler.later(resolve); });
    }
  } finally {
    cursor.close();
  }
  return uses;
}

function isInDelta(store: RecordStore, block: number): boolean {
  return store.active.memos.has(block) || store.frozen?.delta.memos.has(block) === true;
}
