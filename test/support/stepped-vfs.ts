import type { Vfs, VfsFile } from '#storage';

/** Calls `before(step)` ahead of every call to `inner` and its files; steps count from 1. A throw stands in for the call. */
export function steppedVfs(inner: Vfs, before: (step: number) => void): Vfs {
  let step = 0;
  const tick = <Result>(run: () => Result): Result => {
    before(++step);
    return run();
  };
  const stepped = (file: VfsFile): VfsFile => ({
    path: file.path,
    readAt: (target, position) => tick(() => file.readAt(target, position)),
    writeAt: (source, position) => tick(() => file.writeAt(source, position)),
    truncate: (sizeBytes) => tick(() => file.truncate(sizeBytes)),
    datasync: () => tick(() => file.datasync()),
    datasyncAsync: () => tick(() => file.datasyncAsync()),
    sync: () => tick(() => file.sync()),
    syncAsync: () => tick(() => file.syncAsync()),
    stat: () => tick(() => file.stat()),
    close: () => tick(() => file.close()),
  });
  return {
    open: (path, mode) => tick(() => stepped(inner.open(path, mode))),
    stat: (path) => tick(() => inner.stat(path)),
    rename: (from, to) => tick(() => inner.rename(from, to)),
    unlink: (path) => tick(() => inner.unlink(path)),
    makeFolder: (path) => tick(() => inner.makeFolder(path)),
    removeFolder: (path) => tick(() => inner.removeFolder(path)),
    list: (folder) => tick(() => inner.list(folder)),
    syncFolder: (folder) => tick(() => inner.syncFolder(folder)),
    realPath: (path) => tick(() => inner.realPath(path)),
  };
}
