import { codecById, FieldstoneError, openWalForReading, type Vfs } from '#storage';
import type { CatalogState, TableEntry } from '../catalog-state.js';
import { readOps, type LoggedOp } from '../commit/commit-record.js';
import type { LiveSnapshots } from '../commit/live-snapshots.js';
import { walName } from '../commit/wal-chain.js';
import { replayKeys } from '../keys/replay-keys.js';
import type { KeyStoreSet } from '../keys/key-store-set.js';
import type { RecordStore } from '../record/record-store.js';

const NO_SNAPSHOTS: LiveSnapshots = { count: 0, oldestSequence: () => Infinity };

export interface Replayed {
  readonly lastSequence: number;
  readonly records: number;
  /** Tables where a large load began: bytes behind the counted ones are cut. */
  readonly loads: ReadonlySet<RecordStore>;
}

export interface ReplayContext {
  readonly vfs: Vfs;
  readonly folder: string;
  readonly databaseId: Uint8Array;
  readonly segments: readonly number[];
  readonly firstSequence: number;
  readonly tables: CatalogState;
  readonly keyStores: KeyStoreSet;
  /** Opens the table as the last checkpoint left it. */
  readonly openStore: (entry: TableEntry) => RecordStore;
}

/** Puts all valid records of the segments into the deltas (invariant I2). Changes no file. */
export function replay(c: ReplayContext): Replayed {
  const loads = new Set<RecordStore>();
  let sequence = c.firstSequence - 1;
  let records = 0;
  c.segments.forEach((segment, i) => {
    const lastSegment = i === c.segments.length - 1;
    const path = `${c.folder}/${walName(segment)}`;
    const reader = openWalForReading(c.vfs, path, { databaseId: c.databaseId, segment, lastSegment });
    if (reader.header !== undefined && reader.header.firstSequence !== sequence + 1) throw damaged(path, 0, `commit ${sequence + 1} is missing`);
    for (const record of reader) {
      sequence = record.sequence;
      records++;
      const body = record.codecId === 0 ? record.body : codecById(record.codecId).decompress(record.body, record.originalBytes);
      for (const op of readOps(body)) replayOp(c, op, sequence, loads, path);
    }
    if (!lastSegment && reader.end.torn) throw damaged(path, reader.end.offset, 'it ends early, but a later segment follows');
  });
  for (const entry of c.tables.values()) entry.store?.recnos.raise(entry.store.counts.latest);
  return { lastSequence: sequence, records, loads };
}

function damaged(file: string, offset: number, what: string): FieldstoneError {
  return new FieldstoneError('CORRUPT_WAL', `the log is damaged: ${what}`, { file, offset });
}

function replayOp(c: ReplayContext, op: LoggedOp, sequence: number, loads: Set<RecordStore>, path: string): void {
  if (op.op === 'keys') {
    replayKeys(c.keyStores, op, sequence, path);
    return;
  }
  const entry = c.tables.get(op.table.toLowerCase());
  if (entry === undefined) {
    throw new FieldstoneError('EXTERNAL_CHANGE', `the log holds commits of table "${op.table}", but its file is gone; put it back, or restore a backup`, { file: path, table: op.table });
  }
  const store = entry.store ?? c.openStore(entry);
  switch (op.op) {
    case 'rows':
      for (const { recno, bytes } of op.rows) {
        if (bytes.length !== store.layout.recordLength) throw damaged(path, 0, `a record of "${op.table}" has ${bytes.length} bytes`);
        if (!store.indexes.isEmpty) store.indexes.replayRow(store, recno, bytes, sequence, NO_SNAPSHOTS);
        store.publishRow(recno, sequence, bytes, NO_SNAPSHOTS);
      }
      break;
    case 'memos':
      for (const { block, bytes } of op.memos) store.recoverMemo(block, bytes);
      break;
    case 'extent': {
      const memo = store.base.memo;
      memo?.allocator.reserveTo(op.extent.memoNextBlock);
      store.publishExtent({ ...op.extent, memoEndBytes: op.extent.memoNextBlock * (memo?.allocator.blockSizeBytes ?? 0) }, sequence);
      if (!store.indexes.isEmpty) store.indexes.replayLoad(store, op.extent.firstRecno, op.extent.lastRecno, sequence);
      break;
    }
    case 'counters':
      for (const [field, next] of op.next) store.autoNext.set(field, Math.max(next, store.autoNext.get(field) ?? 0));
      break;
    case 'extent-begin':
      loads.add(store);
      break;
  }
}
