import { posix } from 'node:path';

/** A file as it stands on a disk. `bytes` is shared between images: nobody may change it. */
export interface ImageFile {
  readonly bytes: Uint8Array;
  readonly inode: number;
  /** Counts operations; stands for the time of the last change. */
  readonly changed: number;
}

/** All that a disk holds after a crash. Paths are absolute; the folder `/` is always there. */
export interface DiskImage {
  readonly files: ReadonlyMap<string, ImageFile>;
  readonly folders: ReadonlySet<string>;
}

const UNUSUAL = /^[^/]|\/\/|\/\.|.\/$/;

/** The one spelling of a path in the simulation. */
export function simPath(path: string): string {
  return path === '' || UNUSUAL.test(path) ? posix.resolve('/', path) : path;
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

/** An image that holds these files; their folders are made. */
export function imageFromFiles(files: Iterable<readonly [path: string, bytes: Uint8Array]>): DiskImage {
  const all = new Map<string, ImageFile>();
  const folders = new Set<string>();
  for (const [path, bytes] of files) {
    const spelled = simPath(path);
    all.set(spelled, { bytes: bytes.slice(), inode: all.size + 1, changed: 0 });
    for (let folder = folderOf(spelled); folder !== '/'; folder = folderOf(folder)) folders.add(folder);
  }
  return { files: all, folders };
}

/** The contents alone, for comparing and for copying to a real folder. */
export function imageBytes(image: DiskImage): Map<string, Uint8Array> {
  return new Map([...image.files].map(([path, file]) => [path, file.bytes]));
}
