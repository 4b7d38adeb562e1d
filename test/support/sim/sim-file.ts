import { checkRange, checkSize, closedFileError, simulatedError, type FileStat, type VfsFile } from '#storage';
import type { SimInode } from './sim-inode.js';

/** What a handle needs of its disk. */
export interface SimFileHost {
  /** Before every call; throws when the bound on calls is hit. */
  called(): void;
  wrote(path: string, inode: SimInode, source: Uint8Array, position: number): void;
  truncated(path: string, inode: SimInode, sizeBytes: number): void;
  syncNow(path: string, inode: SimInode, full: boolean): void;
  syncLater(path: string, inode: SimInode, full: boolean): Promise<void>;
  statOf(inode: SimInode): FileStat;
}

/** An open file of a SimDisk. */
export class SimFile implements VfsFile {
  readonly path: string;
  readonly #host: SimFileHost;
  readonly #inode: SimInode;
  readonly #writable: boolean;
  #open = true;

  constructor(path: string, host: SimFileHost, inode: SimInode, writable: boolean) {
    this.path = path;
    this.#host = host;
    this.#inode = inode;
    this.#writable = writable;
  }

  readAt(target: Uint8Array, position: number): number {
    this.#check();
    checkRange(position, target.length);
    return this.#inode.read(target, position);
  }

  writeAt(source: Uint8Array, position: number): number {
    this.#check();
    checkRange(position, source.length);
    if (!this.#writable) throw simulatedError('EBADF', 'write', this.path, position);
    if (source.length > 0) this.#host.wrote(this.path, this.#inode, source, position);
    return source.length;
  }

  truncate(sizeBytes: number): void {
    this.#check();
    checkSize(sizeBytes);
    if (!this.#writable) throw simulatedError('EINVAL', 'truncate', this.path);
    this.#host.truncated(this.path, this.#inode, sizeBytes);
  }

  datasync(): void {
    this.#check();
    this.#host.syncNow(this.path, this.#inode, false);
  }

  sync(): void {
    this.#check();
    this.#host.syncNow(this.path, this.#inode, true);
  }

  async datasyncAsync(): Promise<void> {
    this.#check();
    return this.#host.syncLater(this.path, this.#inode, false);
  }

  async syncAsync(): Promise<void> {
    this.#check();
    return this.#host.syncLater(this.path, this.#inode, true);
  }

  stat(): FileStat {
    this.#check();
    return this.#host.statOf(this.#inode);
  }

  close(): void { this.#open = false; }

  #check(): void {
    if (!this.#open) throw closedFileError(this.path);
    this.#host.called();
  }
}
