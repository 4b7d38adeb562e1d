import { ByteReader, ByteWriter } from '../base/bytes.js';
import { crc32 } from '../base/checksum.js';
import { hasCode } from '../base/errors.js';

// Layout and rules: docs/formats/journal.md. Every offset is the one before plus its size.

/** What a checkpoint is, as far as recovery must know it. */
export interface JournalMeta {
  /** 16 bytes. */
  readonly databaseId: Uint8Array;
  /** Number of the checkpoint. */
  readonly checkpoint: number;
  /** Last commit that the checkpoint contains. */
  readonly sequence: number;
  /** First log segment that is replayed after it. */
  readonly firstSegment: number;
  /** 16 bytes: nonce of the lock under which it was made. */
  readonly fence: Uint8Array;
  /** The engine's own facts; up to 64 MB. */
  readonly note: Uint8Array;
}

/** Bytes of files: the `header` phase is written when all of `body` is on disk. */
export type JournalPhase = 'body' | 'header';

/** One change that the checkpoint makes to the folder. Names have no folder part. */
export type JournalEntry =
  | { readonly kind: 'write'; readonly file: string; readonly phase: JournalPhase; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'unlink'; readonly file: string }
  | { readonly kind: 'truncate'; readonly file: string; readonly sizeBytes: number };

/** First byte of every entry; what stands behind it tells them apart. */
export const ENTRY_KINDS = { name: 1, body: 2, header: 3, rename: 4, unlink: 5, truncate: 6 } as const;
export type EntryKind = keyof typeof ENTRY_KINDS;
const KIND_OF_CODE: ReadonlyMap<number, EntryKind> = new Map(
  (['name', 'body', 'header', 'rename', 'unlink', 'truncate'] as const).map((kind) => [ENTRY_KINDS[kind], kind]),
);

/** An entry before its data. */
export interface EntryHeader {
  readonly kind: EntryKind;
  /** Number of a name: the count of `name` entries before the one that gives it. */
  readonly file: number;
  /** Position (body, header), number of the new name (rename), size (truncate), else 0. */
  readonly value: number;
  readonly dataBytes: number;
}

/** Where a finished journal says that it is one. */
export interface JournalTrailer {
  readonly entryCount: number;
  /** File offset behind the last entry. */
  readonly entriesEnd: number;
  /** Size of the whole file. */
  readonly totalBytes: number;
  /** Checksum of the last entry: the chain over all. */
  readonly chain: number;
}

export const JOURNAL_VERSION = 1;
export const MAX_NOTE_BYTES = 64 << 20;
export const MAX_NAME_BYTES = 1024;
/** An entry with its data fits the 1 MB in which journals are written and read. */
export const MAX_ENTRY_DATA_BYTES = (1 << 20) - 64;
/** To check or to write an entry takes as long as copying this many bytes more: slices of work count it. */
export const ENTRY_COST_BYTES = 512;

const JOURNAL_MAGIC = Uint8Array.of(0x46, 0x53, 0x4a, 0x52, 0x4e, 0x0d, 0x0a, 0x1a); // "FSJRN\r\n" and an end-of-text mark
const TRAILER_MAGIC = Uint8Array.of(0x46, 0x53, 0x4a, 0x45, 0x4e, 0x44, 0x0d, 0x0a); // "FSJEND\r\n"
export const TRAILER_MARK = 0x46;
const ID_BYTES = 16;
const VERSION_AT = JOURNAL_MAGIC.length;
const FIXED_BYTES = VERSION_AT + 2 + 6 + ID_BYTES + ID_BYTES + 3 * 8 + 4;
/** Header without the note. */
export const JOURNAL_HEADER_BYTES = FIXED_BYTES + 4;
export const ENTRY_HEADER_BYTES = 20;
/** Checksum behind the data. */
export const ENTRY_CRC_BYTES = 4;
export const TRAILER_BYTES = TRAILER_MAGIC.length + 3 * 8 + 4 + 4;
/** The second copy of the trailer begins at a multiple of this: no one bad sector takes both. */
export const TRAILER_SPREAD_BYTES = 4096;

/** The header with its note. The checksum of the note, its last four bytes, begins the chain. */
export function encodeJournalHeader(meta: JournalMeta): Uint8Array {
  const out = new ByteWriter(JOURNAL_HEADER_BYTES + meta.note.length + 4);
  out.bytes(JOURNAL_MAGIC);
  out.u16(JOURNAL_VERSION);
  out.u48(0);
  out.bytes(meta.databaseId);
  out.bytes(meta.fence);
  out.u64(meta.checkpoint);
  out.u64(meta.sequence);
  out.u64(meta.firstSegment);
  out.u32(meta.note.length);
  const crc = crc32(out.bytes());
  out.u32(crc);
  out.bytes(meta.note);
  out.u32(crc32(meta.note, crc));
  return out.bytes();
}

/** A decoded header, before its note was read. */
export interface JournalHeader extends Omit<JournalMeta, 'note'> {
  readonly noteBytes: number;
  readonly crc: number;
}

/** The header in `bytes` (at least JOURNAL_HEADER_BYTES). The places of its checksum and version never change. */
export function decodeJournalHeader(bytes: Uint8Array): JournalHeader | 'damaged' | 'version' {
  if (JOURNAL_MAGIC.some((byte, i) => bytes[i] !== byte)) return 'damaged';
  const crc = crc32(bytes.subarray(0, FIXED_BYTES));
  const input = new ByteReader(bytes.subarray(VERSION_AT, JOURNAL_HEADER_BYTES), 'CORRUPT_WAL');
  try {
    const version = input.u16();
    input.u48();
    const databaseId = input.bytes(ID_BYTES).slice();
    const fence = input.bytes(ID_BYTES).slice();
    const header = {
      databaseId, fence, checkpoint: input.u64(), sequence: input.u64(), firstSegment: input.u64(), noteBytes: input.u32(), crc,
    };
    if (input.u32() !== crc) return 'damaged';
    if (version !== JOURNAL_VERSION) return 'version';
    return header.noteBytes > MAX_NOTE_BYTES ? 'damaged' : header;
  } catch (error) {
    if (hasCode(error, 'CORRUPT_WAL')) return 'damaged';
    throw error;
  }
}

export function encodeEntryHeader(view: DataView, at: number, kind: EntryKind, file: number, value: number, dataBytes: number): void {
  view.setUint32(at, ENTRY_KINDS[kind], true);
  view.setUint32(at + 4, file, true);
  view.setUint32(at + 8, value % 2 ** 32, true);
  view.setUint32(at + 12, Math.floor(value / 2 ** 32), true);
  view.setUint32(at + 16, dataBytes, true);
}

/** The entry header in `bytes`; undefined when it has no meaning. Its checksum stands behind the data. */
export function decodeEntryHeader(bytes: Uint8Array): EntryHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = KIND_OF_CODE.get(view.getUint32(0, true));
  const value = view.getUint32(8, true) + view.getUint32(12, true) * 2 ** 32;
  const dataBytes = view.getUint32(16, true);
  if (kind === undefined || !Number.isSafeInteger(value) || dataBytes > MAX_ENTRY_DATA_BYTES) return undefined;
  return { kind, file: view.getUint32(4, true), value, dataBytes };
}

/** Where the second copy of the trailer begins. */
export function secondTrailerAt(entriesEnd: number): number {
  return Math.ceil((entriesEnd + TRAILER_BYTES) / TRAILER_SPREAD_BYTES) * TRAILER_SPREAD_BYTES;
}

/** Both copies of the trailer and the zeros between: the bytes from `entriesEnd` to the end of the file. */
export function encodeTrailers(databaseId: Uint8Array, entryCount: number, entriesEnd: number, chain: number): Uint8Array {
  const second = secondTrailerAt(entriesEnd) - entriesEnd;
  const out = new ByteWriter(TRAILER_BYTES);
  out.bytes(TRAILER_MAGIC);
  out.u64(entryCount);
  out.u64(entriesEnd);
  out.u64(entriesEnd + second + TRAILER_BYTES);
  out.u32(chain);
  out.u32(crc32(out.bytes(), crc32(databaseId)));
  const all = new Uint8Array(second + TRAILER_BYTES);
  all.set(out.bytes());
  all.set(out.bytes(), second);
  return all;
}

/** The trailer in `bytes`, which stand at file offset `offset`; undefined unless it is one of this database and belongs there. */
export function decodeTrailer(bytes: Uint8Array, offset: number, databaseId: Uint8Array): JournalTrailer | undefined {
  if (TRAILER_MAGIC.some((byte, i) => bytes[i] !== byte)) return undefined;
  const checked = bytes.subarray(0, TRAILER_BYTES - 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, TRAILER_BYTES);
  if (view.getUint32(checked.length, true) !== crc32(checked, crc32(databaseId))) return undefined;
  const u64 = (at: number): number => view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  const at = TRAILER_MAGIC.length;
  const trailer = { entryCount: u64(at), entriesEnd: u64(at + 8), totalBytes: u64(at + 16), chain: view.getUint32(at + 24, true) };
  return offset === trailer.entriesEnd || offset === secondTrailerAt(trailer.entriesEnd) ? trailer : undefined;
}
