import { AssertionError } from '../base/assert.js';
import { ArgumentRangeError } from '../base/errors.js';
import type { Probe } from '../probe/probe.js';
import type { Traces } from '../probe/traces.js';
import type { CachePolicy } from './cache-policy.js';
import { DepartedPages, EVICTED, INVALIDATED } from './departed-pages.js';
import { FILE_ID_LIMIT, PageIndex, PAGE_NO_LIMIT } from './page-index.js';
import { SegmentedLru } from './segmented-lru.js';

/** Kinds of data that are counted apart. */
export const PAGE_KINDS = ['table', 'memo', 'index', 'tree'] as const;
export type PageKind = (typeof PAGE_KINDS)[number];

/** Counters of the groups `cache.table`, `cache.memo`, `cache.index`, `cache.tree`. `bytes` is a level. */
export interface CacheCounters extends Record<string, number> {
  hits: number;
  /** Lookups in vain, counted to the kind that the file's pages are of. */
  misses: number;
  /** Of these, pages that had been there and had to leave for others; not counted at level `off`. */
  missesEvicted: number;
  /** Of these, pages that had been there and whose content was replaced; the other misses are first reads, or long ago. */
  missesInvalidated: number;
  evictions: number;
  inserts: number;
  bytes: number;
}

/** Pages that left are remembered for at most so many. */
const LEAST_DEPARTED = 1024;
const MOST_DEPARTED = 65_536;
const ASSUMED_PAGE_BYTES = 8192;

export interface PageCacheOptions {
  /** Most bytes of pages; 0 caches nothing. Keys and lists take about 40 bytes a page on top. */
  readonly limitBytes: number;
  readonly probe: Probe;
  /** Decides what leaves. Default: segmented LRU that scans cannot flush. */
  readonly policy?: CachePolicy | undefined;
}

/**
 * Pages in memory by (file, page number), bounded by their bytes. The cache stores what it is given, without a copy: a page
 * must own its memory (a view into a large read-ahead buffer keeps all of that alive, uncounted), and who changes it
 * changes it for all. Pages may be of any size.
 *
 * @example
 * let page = cache.get(fileId, 7);
 * if (page === undefined) cache.put(fileId, 7, page = readPage(7), 'table');
 */
export class PageCache {
  readonly #index = new PageIndex();
  readonly #policy: CachePolicy;
  readonly #pages: (Uint8Array | undefined)[] = [];
  readonly #kinds: CacheCounters[] = [];
  readonly #counters: Readonly<Record<PageKind, CacheCounters>>;
  // Misses are counted by the kind of the file, which its first put() tells; those before wait here.
  readonly #kindOfFile = new Map<number, CacheCounters>();
  readonly #missesOfUnknown = new Map<number, number>();
  readonly #names = new Map<number, string>();
  readonly #probe: Probe;
  readonly #traces: Traces;
  readonly #departed: DepartedPages;
  #lastFileId = 0;
  #reserved = 0;
  #limitBytes = 0;
  #usedBytes = 0;

  constructor({ limitBytes, probe, policy = new SegmentedLru() }: PageCacheOptions) {
    this.#policy = policy;
    this.#probe = probe;
    this.#traces = probe.traces;
    this.#departed = new DepartedPages(Math.min(MOST_DEPARTED, Math.max(LEAST_DEPARTED, limitBytes / ASSUMED_PAGE_BYTES)));
    const group = (kind: PageKind): CacheCounters => {
      const initial: CacheCounters = { hits: 0, misses: 0, missesEvicted: 0, missesInvalidated: 0, evictions: 0, inserts: 0, bytes: 0 };
      return probe.counters(`cache.${kind}`, initial);
    };
    this.#counters = { table: group('table'), memo: group('memo'), index: group('index'), tree: group('tree') };
    this.setLimit(limitBytes);
  }

  get limitBytes(): number { return this.#limitBytes; }
  get usedBytes(): number { return this.#usedBytes; }
  get entryCount(): number { return this.#index.size; }

  /** True when so many bytes more fit without another page having to leave. */
  hasRoom(sizeBytes: number): boolean { return this.#usedBytes + sizeBytes <= this.#limitBytes; }

  /** The page, or undefined; counts the hit or miss. */
  get(fileId: number, pageNo: number): Uint8Array | undefined {
    checkKey(fileId, pageNo);
    const slot = this.#index.find(fileId, pageNo);
    if (slot < 0) {
      this.#countMiss(fileId, pageNo);
      return undefined;
    }
    const kind = this.#kinds[slot];
    if (kind !== undefined) kind.hits++;
    this.#policy.hit(slot);
    if (this.#traces.cache !== undefined) this.#tell('hit', fileId, pageNo, kind);
    return this.#pages[slot];
  }

  /** The same, but the order of eviction does not notice a hit: for readers that come often and use get() now and then. */
  glance(fileId: number, pageNo: number): Uint8Array | undefined {
    const slot = this.#index.find(fileId, pageNo);
    if (slot < 0) return undefined;
    const kind = this.#kinds[slot];
    if (kind !== undefined) kind.hits++;
    if (this.#traces.cache !== undefined) this.#tell('hit', fileId, pageNo, kind);
    return this.#pages[slot];
  }

  /** The page, or undefined, without a trace in counters or in the order of eviction. */
  peek(fileId: number, pageNo: number): Uint8Array | undefined {
    checkKey(fileId, pageNo);
    const slot = this.#index.find(fileId, pageNo);
    return slot < 0 ? undefined : this.#pages[slot];
  }

  /**
   * Keeps a page, or new content of it; others leave to make room. An empty page is not kept, nor one larger than the whole cache.
   *
   * @param scan the page was read by a pass over the file that will not come back to it
   */
  put(fileId: number, pageNo: number, bytes: Uint8Array, kind: PageKind, scan = false): void {
    checkKey(fileId, pageNo);
    const counters = this.#counters[kind];
    this.#learnKind(fileId, counters);
    const known = this.#index.find(fileId, pageNo);
    if (bytes.length === 0 || bytes.length > this.#limitBytes) {
      if (known >= 0) this.#remove(known);
      return;
    }
    counters.inserts++;
    if (known >= 0) this.#replace(known, bytes, counters, scan);
    else this.#insert(fileId, pageNo, bytes, counters, scan);
  }

  drop(fileId: number, pageNo: number): void {
    checkKey(fileId, pageNo);
    const slot = this.#index.find(fileId, pageNo);
    if (slot < 0) return;
    this.#noteDeparture(slot, fileId, pageNo, INVALIDATED);
    this.#remove(slot);
  }

  /**
   * A number for the pages of a file, free again after dropFile(); reports call the file by its name. A number comes back only after all
   * others were given, so that a page that is put late meets no other file.
   */
  addFile(name: string): number {
    if (this.#names.size >= FILE_ID_LIMIT - 1) throw new AssertionError(`invariant broken: ${this.#names.size} files are open`);
    do this.#lastFileId = (this.#lastFileId + 1) % FILE_ID_LIMIT;
    while (this.#names.has(this.#lastFileId));
    this.#names.set(this.#lastFileId, name);
    return this.#lastFileId;
  }

  /** Drops every page of a file; looks at each page in the cache. */
  dropFile(fileId: number): void {
    checkKey(fileId, 0);
    this.#kindOfFile.delete(fileId);
    this.#missesOfUnknown.delete(fileId);
    this.#names.delete(fileId);
    for (let slot = 0; slot < this.#pages.length; slot++) {
      if (this.#pages[slot] !== undefined && this.#index.fileIdOf(slot) === fileId) this.#remove(slot);
    }
  }

  clear(): void {
    this.#index.clear();
    this.#policy.clear();
    this.#departed.clear();
    this.#pages.length = 0;
    this.#kinds.length = 0;
    this.#kindOfFile.clear();
    this.#missesOfUnknown.clear();
    this.#usedBytes = 0;
    for (const kind of PAGE_KINDS) this.#counters[kind].bytes = 0;
  }

  /** @throws RangeError with code OPTION when it is not a number of bytes */
  setLimit(limitBytes: number): void {
    if (!Number.isSafeInteger(limitBytes) || limitBytes < 0) {
      throw new ArgumentRangeError('OPTION', `cacheSize must be a number of bytes >= 0, got ${limitBytes}`);
    }
    this.#limitBytes = limitBytes;
    this.#policy.setLimit(limitBytes);
    this.#makeRoom(0);
  }

  #insert(fileId: number, pageNo: number, bytes: Uint8Array, counters: CacheCounters, scan: boolean): void {
    // Room is made first, so that the newcomer is never the one to go.
    this.#makeRoom(bytes.length);
    const slot = this.#index.insert(fileId, pageNo);
    if (this.#probe.level !== 'off') this.#departed.forget(fileId, pageNo);
    if (this.#index.capacity > this.#reserved) this.#policy.reserve(this.#reserved = this.#index.capacity);
    this.#pages[slot] = bytes;
    this.#kinds[slot] = counters;
    this.#usedBytes += bytes.length;
    counters.bytes += bytes.length;
    this.#policy.add(slot, bytes.length, scan);
  }

  #replace(slot: number, bytes: Uint8Array, counters: CacheCounters, scan: boolean): void {
    const old = this.#pages[slot]?.length ?? 0;
    const before = this.#kinds[slot];
    if (before !== undefined) before.bytes -= old;
    counters.bytes += bytes.length;
    this.#usedBytes += bytes.length - old;
    this.#pages[slot] = bytes;
    this.#kinds[slot] = counters;
    this.#policy.replace(slot, bytes.length, scan);
    this.#makeRoom(0);
  }

  #makeRoom(sizeBytes: number): void {
    while (this.#usedBytes + sizeBytes > this.#limitBytes) {
      const victim = this.#policy.victim();
      if (victim < 0) throw new AssertionError('invariant broken: a cache in use has a page to evict');
      const counters = this.#kinds[victim];
      if (counters !== undefined) counters.evictions++;
      this.#noteDeparture(victim, this.#index.fileIdOf(victim), this.#index.pageNoOf(victim), EVICTED);
      this.#remove(victim);
    }
  }

  #remove(slot: number): void {
    const sizeBytes = this.#pages[slot]?.length ?? 0;
    const counters = this.#kinds[slot];
    if (counters !== undefined) counters.bytes -= sizeBytes;
    this.#usedBytes -= sizeBytes;
    this.#pages[slot] = undefined;
    this.#index.remove(slot);
    this.#policy.remove(slot);
  }

  #noteDeparture(slot: number, fileId: number, pageNo: number, reason: number): void {
    if (this.#probe.level !== 'off') this.#departed.note(fileId, pageNo, reason);
    if (this.#traces.cache !== undefined) this.#tell(reason === EVICTED ? 'evict' : 'invalidate', fileId, pageNo, this.#kinds[slot]);
  }

  #countMiss(fileId: number, pageNo: number): void {
    const counters = this.#kindOfFile.get(fileId);
    const reason = this.#probe.level === 'off' ? 0 : this.#departed.reasonOf(fileId, pageNo);
    if (this.#traces.cache !== undefined) this.#tell(reason === 0 ? 'cold' : reason === EVICTED ? 'evicted' : 'invalidated', fileId, pageNo, counters);
    if (counters === undefined) {
      this.#missesOfUnknown.set(fileId, (this.#missesOfUnknown.get(fileId) ?? 0) + 1);
      return;
    }
    counters.misses++;
    if (reason === EVICTED) counters.missesEvicted++;
    else if (reason === INVALIDATED) counters.missesInvalidated++;
  }

  /** Lookups are told as hit, cold, evicted, invalidated; departures as evict, invalidate. */
  #tell(event: string, fileId: number, pageNo: number, counters: CacheCounters | undefined): void {
    const kind = PAGE_KINDS.find((one) => this.#counters[one] === counters) ?? 'unknown';
    this.#traces.cache?.({ event, file: this.#names.get(fileId) ?? `file ${fileId}`, page: pageNo, kind });
  }

  #learnKind(fileId: number, counters: CacheCounters): void {
    if (this.#kindOfFile.get(fileId) === counters) return;
    this.#kindOfFile.set(fileId, counters);
    counters.misses += this.#missesOfUnknown.get(fileId) ?? 0;
    this.#missesOfUnknown.delete(fileId);
  }
}

function checkKey(fileId: number, pageNo: number): void {
  if ((pageNo >>> 0) !== pageNo || (fileId >>> 0) !== fileId || fileId >= FILE_ID_LIMIT) {
    throw new AssertionError(`invariant broken: page ${pageNo} of file ${fileId} has no key (below ${PAGE_NO_LIMIT} and ${FILE_ID_LIMIT})`);
  }
}
