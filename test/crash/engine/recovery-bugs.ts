import { sourceBug, type SourceBug } from './source-bug.js';

const RECOVER = 'txn/recovery/recover.ts';
const REPLAY = 'txn/recovery/replay.ts';
const ENGINE = 'txn/engine.ts';

/** Mistakes when a database is opened. */
export const RECOVERY_BUGS: readonly SourceBug[] = [
  sourceBug('journal-not-rewritten', 'crash', 'recovery applies a journal that may be in the cache alone', RECOVER,
    ['    rewrite(o, path);\n', '']),
  sourceBug('journal-copy-not-synced', 'crash', 'recovery writes the journal anew and does not sync it', RECOVER, ['      to.sync();\n', '']),
  sourceBug('journal-ignored', 'crash', 'recovery removes the journal without applying it', RECOVER,
    ['journal.meta.checkpoint > catalog.checkpoint) {\n', 'journal.meta.checkpoint < catalog.checkpoint) {\n']),
  sourceBug('catalog-not-moved', 'crash', 'recovery applies the journal and leaves the catalog as it was', RECOVER,
    ['    writeCatalog(env.vfs, folder, next);\n', '    next = undefined;\n']),
  sourceBug('old-position-kept', 'crash', 'recovery takes the position of the log from before the journal', RECOVER,
    ['const { checkpoint, sequence, firstSegment } = journal.meta;', 'const { checkpoint } = journal.meta;\n  const { sequence, firstSegment } = before;']),
  sourceBug('leftovers-kept', 'crash', 'recovery keeps new generations that never became current', RECOVER,
    ['if (TEMPORARY.test(name) || (segment', 'if ((segment']),
  sourceBug('uncommitted-load-kept', 'load', 'recovery keeps the rows of a load that never committed', RECOVER,
    ['  for (const store of replayed.loads) cutUncommitted(store);\n', '']),
  sourceBug('extents-ignored', 'load', 'recovery does not count the rows of committed loads', REPLAY,
    ['      store.publishExtent({ ...op.extent, memoEndBytes: op.extent.memoNextBlock * (memo?.allocator.blockSizeBytes ?? 0) }, sequence);\n', '']),
  sourceBug('load-memos-not-reserved', 'load', 'after recovery new memos overwrite those of a load', REPLAY,
    ['      memo?.allocator.reserveTo(op.extent.memoNextBlock);\n', '']),
  sourceBug('memos-not-claimed', 'load', 'after recovery new memos get the blocks of replayed ones', 'txn/record/record-store.ts',
    ['    memo.allocator.claim(block, bytes.length);\n', '']),
  sourceBug('memos-not-replayed', 'load', 'recovery forgets the memos in the log', REPLAY,
    ['      for (const { block, bytes } of op.memos) store.recoverMemo(block, bytes);\n', '']),
  sourceBug('numbers-not-raised', 'load', 'after recovery an insert gets the number of a replayed record', REPLAY,
    ['  for (const entry of c.tables.values()) entry.store?.recnos.raise(entry.store.counts.latest);\n', '']),
  sourceBug('log-replayed-from-the-start', 'crash', 'recovery replays segments that a checkpoint has folded', RECOVER,
    ['s >= catalog.firstSegment)', 's >= 0)']),
  sourceBug('end-not-folded', 'crash', 'after recovery the old segment lives on instead of being folded', ENGINE,
    ['if (recovered.segments.length > 0) this.#firstCheckpoint(this.#write);', 'void recovered.segments;']),
  sourceBug('half-a-transaction', 'crash', 'recovery takes only the first operation of a record', REPLAY,
    ['for (const op of readOps(body)) replayOp(c, op, sequence, loads, path);', 'for (const op of [...readOps(body)].slice(0, 1)) replayOp(c, op, sequence, loads, path);']),
];
