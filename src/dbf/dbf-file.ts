import type { DbfField, Dialect, Finding, MemoKind, Row } from '#storage';

/** How to read one table; every option has a default. */
export interface OpenDbfOptions {
  /** Code page of the text whatever the file says; `latin1` is the identity view of the bytes. */
  readonly encoding?: string;
}

/** What get() gives besides live records. */
export interface DbfGetOptions {
  /** Also give a record that is marked deleted. Default false. */
  readonly deleted?: boolean;
}

/** Which records and fields a scan gives, and in which order. */
export interface DbfScanOptions {
  /** Only these fields, in this order; names without regard to case. Default: all. */
  readonly fields?: readonly string[];
  /** First record, from 1. Default 1. */
  readonly from?: number;
  /** Last record, included. Default: the last one. */
  readonly to?: number;
  /** From `to` down to `from`. Default false. */
  readonly reverse?: boolean;
  /** Also give records that are marked deleted; `$deleted` tells them apart. Default false. */
  readonly deleted?: boolean;
  /** Ends the scan with ABORTED. */
  readonly signal?: AbortSignal;
}

/** Rows in file order; iterates both with `for` and with `for await`, each time from the start. */
export interface DbfScan extends Iterable<Row>, AsyncIterable<Row> {}

/** A field as users see it; `name` is the property name in rows. */
export interface DbfFieldInfo extends Pick<DbfField, 'name' | 'type' | 'length' | 'decimals' | 'nullable' | 'binary' | 'autoIncrement'> {}

/** Facts of the header and of the files beside the table. */
export interface DbfInfo {
  readonly path: string;
  readonly dialect: Dialect;
  /** Byte 0 of the file. */
  readonly version: number;
  /** Code page used for text. */
  readonly encoding: string;
  /** Byte 29 of the header. */
  readonly languageDriver: number;
  /** Records that are there and counted, deleted ones included. */
  readonly recordCount: number;
  /** What the header counts. */
  readonly claimedCount: number;
  readonly recordLengthBytes: number;
  readonly headerLengthBytes: number;
  readonly sizeBytes: number;
  /** null when the header has no valid date. */
  readonly lastUpdate: Date | null;
  /** The header announces a structural .cdx or a production .mdx. */
  readonly hasStructuralIndex: boolean;
  /** The memo file; `path` is undefined when it is missing. */
  readonly memo?: { readonly kind: MemoKind; readonly path?: string };
  readonly codePageFile?: string;
  /** The database container the table belongs to (Visual FoxPro). */
  readonly backlink?: string;
  /** What is odd but tolerated, in the table and in its memo file as far as it was read. */
  readonly findings: readonly Finding[];
}

/** One DBF file, open for reading. */
export interface DbfFile extends Disposable, AsyncDisposable {
  readonly path: string;
  readonly fields: readonly DbfFieldInfo[];
  /** Deleted records included. */
  readonly recordCount: number;
  info(): DbfInfo;
  /** The record, from 1; undefined when it is out of range, or deleted and not asked for. Throws CLOSED, IO. */
  get(recno: number, options?: DbfGetOptions): Row | undefined;
  /**
   * Throws NOT_FOUND for an unknown field, a RangeError for a bad range, CLOSED; its iteration throws ABORTED, CLOSED, IO
   * and EXTERNAL_CHANGE.
   */
  scan(options?: DbfScanOptions): DbfScan;
  /** Closes the files; twice does no harm. */
  close(): Promise<void>;
}
