import { assert } from '../base/assert.js';
import { crc32 } from '../base/checksum.js';
import { FieldstoneError } from '../base/errors.js';
import { FileWindow } from '../vfs/file-window.js';
import type { Vfs } from '../vfs/vfs.js';
import { EntryStream, type EntryPlace } from './entry-stream.js';
import {
  decodeJournalHeader, decodeTrailer, ENTRY_COST_BYTES, JOURNAL_HEADER_BYTES, MAX_ENTRY_DATA_BYTES, TRAILER_BYTES, TRAILER_MARK, TRAILER_SPREAD_BYTES,
  type JournalEntry, type JournalMeta, type JournalPhase, type JournalTrailer,
} from './journal-format.js';

/** A change of the folder that is no writing of bytes. */
export type FolderEntry = Extract<JournalEntry, { kind: 'rename' | 'unlink' }>;
export type TruncateEntry = Extract<JournalEntry, { kind: 'truncate' }>;

/**
 * The journal at `path` when it is complete: it was wholly on disk, and every byte of it has been checked.
 * undefined when there is none or a crash left it unfinished: then nothing was applied yet. Nothing is written.
 *
 * @throws FieldstoneError CORRUPT_WAL (complete but damaged, or of another database); VERSION; IO
 * @example
 * const journal = readJournal(vfs, `${folder}/fieldstone.journal`, databaseId);
 * if (journal !== undefined) for (const step of applyJournal(vfs, folder, journal)) ...
 */
export function readJournal(vfs: Vfs, path: string, databaseId: Uint8Array): Journal | undefined {
  const reading = readJournalInSlices(vfs, path, databaseId);
  for (;;) {
    const { done, value } = reading.next();
    if (done === true) return value;
  }
}

/**
 * The same for a program that must not stand still: other work may run at each step, about every megabyte. A caller that
 * gives up early must end the generator.
 */
export function* readJournalInSlices(vfs: Vfs, path: string, databaseId: Uint8Array): Generator<undefined, Journal | undefined, undefined> {
  if (vfs.stat(path) === undefined) return undefined;
  const file = vfs.open(path, 'read');
  let journal: Journal | undefined;
  try {
    return journal = yield* checkedJournal(new FileWindow(file), databaseId);
  } finally {
    if (journal === undefined) file.close();
  }
}

function* checkedJournal(window: FileWindow, databaseId: Uint8Array): Generator<undefined, Journal | undefined, undefined> {
  const path = window.file.path;
  const trailer = findTrailer(window, databaseId);
  const encoded = window.view(0, JOURNAL_HEADER_BYTES);
  const header = encoded === undefined ? 'damaged' : decodeJournalHeader(encoded);
  if (header === 'version') {
    const problem = `the checkpoint journal ${path} was written by a newer version; upgrade fieldstone`;
    throw new FieldstoneError('VERSION', problem, { file: path });
  }
  if (header !== 'damaged' && header.databaseId.some((byte, i) => byte !== databaseId[i])) {
    throw corrupt(path, 0, `the checkpoint journal ${path} belongs to another database; put back the right file`);
  }
  if (trailer === undefined) return undefined;
  if (header === 'damaged') throw damaged(path, 0);
  const noteEnd = JOURNAL_HEADER_BYTES + header.noteBytes;
  const note = noteEnd + 4 > trailer.entriesEnd ? undefined : window.copy(JOURNAL_HEADER_BYTES, header.noteBytes + 4);
  if (note === undefined) throw damaged(path, JOURNAL_HEADER_BYTES);
  const chain = crc32(note.subarray(0, header.noteBytes), header.crc);
  if (chain !== new DataView(note.buffer).getUint32(header.noteBytes, true)) throw damaged(path, JOURNAL_HEADER_BYTES);
  const { noteBytes, crc: _, ...facts } = header;
  const meta: JournalMeta = { ...facts, note: note.subarray(0, noteBytes) };
  const first = { offset: noteEnd + 4, chain };
  return new Journal(window, meta, trailer, first, yield* survey(window, trailer, first));
}

/** What a journal holds, without the bytes. */
interface JournalContents {
  readonly names: string[];
  readonly folderEntries: FolderEntry[];
  readonly truncations: TruncateEntry[];
  readonly phaseBytes: Record<JournalPhase, number>;
  /** Where the first entry of the header phase stands: usually behind everything else. */
  firstHeader: EntryPlace | undefined;
}

/** Reads all entries; throws when anything in them is wrong. */
function* survey(window: FileWindow, trailer: JournalTrailer, first: EntryPlace): Generator<undefined, JournalContents, undefined> {
  const contents: JournalContents = {
    names: [], folderEntries: [], truncations: [], phaseBytes: { body: 0, header: 0 }, firstHeader: undefined,
  };
  const stream = entryStream(window, trailer, first, contents.names);
  let sliceBytes = 0;
  for (let place = stream.place, entry = stream.next(); entry !== undefined; place = stream.place, entry = stream.next()) {
    sliceBytes += ENTRY_COST_BYTES;
    if (entry.kind === 'write') {
      sliceBytes += entry.bytes.length;
      contents.phaseBytes[entry.phase] += entry.bytes.length;
      if (entry.phase === 'header') contents.firstHeader ??= place;
    } else if (entry.kind === 'truncate') {
      contents.truncations.push(entry);
    } else {
      contents.folderEntries.push(entry);
    }
    if (sliceBytes < MAX_ENTRY_DATA_BYTES) continue;
    sliceBytes = 0;
    yield;
  }
  if (stream.entryCount !== trailer.entryCount || stream.place.chain !== trailer.chain) throw damaged(window.file.path, trailer.entriesEnd);
  return contents;
}

function entryStream(window: FileWindow, trailer: JournalTrailer, from: EntryPlace, names: string[]): EntryStream {
  return new EntryStream(window, from, trailer.entriesEnd, names, (offset) => { throw damaged(window.file.path, offset); });
}

/** One of the two copies of the trailer; where they stand follows from the end of the entries, which only they know. */
function findTrailer(window: FileWindow, databaseId: Uint8Array): JournalTrailer | undefined {
  const start = Math.max(0, window.sizeBytes - TRAILER_SPREAD_BYTES - 2 * TRAILER_BYTES);
  const tail = window.view(start, window.sizeBytes - start) ?? new Uint8Array(0);
  for (let at = tail.indexOf(TRAILER_MARK); at >= 0 && at + TRAILER_BYTES <= tail.length; at = tail.indexOf(TRAILER_MARK, at + 1)) {
    const trailer = decodeTrailer(tail.subarray(at, at + TRAILER_BYTES), start + at, databaseId);
    if (trailer !== undefined) return trailer;
  }
  return undefined;
}

/** A complete, checked journal. It holds the file open until `close()`; applyJournal() closes it. */
export class Journal {
  readonly meta: JournalMeta;
  readonly #window: FileWindow;
  readonly #trailer: JournalTrailer;
  readonly #first: EntryPlace;
  readonly #contents: JournalContents;

  /** Use readJournal(). */
  constructor(window: FileWindow, meta: JournalMeta, trailer: JournalTrailer, first: EntryPlace, contents: JournalContents) {
    this.meta = meta;
    this.#window = window;
    this.#trailer = trailer;
    this.#first = first;
    this.#contents = contents;
  }

  /** Renames and removals in their order. */
  get folderEntries(): readonly FolderEntry[] { return this.#contents.folderEntries; }
  get truncations(): readonly TruncateEntry[] { return this.#contents.truncations; }
  /** Bytes to be written in each phase. */
  get phaseBytes(): Readonly<Record<JournalPhase, number>> { return this.#contents.phaseBytes; }
  get path(): string { return this.#window.file.path; }
  get sizeBytes(): number { return this.#trailer.totalBytes; }

  /**
   * Every entry in the order of writing, in bounded memory. The bytes of a write are valid until the next step.
   * @throws FieldstoneError CORRUPT_WAL when the file changed since it was checked; IO
   */
  entries(): Generator<JournalEntry, void, undefined> { return this.#read(this.#first); }

  /** The writes of one phase, in order. */
  *writes(phase: JournalPhase): Generator<Extract<JournalEntry, { kind: 'write' }>, void, undefined> {
    const from = phase === 'body' ? this.#first : this.#contents.firstHeader;
    if (from === undefined || this.phaseBytes[phase] === 0) return;
    for (const entry of this.#read(from)) {
      if (entry.kind === 'write' && entry.phase === phase) yield entry;
    }
  }

  close(): void { this.#window.file.close(); }

  *#read(from: EntryPlace): Generator<JournalEntry, void, undefined> {
    const stream = entryStream(this.#window, this.#trailer, from, this.#contents.names);
    for (let entry = stream.next(); entry !== undefined; entry = stream.next()) yield entry;
    assert(stream.place.chain === this.#trailer.chain, 'the chain of a checked journal ends as its trailer says');
  }
}

function damaged(file: string, offset: number): FieldstoneError {
  return corrupt(file, offset, `the checkpoint journal ${file} is damaged at ${offset}; restore a backup, or look with fieldstone dump`);
}

function corrupt(file: string, offset: number, message: string): FieldstoneError {
  return new FieldstoneError('CORRUPT_WAL', message, { file, offset });
}
