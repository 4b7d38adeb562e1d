import type { VfsFile } from '#storage';

/** Cuts what stands behind the end of a file. A power loss does not bring it back: the log that tells of it goes with the next checkpoint. */
export function cutForGood(file: VfsFile, endBytes: number): void {
  if (file.stat().sizeBytes <= endBytes) return;
  file.truncate(endBytes);
  file.sync();
}
