import { assert } from '../base/assert.js';
import { FieldstoneError } from '../base/errors.js';
import { FileWindow } from '../vfs/file-window.js';
import type { Vfs } from '../vfs/vfs.js';
import {
  bodyChecksum, chainStart, decodeRecordHeader, decodeWalHeader, RECORD_HEADER_BYTES, segmentSalt, WAL_HEADER_BYTES,
  type RecordHeader, type WalHeader,
} from './wal-format.js';
import { findPromiseBeyond, isZeroFrom } from './wal-scan.js';

/** Which segment a file must be. */
export interface WalExpectation {
  readonly databaseId: Uint8Array;
  readonly segment: number;
  /** The newest segment of the database: a crash may have left it without a whole header. Default false. */
  readonly lastSegment?: boolean;
}

export interface WalRecord {
  readonly sequence: number;
  /** As it stands in the log: packed when codecId is not 0. A copy; the caller may keep it. */
  readonly body: Uint8Array;
  readonly codecId: number;
  /** Length of the body when unpacked. */
  readonly originalBytes: number;
  /** Where the record begins in the file. */
  readonly offset: number;
}

export interface WalEnd {
  /** Where the valid records end. */
  readonly offset: number;
  /** Something stands behind them that a crash left unfinished. Zeros are nothing: room for records. */
  readonly torn: boolean;
}

/**
 * Opens a log segment for reading; nothing is ever written. The file is taken as long as it is now.
 * A last segment that ends within its header reads as empty and torn. The caller compares `firstSequence` with
 * the last record of the segment before: that is what tells a loss at the end of an older segment.
 *
 * @throws FieldstoneError NOT_FOUND; CORRUPT_WAL (damaged header, another database or segment); VERSION; IO
 * @example
 * const reader = openWalForReading(vfs, path, { databaseId, segment: 7, lastSegment: true });
 * for (const { sequence, body } of reader) replay(sequence, body);
 * if (reader.end.torn) report(reader.end.offset);
 */
export function openWalForReading(vfs: Vfs, path: string, expect: WalExpectation): WalReader {
  const file = vfs.open(path, 'read');
  try {
    const window = new FileWindow(file);
    const encoded = window.view(0, WAL_HEADER_BYTES);
    return new WalReader(window, headerOf(window, encoded, expect), encoded === undefined ? 0 : chainStart(encoded));
  } catch (error) {
    file.close();
    throw error;
  }
}

function headerOf(window: FileWindow, encoded: Uint8Array | undefined, expect: WalExpectation): WalHeader | undefined {
  const path = window.file.path;
  const header = encoded === undefined ? 'damaged' : decodeWalHeader(encoded);
  if (header === 'version') {
    throw new FieldstoneError('VERSION', `the log ${path} was written by a newer version; upgrade fieldstone`, { file: path, offset: 0 });
  }
  if (header === 'damaged') {
    // The header is synced before the first record is written: with anything behind it, no crash explains the damage.
    if (expect.lastSegment === true && window.sizeBytes <= WAL_HEADER_BYTES) return undefined;
    throw corrupt(path, 0, `the header of the log ${path} is damaged; restore a backup, or look with fieldstone dump`);
  }
  if (header.databaseId.some((byte, i) => byte !== expect.databaseId[i])) {
    throw corrupt(path, 0, `the log ${path} belongs to another database; put back the right file`);
  }
  if (header.segment !== expect.segment) {
    throw corrupt(path, 0, `the log ${path} is segment ${header.segment}, not ${expect.segment}; put back the right file`);
  }
  return header;
}

/** Reads the records of one segment, once, in order and in bounded memory. */
export class WalReader implements Iterable<WalRecord> {
  /** undefined when the file ends within its header (last segment only). */
  readonly header: WalHeader | undefined;
  readonly #window: FileWindow;
  readonly #chainStart: number;
  #started = false;
  #end: WalEnd | undefined;

  /** Use openWalForReading(). */
  constructor(window: FileWindow, header: WalHeader | undefined, chain: number) {
    this.#window = window;
    this.header = header;
    this.#chainStart = chain;
  }

  get path(): string { return this.#window.file.path; }

  /** How the segment ends; known once the iteration came to its end. */
  get end(): WalEnd {
    assert(this.#end !== undefined, 'the end of a log is known after all records were read');
    return this.#end;
  }

  /**
   * The records. The file is closed when the iteration ends, however it ends.
   * @throws FieldstoneError CORRUPT_WAL when a record is bad that was on disk for certain
   */
  *[Symbol.iterator](): Generator<WalRecord, void, undefined> {
    assert(!this.#started, 'a log is read once');
    this.#started = true;
    try {
      yield* this.#records();
    } finally {
      this.close();
    }
  }

  /** Closes the file. Needless after an iteration. */
  close(): void { this.#window.file.close(); }

  *#records(): Generator<WalRecord, void, undefined> {
    const { header } = this;
    if (header === undefined) {
      this.#end = { offset: 0, torn: true };
      return;
    }
    const salt = segmentSalt(header.databaseId, header.segment);
    let offset = WAL_HEADER_BYTES;
    let chain = this.#chainStart;
    let sequence = header.firstSequence;
    while (offset < this.#window.sizeBytes) {
      const head = this.#headAt(offset, salt);
      const body = head === undefined ? undefined : this.#bodyOf(head, offset, chain);
      if (head === undefined || body === undefined) {
        const torn = !isZeroFrom(this.#window, offset);
        if (torn) this.#checkTorn(offset, salt, sequence);
        this.#end = { offset, torn };
        return;
      }
      if (head.sequence !== sequence) {
        const problem = `the log ${this.path} holds commit ${head.sequence} at ${offset} where ${sequence} is due`;
        throw corrupt(this.path, offset, problem, sequence);
      }
      yield { sequence, body, codecId: head.codecId, originalBytes: head.originalBytes, offset };
      offset += RECORD_HEADER_BYTES + head.bodyBytes;
      chain = head.bodyCrc;
      sequence++;
    }
    this.#end = { offset, torn: false };
  }

  #headAt(offset: number, salt: number): RecordHeader | undefined {
    const bytes = this.#window.view(offset, RECORD_HEADER_BYTES);
    return bytes === undefined ? undefined : decodeRecordHeader(bytes, offset, salt);
  }

  /** The body, when the file holds it and it is the one that was written behind the record before. */
  #bodyOf(head: RecordHeader, offset: number, chain: number): Uint8Array | undefined {
    const body = this.#window.copy(offset + RECORD_HEADER_BYTES, head.bodyBytes);
    return body !== undefined && bodyChecksum(body, chain, head.headerCrc) === head.bodyCrc ? body : undefined;
  }

  /**
   * A bad record is the torn end of the log, unless a later record promises that this place was on disk before
   * it was made. A later record without such a promise proves nothing: disks write out of order.
   */
  #checkTorn(offset: number, salt: number, sequence: number): void {
    const later = findPromiseBeyond(this.#window, offset, salt);
    if (later === undefined) return;
    const problem = `the log ${this.path} is damaged at ${offset} (commit ${sequence}): commit ${later.sequence} at ${later.offset}`
      + ' was written after that place was on disk; restore a backup, or look with fieldstone dump';
    throw corrupt(this.path, offset, problem, sequence);
  }
}

function corrupt(file: string, offset: number, message: string, sequence?: number): FieldstoneError {
  return new FieldstoneError('CORRUPT_WAL', message, { file, offset, ...(sequence === undefined ? {} : { details: { sequence } }) });
}
