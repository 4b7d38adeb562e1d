import { readUpTo } from '../vfs/full-io.js';
import type { VfsFile } from '../vfs/vfs.js';

/** Reads into `target` from a byte position on; returns the bytes read, fewer than asked only at the end of the file. */
export type ReadAt = (target: Uint8Array, position: number) => number;

/** Straight from the file. */
export function fileReader(file: VfsFile): ReadAt {
  return (target, position) => readUpTo(file, target, position);
}
