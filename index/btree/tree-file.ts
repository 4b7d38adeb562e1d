import { FieldstoneError, hasCode, readUpTo, type CodecCounters, type VfsFile } from '#storage';
import { imageOf } from './node-image.js';
import { assertSoundPage, AT_TREE_ID, MAX_TREE_PAGE_BYTES, MIN_TREE_PAGE_BYTES, u32 } from './page-format.js';
import type { PageSource } from './page-source.js';
import { Tree } from './tree.js';
import { decodeHeader, HEADER_PEEK_BYTES, peekHeader, type TreeHeader } from './tree-header.js';

const GUESSED_PAGES = 64;

/** The pages of a tree file as they are on the disk, past every cache: for check, repair and dump. Reads only. */
export class TreeFile implements PageSource {
  readonly file: VfsFile;
  readonly pageSizeBytes: number;
  readonly treeId: number;
  readonly #codecCounters: CodecCounters;
  readonly #page: Buffer;

  constructor(file: VfsFile, pageSizeBytes: number, treeId: number, codecCounters: CodecCounters) {
    this.file = file;
    this.pageSizeBytes = pageSizeBytes;
    this.treeId = treeId;
    this.#codecCounters = codecCounters;
    this.#page = Buffer.alloc(pageSizeBytes);
  }

  /** Throws CORRUPT_PAGE, VERSION when the first page is damaged. */
  static open(file: VfsFile, codecCounters: CodecCounters): TreeFile {
    const start = Buffer.alloc(HEADER_PEEK_BYTES);
    readUpTo(file, start, 0);
    const { pageSizeBytes, treeId } = peekHeader(start);
    return new TreeFile(file, pageSizeBytes, treeId, codecCounters);
  }

  /** For a file whose first page is damaged: page size and tree id of the first sound page behind it; undefined when there is none. */
  static guess(file: VfsFile, codecCounters: CodecCounters): TreeFile | undefined {
    for (let size = MIN_TREE_PAGE_BYTES; size <= MAX_TREE_PAGE_BYTES; size *= 2) {
      for (let pageNo = 1; pageNo <= GUESSED_PAGES; pageNo++) {
        const page = Buffer.alloc(size);
        if (readUpTo(file, page, pageNo * size) < size) break;
        const treeId = u32(page, AT_TREE_ID);
        if (isSound(page, pageNo, treeId)) return new TreeFile(file, size, treeId, codecCounters);
      }
    }
    return undefined;
  }

  /** Whole pages in the file; there may be more than the header counts. */
  get filePages(): number { return Math.floor(this.file.stat().sizeBytes / this.pageSizeBytes); }

  /** Page 0. Throws CORRUPT_PAGE, VERSION. */
  header(): TreeHeader {
    const page = Buffer.alloc(this.pageSizeBytes);
    return decodeHeader(page.subarray(0, readUpTo(this.file, page, 0)), this.file.stat().sizeBytes);
  }

  tree(header: TreeHeader = this.header()): Tree { return new Tree(this, header, this.#codecCounters); }

  /** The bytes of a page, sound or not: a view that the next call reuses. */
  raw(pageNo: number): Buffer { return this.#page.subarray(0, readUpTo(this.file, this.#page, pageNo * this.pageSizeBytes)); }

  image(pageNo: number): Buffer {
    try {
      return imageOf(Buffer.from(this.raw(pageNo)), pageNo, { treeId: this.treeId, pageSizeBytes: this.pageSizeBytes, codecCounters: this.#codecCounters });
    } catch (e) {
      if (!(e instanceof FieldstoneError)) throw e;
      throw new FieldstoneError(e.code, e.message, { file: this.file.path, offset: pageNo * this.pageSizeBytes, cause: e });
    }
  }
}

function isSound(page: Buffer, pageNo: number, treeId: number): boolean {
  try {
    assertSoundPage(page, pageNo, treeId, page.length);
    return true;
  } catch (e) {
    if (!hasCode(e, 'CORRUPT_PAGE')) throw e;
    return false;
  }
}
