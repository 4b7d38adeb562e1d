import type { Environment } from '#storage';
import { copyFile } from '../copy-file.js';

/** Free names `<file>.bak-<n>` for the originals of a repair, with the same n for all. */
export function backupNames({ vfs }: Pick<Environment, 'vfs'>, folder: string, names: readonly string[]): string[] {
  const taken = new Set(vfs.list(folder));
  let n = 1;
  while (names.some((name) => taken.has(`${name}.bak-${n}`))) n++;
  return names.map((name) => `${name}.bak-${n}`);
}

/** Copies of the files as they are, synced before anything is replaced; none when one cannot be made. Returns their names. */
export async function keepOriginals(env: Environment, folder: string, names: readonly string[]): Promise<string[]> {
  const kept = backupNames(env, folder, names);
  try {
    for (const [i, name] of names.entries()) await copyFile(env, `${folder}/${name}`, `${folder}/${kept[i] ?? ''}`, () => undefined);
    env.vfs.syncFolder(folder);
  } catch (e) {
    removeCopies(env, folder, kept);
    throw e;
  }
  return kept;
}

/** The repair did not happen after all. */
export function removeCopies({ vfs }: Pick<Environment, 'vfs'>, folder: string, names: readonly string[]): void {
  for (const name of names) if (vfs.stat(`${folder}/${name}`) !== undefined) vfs.unlink(`${folder}/${name}`);
}
