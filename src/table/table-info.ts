import type { DbfLayout, Dialect, Finding, MemoKind } from '#storage';
import type { RecordStore, TableEntry } from '#txn';
import { namedIndexes } from './write-guard.js';

/** What is known of a table from its header and its files. */
export interface TableInfo {
  readonly name: string;
  readonly file: string;
  readonly dialect: Dialect;
  /** First byte of the header. */
  readonly version: number;
  /** Name of the code page in use. */
  readonly encoding: string;
  /** Byte 29 of the header. */
  readonly languageDriver: number;
  readonly lastUpdate: Date | null;
  /** Committed records, deleted ones included. */
  readonly recordCount: number;
  readonly recordLengthBytes: number;
  readonly headerLengthBytes: number;
  /** Size of the table file on disk; newer commits may still be in the log. */
  readonly sizeBytes: number;
  readonly memo: { readonly kind: MemoKind; readonly file: string; readonly blockSizeBytes: number; readonly sizeBytes: number } | null;
  readonly indexFiles: readonly string[];
  /** Oddities of the file that are tolerated. */
  readonly findings: readonly Finding[];
}

export function tableInfo(entry: TableEntry, store: RecordStore, layout: DbfLayout): TableInfo {
  const { memo } = store.base;
  return {
    name: entry.name, file: entry.tableFile, dialect: layout.dialect, version: layout.version, encoding: layout.encoding,
    languageDriver: layout.languageDriver, lastUpdate: layout.lastUpdate, recordCount: store.counts.latest,
    recordLengthBytes: layout.recordLength, headerLengthBytes: layout.headerLength, sizeBytes: store.base.stat().sizeBytes,
    memo: memo === undefined ? null : {
      kind: memo.kind, file: memo.name, blockSizeBytes: memo.allocator.blockSizeBytes, sizeBytes: memo.cached.file.stat().sizeBytes,
    },
    indexFiles: namedIndexes(entry), findings: layout.findings,
  };
}
