// The public door: everything that users import from 'fieldstone'.
export { open } from './open.js';
export { Database, type TableFor, type TableOptions, type TransactionOptions } from './database.js';
export { Collection } from './collection/collection.js';
export type { TxCollection } from './collection/tx-collection.js';
export type { SnapshotCollection } from './collection/snapshot-collection.js';
export type {
  CollectionOptions, CollectionRef, DocumentFilter, DocumentIndexInfo, DocumentIndexOptions, DocumentInput, DocumentUpdate, FieldCondition, IdOf,
  StoredDocument, UpdateOperators, UpdateOptions, UpdateResult,
} from './collection/collection-types.js';
export type { DocumentId } from './document/document-id.js';
export { Kv, type ByteStream } from './kv/kv.js';
export type { CompactResult } from './kv/compact-store.js';
export type { TxKv } from './kv/tx-kv.js';
export type { KvInfo, KvOperation, KvOptions, KvRange, KvScan, PutOptions } from './kv/kv-types.js';
export { Snapshot, type SnapshotKv, type SnapshotTable } from './snapshot.js';
export { Table, type AnyInput, type AnyRow, type FieldInfo } from './table/table.js';
export type { LongWorkOptions } from './long-work.js';
export type { TableInfo } from './table/table-info.js';
export type { GetOptions } from './table/table-reader.js';
export type { RowScan, ScanOptions } from './table/scan.js';
export type { InsertManyOptions, InsertManyResult } from './table/insert-many.js';
export type { CreateTableOptions } from './table/create-table.js';
export type { CheckOptions, CheckResult } from './check/check-database.js';
export type { RepairedStore, RepairedTable, RepairOptions, RepairResult } from './check/repair-database.js';
export type { BackupResult } from './backup.js';
export type { ImportTableOptions } from './import/import-table.js';
export type { AlterTableChange } from './table/alter-table.js';
export type { IndexPolicy } from './table/write-guard.js';
export {
  binary, char, currency, date, datetime, double, float, integer, logical, memo, numeric, varchar,
  type FieldType, type InputOfSchema, type Nullable, type RowOf, type TableSchema,
} from './table/field-types.js';
export { param, type Param } from './filter/param.js';
export { Tx, TxTable, type TableRef } from './transaction/tx.js';
export type { CacheKindStats, ComponentMemory, DatabaseStats, FileStats, HotLockStats, OperationStats } from './profile/statistics.js';
export type { MemoryFacts } from './profile/runtime.js';
export type { ContinuousOptions, ContinuousProfiler } from './profile/continuous.js';
export type { Monitor, MonitorOptions } from './profile/monitor/monitor.js';
export type { MonitorEvent, MonitorPoint } from './profile/monitor/monitor-event.js';
export type { LimitedKind, MonitorRule, OperationLimits } from './profile/monitor/monitor-rules.js';
export type { MemoryGrowth } from './profile/monitor/growth-tracker.js';
export type { Health, HealthNote } from './profile/health.js';
export type { OperationPart, OperationProfile } from './profile/operation-profile.js';
export type { Profile } from './profile/profile.js';
export type { Profiler } from './profile/profiler.js';
export type { CodePart, ProfileFilter, ProfileOptions } from './profile/profile-options.js';
export type { Trace, TraceOptions } from './profile/trace.js';
export type { OpenOptions, Options, OptionSource, ResolvedOptions, Size } from './config/open-options.js';
export { ERROR_CODES, FieldstoneError, hasCode, type ErrorCode, type ErrorFields, type Dialect, type Finding, type HistogramSnapshot, type ProbeSnapshot, type WritableDialect } from '#storage';
export type { Durability, Isolation, OpenTransactionInfo } from '#txn';
export type { IndexOn, IndexOptions } from './indexes/index-options.js';
export type { IndexKey, IndexKeyRange, TableIndex } from './indexes/table-index.js';
// Queries.
export { avg, count, countDistinct, max, min, sum, type Aggregate } from './query/aggregates.js';
export type { AggregateInput, AggregateRow, FieldFilter, FieldName, FieldOperators, Filter, FilterGroups } from './query/filter-type.js';
export type { FindOptions, SortDirection } from './query/find-options.js';
export type { ExplainOptions, FoundRows } from './query/found-rows.js';
export type { Explanation, ExplainStep } from './query/explain.js';
export type { PreparedQuery } from './query/prepared-query.js';
export type { IndexAdvice } from './query/advise.js';
export type { QueryLogView } from './query/database-queries.js';
export type { ShapeStats } from './query/query-log.js';
export type { SlowQuery } from './query/slow-queries.js';
