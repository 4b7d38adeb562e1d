import type { FileStat, OpenMode, Vfs, VfsFile } from '#storage';

/** Called instead of the file system's calls; `next` makes the real one. A handler that is missing passes the call on. */
export interface Interceptors {
  open?(path: string, mode: OpenMode, next: () => VfsFile): VfsFile;
  stat?(path: string, next: () => FileStat | undefined): FileStat | undefined;
  rename?(from: string, to: string, next: () => void): void;
  unlink?(path: string, next: () => void): void;
  makeFolder?(path: string, next: () => void): void;
  removeFolder?(path: string, next: () => void): void;
  list?(folder: string, next: () => string[]): string[];
  syncFolder?(folder: string, next: () => void): void;
  realPath?(path: string, next: () => string): string;
  /** `file` is the inner file. */
  read?(file: VfsFile, target: Uint8Array, position: number, next: (target: Uint8Array, position: number) => number): number;
  write?(file: VfsFile, source: Uint8Array, position: number, next: (source: Uint8Array, position: number) => number): number;
  truncate?(file: VfsFile, sizeBytes: number, next: () => void): void;
  /** datasync (`full` false) and sync. */
  sync?(file: VfsFile, full: boolean, next: () => void): void;
  syncAsync?(file: VfsFile, full: boolean, next: () => Promise<void>): Promise<void>;
  fileStat?(file: VfsFile, next: () => FileStat): FileStat;
  close?(file: VfsFile, next: () => void): void;
}

/** A file system with some calls taken over: the base of faults and of planted bugs. */
export function interceptVfs(inner: Vfs, on: Interceptors): Vfs {
  return {
    open: (path, mode) => {
      const next = (): VfsFile => interceptFile(inner.open(path, mode), on);
      return on.open === undefined ? next() : on.open(path, mode, next);
    },
    stat: (path) => on.stat === undefined ? inner.stat(path) : on.stat(path, () => inner.stat(path)),
    rename: (from, to) => on.rename === undefined ? inner.rename(from, to) : on.rename(from, to, () => inner.rename(from, to)),
    unlink: (path) => on.unlink === undefined ? inner.unlink(path) : on.unlink(path, () => inner.unlink(path)),
    makeFolder: (path) => on.makeFolder === undefined ? inner.makeFolder(path) : on.makeFolder(path, () => inner.makeFolder(path)),
    removeFolder: (path) => on.removeFolder === undefined ? inner.removeFolder(path) : on.removeFolder(path, () => inner.removeFolder(path)),
    list: (folder) => on.list === undefined ? inner.list(folder) : on.list(folder, () => inner.list(folder)),
    syncFolder: (folder) => on.syncFolder === undefined ? inner.syncFolder(folder) : on.syncFolder(folder, () => inner.syncFolder(folder)),
    realPath: (path) => on.realPath === undefined ? inner.realPath(path) : on.realPath(path, () => inner.realPath(path)),
  };
}

function interceptFile(file: VfsFile, on: Interceptors): VfsFile {
  const read = (target: Uint8Array, position: number): number => file.readAt(target, position);
  const write = (source: Uint8Array, position: number): number => file.writeAt(source, position);
  const sync = (full: boolean): void => full ? file.sync() : file.datasync();
  const syncAsync = (full: boolean): Promise<void> => full ? file.syncAsync() : file.datasyncAsync();
  const onSync = (full: boolean): void => on.sync === undefined ? sync(full) : on.sync(file, full, () => sync(full));
  const onSyncAsync = async (full: boolean): Promise<void> => on.syncAsync === undefined
    ? syncAsync(full) : on.syncAsync(file, full, () => syncAsync(full));
  return {
    path: file.path,
    readAt: (target, position) => on.read === undefined ? read(target, position) : on.read(file, target, position, read),
    writeAt: (source, position) => on.write === undefined ? write(source, position) : on.write(file, source, position, write),
    truncate: (sizeBytes) => on.truncate === undefined ? file.truncate(sizeBytes) : on.truncate(file, sizeBytes, () => file.truncate(sizeBytes)),
    datasync: () => onSync(false),
    datasyncAsync: () => onSyncAsync(false),
    sync: () => onSync(true),
    syncAsync: () => onSyncAsync(true),
    stat: () => on.fileStat === undefined ? file.stat() : on.fileStat(file, () => file.stat()),
    close: () => on.close === undefined ? file.close() : on.close(file, () => file.close()),
  };
}
