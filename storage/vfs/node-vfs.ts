import * as fs from 'node:fs';
import { nodeStat, openNodeFile } from './node-file.js';
import { blockThread, renameWithRetry } from './rename-retry.js';
import { errnoOf, systemError } from './system-error.js';
import type { FileStat, Vfs } from './vfs.js';

/**
 * The operating system's files, through positional synchronous calls: a read that the page cache of
 * the system answers costs about a microsecond, a promise around it would cost ten times that.
 *
 * @example
 * const file = nodeVfs().open('people.dbf', 'read');
 * const header = new Uint8Array(32);
 * readFully(file, header, 0);
 */
export function nodeVfs(): Vfs {
  return {
    open: openNodeFile,
    stat: statPath,
    rename: (from, to) => attempt('rename', from, () => renameWithRetry(() => fs.renameSync(from, to), process.platform, blockThread)),
    unlink: (path) => attempt('remove', path, () => fs.unlinkSync(path)),
    makeFolder: (path) => attempt('make folder', path, () => { fs.mkdirSync(path); }),
    removeFolder: (path) => attempt('remove folder', path, () => fs.rmdirSync(path)),
    list: (folder) => attempt('list', folder, () => fs.readdirSync(folder).sort()),
    syncFolder: (folder) => attempt('sync folder', folder, () => syncFolder(folder)),
    realPath: (path) => attempt('resolve', path, () => fs.realpathSync.native(path)),
  };
}

function attempt<Result>(action: string, path: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw systemError(error, action, path);
  }
}

function statPath(path: string): FileStat | undefined {
  try {
    const stat = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? undefined : nodeStat(stat);
  } catch (error) {
    // A plain file where the path needs a folder: nothing can be there.
    if (errnoOf(error) === 'ENOTDIR') return undefined;
    throw systemError(error, 'stat', path);
  }
}

const NO_FOLDER_SYNC: ReadonlySet<string> = new Set(['EPERM', 'EISDIR', 'EINVAL']);

/** Windows cannot sync a folder and needs none; only there a refusal is no error. */
function syncFolder(folder: string): void {
  try {
    const fd = fs.openSync(folder, fs.constants.O_RDONLY | (fs.constants.O_DIRECTORY ?? 0));
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    if (process.platform !== 'win32' || !NO_FOLDER_SYNC.has(errnoOf(error) ?? '')) throw error;
  }
}
