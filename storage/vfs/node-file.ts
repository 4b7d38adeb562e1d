import * as fs from 'node:fs';
import { checkRange, checkSize } from './check-range.js';
import { closedFileError, errnoOf, systemError } from './system-error.js';
import type { FileStat, OpenMode, VfsFile } from './vfs.js';

// Never O_APPEND: Linux then ignores the position. O_NONBLOCK keeps the open of a FIFO that stands
// where a file should be from waiting for ever; it means nothing to plain files.
const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = fs.constants;
const NONBLOCK = fs.constants.O_NONBLOCK ?? 0;
const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY | NONBLOCK,
  write: O_RDWR | NONBLOCK,
  create: O_RDWR | O_CREAT | NONBLOCK,
  exclusive: O_RDWR | O_CREAT | O_EXCL | NONBLOCK,
};

const CLOSED = -1;

/** Opens a plain file; anything else under that name (folder, FIFO, device) is an IO error. */
export function openNodeFile(path: string, mode: OpenMode): VfsFile {
  let fd = CLOSED;
  try {
    fd = fs.openSync(path, FLAGS[mode], 0o666);
    if (!fs.fstatSync(fd).isFile()) throw new Error('not a plain file');
  } catch (error) {
    if (fd !== CLOSED) fs.closeSync(fd);
    throw systemError(error, 'open', path);
  }
  return new NodeFile(path, fd);
}

class NodeFile implements VfsFile {
  readonly path: string;
  #fd: number;
  #syncsRunning = 0;
  // A close() during an asynchronous sync waits for it: the system may give the number of a closed
  // descriptor away at once, and the sync would reach a stranger's file.
  #closeLater = CLOSED;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  readAt(target: Uint8Array, position: number): number {
    checkRange(position, target.length);
    if (this.#fd === CLOSED) throw closedFileError(this.path);
    for (;;) {
      try {
        return fs.readSync(this.#fd, target, 0, target.length, position);
      } catch (error) {
        // libuv repeats every interrupted call by itself except read and close.
        if (errnoOf(error) !== 'EINTR') throw systemError(error, 'read', this.path, position);
      }
    }
  }

  writeAt(source: Uint8Array, position: number): number {
    checkRange(position, source.length);
    if (this.#fd === CLOSED) throw closedFileError(this.path);
    try {
      return fs.writeSync(this.#fd, source, 0, source.length, position);
    } catch (error) {
      throw systemError(error, 'write', this.path, position);
    }
  }

  truncate(sizeBytes: number): void {
    checkSize(sizeBytes);
    this.#call('truncate', (fd) => fs.ftruncateSync(fd, sizeBytes));
  }

  datasync(): void { this.#call('sync', fs.fdatasyncSync); }

  sync(): void { this.#call('sync', fs.fsyncSync); }

  datasyncAsync(): Promise<void> { return this.#callAsync(fs.fdatasync); }

  syncAsync(): Promise<void> { return this.#callAsync(fs.fsync); }

  stat(): FileStat {
    return this.#call('stat', (fd) => nodeStat(fs.fstatSync(fd, { bigint: true })));
  }

  close(): void {
    const fd = this.#fd;
    if (fd === CLOSED) return;
    this.#fd = CLOSED;
    if (this.#syncsRunning > 0) this.#closeLater = fd;
    else this.#closeNow(fd);
  }

  #closeNow(fd: number): void {
    try {
      fs.closeSync(fd);
    } catch (error) {
      // After EINTR the descriptor is gone all the same; a second close could hit a stranger's.
      if (errnoOf(error) !== 'EINTR') throw systemError(error, 'close', this.path);
    }
  }

  #call<Result>(action: string, run: (fd: number) => Result): Result {
    if (this.#fd === CLOSED) throw closedFileError(this.path);
    try {
      return run(this.#fd);
    } catch (error) {
      throw systemError(error, action, this.path);
    }
  }

  #callAsync(sync: (fd: number, done: (error: Error | null) => void) => void): Promise<void> {
    if (this.#fd === CLOSED) return Promise.reject(closedFileError(this.path));
    this.#syncsRunning++;
    return new Promise((resolve, reject) => {
      sync(this.#fd, (error) => {
        try {
          this.#syncDone();
          if (error) throw systemError(error, 'sync', this.path);
          resolve();
        } catch (failure) {
          reject(failure);
        }
      });
    });
  }

  #syncDone(): void {
    if (--this.#syncsRunning > 0 || this.#closeLater === CLOSED) return;
    const fd = this.#closeLater;
    this.#closeLater = CLOSED;
    this.#closeNow(fd);
  }
}

/** Node's facts about a file in the words of the Vfs. */
export function nodeStat(stat: fs.BigIntStats): FileStat {
  return {
    sizeBytes: Number(stat.size),
    mtimeNs: stat.mtimeNs,
    device: stat.dev,
    inode: stat.ino,
    linkCount: Number(stat.nlink),
    kind: stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other',
  };
}
