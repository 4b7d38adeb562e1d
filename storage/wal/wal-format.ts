import { ByteWriter } from '../base/bytes.js';
import { crc32 } from '../base/checksum.js';

// Layout and rules: docs/formats/wal.md. Every offset is the one before plus its size.

/** What a log segment says about itself in its first bytes. */
export interface WalHeader {
  /** 16 bytes. */
  readonly databaseId: Uint8Array;
  /** Number of the segment; never used twice in a database. */
  readonly segment: number;
  /** Sequence number of the first record. */
  readonly firstSequence: number;
  /** 16 bytes: nonce of the lock under which the segment was made. */
  readonly fence: Uint8Array;
}

/** Fixed part of a record, checked by its own checksum before anything in it is believed. */
export interface RecordHeader {
  readonly bodyBytes: number;
  readonly originalBytes: number;
  readonly codecId: number;
  readonly sequence: number;
  /** Bytes of the segment that were known to be on disk when the record was made; never beyond its own start. */
  readonly promisedBytes: number;
  readonly headerCrc: number;
  readonly bodyCrc: number;
}

export const WAL_VERSION = 1;
export const ID_BYTES = 16;
/** Bodies are bounded so that a record fits one buffer. */
export const MAX_BODY_BYTES = 2 ** 30;

const SEGMENT_MAGIC = Uint8Array.of(0x46, 0x53, 0x57, 0x41, 0x4c, 0x0d, 0x0a, 0x1a); // "FSWAL\r\n" and an end-of-text mark
const VERSION_AT = SEGMENT_MAGIC.length;
const RESERVED_AT = VERSION_AT + 2;
const DATABASE_AT = RESERVED_AT + 6;
const FENCE_AT = DATABASE_AT + ID_BYTES;
const SEGMENT_AT = FENCE_AT + ID_BYTES;
const FIRST_SEQUENCE_AT = SEGMENT_AT + 8;
const SEGMENT_CRC_AT = FIRST_SEQUENCE_AT + 8;
export const WAL_HEADER_BYTES = SEGMENT_CRC_AT + 4;

/** First byte of every record; no zero, so that zeros never parse. */
export const RECORD_MARK = 0xf5;
const RECORD_MAGIC = 0xd94a57f5; // F5 57 4A D9 in the file
const BODY_BYTES_AT = 4;
const ORIGINAL_BYTES_AT = BODY_BYTES_AT + 4;
const CODEC_AT = ORIGINAL_BYTES_AT + 4;
const SEQUENCE_AT = CODEC_AT + 4; // codec id in one byte, three of zero
const PROMISED_AT = SEQUENCE_AT + 8;
const HEADER_CRC_AT = PROMISED_AT + 8;
const BODY_CRC_AT = HEADER_CRC_AT + 4;
export const RECORD_HEADER_BYTES = BODY_CRC_AT + 4;
const TWO_32 = 2 ** 32;

/** Seed of all record checksums of a segment: a record of another database or segment never validates. */
export function segmentSalt(databaseId: Uint8Array, segment: number): number {
  const out = new ByteWriter(ID_BYTES + 8);
  out.bytes(databaseId);
  out.u64(segment);
  return crc32(out.bytes());
}

export function encodeWalHeader(header: WalHeader): Uint8Array {
  const out = new ByteWriter(WAL_HEADER_BYTES);
  out.bytes(SEGMENT_MAGIC);
  out.u16(WAL_VERSION);
  out.u48(0);
  out.bytes(header.databaseId);
  out.bytes(header.fence);
  out.u64(header.segment);
  out.u64(header.firstSequence);
  out.u32(crc32(out.bytes()));
  return out.bytes();
}

/** Why a header is none: `damaged`, or a `version` that this code does not know (its checksum is right). */
export type HeaderProblem = 'damaged' | 'version';

/** The header in `bytes` (at least WAL_HEADER_BYTES). Where it stands and its checksum are the same in every version. */
export function decodeWalHeader(bytes: Uint8Array): WalHeader | HeaderProblem {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (SEGMENT_MAGIC.some((byte, i) => bytes[i] !== byte)) return 'damaged';
  if (view.getUint32(SEGMENT_CRC_AT, true) !== crc32(bytes.subarray(0, SEGMENT_CRC_AT))) return 'damaged';
  if (view.getUint16(VERSION_AT, true) !== WAL_VERSION) return 'version';
  const segment = readU64(view, SEGMENT_AT);
  const firstSequence = readU64(view, FIRST_SEQUENCE_AT);
  if (!Number.isSafeInteger(segment) || !Number.isSafeInteger(firstSequence) || firstSequence < 1) return 'damaged';
  return {
    databaseId: bytes.slice(DATABASE_AT, DATABASE_AT + ID_BYTES), fence: bytes.slice(FENCE_AT, FENCE_AT + ID_BYTES), segment, firstSequence,
  };
}

/** The checksum in a segment header: where the chain of its records begins. */
export function chainStart(encodedHeader: Uint8Array): number {
  return new DataView(encodedHeader.buffer, encodedHeader.byteOffset, WAL_HEADER_BYTES).getUint32(SEGMENT_CRC_AT, true);
}

/** Makes record headers in one reused piece of memory. */
export class RecordHeaderEncoder {
  readonly bytes = new Uint8Array(RECORD_HEADER_BYTES);
  readonly #view = new DataView(this.bytes.buffer);
  readonly #checked = this.bytes.subarray(0, HEADER_CRC_AT);
  readonly #salt: number;

  constructor(salt: number) { this.#salt = salt; }

  /** Fills `bytes`; returns the checksum of the body, which the next record continues from. */
  encode(
    offset: number, sequence: number, body: Uint8Array, codecId: number, originalBytes: number, promisedBytes: number, chain: number,
  ): number {
    const view = this.#view;
    view.setUint32(0, RECORD_MAGIC, true);
    view.setUint32(BODY_BYTES_AT, body.length, true);
    view.setUint32(ORIGINAL_BYTES_AT, originalBytes, true);
    view.setUint32(CODEC_AT, codecId, true);
    writeU64(view, SEQUENCE_AT, sequence);
    writeU64(view, PROMISED_AT, promisedBytes);
    const headerCrc = crc32(this.#checked, headerSeed(this.#salt, offset));
    const bodyCrc = bodyChecksum(body, chain, headerCrc);
    view.setUint32(HEADER_CRC_AT, headerCrc, true);
    view.setUint32(BODY_CRC_AT, bodyCrc, true);
    return bodyCrc;
  }
}

/** What the bytes of a record header say, believed or not; undefined when they do not begin as one. */
export function readRecordHeader(bytes: Uint8Array): RecordHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== RECORD_MAGIC) return undefined;
  return {
    bodyBytes: view.getUint32(BODY_BYTES_AT, true), originalBytes: view.getUint32(ORIGINAL_BYTES_AT, true),
    codecId: view.getUint32(CODEC_AT, true), sequence: readU64(view, SEQUENCE_AT), promisedBytes: readU64(view, PROMISED_AT),
    headerCrc: view.getUint32(HEADER_CRC_AT, true), bodyCrc: view.getUint32(BODY_CRC_AT, true),
  };
}

/** The record header at file offset `offset`, whose bytes are given; undefined unless its checksum and its numbers are right. */
export function decodeRecordHeader(bytes: Uint8Array, offset: number, salt: number): RecordHeader | undefined {
  const header = readRecordHeader(bytes);
  if (header === undefined || header.headerCrc !== crc32(bytes.subarray(0, HEADER_CRC_AT), headerSeed(salt, offset))) return undefined;
  const plausible = header.codecId <= 0xff && header.bodyBytes <= MAX_BODY_BYTES && header.originalBytes <= MAX_BODY_BYTES
    && Number.isSafeInteger(header.sequence) && header.promisedBytes <= offset;
  return plausible ? header : undefined;
}

/** Checksum of a body, chained to the record before it and to its own header. */
export function bodyChecksum(body: Uint8Array, chain: number, headerCrc: number): number {
  return crc32(body, (chain ^ headerCrc) >>> 0);
}

// The offset takes part, so that the image of a record inside another record's body is not taken for one.
function headerSeed(salt: number, offset: number): number {
  return (salt ^ (offset % TWO_32) ^ Math.floor(offset / TWO_32)) >>> 0;
}

function readU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO_32;
}

function writeU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % TWO_32, true);
  view.setUint32(at + 4, Math.floor(value / TWO_32), true);
}
