import { emptyHeader, encodeHeader, decodeHeader, HEADER_PEEK_BYTES, imageOf, peekHeader, readFilter, Tree, type BloomFilter, type ImageOptions, type PageSource, type StoredFilter, type TreeHeader } from '#index';
import { FieldstoneError, PHASE, phases, readUpTo, writeFully, type CodecCounters, type PageCache, type Vfs, type VfsFile } from '#storage';
import { CachedFile } from '../record/cached-file.js';
import { SeenPages } from './seen-pages.js';

export interface KeyBaseOptions {
  readonly vfs: Vfs;
  readonly folder: string;
  readonly file: string;
  readonly cache: PageCache;
  readonly codecCounters: CodecCounters;
  readonly writable: boolean;
  /** Called after each read of the file: throws when what was read may not count. */
  readonly verify?: (() => void) | undefined;
}

/** One state of the tree file, as readers see it. */
export interface KeyBaseState {
  readonly header: TreeHeader;
  readonly tree: Tree;
  readonly filter: BloomFilter | undefined;
  readonly filterPages: readonly number[];
}

/** A state that a checkpoint has computed, and where its pages stand until they are in place. */
export interface PendingKeyState extends KeyBaseState {
  /** Page number to position in the journal. */
  readonly journalled: ReadonlyMap<number, number>;
}

/**
 * The tree file of a store, read through the cache. While a checkpoint puts new pages in place, those pages are read from
 * its journal: the new state is whole from the moment the journal is.
 */
export class KeyBase implements PageSource {
  readonly #o: KeyBaseOptions;
  readonly #cached: CachedFile;
  readonly pageSizeBytes: number;
  readonly treeId: number;
  #state: KeyBaseState;
  #journalled: ReadonlyMap<number, number> = new Map();
  #journal: VfsFile | undefined;
  #looks = 0;
  #images: ImageOptions;
  #seen: SeenPages | undefined;
  /** Memory for a page that is looked at once and not kept. */
  #glimpsed: Buffer | undefined;
  /** Goes up whenever the state is replaced: cursors find their place again. */
  epoch = 0;

  private constructor(options: KeyBaseOptions, file: VfsFile) {
    this.#o = options;
    const sizeBytes = file.stat().sizeBytes;
    const start = Buffer.alloc(HEADER_PEEK_BYTES);
    readUpTo(file, start, 0);
    const { pageSizeBytes, treeId } = peekHeader(start);
    this.pageSizeBytes = pageSizeBytes;
    this.treeId = treeId;
    this.#cached = new CachedFile(file, options.cache, 'tree', pageSizeBytes);
    this.#images = { treeId, pageSizeBytes, codecCounters: options.codecCounters };
    const page = Buffer.alloc(pageSizeBytes);
    readUpTo(file, page, 0);
    options.verify?.();
    this.#state = this.#stateOf(decodeHeader(page, sizeBytes));
  }

  /** Opens the file of a store. Throws NOT_FOUND, CORRUPT_PAGE, VERSION, IO. */
  static open(options: KeyBaseOptions): KeyBase {
    const path = `${options.folder}/${options.file}`;
    const file = options.vfs.open(path, options.writable ? 'write' : 'read');
    try {
      return new KeyBase(options, file);
    } catch (e) {
      file.close();
      throw e;
    }
  }

  /** Makes the file of a new store: whole and durable under its name, or not there at all. */
  static create(vfs: Vfs, folder: string, file: string, treeId: number, pageSizeBytes: number, ownerFlags: number): void {
    const temporary = `${folder}/${file}.fs-new`;
    if (vfs.stat(temporary) !== undefined) vfs.unlink(temporary);
    const made = vfs.open(temporary, 'exclusive');
    try {
      writeFully(made, encodeHeader(emptyHeader(treeId, pageSizeBytes, ownerFlags)), 0);
      made.sync();
    } finally {
      made.close();
    }
    vfs.rename(temporary, `${folder}/${file}`);
    vfs.syncFolder(folder);
  }

  get state(): KeyBaseState { return this.#state; }
  get tree(): Tree { return this.#state.tree; }
  get filter(): BloomFilter | undefined { return this.#state.filter; }
  get file(): VfsFile { return this.#cached.file; }
  /** Bytes below which nothing is overwritten but through the journal. */
  get publishedBytes(): number { return this.#state.header.pageCount * this.pageSizeBytes; }

  #stateOf(header: TreeHeader): KeyBaseState {
    const tree = new Tree(this, header, this.#o.codecCounters);
    const stored: StoredFilter | undefined = header.filterHead === 0 ? undefined : readFilter(this, header);
    return { header, tree, filter: stored?.filter, filterPages: stored?.pages ?? [] };
  }

  image(pageNo: number, scan: boolean): Buffer { return this.#glance(pageNo) ?? this.#seek(pageNo, scan, false); }
  glimpse(pageNo: number): Buffer { return this.#glance(pageNo) ?? this.#seek(pageNo, false, true); }

  /** One look in eight moves the page up: the order stays about right, and seven looks touch little memory. */
  #glance(pageNo: number): Buffer | undefined {
    const known = (++this.#looks & 7) === 0 ? undefined : this.#o.cache.glance(this.#cached.id, pageNo);
    return known as Buffer | undefined; // only #read() puts pages under this id
  }

  #seek(pageNo: number, scan: boolean, once: boolean): Buffer {
    const known = this.#o.cache.get(this.#cached.id, pageNo);
    if (known !== undefined) return known as Buffer; // only #read() puts pages under this id
    return phases.active ? phases.measure(PHASE.cache, () => this.#read(pageNo, scan, once)) : this.#read(pageNo, scan, once);
  }

  /** With `once`, a page for which others would have to leave is kept only when it was asked for lately: else its memory serves the next one. */
  #read(pageNo: number, scan: boolean, once: boolean): Buffer {
    const { cache } = this.#o;
    const keeps = !once || cache.hasRoom(this.pageSizeBytes) || this.#seenPages().askedAgain(pageNo);
    const page = keeps ? Buffer.allocUnsafeSlow(this.pageSizeBytes) : this.#glimpsed ??= Buffer.allocUnsafeSlow(this.pageSizeBytes);
    const journalPosition = this.#journalled.get(pageNo);
    const from = journalPosition === undefined || this.#journal === undefined ? this.file : this.#journal;
    const n = readUpTo(from, page, from === this.#journal ? journalPosition ?? 0 : pageNo * this.pageSizeBytes);
    this.#o.verify?.();
    const image = this.#verified(n === page.length ? page : page.subarray(0, n), pageNo);
    if (keeps) cache.put(this.#cached.id, pageNo, image, 'tree', scan);
    return image;
  }

  #seenPages(): SeenPages {
    if (this.#seen !== undefined) return this.#seen;
    const shapes = new SeenPages(this.#state.header.pageCount, Math.floor(this.#o.cache.limitBytes / this.pageSizeBytes));
    this.#images = { ...this.#images, shapes };
    return this.#seen = shapes;
  }

  #verified(page: Buffer, pageNo: number): Buffer {
    try {
      return imageOf(page, pageNo, this.#images);
    } catch (e) {
      if (!(e instanceof FieldstoneError)) throw e;
      throw new FieldstoneError(e.code, `${e.message} (${this.#o.file})`, { file: `${this.#o.folder}/${this.#o.file}`, offset: pageNo * this.pageSizeBytes, cause: e });
    }
  }

  /** The journal is complete: from now on readers see the pending state, whose pages are partly in the journal. */
  enter(pending: PendingKeyState, journalPath: string): void {
    this.#journal = this.#o.vfs.open(journalPath, 'read');
    this.#journalled = pending.journalled;
    for (const pageNo of pending.journalled.keys()) this.#o.cache.drop(this.#cached.id, pageNo);
    // Pages behind the old end may still be cached from a time when the file was longer.
    for (let pageNo = this.#state.header.pageCount; pageNo < pending.header.pageCount; pageNo++) this.#o.cache.drop(this.#cached.id, pageNo);
    const { header, filter, filterPages } = pending;
    this.#state = { header, tree: new Tree(this, header, this.#o.codecCounters), filter, filterPages };
    this.epoch++;
  }

  /** All pages are in place: the journal is needed no more. */
  settle(): void {
    this.#journalled = new Map();
    this.#journal?.close();
    this.#journal = undefined;
  }

  close(): void {
    this.settle();
    this.#cached.close();
  }
}
