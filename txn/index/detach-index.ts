import { FieldstoneError } from '#storage';
import type { TableEntry } from '../catalog-state.js';
import type { Engine } from '../engine.js';
import { withTableToItself } from '../folder-changes.js';
import type { RecordStore } from '../record/record-store.js';
import { isOwnIndex } from './index-keys.js';
import { factsFor, isNamedAfter, isStructural, keepFacts, withAttached } from './planned-indexes.js';

/**
 * A table forgets an index file of xBase programs: it is no longer maintained. The file stays as it is; one with the name of the table would be
 * taken for its index, so it is renamed to <name>.detached. Throws NOT_FOUND, OPTION (an index of ours: drop it).
 *
 * @param wanted name of the file, or of an index in it
 */
export async function detachIndexFile(engine: Engine, table: string, wanted: string): Promise<void> {
  engine.writeSide.assertWritable();
  await engine.exclusively(async () => {
    const entry = engine.entry(table);
    const store = engine.store(entry);
    const name = attachedFile(entry, store, wanted);
    await withTableToItself(engine, store, async () => {
      await engine.writeSide.checkpoint();
      await setAside(engine, entry, store, [name]);
    });
  });
}

function attachedFile(entry: TableEntry, store: RecordStore, wanted: string): string {
  const index = store.indexes.find(wanted)?.definition;
  if (index !== undefined && isOwnIndex(index)) throw new FieldstoneError('OPTION', `"${index.name}" is no index of another program; dropIndex() takes it away`, { option: 'name', table: store.name });
  const { files: open, problems } = store.indexes;
  const files = [...open.filter(({ isForeign }) => isForeign).map(({ name }) => name), ...problems.map(({ file }) => file)];
  const name = index?.file ?? [...files, ...factsFor(entry).attached ?? []].find((file) => file.toLowerCase() === wanted.toLowerCase());
  if (name !== undefined) return name;
  throw new FieldstoneError('NOT_FOUND', `table "${store.name}" has no index file "${wanted}"${files.length === 0 ? '' : `; it has ${files.join(', ')}`}`, { table: store.name });
}

/** Renames the files that carry the table's name, tells the header, and forgets them all. The table's delta of these indexes is folded. */
export async function setAside(engine: Engine, entry: TableEntry, store: RecordStore, names: readonly string[]): Promise<void> {
  const flags = store.layout.tableFlags & ~1;
  if (flags !== store.layout.tableFlags && names.some((name) => isStructural(entry, name))) store.pendingTableFlags = flags;
  const taken = new Set(engine.options.env.vfs.list(engine.options.folder));
  const renamed = names.filter((name) => isNamedAfter(entry, name) && taken.has(name));
  const after = withAttached(entry, store, (factsFor(entry).attached ?? []).filter((name) => !names.includes(name)));
  await engine.writeSide.checkpoint({
    operations: renamed.map((from) => ({ kind: 'rename', from, to: freeName(taken, `${from}.detached`) })),
    replaces: undefined, tables: { [entry.name.toLowerCase()]: after },
    installed: () => {
      keepFacts(entry, after);
      entry.siblings = entry.siblings.filter((name) => !renamed.includes(name));
      store.indexes.forget(names);
    },
  });
}

function freeName(taken: ReadonlySet<string>, wanted: string): string {
  let name = wanted;
  for (let n = 2; taken.has(name); n++) name = `${wanted}-${n}`;
  return name;
}
