import { posix } from 'node:path';
import type { Vfs, VfsFile } from '#storage';
import { interceptVfs, type Interceptors } from './intercept-vfs.js';

/** Which test must catch it: the crash campaign, which also looks at the folder after a proper close, or the fault campaign. */
export type CatchingTest = 'crash' | 'fault';

/** A bug put between the engine and its disk. No production code knows of it. */
export interface VfsBug {
  readonly kind: 'vfs';
  readonly id: string;
  readonly description: string;
  readonly caughtBy: CatchingTest;
  /** What a workload must do for the bug to matter; undefined: any workload with commits and checkpoints. */
  readonly needs?: 'memo' | 'deletion' | 'load';
  plant(vfs: Vfs): Vfs;
}

/** A bug put in place of exports of one module, through the test runner's module mocks. */
export interface ModuleBug {
  readonly kind: 'module';
  readonly id: string;
  readonly description: string;
  readonly caughtBy: CatchingTest;
  /** From the root of the project. */
  readonly module: string;
  /** The changed exports. */
  replace(original: Readonly<Record<string, unknown>>): Record<string, unknown>;
}

export type PlantedBug = VfsBug | ModuleBug;

/** Which file is which, by the names of docs/engine.md. New generations of a table (`t.dbf.fs-3`) count as tables. */
export const isLog = (path: string): boolean => path.endsWith('.wal');
export const isJournal = (path: string): boolean => posix.basename(path).startsWith('fieldstone.journal');
export const isCatalog = (path: string): boolean => posix.basename(path).startsWith('fieldstone.json');
export const isTable = (path: string): boolean => /\.dbf(\.fs-\d+)?$/i.test(path);
export const isMemo = (path: string): boolean => /\.(fpt|dbt|smt)(\.fs-\d+)?$/i.test(path);
export const isAny = (): boolean => true;

export const JOURNAL_NAME = 'fieldstone.journal';

export type PathTest = (path: string) => boolean;

/** A bug made of intercepted calls; the interceptors are made anew for each life of a process. */
export function vfsBug(
  id: string, caughtBy: CatchingTest, description: string, make: (vfs: Vfs) => Interceptors, needs?: VfsBug['needs'],
): VfsBug {
  return { kind: 'vfs', id, caughtBy, description, plant: (vfs) => interceptVfs(vfs, make(vfs)), ...(needs === undefined ? {} : { needs }) };
}

/** Takes over all syncs of some files: `instead` decides whether (and when) the real one happens. */
export function onSyncOf(match: PathTest, instead: (file: VfsFile, next: () => void) => void): Interceptors {
  return {
    sync: (file, _full, next) => match(file.path) ? instead(file, next) : next(),
    // A dropped sync takes as long as one that has nothing to do.
    syncAsync: async (file, _full, next) => {
      if (!match(file.path)) return next();
      let real = false;
      instead(file, () => { real = true; });
      if (real) await next();
    },
  };
}

export function dropSyncsOf(match: PathTest): Interceptors { return onSyncOf(match, () => undefined); }
