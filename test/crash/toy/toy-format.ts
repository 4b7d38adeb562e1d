import { crc32, FieldstoneError } from '#storage';

/** One row put in its place. Record numbers begin at 1. */
export interface Change { readonly recno: number; readonly value: string }

const FIELD_BYTES = 15;
export const HEADER_BYTES = 65;
export const RECORD_BYTES = 1 + FIELD_BYTES;
export const END_MARK = 0x1a;

export function recordAt(recno: number): number { return HEADER_BYTES + (recno - 1) * RECORD_BYTES; }

/** A dBASE III header with one field V C(15). */
export function tableHeader(count: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  header[0] = 3;
  view.setUint32(4, count, true);
  view.setUint16(8, HEADER_BYTES, true);
  view.setUint16(10, RECORD_BYTES, true);
  header[32] = 0x56;
  header[43] = 0x43;
  header[48] = FIELD_BYTES;
  header[64] = 0x0d;
  return header;
}

export function encodeRow(value: string): Uint8Array { return Buffer.from(` ${value.padEnd(FIELD_BYTES)}`, 'latin1'); }
export function decodeRow(bytes: Uint8Array): string { return Buffer.from(bytes).toString('latin1', 1).trimEnd(); }

const CHANGE_BYTES = 2 + RECORD_BYTES;
const RECORD_HEAD_BYTES = 12;

/** Length, sequence number and checksum, then the changes. The checksum covers the segment's number, so that a record counts in its own segment only. */
export function encodeLogRecord(segment: number, sequence: number, changes: readonly Change[]): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEAD_BYTES + changes.length * CHANGE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length - RECORD_HEAD_BYTES, true);
  view.setUint32(4, sequence, true);
  for (const [i, { recno, value }] of changes.entries()) {
    view.setUint16(RECORD_HEAD_BYTES + i * CHANGE_BYTES, recno, true);
    bytes.set(encodeRow(value), RECORD_HEAD_BYTES + i * CHANGE_BYTES + 2);
  }
  view.setUint32(8, logChecksum(segment, bytes), true);
  return bytes;
}

function logChecksum(segment: number, record: Uint8Array): number {
  return crc32(record.subarray(RECORD_HEAD_BYTES), crc32(record.subarray(0, 8), crc32(Uint8Array.of(segment & 0xff, segment >>> 8))));
}

export interface LogRecord { readonly sequence: number; readonly changes: Change[]; readonly endBytes: number }

/** The record at `at`, or undefined when there is none that is whole. */
export function decodeLogRecord(segment: number, log: Uint8Array, at: number, checked: boolean): LogRecord | undefined {
  if (at + RECORD_HEAD_BYTES > log.length) return undefined;
  const view = new DataView(log.buffer, log.byteOffset, log.length);
  const length = view.getUint32(at, true);
  const endBytes = at + RECORD_HEAD_BYTES + length;
  if (length === 0 || length % CHANGE_BYTES !== 0 || endBytes > log.length) return undefined;
  if (checked && logChecksum(segment, log.subarray(at, endBytes)) !== view.getUint32(at + 8, true)) return undefined;
  const changes: Change[] = [];
  for (let place = at + RECORD_HEAD_BYTES; place < endBytes; place += CHANGE_BYTES) {
    changes.push({ recno: view.getUint16(place, true), value: decodeRow(log.subarray(place + 2, place + CHANGE_BYTES)) });
  }
  return { sequence: view.getUint32(at + 4, true), changes, endBytes };
}

export interface Range { readonly offset: number; readonly bytes: Uint8Array }
export interface Catalog { readonly checkpoint: number; readonly firstLive: number; readonly sequence: number }
/** The catalog as it will be, and the ranges of the table that lead there. */
export interface Journal { readonly catalog: Catalog; readonly ranges: readonly Range[] }

const JOURNAL_HEAD_BYTES = 20;

export function encodeJournal({ catalog, ranges }: Journal): Uint8Array {
  const parts = ranges.map(({ offset, bytes }) => {
    const head = new Uint8Array(8);
    new DataView(head.buffer).setUint32(0, offset, true);
    new DataView(head.buffer).setUint32(4, bytes.length, true);
    return Buffer.concat([head, bytes]);
  });
  const journal = Buffer.concat([new Uint8Array(JOURNAL_HEAD_BYTES), ...parts]);
  journal.writeUInt32LE(journal.length, 0);
  journal.writeUInt32LE(catalog.checkpoint, 8);
  journal.writeUInt32LE(catalog.firstLive, 12);
  journal.writeUInt32LE(catalog.sequence, 16);
  journal.writeUInt32LE(crc32(journal.subarray(8)), 4);
  return journal;
}

/** The journal, or undefined when it is not complete. */
export function decodeJournal(bytes: Uint8Array, checked = true): Journal | undefined {
  const journal = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (journal.length < JOURNAL_HEAD_BYTES || journal.readUInt32LE(0) !== journal.length) return undefined;
  if (checked && crc32(journal.subarray(8)) !== journal.readUInt32LE(4)) return undefined;
  const ranges: Range[] = [];
  for (let at = JOURNAL_HEAD_BYTES; at + 8 <= journal.length;) {
    const length = journal.readUInt32LE(at + 4);
    ranges.push({ offset: journal.readUInt32LE(at), bytes: journal.subarray(at + 8, at + 8 + length) });
    at += 8 + length;
  }
  return { catalog: { checkpoint: journal.readUInt32LE(8), firstLive: journal.readUInt32LE(12), sequence: journal.readUInt32LE(16) }, ranges };
}

export function encodeCatalog(catalog: Catalog): Uint8Array {
  const text = JSON.stringify(catalog);
  return Buffer.from(`${text}\n${crc32(Buffer.from(text))}\n`);
}

export function decodeCatalog(bytes: Uint8Array): Catalog {
  const [text = '', checksum] = Buffer.from(bytes).toString('latin1').split('\n');
  if (String(crc32(Buffer.from(text))) !== checksum) throw new FieldstoneError('CORRUPT_PAGE', 'the catalog is damaged');
  return JSON.parse(text) as Catalog;
}
