import {
  applySorted, BloomFilter, chainPages, emptyHeader, encodeHeader, hashKey, imageOf, PageAllocator, Tree, TreeCursor, writeFilter,
  type Applied, type ApplyOptions, type PageSink, type PageSource, type SortedChanges, type TreeHeader,
} from '#index';
import { readUpTo, writeFully, type Codec, type CodecCounters, type VfsFile } from '#storage';

export interface KeySuccessorOptions {
  /** Empty. */
  readonly file: VfsFile;
  readonly treeId: number;
  readonly pageSizeBytes: number;
  readonly codec: Codec;
  readonly compressionThresholdBytes: number;
  readonly codecCounters: CodecCounters;
  readonly bloomBitsPerKey: number;
  /** The filter is made for so many keys; when there are more it is made anew at the end. */
  readonly expectedKeys: number;
}

const BUFFER_BYTES = 1 << 20;
const SLICE_BYTES = 1 << 18;
const MIN_FILTER_KEYS = 1024;
const KEYS_PER_SLICE = 10_000;

/**
 * A tree file that is built beside the one in use: filled in key order, brought up to date with later changes, then finished with a
 * header. Nobody reads it before that, so its pages are written in place.
 */
export class KeySuccessor implements PageSource {
  readonly pageSizeBytes: number;
  readonly treeId: number;
  readonly #o: KeySuccessorOptions;
  readonly #allocator = new PageAllocator(1, []);
  readonly #sink: PageSink;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  #bufferAt = 0;
  #buffered = 0;
  #sinceSlice = 0;
  #header: TreeHeader;
  #filter: BloomFilter | undefined;

  constructor(options: KeySuccessorOptions) {
    this.#o = options;
    this.treeId = options.treeId;
    this.pageSizeBytes = options.pageSizeBytes;
    this.#header = emptyHeader(options.treeId, options.pageSizeBytes);
    const { bloomBitsPerKey, expectedKeys } = options;
    if (bloomBitsPerKey > 0) this.#filter = BloomFilter.forKeys(Math.max(MIN_FILTER_KEYS, Math.ceil(expectedKeys * 1.25)), bloomBitsPerKey);
    this.#sink = {
      emit: (pageNo, page) => this.#write(pageNo * this.pageSizeBytes, page),
      sliceDone: () => {
        if (this.#sinceSlice < SLICE_BYTES) return false;
        this.#sinceSlice = 0;
        return true;
      },
    };
  }

  get keyCount(): number { return this.#header.keyCount; }
  get pageCount(): number { return this.#allocator.pageCount; }

  /** Applies changes in key order, each with a commit sequence of at most `sequence`. `before`: see ApplyOptions. */
  *apply(changes: SortedChanges, sequence: number, before?: ApplyOptions['before']): Generator<void, void, void> {
    const { codec, compressionThresholdBytes, codecCounters } = this.#o;
    this.#flush();
    const tree = new Tree(this, this.#header, codecCounters);
    const applied: Applied = yield* applySorted(tree, {
      changes: this.#filter === undefined ? changes : filtered(changes, this.#filter), allocator: this.#allocator, sink: this.#sink,
      codec, compressionThresholdBytes, codecCounters, sequence, before,
    });
    const { root, height, keyCount } = applied;
    this.#header = { ...this.#header, root, height, keyCount, pageCount: this.#allocator.pageCount };
  }

  /** Filter, free list, and the header, which makes the file a tree. */
  *finish(sequence: number, ownerFlags: number): Generator<void, void, void> {
    const filter = yield* this.#wholeFilter();
    const pages = filter === undefined ? [] : this.#allocator.takeMany(chainPages(filter.sizeBytes, this.pageSizeBytes));
    const pageCount = this.#allocator.trim();
    const scratch = Buffer.alloc(this.pageSizeBytes);
    if (filter !== undefined) writeFilter({ filter, pages }, this.treeId, this.#sink, scratch);
    const freeHead = this.#allocator.write(this.treeId, this.#sink, scratch);
    this.#header = {
      ...this.#header, pageCount, freeHead, freeCount: this.#allocator.freeCount, sequence, ownerFlags,
      filterHead: pages[0] ?? 0, filterCapacity: filter?.capacity ?? 0, filterBitsPerKey: filter?.bitsPerKey ?? 0,
    };
    this.#write(0, encodeHeader(this.#header));
    this.#flush();
    const sizeBytes = pageCount * this.pageSizeBytes;
    if (this.#o.file.stat().sizeBytes > sizeBytes) this.#o.file.truncate(sizeBytes);
  }

  *#wholeFilter(): Generator<void, BloomFilter | undefined, void> {
    const { bloomBitsPerKey, codecCounters } = this.#o;
    const { keyCount } = this.#header;
    if (this.#filter === undefined || keyCount <= this.#filter.capacity) return this.#filter;
    this.#flush();
    const filter = BloomFilter.forKeys(Math.ceil(keyCount * 1.25), bloomBitsPerKey);
    const cursor = new TreeCursor(new Tree(this, this.#header, codecCounters));
    let n = 0;
    for (let ok = cursor.seek(); ok; ok = cursor.next()) {
      filter.add(hashKey(cursor.key, cursor.keyLength));
      if (++n % KEYS_PER_SLICE === 0) yield;
    }
    return filter;
  }

  image(pageNo: number): Buffer {
    if (this.#buffered > 0) this.#flush();
    const page = Buffer.allocUnsafeSlow(this.pageSizeBytes);
    const n = readUpTo(this.#o.file, page, pageNo * this.pageSizeBytes);
    return imageOf(page.subarray(0, n), pageNo, { treeId: this.treeId, pageSizeBytes: this.pageSizeBytes, codecCounters: this.#o.codecCounters });
  }

  /** Pages come mostly one behind the other: they are written together. */
  #write(at: number, page: Uint8Array): void {
    if (this.#buffered > 0 && (at !== this.#bufferAt + this.#buffered || this.#buffered + page.length > BUFFER_BYTES)) this.#flush();
    if (this.#buffered === 0) this.#bufferAt = at;
    this.#buffer.set(page, this.#buffered);
    this.#buffered += page.length;
    this.#sinceSlice += page.length;
  }

  #flush(): void {
    if (this.#buffered > 0) writeFully(this.#o.file, this.#buffer.subarray(0, this.#buffered), this.#bufferAt);
    this.#buffered = 0;
  }
}

/** The same changes; keys that are put go into the filter on the way. */
function filtered(changes: SortedChanges, filter: BloomFilter): SortedChanges {
  return {
    next() {
      if (!changes.next()) return false;
      const { keyBytes, keyStart, keyLength } = changes;
      if (changes.value !== undefined) filter.add(hashKey(keyStart === 0 ? keyBytes : keyBytes.subarray(keyStart), keyLength));
      return true;
    },
    get keyBytes() { return changes.keyBytes; },
    get keyStart() { return changes.keyStart; },
    get keyLength() { return changes.keyLength; },
    get value() { return changes.value; },
  };
}
