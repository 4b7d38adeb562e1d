import { decodeHeader, HEADER_PEEK_BYTES, peekHeader } from '#index';
import { FieldstoneError, readUpTo, type Codec, type CodecCounters, type Environment, type PageCache, type Vfs } from '#storage';
import type { CatalogStore } from '../recovery/catalog-file.js';
import type { HotBudget } from './hot-budget.js';
import { KeyBase } from './key-base.js';
import { flagsOf, kindsOf, type StoreKinds } from './key-kinds.js';
import { KeyStore } from './key-store.js';

export interface KeyStoreSetOptions {
  readonly env: Environment;
  readonly folder: string;
  readonly cache: PageCache;
  readonly pageSizeBytes: number;
  readonly codec: Codec;
  readonly compressionThresholdBytes: number;
  readonly codecCounters: CodecCounters;
  readonly bloomBitsPerKey: number;
  readonly hotBudget: HotBudget;
  readonly writable: boolean;
}

/** Smallest page of a store. */
const MIN_PAGE_BYTES = 4096;
const EXTENSION = '.kv';
const DEFAULT_KINDS: StoreKinds = { keys: 'utf8', values: 'json' };

/** The key-value stores of the folder: every `.kv` file is one; a new one gets its file before the log first mentions it. */
export class KeyStoreSet {
  readonly #o: KeyStoreSetOptions;
  readonly #stores = new Map<string, KeyStore>();
  #files = new Map<string, string>();
  #facts: Readonly<Record<string, CatalogStore>> = {};
  #vfs: Vfs;
  #verify: (() => void) | undefined;
  /** Goes up when all stores were closed: handles look their store up again. */
  generation = 0;

  constructor(options: KeyStoreSetOptions) {
    this.#o = options;
    this.#vfs = options.env.vfs;
  }

  /** Where reads go, and what is checked after each. */
  readThrough(vfs: Vfs, verify: () => void): void {
    this.#vfs = vfs;
    this.#verify = verify;
  }

  /** The files of the folder and what the catalog remembers; stores are opened on first use. */
  install(names: readonly string[], facts: Readonly<Record<string, CatalogStore>> | undefined): void {
    this.#facts = facts ?? {};
    this.#files = new Map(names.filter((name) => name.toLowerCase().endsWith(EXTENSION)).map((name) => [name.slice(0, -EXTENSION.length).toLowerCase(), name]));
  }

  /** Names of all stores that have a file or were written to. */
  names(): string[] {
    const names = new Map([...this.#files].map(([key, file]) => [key, this.#facts[key]?.name ?? file.slice(0, -EXTENSION.length)]));
    for (const [key, store] of this.#stores) if (!store.active.isEmpty) names.set(key, store.name);
    return [...names.values()].sort();
  }

  has(name: string): boolean {
    const key = name.toLowerCase();
    return this.#files.has(key) || this.#stores.get(key)?.active.isEmpty === false;
  }

  openStores(): KeyStore[] { return [...this.#stores.values()]; }

  /**
   * The store by name, any letter case; a new one lives in memory until it is written to. Throws SCHEMA when it has other kinds,
   * CORRUPT_PAGE, VERSION.
   */
  store(name: string, kinds: Partial<StoreKinds> = {}): KeyStore {
    const key = name.toLowerCase();
    let store = this.#stores.get(key);
    if (store === undefined) this.#stores.set(key, store = this.#open(name, key, { ...DEFAULT_KINDS, ...kinds }));
    const { keys, values } = store.kinds;
    if ((kinds.keys ?? keys) !== keys || (kinds.values ?? values) !== values) {
      throw new FieldstoneError('SCHEMA', `store "${store.name}" has ${keys} keys and ${values} values, not ${kinds.keys ?? keys} and ${kinds.values ?? values}`, { details: { store: store.name } });
    }
    return store;
  }

  #open(name: string, key: string, wanted: StoreKinds): KeyStore {
    const file = this.#files.get(key);
    const base = file === undefined ? undefined : this.#openBase(file);
    const kinds = base === undefined ? wanted : kindsOf(base.state.header.ownerFlags);
    if (kinds === undefined) {
      base?.close();
      throw new FieldstoneError('VERSION', `store "${name}" has keys or values of a kind that this version does not know`, { file: `${this.#o.folder}/${file ?? ''}` });
    }
    const fileName = file ?? `${name}${EXTENSION}`;
    let first = base;
    return new KeyStore({
      name: this.#facts[key]?.name ?? (file === undefined ? name : file.slice(0, -EXTENSION.length)),
      file: fileName, kinds, ...this.treeOptions(), pageSizeBytes: this.#pageSizeBytes, seed: this.#random(), hotBudget: this.#o.hotBudget,
      openBase: () => {
        const opened = first ?? (this.#files.has(key) ? this.#openBase(fileName) : undefined);
        first = undefined;
        return opened;
      },
    });
  }

  #openBase(file: string): KeyBase {
    const { folder, cache, codecCounters, writable } = this.#o;
    return KeyBase.open({ vfs: this.#vfs, folder, file, cache, codecCounters, writable, verify: this.#verify });
  }

  /** How trees are written. */
  treeOptions(): Pick<KeyStoreSetOptions, 'codec' | 'compressionThresholdBytes' | 'codecCounters' | 'bloomBitsPerKey'> {
    const { codec, compressionThresholdBytes, codecCounters, bloomBitsPerKey } = this.#o;
    return { codec, compressionThresholdBytes, codecCounters, bloomBitsPerKey };
  }

  newTreeId(): number { return this.#random(); }

  /** Name, file and what the catalog remembers of a store that has a file, also of one that cannot be opened. */
  fileOf(name: string): { readonly name: string; readonly file: string; readonly facts: CatalogStore | undefined } | undefined {
    const key = name.toLowerCase();
    const file = this.#files.get(key);
    const facts = Object.hasOwn(this.#facts, key) ? this.#facts[key] : undefined;
    return file === undefined ? undefined : { name: facts?.name ?? file.slice(0, -EXTENSION.length), file, facts };
  }

  #random(): number {
    const bytes = Buffer.alloc(4);
    this.#o.env.random.fill(bytes);
    return bytes.readUInt32LE(0);
  }

  /** Of stores that are made. */
  get #pageSizeBytes(): number { return Math.max(MIN_PAGE_BYTES, this.#o.pageSizeBytes); }

  /** Before the log first mentions a store: its file is there, whole and durable. */
  ensureFile(store: KeyStore): void {
    if (store.base !== undefined) return;
    const { env, folder } = this.#o;
    const { file } = store.options;
    KeyBase.create(env.vfs, folder, file, this.#random(), this.#pageSizeBytes, flagsOf(store.kinds));
    this.#files.set(store.name.toLowerCase(), file);
    store.attachBase();
  }

  /** What the catalog should say of the stores now. */
  facts(): Record<string, CatalogStore> {
    const facts: Record<string, CatalogStore> = {};
    for (const [key, known] of Object.entries(this.#facts)) if (this.#files.has(key)) facts[key] = known;
    for (const [key, { name, options, base }] of this.#stores) {
      if (base === undefined) continue;
      const { treeId, sequence, ownerFlags } = base.state.header;
      facts[key] = { name, file: options.file, treeId, sequence, flags: ownerFlags };
    }
    this.#facts = facts;
    return facts;
  }

  /** The store that the log holds commits of: the file must be the one they were written for. Throws EXTERNAL_CHANGE. */
  forReplay(name: string, logFile: string): KeyStore {
    const key = name.toLowerCase();
    const known = this.#stores.get(key);
    if (known !== undefined) return known;
    const facts = Object.hasOwn(this.#facts, key) ? this.#facts[key] : undefined;
    const changed = (why: string): FieldstoneError => new FieldstoneError('EXTERNAL_CHANGE',
      `the log holds commits of store "${name}", but ${why}; nothing was changed`, { file: logFile, details: { store: name } });
    if (!this.#files.has(key)) throw changed('its file is gone: put it back, or restore a backup');
    if (facts === undefined) throw changed('the catalog does not know it');
    const store = this.store(name);
    const header = store.base?.state.header;
    if (header?.treeId !== facts.treeId) throw changed('its file is another one');
    if (header.sequence !== facts.sequence) throw changed(`its file stands at commit ${header.sequence} instead of ${facts.sequence}`);
    return store;
  }

  closeAll(): void {
    for (const store of this.#stores.values()) store.close();
    this.#stores.clear();
    this.#files = new Map();
    this.generation++;
  }
}

/** The catalog's facts, brought up to what the files say after a journal was applied again. */
export function storeFactsNow(vfs: Vfs, folder: string, facts: Readonly<Record<string, CatalogStore>>): Record<string, CatalogStore> {
  const now: Record<string, CatalogStore> = {};
  for (const [key, known] of Object.entries(facts)) {
    const path = `${folder}/${known.file}`;
    now[key] = vfs.stat(path) === undefined ? known : { ...known, ...readTreeFacts(vfs, path) };
  }
  return now;
}

/** What the header of a tree file says. Throws CORRUPT_PAGE, VERSION, IO. */
export function readTreeFacts(vfs: Vfs, path: string): { treeId: number; sequence: number; flags: number } {
  const file = vfs.open(path, 'read');
  try {
    const start = Buffer.alloc(HEADER_PEEK_BYTES);
    readUpTo(file, start, 0);
    const page = Buffer.alloc(peekHeader(start).pageSizeBytes);
    readUpTo(file, page, 0);
    const { treeId, sequence, ownerFlags } = decodeHeader(page, file.stat().sizeBytes);
    return { treeId, sequence, flags: ownerFlags };
  } finally {
    file.close();
  }
}
