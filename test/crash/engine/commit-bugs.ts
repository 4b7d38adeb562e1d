import { sourceBug, type SourceBug } from './source-bug.js';

const PIPELINE = 'txn/commit/commit-pipeline.ts';
const CHAIN = 'txn/commit/wal-chain.ts';
const WRITER = 'storage/wal/wal-writer.ts';
const WRITES = 'txn/record/record-writes.ts';
const LOAD = 'txn/transaction/bulk-load.ts';
const BULK = 'txn/record/bulk-append.ts';
const STORE = 'txn/record/record-store.ts';
const DELTA = 'txn/record/record-delta.ts';
const RUN = 'txn/transaction/run-transaction.ts';

/** Mistakes on the way from a transaction to its acknowledgement. */
export const COMMIT_BUGS: readonly SourceBug[] = [
  sourceBug('ack-before-sync', 'crash', 'a group is acknowledged without a sync, whatever the durability', PIPELINE,
    ["if (!group.some((w) => w.durability === 'commit')) {", 'if (group.length > 0) {']),
  sourceBug('ack-all-when-synced', 'crash', 'a sync in the background is not waited for', PIPELINE,
    ['writer?.datasyncAsync().then(() => {', 'writer?.datasyncAsync().catch(() => undefined); Promise.resolve().then(() => {']),
  sourceBug('publish-before-sync', 'race', 'readers see a commit while its sync is under way', PIPELINE,
    ['    this.#firstSyncing = first;\n    const writer',
      '    this.#firstSyncing = first;\n    group.forEach((w, i) => { for (const write of w.writes) write.publish(first + i, this.#o.snapshots); this.#published = first + i; });\n    const writer']),
  sourceBug('segment-name-not-synced', 'crash', 'the folder is not synced after a log segment was made', CHAIN,
    ['      vfs.syncFolder(this.#folder);\n', '']),
  sourceBug('segment-header-not-synced', 'crash', 'a log segment is used before its header is on disk', WRITER,
    ['    writeFully(file, encoded, 0);\n    file.sync();', '    writeFully(file, encoded, 0);']),
  sourceBug('body-not-checked', 'crash', 'the checksum of a record is not compared', 'storage/wal/wal-reader.ts',
    [' && bodyChecksum(body, chain, head.headerCrc) === head.bodyCrc', '']),
  sourceBug('cut-back-left-out', 'fault', 'what a failed write left in the log stays there', WRITER,
    ['      this.#file.truncate(this.#flushedBytes);\n      this.#file.datasync();\n', '']),
  sourceBug('cut-back-not-synced', 'fault', 'a rejected record is cut off without a sync', WRITER,
    ['      this.#file.truncate(this.#flushedBytes);\n      this.#file.datasync();\n', '      this.#file.truncate(this.#flushedBytes);\n']),
  sourceBug('log-room-over-records', 'crash', 'the zeros ahead of the log begin a byte too early', WRITER,
    ['writeFully(this.#file, ZEROS.subarray(0, bytes), endBytes);', 'writeFully(this.#file, ZEROS.subarray(0, bytes), endBytes - 1);']),
  sourceBug('sequence-lost', 'contract', 'a group that could not be written leaves a gap in the numbers', PIPELINE,
    ['    if (!this.#append(group, first)) return;\n    this.#lastSequence += group.length;', '    this.#lastSequence += group.length;\n    if (!this.#append(group, first)) return;']),
  sourceBug('rejected-not-withdrawn', 'contract', 'a failed commit keeps its records in flight', PIPELINE,
    ['    for (const write of waiting.writes) write.withdraw();\n', '']),
  sourceBug('failed-sync-published', 'contract', 'a commit whose sync failed is seen by readers', PIPELINE,
    ['    const unknown = unknownOutcome(cause);\n', '    this.#publish(group.map((w) => ({ ...w, done: () => undefined })), this.#lastSequence);\n    const unknown = unknownOutcome(cause);\n']),
  sourceBug('failed-sync-forgiven', 'contract', 'after a failed sync the handle goes on', PIPELINE,
    ['    this.#syncing = undefined;\n    this.#fail(cause);', '    this.#syncing = undefined;']),
  sourceBug('conflicts-in-flight-missed', 'race', 'the conflict check looks at published versions only', WRITES,
    ['store.isInFlight(recno) || store.lastChangeOf', 'store.lastChangeOf']),
  sourceBug('conflicts-missed', 'race', 'the conflict check finds nothing', WRITES,
    ['store.isInFlight(recno) || store.lastChangeOf(recno) > sequence', 'store.isInFlight(recno)']),
  sourceBug('conflicts-of-ready-commits-missed', 'race', 'a commit that waits for nothing but the log is not checked', RUN,
    ['  assertNotReplaced(writes);\n  validate(transaction, writes);\n  engine.writeSide.prepare(writes);', '  assertNotReplaced(writes);\n  engine.writeSide.prepare(writes);']),
  sourceBug('version-overwritten-under-snapshot', 'race', 'the image that a snapshot still reads is overwritten in place', DELTA,
    ['if (older !== undefined && !keepOlder) {', 'if (older !== undefined) {']),
  sourceBug('first-row-forgotten', 'crash', 'the second row of a transaction takes the place of the first', 'txn/record/pending-rows.ts',
    ['new Map([[this.#recno, this.#row], [recno, row]])', 'new Map([[recno, row]])']),
  sourceBug('older-versions-dropped', 'race', 'a commit drops the version that a snapshot still reads', STORE,
    ['snapshots.count > 0 && snapshots.oldestSequence() < sequence', 'snapshots.count < 0']),
  sourceBug('load-rows-not-synced', 'load', 'the rows of a load are not synced before its commit', LOAD,
    ['  await sync(store.base.file);\n', '']),
  sourceBug('load-memos-not-synced', 'load', 'the memos of a load are not synced before its commit', LOAD,
    ['  if (store.base.memo !== undefined) await sync(store.base.memo.cached.file);\n', '']),
  sourceBug('load-begin-not-logged', 'load', 'the log does not know that a load began', LOAD,
    ["    await writeSide.commit([new ExtentBegin(store)], 'commit');\n", '']),
  sourceBug('load-head-lost', 'load', 'the bytes of a load below the published end are forgotten', BULK,
    ['    for (let i = 0; i < below; i++) this.#head.push(this.#buffer[i] ?? 0);\n', '']),
  sourceBug('document-memo-end-forgotten', 'documents', 'the commit of a load does not know of memos that were written in place', BULK,
    ['    this.#memoEndBytes = this.#memoStart + this.#memoBuffered;\n', '']),
  sourceBug('document-memo-not-flushed', 'documents', 'the last memos of a load stay in its buffer', BULK, ['    this.#flushMemos();\n    const { base } = this.store;', '    const { base } = this.store;']),
  sourceBug('document-block-short', 'documents', 'a memo in place takes a block too few', BULK, ['allocator.allocateAtEnd(lengthBytes);\n    const imageBytes', 'allocator.allocateAtEnd(Math.max(0, lengthBytes - 64));\n    const imageBytes']),
  sourceBug('collection-index-later', 'documents', 'a collection is made first, its indexes in steps of their own', 'src/collection/create-collection.ts',
    ['[id, ...definitions.filter(isOwnIndex)]', '[id]'], ['if (!isOwnIndex(definition)) await', 'await']),
];
