import { errnoOf } from './system-error.js';

const TRIES = 10;
const BUSY: ReadonlySet<string> = new Set(['EPERM', 'EBUSY', 'EACCES']);

/**
 * Windows refuses to rename a file that a virus scanner or an indexer has open for a moment: there
 * a refused rename is tried again, ten times over about half a second. Elsewhere the first error counts.
 *
 * @param pause blocks the thread for that many milliseconds
 */
export function renameWithRetry(rename: () => void, platform: string, pause: (delayMs: number) => void): void {
  for (let attempt = 1; ; attempt++) {
    try {
      return rename();
    } catch (error) {
      if (platform !== 'win32' || attempt === TRIES || !BUSY.has(errnoOf(error) ?? '')) throw error;
      pause(attempt * 10);
    }
  }
}

/** Blocks the thread; only for waits that are short and bounded. */
export function blockThread(delayMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs);
}
