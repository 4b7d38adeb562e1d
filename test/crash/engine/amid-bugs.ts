import { sourceBug, type SourceBug } from './source-bug.js';

const FOLD = 'txn/record/record-fold.ts';

/** Mistakes that show when one long work comes amid another, or a process dies amid one. */
export const AMID_BUGS: readonly SourceBug[] = [
  sourceBug('load-number-twice', 'amid-claims', 'a number that comes back amid a load lowers what the load takes next', 'txn/record/recno-allocator.ts',
    ['    if (this.#loadFrom === 0) this.#forgetLastHoles();', '    this.#forgetLastHoles();']),
  sourceBug('head-over-cached-row', 'amid-claims', 'the first byte of a load is put over its deleted first row in the cache', FOLD,
    ['  for (const { offset, bytes } of frozen.writes) base.cached.patch(offset, bytes);\n', ''],
    ['  const { base } = store;\n  const memo = base.memo;', '  const { base } = store;\n  for (const { offset, bytes } of frozen.writes) base.cached.patch(offset, bytes);\n  const memo = base.memo;']),
  sourceBug('load-memos-stale', 'amid-claims', 'memos of a load are read from pages that were cached before it wrote them', 'txn/record/record-store.ts',
    ['Math.min(memo.publishedBytes, memoStartBytes) - 1', 'Math.min(memo.publishedBytes, Infinity) - 1']),
  sourceBug('running-load-forgotten', 'amid-claims', 'a checkpoint retires the log that knows of a load under way', 'txn/checkpoint/checkpoint.ts',
    ['if (loads.length > 0) c.pipeline', 'if (loads.length > 1000) c.pipeline']),
  sourceBug('cut-not-synced', 'amid-claims', 'a power loss brings back what a load had cut', 'txn/record/cut-for-good.ts', ['  file.sync();\n', '']),
  sourceBug('replayed-log-unsynced', 'amid-claims', 'recovery folds commits that only the cache of the system knows', 'txn/recovery/recover.ts', ['      file.datasync();\n', '']),
  sourceBug('hole-called-damage', 'amid-claims', 'a number that nobody filled makes an xBase index damaged', 'src/indexes/compare-entries.ts', [' && !holes.has(recno)', '']),
  sourceBug('hole-taken-for-indexed', 'amid-claims', 'a row that comes where nobody filled a number gets no entry', 'txn/index/entry-changes.ts',
    ['  return mayMiss ? entries.filter((entry) => holds(index, entry)) : entries;', '  return mayMiss ? entries.filter(() => true) : entries;']),
  sourceBug('import-left-behind', 'amid-claims', 'an import that ends too early leaves the files that it built', 'src/import/import-table.ts',
    ['    if (!handedOver) builder.discard();\n', '']),
  sourceBug('import-outlives-close', 'amid-claims', 'close() does not end an import that waits for rows', 'src/import/import-table.ts',
    ['await engine.loads.unlessClosed(gather(engine, rows, builder, encoder, options));', 'void done();\n    await gather(engine, rows, builder, encoder, options);']),
  sourceBug('locks-in-any-order', 'amid-claims', 'transactions beside a load lock what they write in the order in which they wrote it', 'txn/transaction/run-transaction.ts',
    ['[...writes].sort((a, b) => (a.store.id < b.store.id ? -1 : 1))', '[...writes]'], ['[...lockItems(write)].sort((a, b) => (a < b ? -1 : 1))', '[...lockItems(write)]']),
];
