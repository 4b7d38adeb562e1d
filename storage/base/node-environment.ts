import { randomFillSync } from 'node:crypto';
import { getHeapStatistics } from 'node:v8';
import type { Environment } from './environment.js';
import type { Vfs } from '../vfs/vfs.js';

const settled = Promise.resolve();

/** The real clock, random source and event loop around a file system. */
export function nodeEnvironment(vfs: Vfs): Environment {
  return {
    vfs,
    heapLimitBytes: getHeapStatistics().heap_size_limit,
    clock: {
      nowMs: () => Date.now(),
      monotonicNs: () => performance.now() * 1e6,
    },
    random: { fill: (target) => { randomFillSync(target); } },
    scheduler: {
      // Not queueMicrotask: it makes an async resource for each call, which costs more than the work (measured: 1 KB a call).
      microtask: (run) => { void settled.then(run); },
      later: (run) => { setImmediate(run); },
      timer: (run, delayMs) => {
        const handle = setTimeout(run, delayMs);
        handle.unref();
        return { cancel: () => clearTimeout(handle) };
      },
    },
  };
}
