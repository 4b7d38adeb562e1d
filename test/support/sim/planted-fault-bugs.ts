import type { VfsFile } from '#storage';
import type { Interceptors } from './intercept-vfs.js';
import { vfsBug, type ModuleBug, type VfsBug } from './planted-bug.js';

/** Lets the error of a call go unnoticed. */
function quietly<Result>(call: () => Result, instead: () => Result): Result {
  try {
    return call();
  } catch {
    return instead();
  }
}

const swallowSyncErrors: Interceptors = {
  sync: (_file, _full, next) => quietly(next, () => undefined),
  syncAsync: (_file, _full, next) => next().catch(() => undefined),
};

const retrySyncs: Interceptors = {
  sync: (_file, _full, next) => quietly(next, next),
  syncAsync: (_file, _full, next) => next().catch(next),
};

/** Errors and partial results that are not taken seriously. */
export const FAULT_BUGS: readonly VfsBug[] = [
  vfsBug('sync-error-swallowed', 'fault', 'a failed sync counts as done', () => swallowSyncErrors),
  vfsBug('sync-retried', 'fault', 'a failed sync is tried again and then believed', () => retrySyncs),
  vfsBug('write-error-swallowed', 'fault', 'a failed write counts as done',
    () => ({ write: (_file, source, position, next) => quietly(() => next(source, position), () => source.length) })),
  vfsBug('short-write-hidden', 'fault', 'a short write counts as complete',
    () => ({ write: (_file, source, position, next) => { next(source, position); return source.length; } })),
  vfsBug('short-read-hidden', 'fault', 'a short read counts as complete', () => ({
    read: (file, target, position, next) => {
      const count = next(target, position);
      return count === 0 ? 0 : Math.min(target.length, Math.max(count, file.stat().sizeBytes - position));
    },
  })),
  vfsBug('read-error-as-zeros', 'fault', 'a failed read gives zeros',
    () => ({ read: (_file, target, position, next) => quietly(() => next(target, position), () => target.fill(0).length) })),
  vfsBug('folder-sync-error-swallowed', 'fault', 'a failed folder sync counts as done',
    () => ({ syncFolder: (_folder, next) => quietly(next, () => undefined) })),
  vfsBug('rename-error-swallowed', 'fault', 'a failed rename counts as done', () => ({ rename: (_from, _to, next) => quietly(next, () => undefined) })),
  vfsBug('truncation-error-swallowed', 'fault', 'a failed truncation counts as done',
    () => ({ truncate: (_file, _sizeBytes, next) => quietly(next, () => undefined) })),
  vfsBug('open-error-as-missing', 'fault', 'a file that cannot be opened or looked at seems to be missing',
    () => ({ stat: (_path, next) => quietly(next, () => undefined), list: (_folder, next) => quietly(next, () => []) })),
];

type WriteFully = (file: VfsFile, source: Uint8Array, position: number) => void;
type ReadUpTo = (file: VfsFile, target: Uint8Array, position: number) => number;

/** Bugs in modules below everything else; plantModule() puts them in. */
export const MODULE_BUGS: readonly ModuleBug[] = [
  {
    kind: 'module', id: 'checksum-constant', caughtBy: 'crash', module: 'storage/base/checksum.ts',
    description: 'every checksum is 0 and fits everything', replace: () => ({ crc32: () => 0 }),
  },
  {
    kind: 'module', id: 'checksum-of-length', caughtBy: 'crash', module: 'storage/base/checksum.ts',
    description: 'checksums cover the length of the data alone', replace: () => ({ crc32: (bytes: Uint8Array, seed = 0) => (bytes.length * 31 + seed * 17) >>> 0 }),
  },
  {
    kind: 'module', id: 'write-not-looped', caughtBy: 'fault', module: 'storage/vfs/full-io.ts',
    description: 'the count that a write returns is ignored',
    replace: () => ({ writeFully: ((file, source, position) => { file.writeAt(source, position); }) satisfies WriteFully }),
  },
  {
    kind: 'module', id: 'read-not-looped', caughtBy: 'fault', module: 'storage/vfs/full-io.ts',
    description: 'the count that a read returns is ignored',
    replace: () => ({
      readUpTo: ((file, target, position) => file.readAt(target, position)) satisfies ReadUpTo,
      readFully: ((file, target, position) => { file.readAt(target, position); }) satisfies WriteFully,
    }),
  },
];
