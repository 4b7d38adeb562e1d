import { FieldstoneError, type FileStat, type Journal, type OpenMode, type Vfs, type VfsFile } from '#storage';

interface Range { readonly offset: number; readonly bytes: Uint8Array }

/**
 * The folder as it will be when a complete journal is applied, for readers that may not write: file
 * names and bytes of the journal stand over those on disk. The journal's size is bounded by the
 * checkpoint that wrote it.
 */
export function overlayVfs(inner: Vfs, folder: string, journal: Journal): Vfs {
  const ranges = new Map<string, Range[]>();
  const sizes = new Map<string, number>();
  const source = new Map<string, string>();
  const gone = new Set<string>();
  for (const entry of journal.entries()) {
    const path = `${folder}/${'file' in entry ? entry.file : entry.to}`;
    if (entry.kind === 'write') {
      const list = ranges.get(path);
      if (list === undefined) ranges.set(path, [{ offset: entry.offset, bytes: Uint8Array.from(entry.bytes) }]);
      else list.push({ offset: entry.offset, bytes: Uint8Array.from(entry.bytes) });
    } else if (entry.kind === 'truncate') sizes.set(path, entry.sizeBytes);
    else if (entry.kind === 'unlink') gone.add(path);
    else {
      const from = `${folder}/${entry.from}`;
      if (inner.stat(from) !== undefined) {
        source.set(path, from);
        gone.add(from);
      }
      gone.delete(path);
    }
  }
  const real = (path: string): string => source.get(path) ?? path;
  const statOf = (path: string, stat: FileStat): FileStat => ({ ...stat, sizeBytes: sizes.get(path) ?? sizeWith(stat.sizeBytes, ranges.get(path)) });
  const visible = (path: string): FileStat | undefined => {
    if (gone.has(path)) return undefined;
    const stat = inner.stat(real(path));
    return stat === undefined ? undefined : statOf(path, stat);
  };
  const refuse = (): never => { throw new FieldstoneError('READ_ONLY', 'the database is open read-only'); };
  return {
    open: (path: string, mode: OpenMode) => {
      if (mode !== 'read') return refuse();
      if (gone.has(path)) throw new FieldstoneError('NOT_FOUND', `there is no file "${path}"`, { file: path });
      return overlayFile(inner.open(real(path), 'read'), path, ranges.get(path) ?? [], (stat) => statOf(path, stat), refuse);
    },
    stat: visible,
    list: (path) => {
      const names = new Set(inner.list(path));
      if (path === folder) {
        for (const target of source.keys()) names.add(target.slice(folder.length + 1));
        for (const name of gone) names.delete(name.slice(folder.length + 1));
      }
      return [...names].sort();
    },
    realPath: (path) => inner.realPath(path),
    rename: refuse, unlink: refuse, makeFolder: refuse, removeFolder: refuse, syncFolder: refuse,
  };
}

function sizeWith(sizeBytes: number, ranges: readonly Range[] | undefined): number {
  let size = sizeBytes;
  for (const { offset, bytes } of ranges ?? []) size = Math.max(size, offset + bytes.length);
  return size;
}

function overlayFile(inner: VfsFile, path: string, ranges: readonly Range[], statOf: (stat: FileStat) => FileStat, refuse: () => never): VfsFile {
  return {
    path,
    readAt: (target, position) => {
      const size = statOf(inner.stat()).sizeBytes;
      const wanted = Math.max(0, Math.min(target.length, size - position));
      if (wanted === 0) return 0;
      const view = target.subarray(0, wanted);
      let n = inner.readAt(view, position);
      for (const { offset, bytes } of ranges) {
        const from = Math.max(offset, position);
        const to = Math.min(offset + bytes.length, position + wanted);
        if (from >= to) continue;
        if (position + n < from) view.fill(0, n, from - position);
        view.set(bytes.subarray(from - offset, to - offset), from - position);
        n = Math.max(n, to - position);
      }
      return n;
    },
    stat: () => statOf(inner.stat()),
    close: () => inner.close(),
    writeAt: refuse, truncate: refuse, datasync: refuse, sync: refuse,
    datasyncAsync: () => Promise.reject(new FieldstoneError('READ_ONLY', 'the database is open read-only')),
    syncAsync: () => Promise.reject(new FieldstoneError('READ_ONLY', 'the database is open read-only')),
  };
}
