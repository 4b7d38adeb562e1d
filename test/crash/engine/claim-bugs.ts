import { sourceBug, type SourceBug } from './source-bug.js';

const TRUST = 'src/indexes/index-trust.ts';
const COMPARE = 'src/indexes/compare-entries.ts';
const RANGE = 'src/indexes/range-test.ts';

/** Mistakes in what indexes promise beyond crashes: rests behind files, cut keys, looks that fail once, files that are not those of their rows. */
export const CLAIM_BUGS: readonly SourceBug[] = [
  sourceBug('index-growth-stays', 'index-claims', 'recovery leaves blocks behind an xBase index file', 'txn/index/open-indexes.ts',
    ['  if (recovering && c.writable && hasGrown', '  if (recovering && !c.writable && hasGrown']),
  sourceBug('index-growth-stays-later', 'index-claims', 'a checkpoint leaves the blocks of a failed one behind an xBase index file', 'txn/index/xbase-index-file.ts',
    ['    if (this.file.stat().sizeBytes > sizeBytes) target.truncate(this.name, sizeBytes);\n', '']),
  sourceBug('index-cut-keys-trusted', 'index-claims', 'rows whose keys were cut are not looked at', 'src/indexes/table-index.ts',
    ['isSure ? undefined : rangeTest', 'isSure || located ? undefined : rangeTest']),
  sourceBug('index-cut-keys-end', 'index-claims', 'the end of a range of cut keys is always in it', RANGE, ['(fromEnd === 0 && end?.inclusive === true)', 'fromEnd === 0']),
  sourceBug('index-cut-keys-prefix', 'index-claims', 'the beginning of a cut key is taken for that of its row', RANGE, [" || !text.startsWith(prefix)) return false;", ') return false;']),
  sourceBug('look-only-once', 'index-claims', 'a look at a file in place that fails once ends the handle', 'txn/record/twice.ts', ["    if (!hasCode(e, 'IO')) throw e;\n    return read();", '    throw e;']),
  sourceBug('look-only-once-at-indexes', 'index-claims', 'a look at an index file in place that fails once ends the handle', 'txn/recovery/catalog-keeper.ts',
    ['twice(() => file.file.stat())', 'file.file.stat()']),
  sourceBug('index-damage-unseen', 'index-claims', 'small index files are not compared with their rows', TRUST, ['XbaseIndexFile && isSmall(file, view)', 'XbaseIndexFile && !isSmall(file, view)']),
  sourceBug('index-damage-pages-alone', 'index-claims', 'the pages of a small index are looked at, its entries are not', TRUST,
    ['wrongPage(file, index) ?? wrongEntry(host, new RecordView(store, sequence), index)', 'wrongPage(file, index)']),
  sourceBug('index-damage-planned', 'index-claims', 'queries go on with an index that is not that of the rows', 'src/indexes/table-index-source.ts', ['    if (this.#isDamaged || range', '    if (range']),
  sourceBug('index-damage-sought', 'index-claims', 'seeks go on with an index that is not that of the rows', 'src/indexes/table-index.ts', ['          assertSound(engine, held.view, index);\n', '']),
  sourceBug('index-damage-missing-unseen', 'index-claims', 'a row without an entry is no difference', COMPARE, ['order > 0 && own !== undefined && !isHeld', 'order > 0 && own === undefined && !isHeld']),
  sourceBug('index-damage-extra-unseen', 'index-claims', 'an entry that no row gives is no difference', COMPARE, ["order < 0 ? { kind: 'extra', recno: entries.recno }", 'order < 0 ? undefined']),
  sourceBug('index-damage-unique-alarm', 'index-claims', 'a key that FoxPro left out of a UNIQUE index is called damage', TRUST, ["mayMiss && difference.kind === 'missing'", "mayMiss && difference.kind === 'extra'"]),
  sourceBug('index-damage-without-newest', 'index-claims', 'rows that are not in the files yet are left out when an index is compared', COMPARE,
    ['{ from: 1, to: Infinity, reverse: false, deleted: true }', '{ from: 1, to: view.store.base.recordCount, reverse: false, deleted: true }']),
  sourceBug('look-up-in-gone-index', 'index-claims', 'a query that knows its way goes on with an index that was dropped', 'src/indexes/key-lookup.ts',
    [' || view.store.indexes.stores !== epoch', '']),
  sourceBug('look-up-before-delta', 'index-claims', 'a look-up leaves out what was committed since the last checkpoint', 'txn/index/same-key-cursor.ts', ['    this.#addList(index.active, sequence);\n', '']),
  sourceBug('index-frozen-load-unseen', 'index-claims', 'the keys of a load that a checkpoint is taking are not counted', 'txn/index/index-store.ts',
    ['    for (const run of this.frozen?.runs ?? []) count += run.count;\n', '']),
  sourceBug('broken-load-cuts-rows', 'index-claims', 'a load that breaks off cuts off the rows that a checkpoint is writing', 'txn/record/record-fold.ts',
    ['Math.max(base.publishedBytes, frozen?.publishedBytes ?? 0)', 'base.publishedBytes']),
  sourceBug('broken-load-cuts-memos', 'index-claims', 'a load that breaks off cuts off the memos that a checkpoint is writing', 'txn/record/record-fold.ts',
    ['Math.max(base.memo?.publishedBytes ?? 0, frozen?.memoPublishedBytes ?? 0)', 'base.memo?.publishedBytes ?? 0']),
  sourceBug('extent-joined-to-frozen', 'index-claims', 'a load becomes part of one that a checkpoint is taking', 'txn/record/record-store.ts',
    ['extents.length > (this.frozen?.extents ?? 0) ? ', 'extents.length > 0 ? ']),
  sourceBug('index-early-sync-unasked', 'index-claims', 'nobody asks how the early sync of a large index file ended', 'txn/index/finish-index-build.ts', ['    await early.end();\n', '']),
];
