import { FieldstoneError } from '#storage';
import { corruptIndex, putU32, u32 } from '../xbase/bytes.js';
import type { BlockSource } from '../xbase/block-source.js';
import { HEADER_BYTES } from './cdx-header.js';
import { isPageOffset, leftOf, MAX_FILE_BYTES, NO_PAGE, PAGE_BYTES, pageAt, rightOf, setLeft, setRight } from './cdx-page.js';

/**
 * The pages of a file while it is being changed: those that change are kept here, by offset, the others are read from the file's old state.
 */
export class CdxPages implements BlockSource {
  readonly path: string;
  readonly #source: BlockSource;
  readonly #changed = new Map<number, Buffer>();
  /** Free pages that were freed by this change. */
  readonly #released = new Set<number>();
  /** Pages that were on the list of free ones and are in use again. */
  readonly #taken = new Set<number>();
  readonly #findUsed: () => ReadonlySet<number>;
  #inUse: ReadonlySet<number> | undefined;
  #sizeBytes: number;
  #freeHead: number;

  /** `findUsed` tells the pages that are part of trees; asked only when the file has a list of free pages. */
  constructor(source: BlockSource, freeHead: number, findUsed: () => ReadonlySet<number>) {
    this.#findUsed = findUsed;
    this.path = source.path;
    this.#source = source;
    this.#sizeBytes = source.sizeBytes - (source.sizeBytes % PAGE_BYTES);
    this.#freeHead = freeHead;
  }

  /** With the pages that were added. */
  get sizeBytes(): number { return this.#sizeBytes; }
  get freeHead(): number { return this.#isFree(this.#freeHead) ? this.#freeHead : 0; }
  get changedCount(): number { return this.#changed.size; }

  block(offset: number, lengthBytes: number): Buffer {
    return this.#changed.get(offset) ?? this.#source.block(offset, lengthBytes);
  }

  /** A page of a tree as it stands now; `from` is where its offset came from. */
  page(offset: number, from: number): Buffer { return pageAt(this, offset, from); }

  /** The image of a page for changing. */
  change(offset: number): Buffer {
    const known = this.#changed.get(offset);
    if (known !== undefined) return known;
    const copy = Buffer.from(this.#source.block(offset, PAGE_BYTES));
    this.#changed.set(offset, copy);
    return copy;
  }

  /** Gives a page a new image, which is the map's from now on; views of the old one stay what they are. */
  put(offset: number, page: Buffer): void { this.#changed.set(offset, page); }

  /** The page went to the sink already. */
  forget(offset: number): void { this.#changed.delete(offset); }

  /**
   * A page that nobody uses: the one freed last, else a new one at the end. Throws LIMIT; CORRUPT_INDEX when the list of
   * free pages names a page that is in use.
   */
  take(): number {
    const head = this.#freeHead;
    if (!this.#isFree(head)) return this.grow(PAGE_BYTES);
    if (!this.#released.delete(head)) {
      const isUsed = this.#taken.has(head) || this.#changed.has(head) || (this.#inUse ??= this.#findUsed()).has(head);
      if (isUsed) throw corruptIndex(this.path, head, 'a page on the list of free pages is in use');
    }
    this.#taken.add(head);
    this.#freeHead = u32(this.block(head, PAGE_BYTES), 0);
    return head;
  }

  /** Room at the end. */
  grow(bytes: number): number {
    const offset = this.#sizeBytes;
    if (offset + bytes > MAX_FILE_BYTES) throw new FieldstoneError('LIMIT', `${this.path} would grow beyond 4 GB, more than its format allows`, { file: this.path });
    this.#sizeBytes = offset + bytes;
    return offset;
  }

  /** Puts a page on the list of free ones. */
  release(offset: number): void {
    const page = Buffer.alloc(PAGE_BYTES);
    putU32(page, 0, this.freeHead);
    this.put(offset, page);
    this.#freeHead = offset;
    this.#released.add(offset);
  }

  /** Neighbours of one level know each other from now on; either may be none. */
  link(left: number, right: number, from: number): void {
    if (left !== NO_PAGE && rightOf(this.page(left, from)) !== right) setRight(this.change(left), right);
    if (right !== NO_PAGE && leftOf(this.page(right, from)) !== left) setLeft(this.change(right), left);
  }

  /** Offsets of the changed pages: new ones first, then old ones, each ascending. */
  changedOffsets(): number[] {
    const end = this.#source.sizeBytes;
    return [...this.#changed.keys()].sort((a, b) => (a >= end ? 0 : 1) - (b >= end ? 0 : 1) || a - b);
  }

  #isFree(offset: number): boolean {
    return offset !== 0 && offset !== NO_PAGE && offset >= HEADER_BYTES && isPageOffset(offset, this.#sizeBytes);
  }
}
