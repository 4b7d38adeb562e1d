import { assert } from '../base/assert.js';
import { crc32 } from '../base/checksum.js';
import { FieldstoneError } from '../base/errors.js';
import { writeFully } from '../vfs/full-io.js';
import type { Vfs, VfsFile } from '../vfs/vfs.js';
import {
  encodeEntryHeader, encodeJournalHeader, encodeTrailers, ENTRY_CRC_BYTES, ENTRY_HEADER_BYTES, MAX_ENTRY_DATA_BYTES, MAX_NAME_BYTES,
  MAX_NOTE_BYTES, type EntryKind, type JournalMeta, type JournalPhase,
} from './journal-format.js';
import { isPlainName } from './journal-name.js';

const FIRST_BUFFER_BYTES = 1 << 16;
const BUFFER_BYTES = 1 << 20;
const NO_DATA = new Uint8Array(0);
const encoder = new TextEncoder();

/**
 * Writes one checkpoint journal, sequentially, through a buffer that grows to 1 MB. It is complete when `finish()` has
 * returned and the sync after it has succeeded. After any error only `abandon()` is of use.
 *
 * The entries must be on disk before the trailer that vouches for them is written (disks write out of order): with
 * `await syncAsync()` before `finish()` that costs the event loop nothing, else `finish()` syncs itself.
 *
 * @throws FieldstoneError FULL, IO, from every method that writes
 * @example
 * const journal = JournalWriter.create(vfs, `${folder}/fieldstone.journal`, meta);
 * journal.write('people.dbf', 'body', 4096, bytes);
 * await journal.syncAsync(); journal.finish(); await journal.syncAsync();
 * journal.close(); vfs.syncFolder(folder);
 */
export class JournalWriter {
  readonly path: string;
  readonly #vfs: Vfs;
  readonly #file: VfsFile;
  readonly #databaseId: Uint8Array;
  #buffer = new Uint8Array(FIRST_BUFFER_BYTES);
  #view = new DataView(this.#buffer.buffer);
  readonly #names = new Map<string, number>();
  #writtenBytes = 0;
  #bufferedBytes = 0;
  #syncedBytes = 0;
  #entryCount = 0;
  #lastDataBytes = 0;
  #chain: number;
  #finished = false;

  /** Starts a journal; one that was left over under that name is removed first. */
  static create(vfs: Vfs, path: string, meta: JournalMeta): JournalWriter {
    assert(meta.databaseId.length === 16 && meta.fence.length === 16, 'ids have 16 bytes');
    if (meta.note.length > MAX_NOTE_BYTES) {
      const problem = `the catalog facts of ${meta.note.length} bytes exceed the ${MAX_NOTE_BYTES} bytes that a checkpoint journal takes`;
      throw new FieldstoneError('LIMIT', problem, { file: path });
    }
    if (vfs.stat(path) !== undefined) vfs.unlink(path);
    const writer = new JournalWriter(vfs, vfs.open(path, 'exclusive'), meta);
    try {
      writer.#put(encodeJournalHeader(meta));
      return writer;
    } catch (error) {
      writer.#removeQuietly();
      throw error;
    }
  }

  /** Use create(). */
  constructor(vfs: Vfs, file: VfsFile, meta: JournalMeta) {
    this.#vfs = vfs;
    this.#file = file;
    this.path = file.path;
    this.#databaseId = meta.databaseId;
    this.#chain = 0;
  }

  /** Bytes of the journal so far, with those still in memory. */
  get sizeBytes(): number { return this.#writtenBytes + this.#bufferedBytes; }
  /** Where in the file the data of the last entry stands. */
  get lastDataPosition(): number { return this.sizeBytes - ENTRY_CRC_BYTES - this.#lastDataBytes; }
  /** Entries so far; a long write is several, and every name is one. */
  get entryCount(): number { return this.#entryCount; }

  /** New content of `file` from `offset` on. */
  write(file: string, phase: JournalPhase, offset: number, bytes: Uint8Array): void {
    assert(Number.isSafeInteger(offset) && offset >= 0, 'a file offset is a safe integer >= 0');
    const name = this.#nameOf(file);
    for (let done = 0; done < bytes.length; done += MAX_ENTRY_DATA_BYTES) {
      const piece = bytes.length <= MAX_ENTRY_DATA_BYTES ? bytes : bytes.subarray(done, done + MAX_ENTRY_DATA_BYTES);
      this.#entry(phase, name, offset + done, piece);
    }
  }

  /** Renames and removals are done before all writes, in this order. */
  rename(from: string, to: string): void {
    const source = this.#nameOf(from);
    this.#entry('rename', source, this.#nameOf(to), NO_DATA);
  }

  unlink(file: string): void { this.#entry('unlink', this.#nameOf(file), 0, NO_DATA); }

  /** Truncations are done last, and only ever shorten. */
  truncate(file: string, sizeBytes: number): void {
    assert(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0, 'a file size is a safe integer >= 0');
    this.#entry('truncate', this.#nameOf(file), sizeBytes, NO_DATA);
  }

  /** Writes the trailer. The journal is complete when the sync that follows has succeeded. */
  finish(): void {
    this.#flush();
    if (this.#syncedBytes < this.#writtenBytes) this.sync();
    const trailers = encodeTrailers(this.#databaseId, this.#entryCount, this.#writtenBytes, this.#chain);
    this.#finished = true;
    this.#writeOut(trailers);
  }

  /** Writes what is buffered. */
  flush(): void { this.#flush(); }

  /** Writes what is buffered and makes the file durable. */
  sync(): void {
    this.#flush();
    this.#file.sync();
    this.#syncedBytes = this.#writtenBytes;
  }

  /** The same without blocking the event loop. Nothing may be added before it ends. */
  async syncAsync(): Promise<void> {
    this.#flush();
    const coveredBytes = this.#writtenBytes;
    await this.#file.syncAsync();
    this.#syncedBytes = coveredBytes;
  }

  close(): void { this.#file.close(); }

  /**
   * Closes and removes the journal. The caller syncs the folder before it starts another: a crash must not bring
   * back one that was finished and given up.
   */
  abandon(): void {
    this.#file.close();
    if (this.#vfs.stat(this.path) !== undefined) this.#vfs.unlink(this.path);
  }

  #nameOf(name: string): number {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    assert(isPlainName(name), 'a journal names files of its own folder only');
    const encoded = encoder.encode(name);
    assert(encoded.length <= MAX_NAME_BYTES, 'a file name has at most 1024 bytes');
    const number = this.#names.size;
    this.#entry('name', number, 0, encoded);
    this.#names.set(name, number);
    return number;
  }

  #entry(kind: EntryKind, file: number, value: number, data: Uint8Array): void {
    assert(!this.#finished, 'nothing is added to a finished journal');
    const bytes = ENTRY_HEADER_BYTES + data.length + ENTRY_CRC_BYTES;
    this.#makeRoom(bytes);
    const start = this.#bufferedBytes;
    const end = start + bytes;
    encodeEntryHeader(this.#view, start, kind, file, value, data.length);
    this.#buffer.set(data, start + ENTRY_HEADER_BYTES);
    this.#lastDataBytes = data.length;
    this.#chain = crc32(this.#buffer.subarray(start, end - ENTRY_CRC_BYTES), this.#chain);
    this.#view.setUint32(end - ENTRY_CRC_BYTES, this.#chain, true);
    this.#bufferedBytes = end;
    this.#entryCount++;
  }

  /** Most journals are small: the buffer doubles before it is written. An entry is always smaller than the whole buffer. */
  #makeRoom(bytes: number): void {
    if (this.#bufferedBytes + bytes > BUFFER_BYTES) this.#flush();
    const need = this.#bufferedBytes + bytes;
    if (need <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.min(BUFFER_BYTES, Math.max(need, this.#buffer.length * 2)));
    grown.set(this.#buffer.subarray(0, this.#bufferedBytes));
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }

  #put(header: Uint8Array): void {
    this.#chain = new DataView(header.buffer, header.byteOffset).getUint32(header.length - 4, true);
    this.#writeOut(header);
  }

  #flush(): void {
    if (this.#bufferedBytes === 0) return;
    this.#writeOut(this.#buffer.subarray(0, this.#bufferedBytes));
    this.#bufferedBytes = 0;
  }

  #writeOut(bytes: Uint8Array): void {
    writeFully(this.#file, bytes, this.#writtenBytes);
    this.#writtenBytes += bytes.length;
  }

  /** The error that led here is the one to report; the leftover is removed by the next create(). */
  #removeQuietly(): void {
    try {
      this.abandon();
    } catch (error) {
      if (!(error instanceof FieldstoneError)) throw error;
    }
  }
}
