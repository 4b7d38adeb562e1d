import { ByteReader, type ByteWriter, FieldstoneError } from '#storage';
import type { PendingRows } from '../record/pending-rows.js';

/**
 * The body of a log record: a list of operations, all of one transaction.
 * Layout in docs/formats/wal.md. Numbers are varints unless said otherwise.
 */
export const OP_ROWS = 1;
export const OP_MEMOS = 2;
export const OP_EXTENT = 3;
export const OP_COUNTERS = 4;
export const OP_EXTENT_BEGIN = 5;
export const OP_KEYS = 6;

export type LoggedOp =
  | { readonly op: 'rows'; readonly table: string; readonly rows: readonly { recno: number; bytes: Uint8Array }[] }
  | { readonly op: 'memos'; readonly table: string; readonly memos: readonly { block: number; bytes: Uint8Array }[] }
  | { readonly op: 'extent'; readonly table: string; readonly extent: LoggedExtent }
  | { readonly op: 'counters'; readonly table: string; readonly next: ReadonlyMap<string, number> }
  | { readonly op: 'extent-begin'; readonly table: string }
  | { readonly op: 'keys'; readonly table: string; readonly flags: number; readonly changes: readonly { key: Uint8Array; value: Uint8Array | undefined }[] };

export interface LoggedExtent {
  readonly firstRecno: number;
  readonly lastRecno: number;
  readonly headOffset: number;
  readonly head: Uint8Array;
  /** First memo block past those that the extent uses; 0 = the table has no memo. */
  readonly memoNextBlock: number;
}

export function writeRows(w: ByteWriter, table: string, recordLength: number, rows: PendingRows<{ readonly bytes: Uint8Array }>): void {
  w.u8(OP_ROWS);
  w.utf8(table);
  w.varint(recordLength);
  w.varint(rows.size);
  rows.forEach((row, recno) => {
    w.varint(recno);
    w.bytes(row.bytes);
  });
}

export function writeMemos(w: ByteWriter, table: string, memos: readonly { block: number; bytes: Uint8Array }[]): void {
  w.u8(OP_MEMOS);
  w.utf8(table);
  w.varint(memos.length);
  for (const m of memos) {
    w.varint(m.block);
    w.varint(m.bytes.length);
    w.bytes(m.bytes);
  }
}

export function writeCounters(w: ByteWriter, table: string, next: ReadonlyMap<string, number>): void {
  w.u8(OP_COUNTERS);
  w.utf8(table);
  w.varint(next.size);
  for (const [field, value] of next) {
    w.utf8(field);
    w.f64(value);
  }
}

export function writeExtent(w: ByteWriter, table: string, extent: LoggedExtent): void {
  w.u8(OP_EXTENT);
  w.utf8(table);
  w.varint(extent.firstRecno);
  w.varint(extent.lastRecno);
  w.varint(extent.headOffset);
  w.varint(extent.head.length);
  w.bytes(extent.head);
  w.varint(extent.memoNextBlock);
}

export function writeExtentBegin(w: ByteWriter, table: string): void {
  w.u8(OP_EXTENT_BEGIN);
  w.utf8(table);
}

/**
 * Puts and deletes of a key-value store. `changes` holds for each the key (length, bytes), then the length of the value
 * plus one (0 = deleted) and the value.
 */
export function writeKeys(w: ByteWriter, store: string, flags: number, count: number, changes: Uint8Array): void {
  w.u8(OP_KEYS);
  w.utf8(store);
  w.u8(flags);
  w.varint(count);
  w.bytes(changes);
}

/** Parses a body whose checksum was right; anything unexpected is a newer version or a bug. */
export function* readOps(body: Uint8Array): Iterable<LoggedOp> {
  const r = new ByteReader(body, 'CORRUPT_WAL');
  while (r.remaining > 0) {
    const op = r.u8();
    const table = r.utf8();
    if (op === OP_ROWS) yield { op: 'rows', table, rows: readRows(r) };
    else if (op === OP_MEMOS) yield { op: 'memos', table, memos: readMemos(r) };
    else if (op === OP_EXTENT) yield { op: 'extent', table, extent: readExtent(r) };
    else if (op === OP_COUNTERS) yield { op: 'counters', table, next: readCounters(r) };
    else if (op === OP_EXTENT_BEGIN) yield { op: 'extent-begin', table };
    else if (op === OP_KEYS) yield { op: 'keys', table, flags: r.u8(), changes: readKeyChanges(r) };
    else throw new FieldstoneError('VERSION', `the log holds an operation (${op}) that this version does not know`);
  }
}

function readRows(r: ByteReader): { recno: number; bytes: Uint8Array }[] {
  const recordLength = r.varint();
  const count = r.varint();
  const rows: { recno: number; bytes: Uint8Array }[] = [];
  for (let i = 0; i < count; i++) rows.push({ recno: r.varint(), bytes: new Uint8Array(r.bytes(recordLength)) });
  return rows;
}

function readMemos(r: ByteReader): { block: number; bytes: Uint8Array }[] {
  const count = r.varint();
  const memos: { block: number; bytes: Uint8Array }[] = [];
  for (let i = 0; i < count; i++) memos.push({ block: r.varint(), bytes: new Uint8Array(r.bytes(r.varint())) });
  return memos;
}

function readExtent(r: ByteReader): LoggedExtent {
  return {
    firstRecno: r.varint(), lastRecno: r.varint(), headOffset: r.varint(),
    head: new Uint8Array(r.bytes(r.varint())), memoNextBlock: r.varint(),
  };
}

function readKeyChanges(r: ByteReader): { key: Uint8Array; value: Uint8Array | undefined }[] {
  const count = r.varint();
  const changes: { key: Uint8Array; value: Uint8Array | undefined }[] = [];
  for (let i = 0; i < count; i++) {
    const key = r.blob();
    const marked = r.varint();
    changes.push({ key, value: marked === 0 ? undefined : r.bytes(marked - 1) });
  }
  return changes;
}

function readCounters(r: ByteReader): Map<string, number> {
  const next = new Map<string, number>();
  const count = r.varint();
  for (let i = 0; i < count; i++) next.set(r.utf8(), r.f64());
  return next;
}
