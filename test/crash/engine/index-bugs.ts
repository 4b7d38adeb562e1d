import { sourceBug, type SourceBug } from './source-bug.js';

const STORE = 'txn/index/index-store.ts';
const TABLE = 'txn/index/table-indexes.ts';
const CHANGES = 'txn/index/entry-changes.ts';
const FROZEN = 'txn/index/frozen-changes.ts';
const MERGED = 'txn/index/merged-cursor.ts';
const XBASE = 'txn/index/xbase-index-file.ts';
const TREE = 'txn/index/tree-index-file.ts';

/** Mistakes in the indexes of tables. */
export const INDEX_BUGS: readonly SourceBug[] = [
  sourceBug('index-tombstone-dropped', 'index-model', 'entries that go are forgotten by a checkpoint', FROZEN,
    ['    this.isRemoval = versions.isTombstone(this.#list.newest(this.#node));\n', '    this.isRemoval = versions.isTombstone(0);\n']),
  sourceBug('index-recno-cut', 'index-model', 'record numbers lose their second byte', 'txn/index/entry.ts',
    ['  bytes[length + 3] = recno;\n', '  bytes[length + 3] = recno & 0x3f;\n']),
  sourceBug('index-runs-twice', 'index-model', 'the keys of a load are published twice', STORE, ['    this.runs.push(run);\n', '    this.runs.push(run, run);\n']),
  sourceBug('index-preimages-not-kept', 'index-model', 'what old snapshots found in the base is forgotten', TABLE,
    ['      for (const store of file.stores) store.keepBefore(target.snapshots);\n', '']),
  sourceBug('index-history-dropped', 'index-model', 'a checkpoint forgets the entries that old snapshots see', STORE,
    ['if (oldestSnapshot < frozen.sequence) this.history.push({ ...frozen, runs: [] });', '']),
  sourceBug('index-old-entries-stay', 'index-model', 'the entries of the image before a change stay', CHANGES,
    ['    for (const entry of before) if (!has(after, entry)) this.#changes.push({ entry, present: false });\n', '']),
  sourceBug('index-replay-forgets', 'index-model', 'recovery does not publish the entries of replayed rows', TABLE,
    ['changesOf(store, records, rows, records.memoSource, true).publish(sequence, snapshots);', 'changesOf(store, records, rows, records.memoSource, true);']),
  sourceBug('index-replay-proves', 'index-model', 'recovery refuses rows that changed unique keys with each other', TABLE,
    ['records.memoSource, true)', 'records.memoSource, false)']),
  sourceBug('index-load-not-replayed', 'index-model', 'recovery leaves out the keys of loads', TABLE, ['    load.sort();\n    load.publish(sequence);\n', '    load.sort();\n']),
  sourceBug('index-unique-in-flight-missed', 'index-model', 'a unique key on its way to the log does not count', CHANGES,
    ['    if (this.#index.isClaimed(range)) throw this.#conflict(recno);\n', '']),
  sourceBug('index-stale-size', 'index-model', 'a CDX file that grew is read as far as it went before', XBASE,
    ['    this.#sizeBytes = this.#pending.sizeBytes;\n', '']),
  sourceBug('index-deleted-shine-through', 'index-model', 'a removed entry shows the one in the base', MERGED,
    ['      if (!source.isTombstone) return true;\n      this.#advance();', '      if (!source.isTombstone) return true;\n      this.#step(source);']),
  sourceBug('index-own-rows-forgotten', 'index-model', 'a transaction does not see its own rows by an index', 'txn/index/newest-host.ts',
    ['if (list?.isEmpty === false)', 'if (list?.isEmpty === undefined)']),
  sourceBug('index-rollback-forgets', 'index-model', 'going back to a savepoint leaves the entries of what was written since', 'txn/index/own-entries.ts',
    ['const now = row === undefined ? this.#committed(recno, undefined)', 'const now = row === undefined ? shown']),
  sourceBug('index-pages-in-place', 'index', 'pages of our index files are overwritten without the journal', TREE,
    ['target.put(name, base.file, pageNo * pageSizeBytes, page, publishedBytes);', 'target.put(name, base.file, pageNo * pageSizeBytes, page, publishedBytes * 0);']),
  sourceBug('index-xbase-in-place', 'index', 'pages of xBase index files are overwritten without the journal', XBASE,
    ['target.put(this.name, this.file, offset, bytes, this.#sizeBytes);', 'target.put(this.name, this.file, offset, bytes, this.#sizeBytes * 0);']),
  sourceBug('index-built-not-synced', 'index', 'a new index file is renamed into place before it is on disk', 'txn/index/create-index.ts',
    ["    for (const { file } of files) await file.syncAsync();\n    if (files.length > 0) env.vfs.syncFolder(folder);\n    const after", '    const after']),
  sourceBug('index-replay-lost', 'index', 'recovery replays rows and not their keys', 'txn/recovery/replay.ts',
    ['        if (!store.indexes.isEmpty) store.indexes.replayRow(store, recno, bytes, sequence, NO_SNAPSHOTS);\n', '']),
  sourceBug('index-overlay-lost', 'index-model', 'pages of an xBase file that are on their way into it are read from the file', XBASE,
    ['    this.#placing = this.#pending.blocks;\n', '    this.#placing = new Map();\n']),
  sourceBug('index-any-tree-taken', 'index-model', 'an index file of another time is taken for that of the table', 'txn/index/open-indexes.ts',
    ['base.treeId === definition.treeId && base.state.header.sequence === definition.sequence', 'base.treeId >= 0']),
  sourceBug('index-foreign-change-missed', 'index-model', 'an xBase file that was not changed with its table is taken as it is', 'txn/index/open-indexes.ts',
    ['  if (isAsSeen ? !adopted : ', '  if (isAsSeen ? true : ']),
  sourceBug('index-old-copy-taken', 'index-model', 'an older copy of an xBase file is taken as it is', 'txn/index/open-indexes.ts',
    ['const changedAlone = seen !== undefined', 'const changedAlone = seen === null']),
];
