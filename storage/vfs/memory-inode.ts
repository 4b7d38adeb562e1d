import { checkRange, checkSize } from './check-range.js';
import { spareChunk, spareChunks } from './spare-chunks.js';
import { simulatedError } from './system-error.js';
import type { ShownBytes } from './vfs.js';

const LEAST_CAPACITY = 512;
/** Longer files are kept in pieces of this length: growing copies nothing, and little room is left unused. */
const CHUNK_BYTES = 1 << 18;
/**
 * A large file grows by an eighth at once, up to so many pieces, which are cut out of one buffer: engines look at the whole heap when many buffers
 * are made, and V8 goes on with that at each further one.
 */
const MOST_CHUNKS_AT_ONCE = 16;
const GROWTH = 8;
/** Growth by more than this is tried in one piece first, before memory is used up bit by bit. */
const TRIED_BYTES = 1 << 26;

/** What new room is for. */
type Growth = 'written' | 'zeros';

/**
 * The content of one memory file, apart from its names: it lives as long as a name or an open
 * handle refers to it. Invariants: bytes from #zeroFrom to the capacity are zero, others behind the size are anything; all chunks but the last one have
 * CHUNK_BYTES.
 */
export class MemoryInode {
  readonly kind = 'file';
  readonly inode: number;
  /** Moment of the last change, as a count of changes. */
  changed: number;
  readonly #chunks: Uint8Array[] = [];
  #linkCount = 1;
  #handleCount = 0;
  #capacity = 0;
  #sizeBytes = 0;
  #zeroFrom = 0;

  constructor(inode: number, changed: number, content?: Uint8Array) {
    this.inode = inode;
    this.changed = changed;
    if (content !== undefined) this.write(content, 0, '');
  }

  get sizeBytes(): number { return this.#sizeBytes; }
  /** Number of names. */
  get linkCount(): number { return this.#linkCount; }

  opened(): void { this.#handleCount++; }

  closed(): void {
    this.#handleCount--;
    this.#spareUnused();
  }

  unlinked(): void {
    this.#linkCount--;
    this.#spareUnused();
  }

  /** Nobody can get at the content any more. */
  #spareUnused(): void {
    if (this.#linkCount > 0 || this.#handleCount > 0) return;
    spareChunks(this.#chunks.filter((chunk) => chunk.length === CHUNK_BYTES));
    this.#chunks.length = 0;
    this.#capacity = this.#sizeBytes = this.#zeroFrom = 0;
  }

  copy(): Uint8Array {
    const copy = new Uint8Array(this.#sizeBytes);
    this.#eachPiece(0, this.#sizeBytes, (piece, done) => copy.set(piece, done));
    return copy;
  }

  read(target: Uint8Array, position: number): number {
    checkRange(position, target.length);
    const count = Math.min(target.length, this.#sizeBytes - position);
    if (count <= 0) return 0;
    this.#eachPiece(position, count, (piece, done) => target.set(piece, done));
    return count;
  }

  /** The bytes from a position on, to the end of their chunk or of the file. */
  show(position: number, into: ShownBytes): boolean {
    checkRange(position, 0);
    const start = position % CHUNK_BYTES;
    const chunk = this.#chunks[(position - start) / CHUNK_BYTES];
    if (chunk === undefined || position >= this.#sizeBytes) return false;
    into.bytes = chunk;
    into.start = start;
    into.end = Math.min(chunk.length, start + this.#sizeBytes - position);
    return true;
  }

  write(source: Uint8Array, position: number, path: string): number {
    checkRange(position, source.length);
    const end = position + source.length;
    if (source.length === 0) return 0;
    if (end > this.#capacity) this.#grow(end, path, 'written');
    if (position > this.#sizeBytes) this.#clear(this.#sizeBytes, position);
    this.#eachPiece(position, source.length, (piece, done) => piece.set(piece.length === source.length ? source : source.subarray(done, done + piece.length)));
    if (end > this.#sizeBytes) this.#sizeBytes = end;
    if (end > this.#zeroFrom) this.#zeroFrom = end;
    return source.length;
  }

  truncate(sizeBytes: number, path: string): void {
    checkSize(sizeBytes);
    if (sizeBytes > this.#capacity) this.#grow(sizeBytes, path, 'zeros');
    if (sizeBytes > this.#sizeBytes) this.#clear(this.#sizeBytes, sizeBytes);
    else this.#shrink(sizeBytes);
    this.#sizeBytes = sizeBytes;
  }

  #shrink(sizeBytes: number): void {
    const kept = Math.ceil(sizeBytes / CHUNK_BYTES);
    for (const dropped of this.#chunks.splice(kept)) this.#capacity -= dropped.length;
    this.#zeroFrom = Math.min(this.#zeroFrom, this.#capacity);
  }

  /** Bytes that become part of the file without being written are zero. */
  #clear(from: number, to: number): void {
    const end = Math.min(to, this.#zeroFrom);
    if (end > from) this.#eachPiece(from, end - from, (piece) => piece.fill(0));
  }

  /** Hands out the range in pieces, each in one chunk; `done` bytes of it came before. */
  #eachPiece(position: number, count: number, use: (piece: Uint8Array, done: number) => void): void {
    for (let done = 0; done < count;) {
      const at = position + done;
      const start = at % CHUNK_BYTES;
      const chunk = this.#chunks[(at - start) / CHUNK_BYTES];
      if (chunk === undefined) return;
      const piece = chunk.subarray(start, Math.min(chunk.length, start + count - done));
      use(piece, done);
      done += piece.length;
    }
  }

  /**
   * The last chunk of a small file doubles up to its full length, so that n bytes appended in small pieces cost O(n). What will be written at once is
   * not made zero first: that takes as long as writing it.
   */
  #grow(needBytes: number, path: string, as: Growth): void {
    if (needBytes - this.#capacity > TRIED_BYTES && allocate(needBytes, as) === undefined) throw simulatedError('ENOSPC', 'grow', path, needBytes);
    while (this.#capacity < needBytes) {
      const before = this.#capacity;
      const last = this.#chunks.at(-1);
      if (last !== undefined && last.length < CHUNK_BYTES) this.#growLast(last, needBytes, as);
      else if (before < CHUNK_BYTES * GROWTH) this.#growLast(undefined, needBytes, as);
      else this.#growBy(Math.min(MOST_CHUNKS_AT_ONCE, Math.floor(before / CHUNK_BYTES / GROWTH)), as);
      if (this.#capacity === before) throw simulatedError('ENOSPC', 'grow', path, needBytes);
      if (as === 'written') this.#zeroFrom = this.#capacity;
    }
  }

  /** Puts a longer chunk in the place of the last one, or behind it. */
  #growLast(last: Uint8Array | undefined, needBytes: number, as: Growth): void {
    const before = last?.length ?? 0;
    const missing = needBytes - this.#capacity + before;
    const grown = allocate(Math.min(CHUNK_BYTES, Math.max(missing, before * 2, LEAST_CAPACITY)), as);
    if (grown === undefined) return;
    if (last !== undefined) {
      grown.set(last);
      this.#chunks.pop();
    }
    this.#chunks.push(grown);
    this.#capacity += grown.length - before;
  }

  /** Only large files take spare chunks: each may keep the buffer that it was cut out of. */
  #growBy(count: number, as: Growth): void {
    const spare = as === 'written' ? spareChunk() : undefined;
    if (spare !== undefined) {
      this.#chunks.push(spare);
      this.#capacity += spare.length;
      return;
    }
    const grown = allocate(count * CHUNK_BYTES, as) ?? allocate(CHUNK_BYTES, as);
    if (grown === undefined) return;
    for (let at = 0; at < grown.length; at += CHUNK_BYTES) this.#chunks.push(grown.subarray(at, at + CHUNK_BYTES));
    this.#capacity += grown.length;
  }
}

function allocate(sizeBytes: number, as: Growth): Uint8Array | undefined {
  try {
    return as === 'written' ? Buffer.allocUnsafeSlow(sizeBytes) : new Uint8Array(sizeBytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
