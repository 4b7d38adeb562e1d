import { ArgumentTypeError, FieldstoneError, nearestNames, readUpTo, type MemoCounters, type FileStat, type PageCache, type Vfs } from '#storage';
import type { CatalogState, TableEntry } from './catalog-state.js';
import type { CatalogTable, Fingerprint } from './recovery/catalog-file.js';
import type { IndexContext } from './index/index-context.js';
import { openIndexes } from './index/open-indexes.js';
import { RecordBase } from './record/record-base.js';
import { RecordStore } from './record/record-store.js';

export interface TableSetOptions {
  readonly vfs: Vfs;
  readonly folder: string;
  readonly cache: PageCache;
  readonly pageSizeBytes: number;
  readonly encoding: string | undefined;
  readonly writable: boolean;
  /** A table is opened whose files another program changed since we closed them. */
  readonly onAdopted: () => void;
  readonly memoCounters: MemoCounters;
  /** What opening indexes needs besides the tables themselves. */
  readonly indexes: Omit<IndexContext, 'vfs' | 'verify' | 'folder' | 'cache' | 'writable'>;
}

/** False when the file is not as we left it; a new generation of ours has no fingerprint yet. */
function looksAs(base: RecordBase, { fingerprint, memoFingerprint }: CatalogTable): boolean {
  const same = (stat: FileStat, known: Fingerprint): boolean => (
    known.mtimeNs === '' || (known.mtimeNs === String(stat.mtimeNs) && known.sizeBytes === stat.sizeBytes)
  );
  return same(base.stat(), fingerprint) && (base.memo === undefined || memoFingerprint === undefined || same(base.memo.cached.file.stat(), memoFingerprint));
}

const MAX_CPG_BYTES = 256;

/** The tables of the folder: which there are now, and their stores, opened on first use. */
export class TableSet {
  readonly #o: TableSetOptions;
  #state: CatalogState = new Map();
  /** Stores that were replaced but are still read by old snapshots. */
  readonly #retired = new Set<RecordStore>();

  /** Stores with index files that the written catalog does not know yet. */
  readonly #rebuilt = new Set<RecordStore>();
  readonly indexContext: IndexContext;
  /** File system of the tables; a reader beside an unfinished checkpoint looks through its journal. */
  #vfs: Vfs;
  #verify: (() => void) | undefined;

  constructor(options: TableSetOptions) {
    this.#o = options;
    this.#vfs = options.vfs;
    const { folder, cache, writable } = options;
    this.indexContext = { ...options.indexes, folder, cache, writable, vfs: () => this.#vfs, verify: () => this.#verify?.() };
  }

  /** Where reads of base files go, and what is checked after each. */
  readThrough(vfs: Vfs, verify: () => void): void {
    this.#vfs = vfs;
    this.#verify = verify;
  }

  get state(): CatalogState { return this.#state; }

  install(state: CatalogState): void { this.#state = state; }

  /** The entry by name, any letter case; NOT_FOUND with the nearest names. */
  entry(state: CatalogState, name: string): TableEntry {
    if (typeof name !== 'string') throw new ArgumentTypeError('NAME', 'the name of a table is text');
    const entry = state.get(name.toLowerCase());
    if (entry !== undefined) return entry;
    const near = nearestNames(name, [...state.values()].map((e) => e.name));
    const hint = near.length === 0 ? '' : `; did you mean ${near.map((n) => `"${n}"`).join(' or ')}?`;
    throw new FieldstoneError('NOT_FOUND', `there is no table "${name}"${hint}`, { table: name });
  }

  store(entry: TableEntry): RecordStore { return entry.store ?? this.openStore(entry, false); }

  /** `published`: only the bytes that the catalog counts; the rest is an append that never committed. */
  openStore(entry: TableEntry, published: boolean): RecordStore {
    const { folder } = this.#o;
    const vfs = this.#vfs;
    const facts = published ? entry.facts : undefined;
    const encoding = entry.facts?.encoding ?? this.#o.encoding;
    const cpg = this.#codePageText(entry);
    const base = RecordBase.open(vfs, {
      folder, tableFile: entry.tableFile, siblings: entry.siblings, cache: this.#o.cache, pageSizeBytes: this.#o.pageSizeBytes,
      writable: this.#o.writable, memoCounters: this.#o.memoCounters,
      ...(this.#verify === undefined ? {} : { verify: this.#verify }),
      ...(encoding === undefined ? {} : { encoding }),
      ...(cpg === undefined ? {} : { codePageFile: cpg }),
      ...(facts === undefined ? {} : { publishedTableBytes: facts.fingerprint.sizeBytes }),
      ...(facts?.memoFingerprint === undefined ? {} : { publishedMemoBytes: facts.memoFingerprint.sizeBytes }),
    });
    const adopted = !published && entry.facts !== undefined && !looksAs(base, entry.facts);
    if (adopted) this.#o.onAdopted();
    const store = new RecordStore(entry.name, base);
    try {
      const files = { name: entry.name, facts: entry.facts, siblings: entry.siblings, adopted, recovering: published };
      openIndexes(this.indexContext, store, files, () => { this.#rebuilt.add(store); });
    } catch (e) {
      store.close();
      throw e;
    }
    return entry.store = store;
  }

  #codePageText(entry: TableEntry): string | undefined {
    const name = entry.siblings.find((s) => s.toLowerCase().endsWith('.cpg'));
    if (name === undefined) return undefined;
    const file = this.#vfs.open(`${this.#o.folder}/${name}`, 'read');
    try {
      const bytes = Buffer.alloc(MAX_CPG_BYTES);
      return bytes.toString('latin1', 0, readUpTo(file, bytes, 0)).trim();
    } finally {
      file.close();
    }
  }

  /** What only old snapshots needed is let go: there is none any more. */
  pruneAll(): void {
    for (const { store } of this.#state.values()) if (store?.keepsForSnapshots === true) store.pruneHistory(Infinity);
  }

  /** Stores whose index files were made anew since the last call. */
  takeRebuilt(): RecordStore[] {
    const rebuilt = [...this.#rebuilt];
    this.#rebuilt.clear();
    return rebuilt;
  }

  openStores(): RecordStore[] {
    const stores: RecordStore[] = [];
    for (const { store } of this.#state.values()) if (store !== undefined) stores.push(store);
    return stores;
  }

  /** The table has a successor: writers of this generation conflict, old snapshots keep it. */
  retire(store: RecordStore): void {
    store.retired = true;
    this.#retired.add(store);
  }

  get hasRetired(): boolean { return this.#retired.size > 0; }

  /** Closes replaced generations that no snapshot can reach. */
  closeUnused(isReachable: (store: RecordStore) => boolean): void {
    for (const store of this.#retired) {
      if (isReachable(store)) continue;
      this.#retired.delete(store);
      store.close();
    }
  }

  closeAll(): void {
    for (const store of [...this.openStores(), ...this.#retired]) store.close();
    this.#retired.clear();
    this.#state = new Map();
  }
}
