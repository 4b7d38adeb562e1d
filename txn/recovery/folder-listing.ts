import { FieldstoneError, type Vfs } from '#storage';
import type { TableEntry } from '../catalog-state.js';
import type { Catalog } from './catalog-file.js';

/** Files of ours that are not tables. */
export const TEMPORARY = /\.fs-[0-9a-z]+$/;

function splitName(file: string): { base: string; extension: string } {
  const dot = file.lastIndexOf('.');
  return dot <= 0 ? { base: file, extension: '' } : { base: file.slice(0, dot), extension: file.slice(dot + 1).toLowerCase() };
}

/** Every .dbf of the folder as a table, with the files that share its base name. */
export function listTables(vfs: Vfs, folder: string, names: readonly string[], catalog: Catalog | undefined): Map<string, TableEntry> {
  const siblings = new Map<string, string[]>();
  for (const name of names) {
    if (TEMPORARY.test(name)) continue;
    const key = splitName(name).base.toLowerCase();
    const list = siblings.get(key);
    if (list === undefined) siblings.set(key, [name]);
    else list.push(name);
  }
  const tables = new Map<string, TableEntry>();
  for (const name of names) {
    const { base, extension } = splitName(name);
    if (extension !== 'dbf' || vfs.stat(`${folder}/${name}`)?.kind !== 'file') continue;
    const key = base.toLowerCase();
    const twin = tables.get(key);
    if (twin !== undefined) {
      throw new FieldstoneError('NAME', `"${twin.tableFile}" and "${name}" differ only in letter case; rename one of them`, { file: `${folder}/${name}` });
    }
    const facts = catalog === undefined || !Object.hasOwn(catalog.tables, key) ? undefined : catalog.tables[key];
    tables.set(key, { name: facts?.name ?? base, tableFile: name, siblings: siblings.get(key) ?? [name], store: undefined, facts });
  }
  return tables;
}
