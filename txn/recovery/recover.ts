import { applyJournal, FieldstoneError, hasCode, readJournal, readUpTo, writeFully, type Environment, type Journal, type Vfs, type VfsFile } from '#storage';
import type { TableEntry } from '../catalog-state.js';
import { applySteps, JOURNAL_NAME } from '../checkpoint/checkpoint.js';
import { parseNote } from '../checkpoint/journal-note.js';
import { StepDriver } from '../checkpoint/step-driver.js';
import { walName, walSegmentOf } from '../commit/wal-chain.js';
import type { CatalogIndex } from '../index/index-keys.js';
import { readTreeFacts, storeFactsNow, type KeyStoreSet } from '../keys/key-store-set.js';
import { cutForGood } from '../record/cut-for-good.js';
import { usedEnds } from '../record/record-fold.js';
import type { RecordStore } from '../record/record-store.js';
import { CATALOG_NAME, fingerprintOf, readCatalog, writeCatalog, type Catalog, type CatalogTable, type Fingerprint } from './catalog-file.js';
import { listTables, TEMPORARY } from './folder-listing.js';
import { replay, type Replayed } from './replay.js';

const COPY_BYTES = 1 << 20;

export interface RecoverOptions {
  readonly env: Environment;
  readonly folder: string;
  readonly newDatabaseId: () => string;
  readonly keyStores: KeyStoreSet;
  /** Opens the base files; `published` limits the sizes that count. */
  readonly openStore: (entry: TableEntry, published: boolean) => RecordStore;
}

export interface Recovered {
  readonly catalog: Catalog;
  readonly catalogWritten: boolean;
  readonly tables: Map<string, TableEntry>;
  readonly replayed: Replayed;
  /** Log segments that are still there; a checkpoint retires them. */
  readonly segments: readonly { segment: number; sizeBytes: number }[];
  readonly journalApplied: boolean;
}

/**
 * Brings the folder to a state that can be written to: journal applied again, log replayed into
 * memory, leftovers removed. Every step can be interrupted and done again.
 */
export function recover(o: RecoverOptions): Recovered {
  const { env: { vfs }, folder } = o;
  let catalog = readCatalog(vfs, folder);
  const catalogWritten = catalog !== undefined;
  let names = vfs.list(folder);
  assertKnownLog(catalog, names, folder);
  catalog ??= { databaseId: o.newDatabaseId(), checkpoint: 0, sequence: 0, firstSegment: 1, tables: {} };
  const applied = settleJournal(o, catalog);
  catalog = applied ?? catalog;
  names = removeLeftovers(o, vfs.list(folder), catalog);
  const tables = listTables(vfs, folder, names, catalog);
  const segments = liveSegments(vfs.list(folder), catalog, folder);
  o.keyStores.install(vfs.list(folder), catalog.stores);
  const replayed = replay({
    keyStores: o.keyStores, vfs, folder, databaseId: Buffer.from(catalog.databaseId, 'hex'), segments, firstSequence: catalog.sequence + 1, tables,
    openStore: (entry) => {
      assertAsWeLeftIt(entry, catalog.tables[entry.name.toLowerCase()], o);
      return o.openStore(entry, true);
    },
  });
  syncLog(vfs, segments.map((segment) => `${folder}/${walName(segment)}`));
  for (const store of replayed.loads) cutUncommitted(store);
  return {
    catalog, catalogWritten, tables, replayed, journalApplied: applied !== undefined,
    segments: segments.map((segment) => ({ segment, sizeBytes: vfs.stat(`${folder}/${walName(segment)}`)?.sizeBytes ?? 0 })),
  };
}

/** A log or journal without a catalog: the catalog was lost or removed by somebody. */
export function assertKnownLog(catalog: Catalog | undefined, names: readonly string[], folder: string): void {
  const orphan = names.find((name) => walSegmentOf(name) !== undefined || name === JOURNAL_NAME);
  if (catalog === undefined && orphan !== undefined) {
    throw new FieldstoneError('CORRUPT_PAGE', `the folder holds a log (${orphan}) but no ${CATALOG_NAME}; restore it from a backup`, { file: `${folder}/${orphan}` });
  }
}

/** A complete journal that the catalog does not know yet is applied; any other is removed. */
function settleJournal(o: RecoverOptions, catalog: Catalog): Catalog | undefined {
  const { env, folder } = o;
  const path = `${folder}/${JOURNAL_NAME}`;
  if (env.vfs.stat(path) === undefined) return undefined;
  const databaseId = Buffer.from(catalog.databaseId, 'hex');
  let journal = readJournal(env.vfs, path, databaseId);
  let next: Catalog | undefined;
  if (journal !== undefined && journal.meta.checkpoint > catalog.checkpoint) {
    assertApplicable(o, journal);
    journal.close();
    rewrite(o, path);
    journal = readJournal(env.vfs, path, databaseId);
    if (journal === undefined) throw new FieldstoneError('IO', 'the checkpoint journal can not be read back', { file: path });
    new StepDriver(env, folder, applySteps(applyJournal(env.vfs, folder, journal)), () => undefined).finishBlocking();
    next = catalogAfter(o, catalog, journal);
    writeCatalog(env.vfs, folder, next);
  }
  journal?.close();
  env.vfs.unlink(path);
  env.vfs.syncFolder(folder);
  return next;
}

/**
 * Before the first byte is changed: all files that the journal speaks of are there, and hold what was written and synced
 * before it was. Else the folder is a mixture of several times.
 */
function assertApplicable(o: RecoverOptions, journal: Journal): void {
  const { env: { vfs }, folder } = o;
  const reach = new Map<string, number>();
  const source = new Map<string, string>();
  for (const entry of journal.entries()) {
    if (entry.kind === 'rename') source.set(entry.to, entry.from);
    else if (entry.kind === 'write') reach.set(entry.file, Math.max(reach.get(entry.file) ?? 0, entry.offset + entry.bytes.length));
    else if (entry.kind === 'truncate' && !reach.has(entry.file)) reach.set(entry.file, 0);
  }
  const { sizes } = parseNote(journal.meta.note);
  for (const file of new Set([...reach.keys(), ...Object.keys(sizes)])) {
    const from = source.get(file);
    // The end of a memo file is counted in whole blocks, which need not be there.
    const leastBytes = /\.dbf$/i.test(file) ? sizes[file] ?? 0 : 0;
    const stat = (from === undefined ? undefined : vfs.stat(`${folder}/${from}`)) ?? vfs.stat(`${folder}/${file}`);
    if (stat?.kind === 'file' && Math.max(stat.sizeBytes, reach.get(file) ?? 0) >= leastBytes) continue;
    const problem = stat === undefined ? 'is not there' : stat.kind === 'file' ? `has ${stat.sizeBytes} bytes, not ${leastBytes}` : 'is not a file';
    throw new FieldstoneError('CORRUPT_WAL', `the checkpoint journal cannot be applied: ${file} ${problem}; put back the files as they were together, or restore a backup`, {
      file: journal.path, details: { missing: file },
    });
  }
}

/**
 * The journal may be complete in the system's cache alone: its writer died before the sync, or the
 * sync failed, and syncing again would prove nothing (I5). So its bytes are written anew and synced
 * before the first byte of a base file is.
 */
function rewrite(o: RecoverOptions, path: string): void {
  const { env: { vfs }, folder } = o;
  const copy = `${path}.fs-new`;
  if (vfs.stat(copy) !== undefined) vfs.unlink(copy);
  const from = vfs.open(path, 'read');
  try {
    const to = vfs.open(copy, 'exclusive');
    try {
      const chunk = new Uint8Array(Math.min(COPY_BYTES, from.stat().sizeBytes));
      for (let at = 0, n = readUpTo(from, chunk, 0); n > 0; n = readUpTo(from, chunk, at)) {
        writeFully(to, chunk.subarray(0, n), at);
        at += n;
      }
      to.sync();
    } finally {
      to.close();
    }
  } finally {
    from.close();
  }
  vfs.rename(copy, path);
  vfs.syncFolder(folder);
}

/** The catalog that the interrupted checkpoint would have written. */
export function catalogAfter(o: Pick<RecoverOptions, 'env' | 'folder'>, before: Catalog, journal: Journal): Catalog {
  const note = parseNote(journal.meta.note);
  const tables: Record<string, CatalogTable> = { ...before.tables };
  for (const [key, planned] of Object.entries(note.tables)) {
    if (planned === null) delete tables[key];
    else tables[key] = { ...planned, fingerprint: { sizeBytes: 0, mtimeNs: '', headCrc: 0 } };
  }
  for (const [key, table] of Object.entries(tables)) {
    const touched = Object.hasOwn(note.sizes, table.tableFile) || Object.hasOwn(note.tables, key);
    if (touched) tables[key] = refreshed(o, table, note.sizes);
  }
  const { checkpoint, sequence, firstSegment } = journal.meta;
  const stores = before.stores === undefined ? {} : { stores: storeFactsNow(o.env.vfs, o.folder, before.stores) };
  return { ...before, checkpoint, sequence, firstSegment, tables, ...stores };
}

function refreshed(o: Pick<RecoverOptions, 'env' | 'folder'>, table: CatalogTable, sizes: Readonly<Record<string, number>>): CatalogTable {
  const of = (name: string, headBytes: (file: VfsFile) => number): Fingerprint => {
    const file = o.env.vfs.open(`${o.folder}/${name}`, 'read');
    try {
      return fingerprintOf(file, headBytes(file), sizes[name]);
    } finally {
      file.close();
    }
  };
  const fingerprint = of(table.tableFile, headerLengthOf);
  return {
    ...table, fingerprint,
    ...(table.memoFile === undefined ? {} : { memoFingerprint: of(table.memoFile, () => 512) }),
    ...(table.indexes === undefined ? {} : { indexes: table.indexes.map((index) => refreshedIndex(o, index)) }),
    ...(table.indexFiles === undefined ? {} : { indexFiles: looksNow(o, Object.keys(table.indexFiles)) }),
  };
}

/** Of index files of other programs, which the journal may have changed. */
function looksNow({ env, folder }: Pick<RecoverOptions, 'env' | 'folder'>, names: readonly string[]): NonNullable<CatalogTable['indexFiles']> {
  return Object.fromEntries(names.flatMap((name) => {
    const stat = env.vfs.stat(`${folder}/${name}`);
    return stat?.kind === 'file' ? [[name, { sizeBytes: stat.sizeBytes, mtimeNs: String(stat.mtimeNs) }] as const] : [];
  }));
}

/** What the file of an index says now; of one that says nothing the old facts stay, and opening the table makes it anew. */
function refreshedIndex(o: Pick<RecoverOptions, 'env' | 'folder'>, index: CatalogIndex): CatalogIndex {
  const path = `${o.folder}/${index.file ?? ''}`;
  if (index.treeId === undefined || o.env.vfs.stat(path)?.kind !== 'file') return index;
  try {
    const { treeId, sequence } = readTreeFacts(o.env.vfs, path);
    return { ...index, treeId, sequence };
  } catch (e) {
    if (hasCode(e, 'CORRUPT_PAGE') || hasCode(e, 'VERSION')) return index;
    throw e;
  }
}

/** Bytes 8-9 of a DBF header (521 for dBASE II). */
export function headerLengthOf(file: VfsFile): number {
  const head = new Uint8Array(10);
  readUpTo(file, head, 0);
  return head[0] === 2 ? 521 : (head[8] ?? 0) | ((head[9] ?? 0) << 8);
}

/** Removes what interrupted work left: new table generations that never became current, old segments. */
function removeLeftovers(o: RecoverOptions, names: readonly string[], catalog: Catalog): string[] {
  const { env: { vfs }, folder } = o;
  const kept: string[] = [];
  for (const name of names) {
    const segment = walSegmentOf(name);
    if (TEMPORARY.test(name) || (segment !== undefined && segment < catalog.firstSegment)) removeLeftover(vfs, `${folder}/${name}`);
    else kept.push(name);
  }
  if (kept.length < names.length) vfs.syncFolder(folder);
  return kept;
}

/** A folder of such a name is not ours. */
function removeLeftover(vfs: Vfs, path: string): void {
  try {
    vfs.unlink(path);
  } catch (e) {
    if (vfs.stat(path)?.kind !== 'folder') throw e;
  }
}

/** Numbers of the segments to replay, without a gap from the catalog's first. */
export function liveSegments(names: readonly string[], catalog: Catalog, folder: string): number[] {
  const segments = names.map(walSegmentOf).filter((s) => s !== undefined && s >= catalog.firstSegment).sort((a, b) => (a ?? 0) - (b ?? 0));
  return segments.map((segment, i) => {
    const expected = catalog.firstSegment + i;
    if (segment !== expected) {
      throw new FieldstoneError('CORRUPT_WAL', `log segment ${walName(expected)} is missing`, { file: `${folder}/${walName(expected)}` });
    }
    return expected;
  });
}

/** The log may only be replayed onto the file it was written for (I7: never a silent merge). */
export function assertAsWeLeftIt(entry: TableEntry, facts: CatalogTable | undefined, o: Pick<RecoverOptions, 'env' | 'folder'>): void {
  const path = `${o.folder}/${entry.tableFile}`;
  const changed = (why: string): FieldstoneError => new FieldstoneError('EXTERNAL_CHANGE',
    `table "${entry.name}" was changed by another program while the log still holds commits for it (${why}); nothing was changed`, { file: path, table: entry.name });
  if (facts === undefined) throw changed('the catalog does not know it');
  const file = o.env.vfs.open(path, 'read');
  try {
    const now = fingerprintOf(file, headerLengthOf(file));
    if (now.sizeBytes < facts.fingerprint.sizeBytes) throw changed('it became shorter');
    if (now.headCrc !== facts.fingerprint.headCrc) throw changed('its header differs');
  } finally {
    file.close();
  }
}

/**
 * A process that was killed may leave commits in the system's cache alone. What is read from here on stays, also when the power fails: else a
 * checkpoint that breaks off leaves rows behind the end of their table which no log knows any more.
 */
function syncLog(vfs: Vfs, paths: readonly string[]): void {
  for (const path of paths) {
    const file = vfs.open(path, 'write');
    try {
      file.datasync();
    } finally {
      file.close();
    }
  }
}

/** Bytes behind the counted rows belong to a load that never committed. They are gone for good before the log goes that tells of it. */
function cutUncommitted(store: RecordStore): void {
  const { base } = store;
  const { tableBytes, memoBytes } = usedEnds(store);
  cutForGood(base.file, tableBytes);
  if (base.memo !== undefined) cutForGood(base.memo.cached.file, memoBytes);
  base.noteWritten();
}
