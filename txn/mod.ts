// The door of the transaction floor: everything that `src` may use.
// Locks.
export { LockManager, type LockManagerOptions } from './lock/lock-manager.js';
export type { LockMode, UserLockMode } from './lock/lock-mode.js';
export { resourceLabel } from './lock/lock-types.js';
export type { HeldLock, LockHolder, LockItem, LockOwner, LockResource, LockWaitOptions } from './lock/lock-types.js';
export type { LockBlocker } from './lock/lock-errors.js';
export type { LockShardStats } from './lock/lock-shard.js';
export type { BrokenDeadlock, HotResource, LockEvent, LockEventKind } from './lock/lock-trace.js';
export { toDot, type DeadlockStep, type WaitForEdge, type WaitForGraph, type WaitForNode } from './lock/wait-for-graph.js';
// Tables as stores, snapshots, transactions.
export { Engine } from './engine.js';
export type { EngineOptions } from './engine-options.js';
export type { CatalogState, TableEntry } from './catalog-state.js';
export type { Durability } from './commit/commit-pipeline.js';
export type { SnapshotHold } from './commit/snapshot-registry.js';
export { RecordView } from './record/record-view.js';
export { RecordCursor, type CursorRange } from './record/record-cursor.js';
export type { RecordStore } from './record/record-store.js';
export type { BulkAppend } from './record/bulk-append.js';
export { bulkLoad } from './transaction/bulk-load.js';
export { MustWait, runTransaction, runTransactionSync, type OpenTransaction, type RunOptions } from './transaction/run-transaction.js';
export type { Isolation, Transaction } from './transaction/transaction.js';
export type { OpenTransactionInfo } from './transaction/open-transactions.js';
export { discardFiles, installFiles, newGenerationFile, renameFiles, withTableToItself, writeNewFile, type NewFile, type TableReplacement } from './folder-changes.js';
export { syncStep, WORK, type Steps } from './checkpoint/step.js';
export type { PlannedTable } from './checkpoint/journal-note.js';
export { CATALOG_NAME, parseCatalog, type Catalog, type CatalogTable, type Fingerprint } from './recovery/catalog-file.js';
export { walName, walSegmentOf } from './commit/wal-chain.js';
export { JOURNAL_NAME } from './checkpoint/checkpoint.js';
export { readOps, type LoggedOp } from './commit/commit-record.js';
// Key-value stores.
export { CursorEntries } from './keys/cursor-entries.js';
export { commitBatch } from './keys/commit-batch.js';
export { KeyBatch, type ValueSource } from './keys/key-batch.js';
export type { KeyCursor } from './keys/key-cursor.js';
export { USES_EXPIRY, USES_PARTS, VALUE_KINDS, kindsOf, type StoreKinds, type ValueKind } from './keys/key-kinds.js';
export type { KeyStore } from './keys/key-store.js';
export { KeySuccessor } from './keys/key-successor.js';
export { rebuildStore, replaceStoreFile, working, type StoreRebuilt } from './keys/rebuild-store.js';
export { KeyView } from './keys/key-view.js';
export type { CatalogStore } from './recovery/catalog-file.js';
// Indexes of tables.
export { attachIndexFile } from './index/attach-index.js';
export { detachIndexFile, setAside } from './index/detach-index.js';
export { createIndex, dropIndex, indexOf, type CreateIndexOptions } from './index/create-index.js';
export { withIndexes } from './index/planned-indexes.js';
export { finishIndexBuild, type IndexBuildResult } from './index/finish-index-build.js';
export { appendRecno, recnoOf } from './index/entry.js';
export { remakeIndexFiles } from './index/remake-index-files.js';
export { TreeIndexFile } from './index/tree-index-file.js';
export { XbaseIndexFile } from './index/xbase-index-file.js';
export { IndexCursor } from './index/index-cursor.js';
export { SameKeyCursor } from './index/same-key-cursor.js';
export { IndexBuild } from './index/index-build.js';
export { isOwnIndex, RECNO_BYTES } from './index/index-keys.js';
export type { IndexProblem } from './index/table-indexes.js';
export type { CatalogIndex, EmitKey, IndexedTable, IndexKeys, IndexKeysFactory, PutKey } from './index/index-keys.js';
export type { IndexStore } from './index/index-store.js';
