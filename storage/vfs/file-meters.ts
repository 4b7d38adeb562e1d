import { Histogram } from '../probe/histogram.js';
import { LOCK_NAME } from './lock-folder.js';

/** What one file was asked for since the database was opened. Times are there for what was timed, in nanoseconds. */
export interface FileIo {
  /**
   * Name in the folder; segments of the log are one file here, `fieldstone-*.wal`, and so are new generations of a table. What names the holder of
   * the lock is `fieldstone.lock`.
   */
  readonly file: string;
  reads: number;
  bytesRead: number;
  writes: number;
  bytesWritten: number;
  syncs: number;
  readNs: Histogram | undefined;
  writeNs: Histogram | undefined;
  syncNs: Histogram | undefined;
}

const MOST_FILES = 512;
/** Where files are counted for which there is no more room. */
export const OTHER_FILES = '(other files)';

/** Counts by file, for a bounded number of files. */
export class FileMeters {
  readonly #byName = new Map<string, FileIo>();

  of(path: string): FileIo {
    const name = reportedName(path);
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    if (this.#byName.size >= MOST_FILES && name !== OTHER_FILES) return this.of(`/${OTHER_FILES}`);
    const io: FileIo = { file: name, reads: 0, bytesRead: 0, writes: 0, bytesWritten: 0, syncs: 0, readNs: undefined, writeNs: undefined, syncNs: undefined };
    this.#byName.set(name, io);
    return io;
  }

  list(): readonly FileIo[] { return [...this.#byName.values()]; }
}

/** The file that names the holder, in the lock folder or in the one that becomes it. */
const LOCK_OWNER = /(^|\/)fieldstone\.lock[^/]*\/[^/]+$/;

/** Names that carry a running or a random number stand for all of their kind. */
function reportedName(path: string): string {
  if (LOCK_OWNER.test(path)) return LOCK_NAME;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.replace(/^fieldstone-\d+\.wal$/, 'fieldstone-*.wal').replace(/\.fs-[0-9a-z]+$/, '.fs-*');
}

export function addTime(io: FileIo, what: 'readNs' | 'writeNs' | 'syncNs', ns: number): void {
  (io[what] ??= new Histogram()).record(ns);
}
