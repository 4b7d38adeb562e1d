import { decodeField, defaultBlockSize, FieldstoneError, memoFileNameFor, MemoFile, NO_MEMO, readUpTo, type DbfLayout, type MemoPointer, type VfsFile } from '#storage';
import { installFiles, RecordView, type Engine, type RecordStore, type TableEntry } from '#txn';
import { firstNumbers } from '../table/create-table.js';
import { indexesToBuild, plannedFrom } from '../table/rebuild.js';
import { TableBuilder } from '../table/table-builder.js';
import { assertNotAborted } from '../long-work.js';
import { isReadOnlyDialect, structuralIndexes } from '../table/write-guard.js';
import { exactFit, mendHeader } from './mend-header.js';
import { mendedLayout } from './mended-layout.js';
import { copyMended, noRepairs, truncatedRecord, uncountedRecords, type RecordRepairs } from './repair-records.js';
import { keepOriginals } from './keep-originals.js';
import { isPlain, snapshotFile } from './snapshot-file.js';

const CHUNK_BYTES = 1 << 20;

export interface RepairJob {
  readonly engine: Engine;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (done: number) => void;
  readonly uncounted: 'recover' | 'ignore';
  readonly truncated: 'keep' | 'drop';
}

/** The records of a table as they are to be copied, and where memos come from. */
interface Source {
  readonly file: VfsFile;
  readonly layout: DbfLayout;
  readonly count: number;
  readonly autoNext: ReadonlyMap<string, number>;
  readonly readMemo: (pointer: MemoPointer) => Uint8Array | undefined;
  readonly memo: { readonly name: string; readonly blockSizeBytes: number } | undefined;
  readonly actions: readonly string[];
  readonly close: () => void;
}

/** What was done to a table, and the names of the kept originals. */
export interface TableRepair { readonly actions: readonly string[]; readonly kept: readonly string[] }

/** Builds the mended table beside the damaged one, keeps the originals under another name, and swaps. */
export async function repairTable(job: RepairJob, entry: TableEntry, store: RecordStore | undefined): Promise<TableRepair> {
  const { engine } = job;
  const source = store === undefined || hasWrongLengths(engine, store) ? fileSource(engine, entry) : storeSource(engine, store);
  let builder: TableBuilder | undefined;
  try {
    if (isReadOnlyDialect(source.layout)) {
      throw new FieldstoneError('UNSUPPORTED', `tables of dialect ${source.layout.dialect} can be read but not repaired; export and import into a new table`, { table: entry.name });
    }
    const { layout, actions } = mendedLayout(source.layout, structuralIndexes(entry).length > 0);
    builder = new TableBuilder(engine, {
      tableFile: entry.tableFile, layout, ...(source.memo === undefined ? {} : { memoBlockSizeBytes: source.memo.blockSizeBytes, memoFile: source.memo.name }),
      indexes: store === undefined ? { definitions: entry.facts?.indexes ?? [], table: entry.facts ?? { name: entry.name } } : indexesToBuild(store, entry),
    });
    const counters = counterMender(layout, source.autoNext);
    const done = [...source.actions, ...actions, ...await copyRecords(job, source, builder, counters.see)];
    done.push(...counters.actions());
    if (done.length === 0) done.push('built anew from the records and memos that can be read');
    builder.finish(counters.next);
    await builder.finishIndexes();
    assertNotAborted(job.signal, 'the repair');
    const memoThere = source.memo !== undefined && entry.siblings.includes(source.memo.name);
    const kept = await keepOriginals(engine.options.env, engine.options.folder, memoThere ? [entry.tableFile, source.memo.name] : [entry.tableFile]);
    if (source.memo === undefined && builder.memoFile !== undefined) done.push(`missing memo file made: ${builder.memoFile}`);
    const made = builder;
    builder = undefined; // from here on installFiles() discards
    await installFiles(engine, { before: entry, after: plannedFrom(entry, made.memoFile, made.indexDefinitions), files: made.files, removed: [] });
    return { actions: done, kept };
  } finally {
    builder?.discard();
    source.close();
  }
}

/** A table that opens: its committed state, and what its file holds beyond. */
function storeSource(engine: Engine, store: RecordStore): Source {
  const view = new RecordView(store, engine.sequence);
  const { memo } = store.base;
  const count = view.highestRecno;
  // Newer commits stand above the file: then its size says nothing.
  const layout = isPlain(view) ? store.layout : { ...store.layout, recordCount: count, physicalCount: count, claimedCount: count };
  const committed = snapshotFile(engine, view);
  const end = layout.headerLength + count * layout.recordLength;
  // Behind the committed records the file itself is looked at.
  const file: VfsFile = {
    ...committed, stat: () => store.base.stat(),
    readAt: (target, position) => (position < end ? committed : store.base.file).readAt(target, position),
  };
  return {
    file, layout, count, autoNext: store.autoNext, readMemo: (pointer) => store.readMemo(pointer), actions: [], close: () => undefined,
    memo: memo === undefined ? undefined : { name: memo.name, blockSizeBytes: usableBlockSize(memo.memos) },
  };
}

/** The table opens, but its records stand elsewhere than its header says. Only when nothing was committed on top of that. */
function hasWrongLengths(engine: Engine, store: RecordStore): boolean {
  const isCommon = store.layout.dialect !== 'dbase2' && store.layout.dialect !== 'dbase7';
  return isCommon && isPlain(new RecordView(store, engine.sequence)) && exactFit(store.base.file, store.layout) !== undefined;
}

/** A table that does not open: the file under a header that is mended in memory. */
function fileSource(engine: Engine, entry: TableEntry): Source {
  const { env: { vfs }, folder } = engine.options;
  const file = vfs.open(`${folder}/${entry.tableFile}`, 'read');
  const open = [file];
  try {
    const found = mendHeader(file, entry.facts?.encoding ?? engine.options.encoding);
    const { layout, file: mended, actions } = exactFit(file, found.layout) ?? found;
    const name = layout.memoKind === undefined ? undefined : memoFileNameFor(entry.siblings, entry.tableFile, layout.memoKind);
    let memos: MemoFile | undefined;
    if (name !== undefined && layout.memoKind !== undefined) {
      const memoFile = vfs.open(`${folder}/${name}`, 'read');
      open.push(memoFile);
      memos = MemoFile.open(memoFile, layout.memoKind);
    }
    return {
      file: mended, layout, count: layout.recordCount, autoNext: firstNumbers(layout), readMemo: (pointer) => memos?.read(pointer), actions,
      memo: name === undefined || memos === undefined ? undefined : { name, blockSizeBytes: usableBlockSize(memos) },
      close: () => { for (const one of open) one.close(); },
    };
  } catch (e) {
    for (const one of open) one.close();
    throw e;
  }
}

/** Automatic numbers go on behind the largest that is in use. */
function counterMender(layout: DbfLayout, from: ReadonlyMap<string, number>): {
  readonly next: Map<string, number>; see(bytes: Uint8Array, start: number): void; actions(): string[];
} {
  const next = new Map(from);
  const fields = layout.fields.filter((f) => next.has(f.name));
  return {
    next,
    see(bytes, start) {
      for (const field of fields) {
        const value = decodeField(layout, field, bytes, start, NO_MEMO);
        if (typeof value === 'number' && value >= (next.get(field.name) ?? 0)) next.set(field.name, value + (field.autoIncrement?.step ?? 1));
      }
    },
    actions: () => [...next].filter(([name, n]) => n !== from.get(name)).map(([name, n]) => `the next automatic number of "${name}" is ${n}: smaller ones are in use`),
  };
}

/** The file's block size, unless the header is damaged. */
function usableBlockSize(memos: MemoFile): number {
  const { kind, header } = memos;
  const damaged = header.isMissing || memos.findings.some((f) => f.code === 'MEMO_BLOCK_SIZE') || (kind === 'dbt4' && header.blockSizeBytes < 64);
  return damaged ? defaultBlockSize(kind) : header.blockSizeBytes;
}

async function copyRecords(job: RepairJob, source: Source, builder: TableBuilder, see: (bytes: Uint8Array, start: number) => void): Promise<string[]> {
  const { layout, file } = source;
  const repairs = noRepairs();
  const mender = { layout, builder, readMemo: source.readMemo, repairs };
  const extra = job.uncounted === 'recover' && source.count === layout.recordCount ? uncountedRecords(file, layout) : 0;
  const total = source.count + extra;
  const rows = Math.max(1, Math.floor(CHUNK_BYTES / layout.recordLength));
  const chunk = new Uint8Array(Math.min(rows, Math.max(1, total)) * layout.recordLength);
  for (let first = 1; first <= total; first += rows) {
    const count = Math.min(rows, total - first + 1);
    const got = readUpTo(file, chunk.subarray(0, count * layout.recordLength), layout.headerLength + (first - 1) * layout.recordLength);
    for (let at = 0; at + layout.recordLength <= got; at += layout.recordLength) {
      see(chunk, at);
      copyMended(mender, chunk, at);
    }
    assertNotAborted(job.signal, 'the repair');
    job.onProgress(first + count - 1);
    await new Promise<void>((resolve) => { job.engine.options.env.scheduler.later(resolve); });
  }
  const cut = source.count === layout.recordCount ? truncatedRecord(file, layout) : undefined;
  if (cut !== undefined && job.truncated === 'keep') copyMended(mender, cut, 0);
  return [...countActions(source, extra, cut !== undefined, job.truncated), ...recordActions(repairs)];
}

function countActions({ layout }: Source, extra: number, isCut: boolean, truncated: 'keep' | 'drop'): string[] {
  const actions: string[] = [];
  if (extra > 0) actions.push(`${extra} whole records behind the count of ${layout.claimedCount} taken in`);
  if (layout.claimedCount > layout.physicalCount) actions.push(`count of ${layout.claimedCount} corrected: the file holds ${layout.physicalCount} whole records`);
  if (isCut) actions.push(truncated === 'keep' ? 'the last record was cut off: its whole fields are kept, the others are blank' : 'the last record, which was cut off, is dropped');
  return actions;
}

function recordActions(r: RecordRepairs): string[] {
  return [
    ...(r.oddMarks > 0 ? [`${r.oddMarks} odd delete marks set to "live"`] : []),
    ...(r.danglingPointers > 0 ? [`${r.danglingPointers} memo pointers that lead nowhere made empty`] : []),
    ...(r.invalidPointers > 0 ? [`${r.invalidPointers} memo pointers that are no numbers made empty`] : []),
  ];
}
