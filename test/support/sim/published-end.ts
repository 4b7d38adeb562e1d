import { posix } from 'node:path';

/**
 * Up to where other programs read a base file, from its own header (formats: dbf.md and memo.md of the format sheets).
 * A header that cannot be read publishes the whole file, so that nothing of it may be overwritten unseen.
 */
export type PublishedEnd = (path: string, bytes: Uint8Array) => number;

/**
 * DBF: header length + record count x record length. The end mark 0x1A behind the last record is not published: growth replaces it.
 *
 * @param withEndMark counts the end mark as published
 */
export function dbfPublishedEnd(bytes: Uint8Array, withEndMark = false): number {
  if (bytes.length < 32) return bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const dbase2 = bytes[0] === 0x02;
  const headerBytes = dbase2 ? 521 : view.getUint16(8, true);
  const recordBytes = view.getUint16(dbase2 ? 6 : 10, true);
  const count = dbase2 ? view.getUint16(1, true) : view.getUint32(4, true);
  if (headerBytes < 32 || recordBytes === 0) return bytes.length;
  return headerBytes + count * recordBytes + (withEndMark ? 1 : 0);
}

/** FPT: next free block x block size, big-endian; block size 0 means 512. */
export function fptPublishedEnd(bytes: Uint8Array): number {
  if (bytes.length < 512) return bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Math.max(512, view.getUint32(0) * (view.getUint16(6) || 512));
}

/** SMT: next free block x block size, little-endian. */
export function smtPublishedEnd(bytes: Uint8Array): number {
  if (bytes.length < 512) return bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Math.max(512, view.getUint32(0, true) * (view.getUint32(4, true) || 64));
}

/** DBT of dBASE III: next free block x 512. */
export function dbt3PublishedEnd(bytes: Uint8Array): number {
  if (bytes.length < 512) return bytes.length;
  return Math.max(512, new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true) * 512);
}

/** DBT of dBASE IV: the block count, which stands at the end of the list of free runs. A list that leads nowhere publishes the whole file. */
export function dbt4PublishedEnd(bytes: Uint8Array): number {
  if (bytes.length < 24) return bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const blockBytes = view.getUint16(20, true) || 512;
  let block = view.getUint32(0, true);
  const mostRuns = Math.ceil(bytes.length / blockBytes);
  for (let run = 0; run <= mostRuns; run++) {
    const at = block * blockBytes;
    if (at + 8 > bytes.length) return at;
    const next = view.getUint32(at, true);
    // A used block begins with FF FF 08 00: then the list is not one.
    if (next <= block || next === 0x0008ffff) break;
    block = next;
  }
  return bytes.length;
}

/** dBASE IV writes its block size at 20; dBASE III leaves garbage there and often 3 at 16. */
function dbtPublishedEnd(bytes: Uint8Array): number {
  const blockBytes = (bytes[20] ?? 0) | (bytes[21] ?? 0) << 8;
  const looksLike4 = bytes[16] !== 3 && blockBytes >= 64 && blockBytes % 64 === 0 && (bytes[18] ?? 0) === 2 && bytes[19] === 1;
  return looksLike4 ? dbt4PublishedEnd(bytes) : dbt3PublishedEnd(bytes);
}

/** By extension; any other file is published wholly. */
export const publishedEndByName: PublishedEnd = (path, bytes) => {
  switch (posix.extname(path).toLowerCase()) {
    case '.dbf': return dbfPublishedEnd(bytes);
    case '.fpt': return fptPublishedEnd(bytes);
    case '.dbt': return dbtPublishedEnd(bytes);
    case '.smt': return smtPublishedEnd(bytes);
    default: return bytes.length;
  }
};

/** What FoxPro checks before it opens a table, or undefined when it would. Must hold at every crash state whose header is not torn. */
export function foxproOpenProblem(bytes: Uint8Array): string | undefined {
  if (bytes.length < 33) return `file of ${bytes.length} bytes has no header`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.getUint32(4, true), headerBytes = view.getUint16(8, true), recordBytes = view.getUint16(10, true);
  if (headerBytes > bytes.length) return `header length ${headerBytes} is more than the file's ${bytes.length} bytes`;
  if (recordBytes < 2) return `record length ${recordBytes}`;
  const fields = fieldWidths(bytes, headerBytes);
  if (fields === undefined) return 'no end of the field descriptors';
  if (fields.length === 0) return 'no fields';
  const sum = fields.reduce((total, width) => total + width, 1);
  if (sum !== recordBytes) return `fields add up to ${sum}, record length is ${recordBytes}`;
  if (headerBytes + count * recordBytes > bytes.length) return `header promises ${count} records, the file holds ${Math.floor((bytes.length - headerBytes) / recordBytes)}`;
  return undefined;
}

function fieldWidths(bytes: Uint8Array, headerBytes: number): number[] | undefined {
  const widths: number[] = [];
  for (let at = 32; at < headerBytes; at += 32) {
    if (bytes[at] === 0x0d) return widths;
    const long = bytes[at + 11] === 0x43 ? (bytes[at + 17] ?? 0) * 256 : 0;
    widths.push((bytes[at + 16] ?? 0) + long);
  }
  return undefined;
}
