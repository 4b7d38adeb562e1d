import { importsOf, targetOf, type ImportOf } from './imports.js';
import { FLOORS, type Rule, type SourceText } from './source-text.js';

/** Inside storage: a folder imports from its own number or a lower one. */
const STORAGE_ORDER: Readonly<Record<string, number>> = {
  base: 0, probe: 1, vfs: 2, codec: 3, codepage: 3, buffer: 4, cache: 4, wal: 4, journal: 4, memo: 4, dbf: 5, inspect: 6,
};
const STORAGE_ORDER_TEXT = 'base <- probe <- vfs <- codec, codepage <- buffer, cache, wal, journal, memo <- dbf <- inspect';

/** The environment holds a file system, so it names the interface (which itself imports nothing). */
const ENVIRONMENT_FILES = new Set(['storage/base/environment.ts', 'storage/base/node-environment.ts']);

function floorOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}

/** Floors and doors: storage <- index <- txn <- src, across floors only through #storage, #index, #txn. */
export const floorRule: Rule = (file) => importsOf(file).flatMap((one) => wrongFloor(file, one) ?? []);

function wrongFloor(file: SourceText, { specifier, place }: ImportOf): string | undefined {
  const own = floorOf(file.path);
  const target = targetOf(file.path, specifier);
  if (specifier.startsWith('#')) {
    if (target === undefined) return `${place}: no door is called ${specifier}; the doors are #storage, #index and #txn`;
    if (floorOf(target) === own) return `${place}: imports its own door ${specifier}; import the file itself by a relative path`;
    if (rankOf(target) > rankOf(file.path)) {
      return `${place}: ${own} imports ${specifier}, a floor above it; hand the upper part in as an argument or move the code up`;
    }
    return undefined;
  }
  if (target === undefined) return undefined;
  if (!specifier.endsWith('.js')) return `${place}: '${specifier}' has no .js at its end; write the name that stands in dist`;
  const other = floorOf(target);
  if (other !== own) {
    const known = FLOORS.some((floor) => floor === other);
    return `${place}: '${specifier}' leaves the floor ${own}; ${known ? `use the door #${other}` : 'nothing of the package imports from there'}`;
  }
  if (target === `${own}/mod.ts`) return `${place}: imports the door of its own floor; import the file itself`;
  return undefined;
}

function rankOf(path: string): number {
  return FLOORS.findIndex((floor) => floor === floorOf(path));
}

/** The order of the folders inside storage. */
export const storageOrderRule: Rule = (file) => {
  const [floor, folder, inner] = file.path.split('/');
  if (floor !== 'storage' || folder === undefined || inner === undefined) return [];
  const rank = STORAGE_ORDER[folder];
  if (rank === undefined) return [`${file.path}:1: storage/${folder} has no place in the order; add it to ${STORAGE_ORDER_TEXT}`];
  return importsOf(file).flatMap(({ specifier, typeOnly, place }) => {
    const target = targetOf(file.path, specifier);
    const other = target?.split('/')[1];
    if (target === undefined || !target.startsWith('storage/') || other === undefined) return [];
    if (typeOnly && target === 'storage/vfs/vfs.ts' && ENVIRONMENT_FILES.has(file.path)) return [];
    const otherRank = STORAGE_ORDER[other] ?? Infinity;
    return otherRank <= rank ? [] : [`${place}: storage/${folder} imports storage/${other} above it; the order is ${STORAGE_ORDER_TEXT}`];
  });
};
