import { FieldstoneError } from '../base/errors.js';
import type { VfsFile } from './vfs.js';

/** Reads up to target.length bytes, over short reads; fewer only at the end of the file. */
export function readUpTo(file: VfsFile, target: Uint8Array, position: number): number {
  let done = file.readAt(target, position);
  while (done < target.length) {
    const n = file.readAt(target.subarray(done), position + done);
    if (n === 0) break;
    done += n;
  }
  return done;
}

/** Fills `target`; a file that ends early is an IO error. */
export function readFully(file: VfsFile, target: Uint8Array, position: number): void {
  const n = readUpTo(file, target, position);
  if (n < target.length) {
    throw new FieldstoneError('IO', `file ends after ${n} of ${target.length} bytes`, { file: file.path, offset: position + n });
  }
}

/** Writes all of `source`, over short writes; a write of nothing is an IO error, not an endless loop. */
export function writeFully(file: VfsFile, source: Uint8Array, position: number): void {
  let done = file.writeAt(source, position);
  while (done < source.length) {
    const n = file.writeAt(source.subarray(done), position + done);
    if (n === 0) {
      throw new FieldstoneError('IO', `only ${done} of ${source.length} bytes could be written`, { file: file.path, offset: position + done });
    }
    done += n;
  }
}
