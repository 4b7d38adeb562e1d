/**
 * The one way to the file system. Every offset is asserted to be a safe integer >= 0, because
 * Node takes anything else as "the current position". Errors are FieldstoneErrors (IO, FULL,
 * NOT_FOUND, EXISTS) whose `cause` is the system's error.
 */
export type OpenMode =
  | 'read'       // existing file, reading only
  | 'write'      // existing file, reading and writing
  | 'create'     // reading and writing, made when missing, kept when there
  | 'exclusive'; // reading and writing, must not exist (EXISTS otherwise)

export interface FileStat {
  readonly sizeBytes: number;
  /** Nanoseconds; compared for equality only. */
  readonly mtimeNs: bigint;
  readonly device: bigint;
  readonly inode: bigint;
  readonly linkCount: number;
  readonly kind: 'file' | 'folder' | 'other';
}

/** Bytes of a file where they stand: bytes[start .. end). */
export interface ShownBytes {
  bytes: Uint8Array;
  start: number;
  end: number;
}

export interface VfsFile {
  readonly path: string;
  /** May return fewer bytes than asked; 0 = at or past the end. Use readFully(). */
  readAt(target: Uint8Array, position: number): number;
  /**
   * Of files that lie in memory: shows the bytes from a position on as far as they lie together, false when there are none. They are the file itself: never
   * to be written to, and good until anything else is done with the file.
   */
  readonly show?: ((position: number, into: ShownBytes) => boolean) | undefined;
  /** May write fewer bytes than given. Use writeFully(). */
  writeAt(source: Uint8Array, position: number): number;
  truncate(sizeBytes: number): void;
  /** Data and what is needed to read it back (size) are on disk when it returns. */
  datasync(): void;
  /** The same without blocking the event loop. */
  datasyncAsync(): Promise<void>;
  /** Data and all metadata. */
  sync(): void;
  syncAsync(): Promise<void>;
  stat(): FileStat;
  close(): void;
}

export interface Vfs {
  open(path: string, mode: OpenMode): VfsFile;
  /** undefined when nothing is there. Follows links. */
  stat(path: string): FileStat | undefined;
  /** Replaces `to` atomically. The folder must be synced to make it durable. */
  rename(from: string, to: string): void;
  unlink(path: string): void;
  /** Makes one folder; EXISTS when there. */
  makeFolder(path: string): void;
  removeFolder(path: string): void;
  /** Names (not paths), sorted. */
  list(folder: string): string[];
  /** Makes creations, renames and removals in the folder durable. */
  syncFolder(folder: string): void;
  /** The absolute path with links resolved; NOT_FOUND when missing. */
  realPath(path: string): string;
}
