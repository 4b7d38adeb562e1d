import { PHASE, phases, readUpTo, type PageCache, type PageKind, type ShownBytes, type VfsFile } from '#storage';

/** A file read through the page cache, in pages of a fixed size from an origin. */
export class CachedFile {
  readonly file: VfsFile;
  readonly id: number;
  readonly pageSizeBytes: number;
  readonly #origin: number;
  readonly #cache: PageCache;
  readonly #kind: PageKind;
  readonly #verify: (() => void) | undefined;
  /** A second copy of what lies in memory would serve nobody. Beside a writer each read has to be verified: there pages are read once. */
  readonly #show: VfsFile['show'];

  /** `verify` is called after each read of the file, before its bytes are used. */
  constructor(file: VfsFile, cache: PageCache, kind: PageKind, pageSizeBytes: number, originBytes = 0, verify?: () => void) {
    this.#verify = verify;
    this.#show = verify === undefined ? file.show : undefined;
    this.file = file;
    this.#cache = cache;
    this.id = cache.addFile(file.path);
    this.#kind = kind;
    this.pageSizeBytes = pageSizeBytes;
    this.#origin = originBytes;
  }

  /** The page, shorter at the end of the file. A view of the cache: decode before anything else runs. */
  page(pageNo: number, leastBytes = 0): Uint8Array {
    const known = this.#cache.get(this.id, pageNo);
    if (known !== undefined && known.length >= leastBytes) return known;
    return phases.active ? phases.measure(PHASE.cache, () => this.#read(pageNo)) : this.#read(pageNo);
  }

  #read(pageNo: number): Uint8Array {
    const bytes = Buffer.allocUnsafeSlow(this.pageSizeBytes);
    const n = readUpTo(this.file, bytes, this.#origin + pageNo * this.pageSizeBytes);
    this.#verify?.();
    const page = n === bytes.length ? bytes : Buffer.from(bytes.subarray(0, n));
    this.#cache.put(this.id, pageNo, page, this.#kind);
    return page;
  }

  /** The page if it is cached, without a trace in counters or in the order of eviction. */
  peek(pageNo: number): Uint8Array | undefined { return this.#cache.peek(this.id, pageNo); }

  drop(pageNo: number): void { this.#cache.drop(this.id, pageNo); }

  /** Reads past the cache, for scans; fewer bytes only at the end of the file. */
  readDirect(target: Uint8Array, position: number): number {
    const n = readUpTo(this.file, target, position);
    this.#verify?.();
    return n;
  }

  /** Reads a range through the cache; of a file that lies in memory straight from it. */
  readAt(target: Uint8Array, position: number): number {
    if (this.#show !== undefined) return readUpTo(this.file, target, position);
    let done = 0;
    while (done < target.length) {
      const at = position + done - this.#origin;
      const pageNo = Math.floor(at / this.pageSizeBytes);
      const from = at - pageNo * this.pageSizeBytes;
      const page = this.page(pageNo);
      const n = Math.min(page.length - from, target.length - done);
      if (n <= 0) break;
      target.set(page.subarray(from, from + n), done);
      done += n;
    }
    return done;
  }

  /** Shows the bytes from a position on as far as its page has them: a view of the cache, or of a file that lies in memory. */
  show(position: number, into: ShownBytes): boolean {
    if (this.#show !== undefined) return this.#show(position, into);
    const at = position - this.#origin;
    const pageNo = Math.floor(at / this.pageSizeBytes);
    const page = this.page(pageNo);
    into.bytes = page;
    into.start = at - pageNo * this.pageSizeBytes;
    into.end = page.length;
    return into.start < into.end;
  }

  /** After `bytes` were written at `position`: cached pages follow. */
  patch(position: number, bytes: Uint8Array): void {
    let done = 0;
    while (done < bytes.length) {
      const at = position + done - this.#origin;
      if (at < 0) { // before the first page: nothing of it is cached
        done += Math.min(-at, bytes.length - done);
        continue;
      }
      const pageNo = Math.floor(at / this.pageSizeBytes);
      const from = at - pageNo * this.pageSizeBytes;
      const n = Math.min(this.pageSizeBytes - from, bytes.length - done);
      const page = this.#cache.peek(this.id, pageNo);
      if (page !== undefined) {
        if (from + n <= page.length) page.set(bytes.subarray(done, done + n), from);
        else this.#cache.drop(this.id, pageNo);
      }
      done += n;
    }
  }

  /** Forgets pages that hold bytes of the range. */
  invalidate(position: number, endPosition: number): void {
    const first = Math.max(0, Math.floor((position - this.#origin) / this.pageSizeBytes));
    const last = Math.floor((endPosition - 1 - this.#origin) / this.pageSizeBytes);
    for (let pageNo = first; pageNo <= last; pageNo++) this.#cache.drop(this.id, pageNo);
  }

  close(): void {
    this.#cache.dropFile(this.id);
    this.file.close();
  }
}
