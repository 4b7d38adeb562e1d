import { FieldstoneError, readUpTo, writeFully, type VfsFile } from '#storage';
import type { Engine } from '../engine.js';
import type { TableEntry } from '../catalog-state.js';
import { StepDriver } from '../checkpoint/step-driver.js';
import type { Steps } from '../checkpoint/step.js';
import { discardFiles, newGenerationFile } from '../folder-changes.js';
import type { RecordStore } from '../record/record-store.js';
import type { CatalogIndex } from './index-keys.js';
import { cachedIndexFile, tagDefinition as definitionOf } from './open-xbase.js';
import { attachedAnd, factsFor, isNamedAfter, isStructural, keepFacts, withAttached } from './planned-indexes.js';
import { parseXbase, xbaseKindOf, type XbaseKind } from './xbase-format.js';
import { XbaseIndexFile } from './xbase-index-file.js';

const COPY_BYTES = 1 << 20;
/** Bit of the header's flag byte: a structural index stands beside the table. */
const STRUCTURAL_FLAG = 1;

/** The definition of a tag as its file now tells it. */
export function tagDefinition(file: XbaseIndexFile, wanted: CatalogIndex): CatalogIndex {
  const tag = file.tags.find((each) => each.facts.name === wanted.name.toUpperCase()) ?? file.tags[0];
  if (tag === undefined) throw new FieldstoneError('CORRUPT_INDEX', `${file.name} can not be read back`, { file: file.name });
  return definitionOf(xbaseKindOf(file.name) ?? 'cdx', file.name, tag.facts);
}

/**
 * Puts a changed copy of an index file, or a new one, in its place, in one checkpoint. The table's delta is folded and its writers wait.
 *
 * @param change fills the copy; `isNew`: there was none, and the file is empty
 * @param installed the file is in place and open
 */
export async function replaceXbaseFile(
  engine: Engine, entry: TableEntry, store: RecordStore, definition: CatalogIndex,
  change: (file: VfsFile, isNew: boolean, kind: XbaseKind, name: string) => Steps, installed: (file: XbaseIndexFile) => void,
): Promise<void> {
  const { env, folder } = engine.options;
  const name = definition.file ?? '';
  const kind = xbaseKindOf(name);
  if (kind === undefined) throw new FieldstoneError('UNSUPPORTED', `"${name}" is no index file of xBase`, { file: name });
  const old = store.indexes.files.find((file) => file.name === name);
  const made = newGenerationFile(engine, name);
  const { file, temporary } = made;
  try {
    if (old instanceof XbaseIndexFile) copyInto(old.file, file);
    await new StepDriver(env, folder, change(file, old === undefined, kind, name), () => undefined).start();
    await file.syncAsync();
    env.vfs.syncFolder(folder);
    if (old === undefined) setFlag(store, kind, true);
    const after = old === undefined && !isStructural(entry, name) ? withAttached(entry, store, attachedAnd(entry, name)) : undefined;
    await engine.writeSide.checkpoint({
      operations: [{ kind: 'rename', from: temporary, to: name }], replaces: undefined, tables: after === undefined ? {} : { [entry.name.toLowerCase()]: after },
      installed: () => {
        if (after !== undefined) keepFacts(entry, after);
        const cached = cachedIndexFile(engine.tables.indexContext, name);
        if (old instanceof XbaseIndexFile) {
          old.reopen(cached);
          installed(old);
        } else {
          if (isNamedAfter(entry, name) && !entry.siblings.includes(name)) entry.siblings = [...entry.siblings, name];
          installed(new XbaseIndexFile(name, cached, (source) => parseXbase(kind, source, store.layout)));
        }
      },
    });
  } catch (e) {
    if (engine.writeSide.isPoisoned) file.close();
    else {
      discardFiles(engine, [made]);
      if (old === undefined) store.pendingTableFlags = undefined;
    }
    throw e;
  }
  file.close();
}

/** Takes an index file with its last tag away. */
export async function removeXbaseFile(engine: Engine, entry: TableEntry, store: RecordStore, name: string): Promise<void> {
  setFlag(store, xbaseKindOf(name), false);
  const { attached = [] } = factsFor(entry);
  const after = attached.includes(name) ? withAttached(entry, store, attached.filter((each) => each !== name)) : undefined;
  await engine.writeSide.checkpoint({
    operations: [{ kind: 'unlink', file: name }], replaces: undefined, tables: after === undefined ? {} : { [entry.name.toLowerCase()]: after },
    installed: () => {
      if (after !== undefined) keepFacts(entry, after);
      entry.siblings = entry.siblings.filter((each) => each !== name);
      store.indexes.forget([name]);
    },
  });
}

/** Visual FoxPro and FoxPro look for a structural index where the header says that there is one. */
function setFlag(store: RecordStore, kind: XbaseKind | undefined, isThere: boolean): void {
  const { tableFlags } = store.layout;
  const flags = isThere ? tableFlags | STRUCTURAL_FLAG : tableFlags & ~STRUCTURAL_FLAG;
  if (kind === 'cdx' && flags !== tableFlags) store.pendingTableFlags = flags;
}

function copyInto(from: VfsFile, to: VfsFile): void {
  const chunk = new Uint8Array(COPY_BYTES);
  for (let at = 0, n = readUpTo(from, chunk, 0); n > 0; n = readUpTo(from, chunk, at)) {
    writeFully(to, chunk.subarray(0, n), at);
    at += n;
  }
}
