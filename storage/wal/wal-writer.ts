import { assert } from '../base/assert.js';
import { FieldstoneError, hasCode } from '../base/errors.js';
import { Probe, type CounterGroup } from '../probe/probe.js';
import { writeFully } from '../vfs/full-io.js';
import type { Vfs, VfsFile } from '../vfs/vfs.js';
import {
  chainStart, encodeWalHeader, ID_BYTES, MAX_BODY_BYTES, RECORD_HEADER_BYTES, RecordHeaderEncoder, segmentSalt, WAL_HEADER_BYTES,
  type WalHeader,
} from './wal-format.js';

/** Memory kept between flushes; what a big record needed beyond it is given back. */
const KEEP_BYTES = 1 << 20;
const FIRST_BYTES = 64 << 10;
// Room made ahead of the records: as much again as there is, within these bounds.
const LEAST_ROOM_BYTES = 4 << 10;
const MOST_ROOM_BYTES = 256 << 10;
const ZEROS = new Uint8Array(MOST_ROOM_BYTES);

/** What a writer counts, in group `wal`. */
export interface WalCounters extends CounterGroup {
  records: number;
  bytesAppended: number;
  flushes: number;
  syncs: number;
  /** Failed flushes after which the segment was cut back. */
  cutBacks: number;
}

export function walCounters(probe: Probe): WalCounters {
  return probe.counters('wal', { records: 0, bytesAppended: 0, flushes: 0, syncs: 0, cutBacks: 0 });
}

/**
 * Makes a log segment that must not exist, writes its header and syncs the file. The caller syncs the
 * folder before it acknowledges anything. When this fails the file is removed again if that is possible.
 *
 * @throws FieldstoneError EXISTS, FULL, IO
 * @example
 * const wal = createWalSegment(vfs, `${folder}/fieldstone-7.wal`, { databaseId, segment: 7, firstSequence: 42, fence });
 * vfs.syncFolder(folder);
 * wal.append(42, body); wal.flush(); await wal.datasyncAsync();
 */
export function createWalSegment(vfs: Vfs, path: string, header: WalHeader, counters: WalCounters = walCounters(new Probe())): WalWriter {
  assert(header.databaseId.length === ID_BYTES && header.fence.length === ID_BYTES, 'ids have 16 bytes');
  assert(header.firstSequence >= 1, 'sequence numbers begin at 1');
  const encoded = encodeWalHeader(header);
  const file = vfs.open(path, 'exclusive');
  try {
    writeFully(file, encoded, 0);
    file.sync();
  } catch (error) {
    removeQuietly(vfs, file);
    throw error;
  }
  return new WalWriter(file, header, encoded, counters);
}

/** The first error is the one to report; a leftover is harmless, as its number is not used again. */
function removeQuietly(vfs: Vfs, file: VfsFile): void {
  try {
    file.close();
    vfs.unlink(file.path);
  } catch (error) {
    if (!(error instanceof FieldstoneError)) throw error;
  }
}

/**
 * Appends records to one log segment. Records gather in memory until `flush()` writes them with one write;
 * they are durable when a sync that began after that flush has succeeded. Invariant: the file holds
 * whole records up to `flushedBytes` and nothing but zeros behind, except while `broken`.
 *
 * Zeros are written in large steps ahead of the records: a sync that needs neither a new file size nor new blocks is up to a
 * third cheaper (measured on ext4; docs/decisions/log-room.md).
 */
export class WalWriter {
  readonly path: string;
  readonly #file: VfsFile;
  readonly #header: RecordHeaderEncoder;
  readonly #counters: WalCounters;
  #buffer = new Uint8Array(FIRST_BYTES);
  #pendingBytes = 0;
  #flushedBytes = WAL_HEADER_BYTES;
  /** Up to here zeros stand in the file; Infinity once the disk was too full for more. */
  #roomBytes = WAL_HEADER_BYTES;
  #syncedBytes = WAL_HEADER_BYTES;
  #lastSequence: number;
  #flushedSequence: number;
  #chain: number;
  #flushedChain: number;
  #broken = false;

  /** Use createWalSegment(). */
  constructor(file: VfsFile, header: WalHeader, encodedHeader: Uint8Array, counters: WalCounters) {
    this.path = file.path;
    this.#file = file;
    this.#header = new RecordHeaderEncoder(segmentSalt(header.databaseId, header.segment));
    this.#counters = counters;
    this.#lastSequence = this.#flushedSequence = header.firstSequence - 1;
    this.#chain = this.#flushedChain = chainStart(encodedHeader);
  }

  /** Flushed and pending bytes together. */
  get sizeBytes(): number { return this.#flushedBytes + this.#pendingBytes; }
  /** Where the records in the file end; zeros may follow. */
  get flushedBytes(): number { return this.#flushedBytes; }
  /** What is known to be on disk. */
  get syncedBytes(): number { return this.#syncedBytes; }
  /** Sequence of the last record, flushed or pending; one less than the first when there is none. */
  get lastSequence(): number { return this.#lastSequence; }
  /** A failed cut or sync: the file may hold what was never acknowledged. Every further write throws POISONED. */
  get broken(): boolean { return this.#broken; }

  /**
   * Adds a record to the pending ones. `body` is copied. `sequence` must be `lastSequence + 1`.
   *
   * @param codecId how the body was packed, 0 = not at all
   * @param originalBytes length of the body before it was packed
   * @throws FieldstoneError LIMIT (body over 1 GB), POISONED
   */
  append(sequence: number, body: Uint8Array, codecId = 0, originalBytes: number = body.length): void {
    this.#checkUsable();
    assert(sequence === this.#lastSequence + 1, 'log records are numbered without gaps');
    assert(Number.isInteger(codecId) && codecId >= 0 && codecId <= 0xff, 'a codec id is a byte');
    if (body.length > MAX_BODY_BYTES || originalBytes > MAX_BODY_BYTES) {
      const problem = `a transaction of ${originalBytes} bytes exceeds the ${MAX_BODY_BYTES} bytes of one log record; split it`;
      throw new FieldstoneError('LIMIT', problem, { file: this.path });
    }
    const at = this.#pendingBytes;
    const end = at + RECORD_HEADER_BYTES + body.length;
    if (end > this.#buffer.length) this.#grow(end);
    this.#chain = this.#header.encode(this.#flushedBytes + at, sequence, body, codecId, originalBytes, this.#syncedBytes, this.#chain);
    this.#buffer.set(this.#header.bytes, at);
    this.#buffer.set(body, at + RECORD_HEADER_BYTES);
    this.#pendingBytes = end;
    this.#lastSequence = sequence;
    this.#counters.records++;
    this.#counters.bytesAppended += end - at;
  }

  /**
   * Writes the pending records at the end of the file. When that fails nothing of them remains: the file is
   * cut back (and the cut synced, or else a crash could bring back a commit that was reported as failed),
   * the pending records are dropped and the error is thrown. When the cut fails too, the writer is `broken`.
   *
   * @throws FieldstoneError FULL, IO, POISONED
   */
  flush(): void {
    this.#checkUsable();
    if (this.#pendingBytes === 0) return;
    try {
      writeFully(this.#file, this.#buffer.subarray(0, this.#pendingBytes), this.#flushedBytes);
      this.#makeRoom(this.#flushedBytes + this.#pendingBytes);
    } catch (error) {
      this.#cutBack();
      throw error;
    }
    this.#flushedBytes += this.#pendingBytes;
    this.#flushedSequence = this.#lastSequence;
    this.#flushedChain = this.#chain;
    this.#pendingBytes = 0;
    this.#counters.flushes++;
    if (this.#buffer.length > KEEP_BYTES) this.#buffer = new Uint8Array(FIRST_BYTES);
  }

  /** Zeros behind the records, which stand in the file by now: a disk too full for zeros has not failed them. */
  #makeRoom(endBytes: number): void {
    if (endBytes <= this.#roomBytes || this.#pendingBytes >= MOST_ROOM_BYTES) return;
    const bytes = Math.min(MOST_ROOM_BYTES, Math.max(LEAST_ROOM_BYTES, endBytes));
    try {
      writeFully(this.#file, ZEROS.subarray(0, bytes), endBytes);
      this.#roomBytes = endBytes + bytes;
    } catch (error) {
      if (!hasCode(error, 'FULL')) throw error;
      this.#file.truncate(endBytes); // the last free blocks are for what must be written: a checkpoint needs some to shorten the log
      this.#roomBytes = Infinity;
    }
  }

  /** Drops what was appended since the last flush. */
  discardPending(): void {
    this.#pendingBytes = 0;
    this.#lastSequence = this.#flushedSequence;
    this.#chain = this.#flushedChain;
  }

  /** Makes all flushed records durable. A failure makes the writer `broken`. */
  datasync(): void {
    this.#checkUsable();
    try {
      this.#file.datasync();
    } catch (error) {
      this.#broken = true;
      throw error;
    }
    this.#noteSynced(this.#flushedBytes);
  }

  /**
   * Makes durable what was flushed before the call; records flushed meanwhile wait for the next one.
   * A failure makes the writer `broken`.
   */
  async datasyncAsync(): Promise<void> {
    this.#checkUsable();
    const coveredBytes = this.#flushedBytes;
    try {
      await this.#file.datasyncAsync();
    } catch (error) {
      this.#broken = true;
      throw error;
    }
    this.#noteSynced(coveredBytes);
  }

  /** Closes the file; pending records are lost. */
  close(): void {
    this.discardPending();
    this.#file.close();
  }

  #noteSynced(coveredBytes: number): void {
    assert(coveredBytes <= this.#flushedBytes, 'a segment never gets shorter than a good flush');
    this.#syncedBytes = Math.max(this.#syncedBytes, coveredBytes);
    this.#counters.syncs++;
  }

  #cutBack(): void {
    this.discardPending();
    this.#counters.cutBacks++;
    try {
      this.#file.truncate(this.#flushedBytes);
      this.#file.datasync();
      this.#roomBytes = this.#flushedBytes;
      this.#noteSynced(this.#flushedBytes);
    } catch {
      this.#broken = true;
    }
  }

  #checkUsable(): void {
    if (this.#broken) {
      const problem = `the log ${this.path} could not be written safely before; close the database and open it again`;
      throw new FieldstoneError('POISONED', problem, { file: this.path });
    }
  }

  #grow(needBytes: number): void {
    const grown = new Uint8Array(Math.max(needBytes, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#pendingBytes));
    this.#buffer = grown;
  }
}
