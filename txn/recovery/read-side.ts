import { FieldstoneError, readJournal, type Environment, type FileStat, type Journal, type Vfs } from '#storage';
import { JOURNAL_NAME } from '../checkpoint/checkpoint.js';
import type { KeyStoreSet } from '../keys/key-store-set.js';
import type { TableSet } from '../table-set.js';
import { CATALOG_NAME, readCatalog, type Catalog } from './catalog-file.js';
import { listTables } from './folder-listing.js';
import { overlayVfs } from './overlay-vfs.js';
import { assertAsWeLeftIt, assertKnownLog, catalogAfter, liveSegments } from './recover.js';
import { replay } from './replay.js';

export interface ReadSideContext {
  readonly env: Environment;
  readonly folder: string;
  readonly tables: TableSet;
  readonly keyStores: KeyStoreSet;
}

/** The state that a read-only handle stands on. */
export interface ReadSide {
  readonly sequence: number;
  /** Throws EXTERNAL_CHANGE when the writer's checkpoint moved the files since. */
  assertFresh(): void;
}

const ATTEMPTS = 20;
const LOOK_EVERY_NS = 1e6;

/**
 * Opens without a lock and without writing a byte: files + complete journal + log as they stand.
 * A writer may be at work: what was read counts only if no checkpoint moved meanwhile.
 */
export function openReadSide(c: ReadSideContext): ReadSide {
  let failure: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = fileMarks(c.env.vfs, c.folder);
    try {
      const sequence = load(c, () => assertUnmoved(c, before));
      if (fileMarks(c.env.vfs, c.folder) === before) return { sequence, assertFresh: freshness(c, before) };
    } catch (e) {
      failure = e;
      if (fileMarks(c.env.vfs, c.folder) === before) throw e;
    }
    c.tables.closeAll();
    c.keyStores.closeAll();
  }
  throw new FieldstoneError('EXTERNAL_CHANGE', `the writer of "${c.folder}" is too busy for a consistent read; try again`, { cause: failure });
}

function load(c: ReadSideContext, verify: () => void): number {
  const { env, folder, tables } = c;
  const stored = readCatalog(env.vfs, folder);
  assertKnownLog(stored, env.vfs.list(folder), folder);
  let catalog: Catalog = stored ?? { databaseId: '0'.repeat(32), checkpoint: 0, sequence: 0, firstSegment: 1, tables: {} };
  let vfs = env.vfs;
  const journal = stored === undefined ? undefined : pendingJournal(vfs, folder, stored);
  if (journal !== undefined) {
    vfs = overlayVfs(vfs, folder, journal);
    catalog = catalogAfter({ env: { ...env, vfs }, folder }, catalog, journal);
    journal.close();
  }
  tables.readThrough(vfs, verify);
  c.keyStores.readThrough(vfs, verify);
  const names = vfs.list(folder);
  c.keyStores.install(names, catalog.stores);
  const entries = listTables(vfs, folder, names, catalog);
  tables.install(entries);
  const replayed = replay({
    keyStores: c.keyStores, vfs, folder, databaseId: Buffer.from(catalog.databaseId, 'hex'), segments: liveSegments(names, catalog, folder),
    firstSequence: catalog.sequence + 1, tables: entries,
    openStore: (entry) => {
      assertAsWeLeftIt(entry, catalog.tables[entry.name.toLowerCase()], { env: { ...env, vfs }, folder });
      return tables.openStore(entry, true);
    },
  });
  return replayed.lastSequence;
}

function pendingJournal(vfs: Vfs, folder: string, catalog: Catalog): Journal | undefined {
  const path = `${folder}/${JOURNAL_NAME}`;
  if (vfs.stat(path) === undefined) return undefined;
  const journal = readJournal(vfs, path, Buffer.from(catalog.databaseId, 'hex'));
  if (journal !== undefined && journal.meta.checkpoint > catalog.checkpoint) return journal;
  journal?.close();
  return undefined;
}

/**
 * What changes whenever base files are about to be, are being, or were overwritten: the journal
 * appears before, the catalog is replaced after.
 */
function fileMarks(vfs: Vfs, folder: string): string {
  const mark = (stat: FileStat | undefined): string => (stat === undefined ? '-' : `${stat.inode}:${stat.mtimeNs}`);
  const journal = vfs.stat(`${folder}/${JOURNAL_NAME}`);
  return `${mark(vfs.stat(`${folder}/${CATALOG_NAME}`))} ${journal === undefined ? '-' : journal.inode}`;
}

/** Reads from memory need no look at the disk each time: what they give was verified when it was read. */
function freshness(c: ReadSideContext, before: string): () => void {
  let lookedNs = -Infinity;
  return () => {
    const now = c.env.clock.monotonicNs();
    if (now - lookedNs < LOOK_EVERY_NS) return;
    assertUnmoved(c, before);
    lookedNs = now;
  };
}

function assertUnmoved(c: ReadSideContext, before: string): void {
  if (fileMarks(c.env.vfs, c.folder) === before) return;
  throw new FieldstoneError('EXTERNAL_CHANGE', 'the writer moved the files under this read-only handle; call refresh() to go on from the new state', { file: c.folder });
}
