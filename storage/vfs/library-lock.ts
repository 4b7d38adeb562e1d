import { createRequire } from 'node:module';
import type * as Library from 'proper-lockfile';
import type { LockFolder } from './lock-folder.js';

type ProperLockfile = typeof Library;

// Loaded with the first lock only: the library puts handlers on the process (exit, signals), which
// programs that merely read must not get.
const load = createRequire(import.meta.url);
let library: ProperLockfile | undefined;
let taken = 0;
function properLockfile(): ProperLockfile { return library ??= load('proper-lockfile') as ProperLockfile; }

// Ages decide nothing here: a lock is never stale, and its time is touched as seldom as a timer can wait (24.8 days).
const NEVER_STALE_MS = Number.MAX_SAFE_INTEGER;
const UPDATE_MS = 2 ** 31 - 1;
const FAR_FUTURE = new Date(8.64e15);

/**
 * Takes the prepared lock through proper-lockfile, which keeps the book of held locks and gives them up when
 * the process exits; each of its file-system calls is one step of the LockFolder. Returns the release.
 * Throws when the lock is held.
 *
 * @param onLost called when the library finds, much later, that the lock is no longer ours
 */
export function takeThroughLibrary(folder: LockFolder, nonce: string, onLost: () => void): () => void {
  // The name is only the library's key. Two locks of two file systems may have the same path, even the same nonce (random sources seeded alike), and a
  // dropped one must not give up the other.
  const release = properLockfile().lockSync(`${folder.path}-${nonce}-${++taken}`, {
    lockfilePath: folder.path,
    realpath: false,
    stale: NEVER_STALE_MS,
    update: UPDATE_MS,
    fs: stepsOf(folder, nonce),
    onCompromised: onLost,
  });
  dropped.register(folder, release, folder);
  return () => {
    dropped.unregister(folder);
    release();
  };
}

/**
 * A handle that was dropped without a close leaves an entry and a timer in the library, for as long as the process lives: they go when its folder is
 * collected. Nothing is removed on disk then, where the lock stays ours until the process ends.
 */
const dropped = new FinalizationRegistry<() => void>((release) => {
  try {
    release();
  } catch {
    // The library had found it lost, and let go of it already.
  }
});

/**
 * The library's table outlives a handle that was dropped without a close, so it holds the folder (and with it
 * a whole memory file system) weakly. The DatabaseLock holds it strongly.
 */
function stepsOf(folder: LockFolder, nonce: string): Record<string, (...args: never[]) => unknown> {
  const weak = new WeakRef(folder);
  let touched = FAR_FUTURE;
  return {
    mkdirSync: () => takeOrHeld(folderOf(weak), nonce),
    utimesSync: (_path: string, _accessed: Date, modified: Date) => { touched = modified; },
    statSync: () => {
      const target = folderOf(weak);
      if (target.isHeldBy(nonce)) return { mtime: touched };
      if (target.isFree()) throw withErrno('ENOENT');
      return { mtime: FAR_FUTURE };
    },
    rmdirSync: () => { weak.deref()?.clear(nonce); },
  };
}

function takeOrHeld(folder: LockFolder, nonce: string): void {
  try {
    folder.take(nonce);
  } catch (error) {
    throw folder.isFree() ? error : withErrno('EEXIST');
  }
  if (!folder.isHeldBy(nonce)) throw withErrno('EEXIST');
}

function folderOf(weak: WeakRef<LockFolder>): LockFolder {
  const folder = weak.deref();
  if (folder === undefined) throw withErrno('ENOENT');
  return folder;
}

function withErrno(errno: string): Error { return Object.assign(new Error(errno), { code: errno }); }
