import { posix } from 'node:path';
import { hasCode, readFully, simulatedError, writeFully, type Vfs, type VfsFile } from '#storage';
import type { Interceptors } from './intercept-vfs.js';
import { isCatalog, isJournal, isLog, isTable, onSyncOf, vfsBug, type PathTest, type VfsBug } from './planted-bug.js';

interface Held { readonly file: VfsFile; readonly bytes: Uint8Array; readonly position: number }

/** Writes wait in memory, the newest `keep` of them; with `untilSynced` no longer than the next sync. */
function heldWrites(match: PathTest, keep: number, untilSynced: boolean): Interceptors {
  const held: Held[] = [];
  const release = (count: number): void => {
    for (const { file, bytes, position } of held.splice(0, count)) writeFully(file, bytes, position);
  };
  const synced = (path: string): void => { if (untilSynced && match(path)) release(held.length); };
  return {
    write: (file, source, position, next) => {
      if (!match(file.path)) return next(source, position);
      held.push({ file, bytes: source.slice(), position });
      release(held.length - keep);
      return source.length;
    },
    sync: (file, _full, next) => {
      next();
      synced(file.path);
    },
    syncAsync: async (file, _full, next) => {
      await next();
      synced(file.path);
    },
    close: (file, next) => {
      if (match(file.path)) release(held.length);
      next();
    },
  };
}

/** Takes the journal away at the first write to a table. */
function journalRemovedEarly(vfs: Vfs): Interceptors {
  let journal: string | undefined;
  return {
    ...onSyncOf(isJournal, (file, next) => {
      journal = file.path;
      next();
    }),
    write: (file, source, position, next) => {
      if (isTable(file.path) && journal !== undefined) {
        removeIfThere(vfs, journal);
        vfs.syncFolder(posix.dirname(journal));
        journal = undefined;
      }
      return next(source, position);
    },
    unlink: (path, next) => isJournal(path) ? removeIfThere(vfs, path) : next(),
  };
}

function removeIfThere(vfs: Vfs, path: string): void {
  try {
    vfs.unlink(path);
  } catch (error) {
    if (!hasCode(error, 'NOT_FOUND')) throw error;
  }
}

/** Takes all closed-off segments away before the journal that replaces them is written. */
function logRemovedEarly(vfs: Vfs): Interceptors {
  const written = new Set<string>();
  return {
    write: (file, source, position, next) => {
      if (isLog(file.path)) written.add(file.path);
      if (isJournal(file.path)) {
        for (const path of written) removeIfThere(vfs, path);
        vfs.syncFolder(posix.dirname(file.path));
        written.clear();
      }
      return next(source, position);
    },
    unlink: (path, next) => isLog(path) ? removeIfThere(vfs, path) : next(),
  };
}

function copyOver(vfs: Vfs, from: string, to: string): void {
  const source = vfs.open(from, 'read');
  const bytes = new Uint8Array(source.stat().sizeBytes);
  readFully(source, bytes, 0);
  source.close();
  const target = vfs.open(to, 'create');
  target.truncate(0);
  writeFully(target, bytes, 0);
  target.sync();
  target.close();
  vfs.unlink(from);
}

function renameByCopy(vfs: Vfs): Interceptors {
  return { rename: (from, to, next) => isCatalog(to) ? copyOver(vfs, from, to) : next() };
}

function renameByUnlink(vfs: Vfs): Interceptors {
  return {
    rename: (from, to, next) => {
      removeIfThere(vfs, to);
      next();
    },
  };
}

/** A journal that an earlier process left is not seen by this one. */
function journalUnseen(): Interceptors {
  const own = new Set<string>();
  const hidden = (path: string): boolean => isJournal(path) && !own.has(path);
  return {
    open: (path, mode, next) => {
      if (hidden(path) && (mode === 'read' || mode === 'write')) throw simulatedError('ENOENT', 'open', path);
      if (isJournal(path)) own.add(path);
      return next();
    },
    rename: (_from, to, next) => {
      if (isJournal(to)) own.add(to);
      next();
    },
    stat: (path, next) => hidden(path) ? undefined : next(),
    list: (folder, next) => next().filter((name) => !hidden(posix.join(folder, name))),
  };
}

function newestLogUnlisted(): Interceptors {
  const numberOf = (name: string): number => Number(/(\d+)\.wal$/.exec(name)?.[1] ?? -1);
  return {
    list: (_folder, next) => {
      const names = next();
      const newest = Math.max(...names.map(numberOf));
      return names.filter((name) => newest < 0 || numberOf(name) !== newest);
    },
  };
}

/** Things in the wrong order, or not at all. */
export const ORDER_BUGS: readonly VfsBug[] = [
  vfsBug('log-written-after-sync', 'crash', 'log records are written when the sync has ended', () => heldWrites(isLog, 1, true)),
  vfsBug('log-buffered', 'crash', 'the newest log records stay in the memory of the process', () => heldWrites(isLog, 2, false)),
  vfsBug('table-written-late', 'crash', 'the last two writes to tables wait until later ones come', () => heldWrites(isTable, 2, false)),
  vfsBug('journal-removed-early', 'crash', 'the journal is removed before the tables are written', journalRemovedEarly),
  vfsBug('log-removed-early', 'crash', 'log segments are removed before the journal is written', logRemovedEarly),
  vfsBug('rename-by-copy', 'crash', 'the catalog is overwritten with the new one instead of renamed over', renameByCopy),
  vfsBug('rename-by-unlink', 'crash', 'the old file is removed before the new one is renamed into place', renameByUnlink),
  vfsBug('rename-not-durable', 'crash', 'renames are followed by no folder sync', () => {
    let renamed = false;
    return {
      rename: (_from, _to, next) => { next(); renamed = true; },
      syncFolder: (_folder, next) => { if (!renamed) next(); renamed = false; },
    };
  }),
  vfsBug('journal-unseen', 'crash', 'recovery overlooks the journal', journalUnseen),
  vfsBug('newest-log-unlisted', 'crash', 'recovery overlooks the newest log segment', newestLogUnlisted),
  vfsBug('truncation-dropped', 'crash', 'truncations do nothing', () => ({ truncate: () => undefined }), 'load'),
  vfsBug('log-kept', 'crash', 'log segments are never removed', () => ({ unlink: (path, next) => { if (!isLog(path)) next(); } })),
  vfsBug('removal-dropped', 'crash', 'no file is ever removed', () => ({ unlink: () => undefined })),
];
