import { errnoOf, FieldstoneError, type Vfs } from '#storage';
import type { CatalogState, TableEntry } from '../catalog-state.js';
import type { VersionedStore } from '../commit/versioned-store.js';
import { XbaseIndexFile } from '../index/xbase-index-file.js';
import type { RecordStore } from '../record/record-store.js';
import { twice } from '../record/twice.js';
import { fingerprintOf, writeCatalog, type Catalog, type CatalogStore, type CatalogTable } from './catalog-file.js';

/**
 * Keeps `fieldstone.json` true. It is written at the first write to the database, before the first
 * log record of a table that it does not know yet, and at the end of each checkpoint.
 */
export class CatalogKeeper {
  readonly #vfs: Vfs;
  readonly #folder: string;
  readonly #entries: () => CatalogState;
  readonly #stores: () => Readonly<Record<string, CatalogStore>>;
  #catalog: Catalog;
  #written: boolean;
  /** Stores whose fingerprint in the written catalog is current. */
  readonly #registered = new Set<VersionedStore>();

  constructor(vfs: Vfs, folder: string, catalog: Catalog, written: boolean, entries: () => CatalogState, stores: () => Readonly<Record<string, CatalogStore>>) {
    this.#vfs = vfs;
    this.#folder = folder;
    this.#catalog = catalog;
    this.#written = written;
    this.#entries = entries;
    this.#stores = stores;
  }

  get checkpoint(): number { return this.#catalog.checkpoint; }
  get current(): Catalog { return this.#catalog; }

  /** The catalog is on disk before anything that refers to the database id is. */
  ensureWritten(): void {
    if (this.#written) return;
    syncParent(this.#vfs, this.#folder);
    this.#write(this.#catalog);
  }

  /** The table or store is known to the catalog, with current facts, before the log mentions it. */
  ensureRegistered(store: VersionedStore): void {
    if (this.#registered.has(store)) return;
    this.#refresh(this.#catalog);
    this.#registered.add(store);
  }

  /** After a checkpoint: new position, fresh fingerprints of all open tables. */
  afterCheckpoint(sequence: number, firstSegment: number): void {
    this.#refresh({ ...this.#catalog, checkpoint: this.#catalog.checkpoint + 1, sequence, firstSegment });
  }

  #refresh(base: Catalog): void {
    const tables: Record<string, CatalogTable> = {};
    for (const [key, entry] of this.#entries()) {
      const facts = factsOf(entry);
      if (facts !== undefined) tables[key] = facts;
    }
    const stores = this.#stores();
    this.#write({ ...base, tables, ...(Object.keys(stores).length === 0 ? {} : { stores }) });
    for (const entry of this.#entries().values()) entry.facts = this.#catalog.tables[entry.name.toLowerCase()];
  }

  #write(catalog: Catalog): void {
    writeCatalog(this.#vfs, this.#folder, catalog);
    this.#catalog = catalog;
    this.#written = true;
  }
}

/**
 * The folder itself may be new: made by us, or by a process that died before it synced the folder
 * above. A folder above that we may not even look into was not made by us.
 */
function syncParent(vfs: Vfs, folder: string): void {
  const slash = folder.lastIndexOf('/');
  try {
    vfs.syncFolder(slash <= 0 ? '/' : folder.slice(0, slash));
  } catch (e) {
    const errno = e instanceof FieldstoneError ? errnoOf(e.cause) : undefined;
    if (errno !== 'EACCES' && errno !== 'EPERM') throw e;
  }
}

function indexFacts({ indexes }: RecordStore): Pick<CatalogTable, 'indexes' | 'indexFiles'> {
  if (indexes.isEmpty) return {};
  const own = indexes.ownDefinitions();
  const foreign = indexes.files.flatMap((file) => (file instanceof XbaseIndexFile ? [[file.name, twice(() => file.file.stat())] as const] : []));
  return {
    ...(own.length === 0 ? {} : { indexes: own }),
    ...(foreign.length === 0 ? {} : {
      indexFiles: Object.fromEntries(foreign.map(([name, stat]) => [name, { sizeBytes: stat.sizeBytes, mtimeNs: String(stat.mtimeNs) }])),
    }),
  };
}

/** What the catalog should say of a table now; tables that were never opened keep what it said. */
function factsOf(entry: TableEntry): CatalogTable | undefined {
  const { store } = entry;
  if (store === undefined) return entry.facts;
  const { base } = store;
  return {
    ...entry.facts,
    name: entry.name,
    tableFile: entry.tableFile,
    ...indexFacts(store),
    fingerprint: fingerprintOf(base.file, base.layout.headerLength, base.publishedBytes),
    ...(base.memo === undefined ? {} : { memoFile: base.memo.name, memoFingerprint: fingerprintOf(base.memo.cached.file, 512, base.memo.publishedBytes) }),
  };
}
