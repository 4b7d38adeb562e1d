// The door of `fieldstone/dbf`: one DBF file, read without a database.
export { openDbf } from './open-dbf.js';
export type { DbfFieldInfo, DbfFile, DbfGetOptions, DbfInfo, DbfScan, DbfScanOptions, OpenDbfOptions } from './dbf-file.js';
export { FieldstoneError, hasCode } from '#storage';
export type { Dialect, ErrorCode, FieldValue, Finding, MemoKind, Row } from '#storage';
