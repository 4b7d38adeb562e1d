import { assert } from '../base/assert.js';
import { FieldstoneError, hasCode } from '../base/errors.js';
import { writeFully } from '../vfs/full-io.js';
import type { Vfs, VfsFile } from '../vfs/vfs.js';
import { ENTRY_COST_BYTES, MAX_ENTRY_DATA_BYTES, type JournalPhase } from './journal-format.js';
import type { FolderEntry, Journal } from './journal-reader.js';

/** What the caller does before it asks for the next step. */
export type ApplyStep =
  /** Nothing; some milliseconds passed and other work may run. */
  | { readonly kind: 'work' }
  /** Sync the file (data is enough), in the way that suits the caller. */
  | { readonly kind: 'sync'; readonly file: VfsFile }
  /** Sync the folder. */
  | { readonly kind: 'syncFolder' };

/**
 * Makes the changes of a complete journal: renames and removals, folder sync, writes of phase `body`, sync of each
 * file, writes of phase `header`, sync, truncations, sync. Doing it again, wholly or after it stopped anywhere, gives
 * the same files, as long as nothing else changed them. All files, and the journal, are closed at the end and on a throw.
 *
 * A caller that gives up early must end the generator (`return()`, or leaving a for-of loop).
 *
 * @throws FieldstoneError CORRUPT_WAL (a file that the journal names is missing); FULL, IO
 * @example
 * for (const step of applyJournal(vfs, folder, journal)) {
 *   if (step.kind === 'sync') step.file.datasync();
 *   else if (step.kind === 'syncFolder') vfs.syncFolder(folder);
 * }
 */
export function* applyJournal(vfs: Vfs, folder: string, journal: Journal): Generator<ApplyStep, void, undefined> {
  const files = new OpenFiles(vfs, folder, journal.path);
  try {
    for (const entry of journal.folderEntries) changeFolder(vfs, folder, entry, journal.path);
    if (journal.folderEntries.length > 0) yield { kind: 'syncFolder' };
    yield* writePhase(journal, 'body', files);
    yield* writePhase(journal, 'header', files);
    yield* truncateFiles(journal, files);
  } finally {
    files.close();
    journal.close();
  }
}

function changeFolder(vfs: Vfs, folder: string, entry: FolderEntry, journalPath: string): void {
  if (entry.kind === 'unlink') {
    const path = `${folder}/${entry.file}`;
    if (vfs.stat(path) !== undefined) vfs.unlink(path);
    return;
  }
  const from = `${folder}/${entry.from}`;
  const to = `${folder}/${entry.to}`;
  if (vfs.stat(from) !== undefined) vfs.rename(from, to);
  else if (vfs.stat(to) === undefined) throw missing(journalPath, entry.from, `neither ${entry.from} nor ${entry.to} is there`);
}

function* writePhase(journal: Journal, phase: JournalPhase, files: OpenFiles): Generator<ApplyStep, void, undefined> {
  let writtenBytes = 0;
  let sliceBytes = 0;
  const changed = new Set<VfsFile>();
  for (const entry of journal.writes(phase)) {
    const file = files.get(entry.file);
    writeFully(file, entry.bytes, entry.offset);
    changed.add(file);
    writtenBytes += entry.bytes.length;
    sliceBytes += entry.bytes.length + ENTRY_COST_BYTES;
    if (sliceBytes >= MAX_ENTRY_DATA_BYTES) {
      sliceBytes = 0;
      yield { kind: 'work' };
    }
  }
  assert(writtenBytes === journal.phaseBytes[phase], 'exactly the bytes of the journal are written');
  for (const file of changed) yield { kind: 'sync', file };
}

function* truncateFiles(journal: Journal, files: OpenFiles): Generator<ApplyStep, void, undefined> {
  const changed = new Set<VfsFile>();
  for (const { file: name, sizeBytes } of journal.truncations) {
    const file = files.get(name);
    // Never longer: the zeros would be bytes that no journal holds.
    if (file.stat().sizeBytes > sizeBytes) file.truncate(sizeBytes);
    changed.add(file);
  }
  for (const file of changed) yield { kind: 'sync', file };
}

/** The files that are being changed, each opened once. */
class OpenFiles {
  readonly #vfs: Vfs;
  readonly #folder: string;
  readonly #journalPath: string;
  readonly #files = new Map<string, VfsFile>();

  constructor(vfs: Vfs, folder: string, journalPath: string) {
    this.#vfs = vfs;
    this.#folder = folder;
    this.#journalPath = journalPath;
  }

  get(name: string): VfsFile {
    let file = this.#files.get(name);
    if (file === undefined) this.#files.set(name, file = this.#open(name));
    return file;
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  #open(name: string): VfsFile {
    try {
      return this.#vfs.open(`${this.#folder}/${name}`, 'write');
    } catch (error) {
      if (hasCode(error, 'NOT_FOUND')) throw missing(this.#journalPath, name, `${name} is not there`, error);
      throw error;
    }
  }
}

function missing(journalPath: string, name: string, problem: string, cause?: unknown): FieldstoneError {
  return new FieldstoneError('CORRUPT_WAL', `the checkpoint journal ${journalPath} cannot be applied: ${problem}; put the file back`, {
    file: journalPath, details: { missing: name }, ...(cause === undefined ? {} : { cause }),
  });
}
