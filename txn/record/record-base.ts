import {
  assert, MemoAllocator, MemoFile, memoFileNameFor, readDbfLayout,
  type DbfLayout, type FileStat, type MemoCounters, type MemoKind, type PageCache, type Vfs, type VfsFile,
} from '#storage';
import { CachedFile } from './cached-file.js';
import { twice } from './twice.js';

export interface RecordBaseOptions {
  readonly folder: string;
  /** Names inside the folder. */
  readonly tableFile: string;
  /** Files with the same base name, any letter case: the memo is among them. */
  readonly siblings: readonly string[];
  readonly encoding?: string;
  readonly codePageFile?: string;
  readonly cache: PageCache;
  readonly pageSizeBytes: number;
  readonly writable: boolean;
  readonly memoCounters: MemoCounters;
  /** Called after each read of the files: a reader beside a writer makes sure that nothing moved. */
  readonly verify?: () => void;
  /** Physical sizes that count; bytes behind them belong to an append that never committed. */
  readonly publishedTableBytes?: number;
  readonly publishedMemoBytes?: number;
}

/** The memo side of a table's base files. */
export interface MemoBase {
  readonly kind: MemoKind;
  name: string;
  readonly cached: CachedFile;
  readonly memos: MemoFile;
  readonly allocator: MemoAllocator;
  publishedBytes: number;
}

/** The base files of one generation of a table: exactly the state at a checkpoint. */
export class RecordBase {
  readonly layout: DbfLayout;
  tableName: string;
  readonly memo: MemoBase | undefined;
  readonly #table: CachedFile;
  readonly #rowsPerPage: number;
  #seen = '';
  /** Records that the header promises (as of the last checkpoint). */
  recordCount: number;
  /** Bytes of the table file below which nothing is overwritten without the journal. */
  publishedBytes: number;

  private constructor(layout: DbfLayout, name: string, table: CachedFile, rowsPerPage: number, publishedBytes: number, memo: MemoBase | undefined) {
    this.layout = layout;
    this.tableName = name;
    this.#table = table;
    this.#rowsPerPage = rowsPerPage;
    this.publishedBytes = publishedBytes;
    this.memo = memo;
    this.recordCount = layout.recordCount;
    this.#seen = this.#looks();
  }

  static open(vfs: Vfs, options: RecordBaseOptions): RecordBase {
    const mode = options.writable ? 'write' : 'read';
    const file = vfs.open(`${options.folder}/${options.tableFile}`, mode);
    try {
      const layout = readDbfLayout(file, {
        ...(options.encoding === undefined ? {} : { encoding: options.encoding }),
        ...(options.codePageFile === undefined ? {} : { codePageFile: options.codePageFile }),
      });
      const memo = openMemo(vfs, options, layout, mode);
      const rowsPerPage = Math.max(1, Math.floor(options.pageSizeBytes / Math.max(1, layout.recordLength)));
      const pageBytes = rowsPerPage * Math.max(1, layout.recordLength);
      const cached = new CachedFile(file, options.cache, 'table', pageBytes, layout.headerLength, options.verify);
      const published = Math.min(file.stat().sizeBytes, options.publishedTableBytes ?? Infinity);
      return new RecordBase(layout, options.tableFile, cached, rowsPerPage, published, memo);
    } catch (e) {
      file.close();
      throw e;
    }
  }

  get file(): VfsFile { return this.#table.file; }
  get cached(): CachedFile { return this.#table; }

  offsetOf(recno: number): number { return this.layout.headerLength + (recno - 1) * this.layout.recordLength; }

  /** Start of the record inside the page returned by pageOf(). */
  startInPage(recno: number): number { return ((recno - 1) % this.#rowsPerPage) * this.layout.recordLength; }

  /** Which page of `cached` holds the record. */
  pageNoOf(recno: number): number { return Math.floor((recno - 1) / this.#rowsPerPage); }

  /** Page that holds the record: a view of the cache. */
  pageOf(recno: number): Uint8Array {
    const start = this.startInPage(recno);
    const page = this.#table.page(this.pageNoOf(recno), start + this.layout.recordLength);
    assert(page.length >= start + this.layout.recordLength, 'a counted record is in the file');
    return page;
  }

  /** A copy of the record's bytes. */
  copyOf(recno: number): Uint8Array {
    const start = this.startInPage(recno);
    return Uint8Array.prototype.slice.call(this.pageOf(recno), start, start + this.layout.recordLength);
  }

  stat(): FileStat { return this.#table.file.stat(); }

  renamed(tableFile: string, memoFile: string | undefined): void {
    this.tableName = tableFile;
    if (this.memo !== undefined && memoFile !== undefined) this.memo.name = memoFile;
  }

  /** Our own writes changed the files: from now on they look like this. */
  noteWritten(): void { this.#seen = twice(() => this.#looks()); }

  /** True when a file is not as we left it: somebody else wrote to it or replaced it. */
  isDisturbed(vfs: Vfs, folder: string): boolean {
    const now = this.#looks();
    if (now !== this.#seen) return true;
    const isGone = (name: string, file: VfsFile): boolean => {
      const there = vfs.stat(`${folder}/${name}`);
      const ours = file.stat();
      return there === undefined || there.inode !== ours.inode || there.device !== ours.device;
    };
    return isGone(this.tableName, this.#table.file) || (this.memo !== undefined && isGone(this.memo.name, this.memo.cached.file));
  }

  #looks(): string {
    const table = this.stat();
    const memo = this.memo?.cached.file.stat();
    return `${table.sizeBytes}:${table.mtimeNs}:${memo?.sizeBytes ?? ''}:${memo?.mtimeNs ?? ''}`;
  }

  close(): void {
    this.#table.close();
    this.memo?.cached.close();
  }
}

/** The file without the bytes of an append that never committed: they must not be taken for a free list. */
function cutAt(file: VfsFile, sizeBytes: number): VfsFile {
  const end = (): number => Math.min(sizeBytes, file.stat().sizeBytes);
  return {
    path: file.path,
    readAt: (target, position) => file.readAt(target.subarray(0, Math.max(0, Math.min(target.length, end() - position))), position),
    writeAt: (source, position) => file.writeAt(source, position),
    truncate: (size) => file.truncate(size),
    datasync: () => file.datasync(), sync: () => file.sync(), datasyncAsync: () => file.datasyncAsync(), syncAsync: () => file.syncAsync(),
    stat: () => ({ ...file.stat(), sizeBytes: end() }),
    close: () => file.close(),
  };
}

function openMemo(vfs: Vfs, options: RecordBaseOptions, layout: DbfLayout, mode: 'read' | 'write'): MemoBase | undefined {
  if (layout.memoKind === undefined) return undefined;
  const name = memoFileNameFor(options.siblings, options.tableFile, layout.memoKind);
  if (name === undefined) return undefined;
  const file = vfs.open(`${options.folder}/${name}`, mode);
  const cached = new CachedFile(file, options.cache, 'memo', options.pageSizeBytes, 0, options.verify);
  try {
    const readAt = (target: Uint8Array, position: number): number => cached.readAt(target, position);
    const memos = new MemoFile(file, layout.memoKind, readAt, options.memoCounters, (position, into) => cached.show(position, into));
    const { publishedMemoBytes } = options;
    const counted = publishedMemoBytes === undefined ? memos : new MemoFile(cutAt(file, publishedMemoBytes), layout.memoKind);
    return {
      kind: layout.memoKind, name, cached, memos, allocator: new MemoAllocator(counted),
      publishedBytes: Math.min(file.stat().sizeBytes, options.publishedMemoBytes ?? Infinity),
    };
  } catch (e) {
    cached.close();
    throw e;
  }
}
