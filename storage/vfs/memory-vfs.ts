import { MemoryInode } from './memory-inode.js';
import { eachFile, findFolder, findNode, findPlace, normalPath, type MemoryFolder, type MemoryPlace } from './memory-tree.js';
import { closedFileError, simulatedError } from './system-error.js';
import type { FileStat, OpenMode, ShownBytes, Vfs, VfsFile } from './vfs.js';

const DEVICES = Symbol.for('fieldstone.memoryDevices');
const FIRST_DEVICE = 2 ** 40;
const NO_CONTENT = new MemoryInode(0, 0);

/** A device number for each file system, over all copies of the library in the process: identity of a folder is device + inode. */
function nextDevice(): bigint {
  const last: unknown = Reflect.get(globalThis, DEVICES);
  const device = typeof last === 'number' ? last + 1 : FIRST_DEVICE;
  Reflect.set(globalThis, DEVICES, device);
  return BigInt(device);
}

/**
 * Files in memory, with the behaviour of a POSIX file system: names apart from content, so that a
 * removed or replaced file stays readable through handles that have it open. Paths are normalised
 * (`/` is the root and exists); names are case-sensitive. Times count changes. Syncs do nothing.
 *
 * @example
 * const vfs = new MemoryVfs([['/data/a.dbf', bytes]]);
 * vfs.list('/data'); // ['a.dbf']
 */
export class MemoryVfs implements Vfs {
  readonly #root: MemoryFolder = { kind: 'folder', inode: 1, entries: new Map(), changed: 0 };
  readonly #device = nextDevice();
  #lastInode = 1;
  #changes = 0;

  /** Takes copies of `initial`; their folders are made. */
  constructor(initial: Iterable<readonly [path: string, bytes: Uint8Array]> = []) {
    for (const [path, bytes] of initial) {
      const names = normalPath(path).split('/').slice(1, -1);
      let folder = '';
      for (const name of names) {
        folder += `/${name}`;
        if (findNode(this.#root, folder) === undefined) this.makeFolder(folder);
      }
      const place = findPlace(this.#root, path, 'make');
      if (place.node !== undefined) throw simulatedError('EEXIST', 'make', path);
      place.folder.entries.set(place.name, new MemoryInode(++this.#lastInode, this.#tick(place.folder), bytes));
    }
  }

  /** Copies of all files, by normalised path. Empty folders are not in it. */
  files(): Map<string, Uint8Array> {
    const all = new Map<string, Uint8Array>();
    eachFile(this.#root, '/', (path, inode) => { all.set(path, inode.copy()); });
    return all;
  }

  open(path: string, mode: OpenMode): VfsFile {
    const place = findPlace(this.#root, path, 'open');
    const handle = (inode: MemoryInode): VfsFile => new MemoryFile(path, inode, mode !== 'read', this.#device, () => ++this.#changes);
    if (place.node?.kind === 'folder') throw simulatedError(mode === 'exclusive' ? 'EEXIST' : 'EISDIR', 'open', path);
    if (place.node !== undefined) {
      if (mode === 'exclusive') throw simulatedError('EEXIST', 'open', path);
      return handle(place.node);
    }
    if (mode === 'read' || mode === 'write') throw simulatedError('ENOENT', 'open', path);
    const made = new MemoryInode(++this.#lastInode, this.#tick(place.folder));
    place.folder.entries.set(place.name, made);
    return handle(made);
  }

  stat(path: string): FileStat | undefined {
    const node = findNode(this.#root, path);
    if (node === undefined) return undefined;
    if (node.kind === 'file') return fileStat(node, this.#device);
    return {
      sizeBytes: 0, mtimeNs: BigInt(node.changed), device: this.#device, inode: BigInt(node.inode), linkCount: 1, kind: 'folder',
    };
  }

  rename(from: string, to: string): void {
    const source = findPlace(this.#root, from, 'rename');
    const target = findPlace(this.#root, to, 'rename');
    if (source.node === undefined) throw simulatedError('ENOENT', 'rename', from);
    if (source.node === target.node) return;
    const inside = `${normalPath(to)}/`.startsWith(`${normalPath(from)}/`);
    if (source.node.kind === 'folder' && inside) throw simulatedError('EINVAL', 'rename', from);
    checkReplace(source, target, to);
    if (target.node?.kind === 'file') target.node.unlinked();
    source.folder.entries.delete(source.name);
    target.folder.entries.set(target.name, source.node);
    this.#tick(source.folder);
    this.#tick(target.folder);
  }

  unlink(path: string): void {
    const { folder, name, node } = findPlace(this.#root, path, 'remove');
    if (node === undefined) throw simulatedError('ENOENT', 'remove', path);
    if (node.kind === 'folder') throw simulatedError('EISDIR', 'remove', path);
    folder.entries.delete(name);
    node.unlinked();
    this.#tick(folder);
  }

  makeFolder(path: string): void {
    if (normalPath(path) === '/') throw simulatedError('EEXIST', 'make folder', path);
    const { folder, name, node } = findPlace(this.#root, path, 'make folder');
    if (node !== undefined) throw simulatedError('EEXIST', 'make folder', path);
    folder.entries.set(name, { kind: 'folder', inode: ++this.#lastInode, entries: new Map(), changed: this.#tick(folder) });
  }

  removeFolder(path: string): void {
    const { folder, name, node } = findPlace(this.#root, path, 'remove folder');
    if (node === undefined) throw simulatedError('ENOENT', 'remove folder', path);
    if (node.kind !== 'folder') throw simulatedError('ENOTDIR', 'remove folder', path);
    if (node.entries.size > 0) throw simulatedError('ENOTEMPTY', 'remove folder', path);
    folder.entries.delete(name);
    this.#tick(folder);
  }

  list(folder: string): string[] {
    return [...findFolder(this.#root, folder, 'list').entries.keys()].sort();
  }

  syncFolder(folder: string): void { findFolder(this.#root, folder, 'sync folder'); }

  realPath(path: string): string {
    if (findNode(this.#root, path) === undefined) throw simulatedError('ENOENT', 'resolve', path);
    return normalPath(path);
  }

  #tick(folder: MemoryFolder): number { return folder.changed = ++this.#changes; }
}

function checkReplace(source: MemoryPlace, target: MemoryPlace, to: string): void {
  if (target.node === undefined) return;
  if (source.node?.kind === 'folder' && target.node.kind === 'file') throw simulatedError('ENOTDIR', 'rename to', to);
  if (source.node?.kind === 'file' && target.node.kind === 'folder') throw simulatedError('EISDIR', 'rename to', to);
  if (target.node.kind === 'folder' && target.node.entries.size > 0) throw simulatedError('ENOTEMPTY', 'rename to', to);
}

function fileStat(inode: MemoryInode, device: bigint): FileStat {
  return {
    sizeBytes: inode.sizeBytes, mtimeNs: BigInt(inode.changed), device, inode: BigInt(inode.inode),
    linkCount: inode.linkCount, kind: 'file',
  };
}

class MemoryFile implements VfsFile {
  readonly path: string;
  #inode: MemoryInode;
  readonly #writable: boolean;
  readonly #device: bigint;
  readonly #nextChange: () => number;
  #open = true;

  constructor(path: string, inode: MemoryInode, writable: boolean, device: bigint, nextChange: () => number) {
    this.path = path;
    this.#inode = inode;
    this.#writable = writable;
    this.#device = device;
    this.#nextChange = nextChange;
    inode.opened();
  }

  readAt(target: Uint8Array, position: number): number {
    this.#checkOpen();
    return this.#inode.read(target, position);
  }

  readonly show = (position: number, into: ShownBytes): boolean => {
    this.#checkOpen();
    return this.#inode.show(position, into);
  };

  writeAt(source: Uint8Array, position: number): number {
    this.#checkWritable('EBADF', 'write', position);
    const count = this.#inode.write(source, position, this.path);
    this.#inode.changed = this.#nextChange();
    return count;
  }

  truncate(sizeBytes: number): void {
    this.#checkWritable('EINVAL', 'truncate');
    this.#inode.truncate(sizeBytes, this.path);
    this.#inode.changed = this.#nextChange();
  }

  datasync(): void { this.#checkOpen(); }

  sync(): void { this.#checkOpen(); }

  async datasyncAsync(): Promise<void> { this.#checkOpen(); }

  async syncAsync(): Promise<void> { this.#checkOpen(); }

  stat(): FileStat {
    this.#checkOpen();
    return fileStat(this.#inode, this.#device);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#inode.closed();
    this.#inode = NO_CONTENT; // whoever still has the handle does not hold the content
  }

  #checkOpen(): void {
    if (!this.#open) throw closedFileError(this.path);
  }

  #checkWritable(errno: string, action: string, position?: number): void {
    this.#checkOpen();
    if (!this.#writable) throw simulatedError(errno, action, this.path, position);
  }
}
