import {
  applyJournal, FieldstoneError, JournalWriter, MemoryVfs, readJournal, type ApplyStep, type Journal, type JournalEntry, type JournalMeta, type Vfs,
} from '#storage';

export const databaseId = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
export const FOLDER = '/db';
export const PATH = '/db/fieldstone.journal';
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export const META: JournalMeta = {
  databaseId, checkpoint: 12, sequence: 900, firstSegment: 13, fence: Uint8Array.from({ length: 16 }, (_, i) => 250 - i), note: bytesOf('{"tables":2}'),
};

/** Entries as they are asked for, in order. */
export function writeJournal(vfs: Vfs, entries: readonly JournalEntry[], meta: JournalMeta = META): void {
  const writer = JournalWriter.create(vfs, PATH, meta);
  for (const entry of entries) {
    if (entry.kind === 'write') writer.write(entry.file, entry.phase, entry.offset, entry.bytes);
    else if (entry.kind === 'rename') writer.rename(entry.from, entry.to);
    else if (entry.kind === 'unlink') writer.unlink(entry.file);
    else writer.truncate(entry.file, entry.sizeBytes);
  }
  writer.finish();
  writer.sync();
  writer.close();
}

/** The bytes of a journal that holds `entries`. */
export function journalBytes(entries: readonly JournalEntry[], meta: JournalMeta = META): Uint8Array {
  const vfs = new MemoryVfs([['/db/keep', new Uint8Array(0)]]);
  writeJournal(vfs, entries, meta);
  return vfs.files().get(PATH) ?? new Uint8Array(0);
}

export interface JournalResult {
  /** Error code, or undefined. */
  readonly failed: string | undefined;
  readonly error: FieldstoneError | undefined;
  readonly meta: JournalMeta | undefined;
  /** undefined when the journal was taken for unfinished, or refused. */
  readonly entries: JournalEntry[] | undefined;
}

export function readEntries(journal: Journal): JournalEntry[] {
  return [...mapEntries(journal)];
}

function* mapEntries(journal: Journal): Generator<JournalEntry> {
  for (const entry of journal.entries()) yield entry.kind === 'write' ? { ...entry, bytes: entry.bytes.slice() } : entry;
}

export function readBytes(content: Uint8Array, id = databaseId): JournalResult {
  try {
    const journal = readJournal(new MemoryVfs([[PATH, content]]), PATH, id);
    if (journal === undefined) return { failed: undefined, error: undefined, meta: undefined, entries: undefined };
    const entries = readEntries(journal);
    journal.close();
    return { failed: undefined, error: undefined, meta: journal.meta, entries };
  } catch (error) {
    if (!(error instanceof FieldstoneError)) throw error;
    return { failed: error.code, error, meta: undefined, entries: undefined };
  }
}

/** Runs an application to its end, or until `stopAfter` steps; syncs as told. Returns the steps taken. */
export function apply(vfs: Vfs, stopAfter = Infinity): ApplyStep['kind'][] {
  const journal = readJournal(vfs, PATH, databaseId);
  if (journal === undefined) throw new Error('the journal is not complete');
  const taken: ApplyStep['kind'][] = [];
  for (const step of applyJournal(vfs, FOLDER, journal)) {
    taken.push(step.kind);
    if (step.kind === 'sync') step.file.datasync();
    else if (step.kind === 'syncFolder') vfs.syncFolder(FOLDER);
    if (taken.length >= stopAfter) break;
  }
  return taken;
}
