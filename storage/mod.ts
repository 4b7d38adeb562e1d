// The door of the ground floor: everything that other floors may use.
export { ByteMemory } from './base/byte-memory.js';
export * from './base/units.js';
export * from './base/errors.js';
export * from './base/assert.js';
export { keepLayout, keepNewest } from './base/keep-layout.js';
export * from './base/nearest.js';
export { sha256Hex } from './base/sha256.js';
export { copyBytes } from './base/copy-bytes.js';
export { LinkedList, type Linked } from './base/linked-list.js';
export * from './base/checksum.js';
export type * from './base/environment.js';
export { nodeEnvironment } from './base/node-environment.js';
export * from './probe/histogram.js';
export * from './probe/probe.js';
export * from './probe/phases.js';
export { Operation, type OperationContext, type OperationKind } from './probe/operation.js';
export { RecentTimes, type RecentTimesSnapshot } from './probe/recent-times.js';
export { TRACE_SUBSYSTEMS, type TraceEvent, type Traces, type TraceStep, type TraceSubsystem } from './probe/traces.js';
export type * from './vfs/vfs.js';
export * from './vfs/full-io.js';
export type * from './memo/memo-kind.js';
export type * from './dbf/dbf-types.js';

// File systems.
export { nodeVfs } from './vfs/node-vfs.js';
export { MemoryVfs } from './vfs/memory-vfs.js';
export { countingVfs, type IoCounters } from './vfs/counting-vfs.js';
export { FileMeters, type FileIo } from './vfs/file-meters.js';
export { systemError, simulatedError, closedFileError, errnoOf } from './vfs/system-error.js';
export { checkRange, checkSize } from './vfs/check-range.js';
export { acquireDatabaseLock, type DatabaseLock } from './vfs/database-lock.js';
export { unsharedLock, type HeldLock } from './vfs/unshared-lock.js';
export { nodeProcessIdentity, type ProcessIdentity } from './vfs/process-identity.js';
export type { LockHolder } from './vfs/lock-holder.js';

// Buffers, cache, codecs.
export type { Codec, CodecName } from './codec/codec.js';
export { codecById, codecByName, CODEC_NAMES } from './codec/codecs.js';
export {
  packBytes, unpackBytes, codecCounters, newCodecCounters, DEFAULT_COMPRESSION_THRESHOLD_BYTES, type CodecCounters, type PackedBytes,
} from './codec/pack-bytes.js';
export { PageCache, PAGE_KINDS, type PageKind, type CacheCounters, type PageCacheOptions } from './cache/page-cache.js';
export type { CachePolicy } from './cache/cache-policy.js';
export { SegmentedLru } from './cache/segmented-lru.js';
export { lruMap, type BoundedMap } from './cache/lru-map.js';
export { BufferPool, BUFFER_SIZE_CLASSES, DEFAULT_POOL_BYTES, type BufferCounters, type BufferPoolOptions } from './buffer/buffer-pool.js';

// Code pages.
export * from './codepage/code-page.js';
export { latin1Text } from './codepage/byte-text.js';
export { internCounters, TextInterner, type TextMaker } from './codepage/text-interner.js';

// DBF tables.
export { calendarDay, DAY_MS, daysSince1970, isCalendarDay, JULIAN_1970 } from './dbf/calendar.js';
export { parseNumber } from './dbf/number-text.js';
export { checkDbf, type CheckDbfOptions } from './dbf/check.js';
export type { MemoChecker } from './dbf/field-check.js';
export { planDbf, type PlanOptions } from './dbf/plan.js';
export type { FieldSpec } from './dbf/field-spec.js';
export { DIALECT_RULES, type DialectRules } from './dbf/dialect-rules.js';
export { isHeaderName, shortFieldNames } from './dbf/short-field-names.js';
export { headerPatches, type HeaderPatch, type HeaderState } from './dbf/header-patches.js';
export { createRowEncoder, type RowEncoder, type RowEncoderOptions } from './dbf/row-encoder.js';
export type { PendingMemo } from './dbf/field-encoder-type.js';
export { writePointer } from './dbf/encode-memo-field.js';
export { readDbfLayout, type ReadLayoutOptions } from './dbf/layout-reader.js';
export { createRowDecoder, decodeField, type RowDecoder, type RowDecoderOptions } from './dbf/row-decoder.js';
export { fieldDecoder } from './dbf/field-decoder.js';
export type { FieldDecoder, NumberForm } from './dbf/field-decoder-type.js';
export { fieldRangeTest } from './dbf/field-range-test.js';
export { screenOf, sieveOf, type FieldTest, type RecordScreen, type RecordSieve, type RecordTest, type ValueRange } from './dbf/record-test.js';
export { definingFactory, type FieldValue, type Row } from './dbf/row.js';
export { locateMemo, NO_MEMO, type MemoSource } from './dbf/memo-source.js';
export { wholeSpan, type MemoSpan } from './memo/memo-span.js';
export { rawPointer, readPointer, type PointerReading } from './dbf/memo-pointer.js';
export { isMemoField, pointerForm, type PointerForm } from './dbf/memo-fields.js';
export { decimalDigits, scaledDigits } from './dbf/decimal-text.js';
export { displayNames, FieldIndex, visibleFields } from './dbf/field-names.js';
export { blankRecord, clearField, DELETED_MARK, END_MARK, isDeleted, LIVE_MARK, markDeleted, recordOffset } from './dbf/record.js';

export { decodeMemo } from './memo/decode-memo.js';

// Bytes, write-ahead log, checkpoint journal.
export { ByteReader, ByteWriter, type ByteOrigin } from './base/bytes.js';
export { MAX_VARINT_BYTES, readVarint, varintLength, writeVarint } from './base/varint.js';
export { FileWindow, WINDOW_BYTES } from './vfs/file-window.js';
export { MAX_BODY_BYTES, RECORD_HEADER_BYTES, WAL_HEADER_BYTES, type WalHeader } from './wal/wal-format.js';
export { createWalSegment, walCounters, type WalCounters, type WalWriter } from './wal/wal-writer.js';
export { openWalForReading, type WalEnd, type WalExpectation, type WalReader, type WalRecord } from './wal/wal-reader.js';
export type { JournalEntry, JournalMeta, JournalPhase } from './journal/journal-format.js';
export { JournalWriter } from './journal/journal-writer.js';
export { readJournal, readJournalInSlices, type Journal } from './journal/journal-reader.js';
export { applyJournal, type ApplyStep } from './journal/journal-apply.js';

// Memo files.
export { closeMemoImage, encodeMemo, memoImageBytes, writeMemoImage } from './memo/encode-memo.js';
export { BLOCK_HEADER_BYTES, blocksFor } from './memo/memo-blocks.js';
export { createMemoHeader } from './memo/create-memo-header.js';
export { defaultBlockSize, type MemoHeader } from './memo/memo-header.js';
export { memoExtension, memoFileNameFor } from './memo/memo-names.js';
export type { ReadAt } from './memo/read-at.js';
export type { MemoFinding } from './memo/memo-finding.js';
export type { Dangling, MemoPlace } from './memo/memo-place.js';
export { memoCounters, MemoFile, type MemoCounters } from './memo/memo-file.js';
export { MemoAllocator, type MemoPatch } from './memo/memo-allocator.js';
export { checkMemo, type MemoUse } from './memo/check-memo.js';

// What the bytes of files mean.
export { explainFile } from './inspect/explain-file.js';
export { explained, explainFields, type ExplainedBytes, type FieldForm, type Meaning } from './inspect/explained-bytes.js';
