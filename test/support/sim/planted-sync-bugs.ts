import { posix } from 'node:path';
import type { Vfs, VfsFile } from '#storage';
import type { Interceptors } from './intercept-vfs.js';
import {
  dropSyncsOf, isAny, isCatalog, isJournal, isLog, isMemo, isTable, JOURNAL_NAME, onSyncOf, vfsBug, type PathTest, type VfsBug,
} from './planted-bug.js';

/** Drops the first folder sync after a file of that kind was made or renamed into place. */
function dropFolderSyncAfter(match: PathTest): Interceptors {
  let armed = false;
  return {
    open: (path, mode, next) => {
      if (match(path) && mode !== 'read' && mode !== 'write') armed = true;
      return next();
    },
    rename: (_from, to, next) => {
      if (match(to)) armed = true;
      next();
    },
    syncFolder: (_folder, next) => {
      if (!armed) return next();
      armed = false;
    },
  };
}

function everySecondSync(): Interceptors {
  let count = 0;
  return onSyncOf(isAny, (_file, next) => { if (++count % 2 === 0) next(); });
}

/** The sync is promised at once and made when the next write comes. */
function lateSync(match: PathTest): Interceptors {
  const owed = new Set<VfsFile>();
  return {
    ...onSyncOf(match, (file) => { owed.add(file); }),
    write: (file, source, position, next) => {
      if (owed.delete(file)) file.datasync();
      return next(source, position);
    },
  };
}

/** The journal is synced together with the tables that it should have come before. */
function journalSyncWithTables(): Interceptors {
  const owed = new Set<VfsFile>();
  return {
    ...onSyncOf((path) => isJournal(path) || isTable(path), (file, next) => {
      if (isJournal(file.path)) {
        owed.add(file);
        return;
      }
      next();
      for (const journal of owed) journal.datasync();
      owed.clear();
    }),
    close: (file, next) => { if (!owed.has(file)) next(); },
  };
}

function dropGrowthSync(vfs: Vfs): Interceptors {
  const journalIsThere = (table: string): boolean => vfs.stat(posix.join(posix.dirname(table), JOURNAL_NAME)) !== undefined;
  return onSyncOf(isTable, (file, next) => { if (journalIsThere(file.path)) next(); });
}

function unawaitedSync(): Interceptors {
  return {
    syncAsync: async (file, _full, next) => {
      if (!isLog(file.path)) return next();
      next().catch(() => undefined);
    },
  };
}

/** Every sync of the engine, left out one kind at a time, or made too late. */
export const SYNC_BUGS: readonly VfsBug[] = [
  vfsBug('log-sync-dropped', 'crash', 'the log is never synced', () => dropSyncsOf(isLog)),
  vfsBug('log-sync-late', 'crash', 'the log is synced before its next write instead of before the acknowledgement', () => lateSync(isLog)),
  vfsBug('log-sync-not-awaited', 'crash', 'an asynchronous sync of the log is begun, not waited for', unawaitedSync),
  vfsBug('log-name-sync-dropped', 'crash', 'the folder is not synced after a log segment is made', () => dropFolderSyncAfter(isLog)),
  vfsBug('journal-sync-dropped', 'crash', 'the journal is never synced', () => dropSyncsOf(isJournal)),
  vfsBug('journal-name-sync-dropped', 'crash', 'the folder is not synced after the journal is made', () => dropFolderSyncAfter(isJournal)),
  vfsBug('journal-sync-late', 'crash', 'the journal is synced after the tables are written', journalSyncWithTables),
  vfsBug('table-sync-dropped', 'crash', 'tables are never synced: the journal goes before they are on disk', () => dropSyncsOf(isTable)),
  vfsBug('growth-sync-dropped', 'crash', 'appended rows are not synced before the journal counts them', dropGrowthSync),
  vfsBug('memo-sync-dropped', 'crash', 'memo files are never synced', () => dropSyncsOf(isMemo), 'memo'),
  vfsBug('catalog-sync-dropped', 'crash', 'the new catalog is renamed into place without a sync', () => dropSyncsOf(isCatalog)),
  vfsBug('folder-sync-dropped', 'crash', 'folders are never synced', () => ({ syncFolder: () => undefined })),
  vfsBug('second-sync-dropped', 'crash', 'every second sync of a file does nothing', everySecondSync),
  vfsBug('all-syncs-dropped', 'crash', 'a disk that lies: no sync does anything', () => ({ ...dropSyncsOf(isAny), syncFolder: () => undefined })),
];
