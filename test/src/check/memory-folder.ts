import { MemoryVfs, nodeEnvironment, readFully, type Vfs } from '#storage';
import type { Database } from '../../../src/database.js';
import type { OpenOptions } from '../../../src/config/open-options.js';
import { openIn } from '../../../src/open.js';

export const FOLDER = '/data';

/** A folder in memory with these files. */
export function memoryFolder(files: Readonly<Record<string, Uint8Array>> = {}): MemoryVfs {
  const vfs = new MemoryVfs(Object.entries(files).map(([name, bytes]) => [`${FOLDER}/${name}`, bytes] as const));
  if (vfs.stat(FOLDER) === undefined) vfs.makeFolder(FOLDER);
  return vfs;
}

export function openMemory(vfs: Vfs, options: OpenOptions = {}, folder = FOLDER): Promise<Database> { return openIn(nodeEnvironment(vfs), folder, options); }

export function bytesOf(vfs: Vfs, path: string): Buffer {
  const file = vfs.open(path, 'read');
  try {
    const bytes = Buffer.alloc(file.stat().sizeBytes);
    readFully(file, bytes, 0);
    return bytes;
  } finally {
    file.close();
  }
}

/** Every file of the folder with its bytes; locks left out. */
export function filesOf(vfs: Vfs, folder = FOLDER): Record<string, string> {
  return Object.fromEntries(vfs.list(folder).filter((name) => vfs.stat(`${folder}/${name}`)?.kind === 'file').map((name) => [name, bytesOf(vfs, `${folder}/${name}`).toString('hex')]));
}

/** Rows of a table, deleted ones marked, as plain data. */
export function rowsOf(db: Pick<Database, 'table'>, table: string): unknown[] {
  return db.table(table).scan({ deleted: true }).toArray().map((row) => Object.assign({ $recno: row.$recno, $deleted: row.$deleted }, row));
}
