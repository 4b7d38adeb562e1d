import { posix, sep } from 'node:path';
import { simulatedError } from './system-error.js';
import type { MemoryInode } from './memory-inode.js';

/** A folder of the memory file system. */
export interface MemoryFolder {
  readonly kind: 'folder';
  readonly inode: number;
  readonly entries: Map<string, MemoryNode>;
  changed: number;
}

export type MemoryNode = MemoryFolder | MemoryInode;

/** Where a path leads: its folder, its last name, and what stands there. */
export interface MemoryPlace {
  readonly folder: MemoryFolder;
  readonly name: string;
  readonly node: MemoryNode | undefined;
}

/** The one spelling of a path: absolute, `/` between names, without `.` and `..`. */
export function normalPath(path: string): string {
  return posix.resolve('/', sep === '\\' ? path.replaceAll('\\', '/') : path);
}

/** What stands at `path`; undefined when nothing does. */
export function findNode(root: MemoryFolder, path: string): MemoryNode | undefined {
  let node: MemoryNode | undefined = root;
  for (const name of namesOf(path)) {
    if (node?.kind !== 'folder') return undefined;
    node = node.entries.get(name);
  }
  return node;
}

/** The folder that holds the last name of `path`; NOT_FOUND when it is missing. */
export function findPlace(root: MemoryFolder, path: string, action: string): MemoryPlace {
  const names = namesOf(path);
  const name = names.pop();
  if (name === undefined) throw simulatedError('EBUSY', action, path);
  let folder: MemoryNode | undefined = root;
  for (const step of names) {
    if (folder?.kind !== 'folder') break;
    folder = folder.entries.get(step);
  }
  if (folder === undefined) throw simulatedError('ENOENT', action, path);
  if (folder.kind !== 'folder') throw simulatedError('ENOTDIR', action, path);
  return { folder, name, node: folder.entries.get(name) };
}

/** The folder at `path`; NOT_FOUND when missing, IO when it is a file. */
export function findFolder(root: MemoryFolder, path: string, action: string): MemoryFolder {
  const node = findNode(root, path);
  if (node === undefined) throw simulatedError('ENOENT', action, path);
  if (node.kind !== 'folder') throw simulatedError('ENOTDIR', action, path);
  return node;
}

/** Calls `visit` for each file below `folder`, with its whole path. */
export function eachFile(folder: MemoryFolder, prefix: string, visit: (path: string, inode: MemoryInode) => void): void {
  for (const [name, node] of folder.entries) {
    if (node.kind === 'folder') eachFile(node, `${prefix}${name}/`, visit);
    else visit(prefix + name, node);
  }
}

function namesOf(path: string): string[] {
  return normalPath(path).split('/').filter((name) => name !== '');
}
