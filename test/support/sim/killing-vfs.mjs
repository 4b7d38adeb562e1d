// Loaded by child processes that are to die: plain JavaScript, because a child cannot import TypeScript.
// The engine comes from the build: import { nodeVfs } from '../../dist/storage/mod.js'.
import { writeSync } from 'node:fs';

/** Tells the parent something, at once: the line is in the pipe when this returns, whatever happens next. */
export function tellParent(line) {
  const bytes = Buffer.from(`${line}\n`);
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

function die() {
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}

/**
 * A file system around `inner` that kills its own process with SIGKILL at one call.
 *
 * @param inner a Vfs
 * @param spec `12:before`, `12:after`, `12:half` (a write does half of its work, other calls all of it), `0` for never;
 *   default: FIELDSTONE_KILL_AT of the environment
 * @returns the Vfs, and the number of calls so far
 */
export function killingVfs(inner, spec = process.env.FIELDSTONE_KILL_AT ?? '0') {
  const [number = '0', phase = 'before'] = spec.split(':');
  const at = Number(number);
  let calls = 0;
  const around = (run, half = run) => {
    if (++calls !== at) return run();
    if (phase === 'half') half();
    else if (phase === 'after') run();
    return die();
  };
  const aroundAsync = async (run) => {
    if (++calls !== at) return run();
    if (phase !== 'before') await run();
    return die();
  };
  const file = (opened) => ({
    path: opened.path,
    readAt: (target, position) => around(() => opened.readAt(target, position)),
    writeAt: (source, position) => around(
      () => opened.writeAt(source, position),
      () => opened.writeAt(source.subarray(0, source.length >>> 1), position),
    ),
    truncate: (sizeBytes) => around(() => opened.truncate(sizeBytes)),
    datasync: () => around(() => opened.datasync()),
    datasyncAsync: () => aroundAsync(() => opened.datasyncAsync()),
    sync: () => around(() => opened.sync()),
    syncAsync: () => aroundAsync(() => opened.syncAsync()),
    stat: () => around(() => opened.stat()),
    close: () => around(() => opened.close()),
  });
  const names = ['stat', 'rename', 'unlink', 'makeFolder', 'removeFolder', 'list', 'syncFolder', 'realPath'];
  const vfs = Object.fromEntries(names.map((name) => [name, (...paths) => around(() => inner[name](...paths))]));
  vfs.open = (path, mode) => file(around(() => inner.open(path, mode)));
  return { vfs, calls: () => calls };
}
