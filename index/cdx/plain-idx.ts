import { FieldstoneError } from '#storage';
import { compareBytes, corruptIndex, u16, u32, u32be } from '../xbase/bytes.js';
import type { BlockSource } from '../xbase/block-source.js';
import type { IndexFile, IndexFileUpdate } from '../xbase/index-file.js';
import type { IndexCursor, IndexTag } from '../xbase/index-tag.js';
import type { TagFacts } from '../xbase/tag-facts.js';
import { MAX_DEPTH, PAGE_BYTES } from './cdx-page.js';

const HEADER_BYTES = 512;
const ENTRIES = 12;
const TEXT_BYTES = 220;
const AT_OPTIONS = 14;
const AT_KEY_TEXT = 16;
const AT_FOR_TEXT = 236;
const COMPACT = 0x20;
const MAX_KEY_BYTES = 100;

/** True when the file begins like an IDX of FoxBASE and FoxPro that is not compact. */
export function isPlainIdx(source: BlockSource): boolean {
  if (source.sizeBytes < HEADER_BYTES + PAGE_BYTES) return false;
  const header = source.block(0, HEADER_BYTES);
  const keyLength = u16(header, 12);
  return ((header[AT_OPTIONS] ?? 0) & COMPACT) === 0 && keyLength > 0 && keyLength <= MAX_KEY_BYTES && (header[AT_KEY_TEXT] ?? 0) >= 0x20;
}

function textAt(header: Buffer, at: number): string {
  return header.toString('latin1', at, at + TEXT_BYTES).replace(/\0[^]*$/, '').trim();
}

/**
 * An IDX that is not compact (FoxBASE+, early FoxPro); it is only read. Layout: Microsoft, "Index File Structure (.idx)".
 *
 * @example
 * if (isPlainIdx(source)) for (const { facts } of new PlainIdxFile(source, 'PEOPLE').tags) console.log(facts.expression);
 */
export class PlainIdxFile implements IndexFile {
  readonly kind = 'idx';
  readonly tags: readonly [PlainIdxTag];
  readonly #path: string;

  /** `name`: the file's name without extension, upper case. Throws CORRUPT_INDEX, IO. */
  constructor(source: BlockSource, name: string) {
    this.#path = source.path;
    if (!isPlainIdx(source)) throw corruptIndex(source.path, 0, 'it is no index of FoxBASE');
    this.tags = [new PlainIdxTag(source, name)];
  }

  update(): IndexFileUpdate {
    throw new FieldstoneError('UNSUPPORTED', `${this.#path} is not compact; such files are only read`, { file: this.#path });
  }
}

/** Its only order. */
export class PlainIdxTag implements IndexTag {
  readonly facts: TagFacts;
  readonly #source: BlockSource;
  readonly #root: number;

  constructor(source: BlockSource, name: string) {
    const header = source.block(0, HEADER_BYTES);
    const options = header[AT_OPTIONS] ?? 0;
    this.#source = source;
    this.#root = u32(header, 0);
    const forText = (options & 8) === 0 ? '' : textAt(header, AT_FOR_TEXT);
    this.facts = {
      name, expression: textAt(header, AT_KEY_TEXT), forExpression: forText === '' ? undefined : forText, unique: (options & 1) === 0 ? 'none' : 'first',
      descending: false, storedDescending: false, keyLength: u16(header, 12), keyType: undefined, nullPrefix: false, collation: 'MACHINE',
      readOnlyReason: 'its file is not compact',
    };
  }

  cursor(): IndexCursor { return new PlainIdxCursor(this.#source, this.#root, this.facts.keyLength); }

  /** From the size of the file, two thirds full. */
  estimateEntries(): number {
    return Math.round(((this.#source.sizeBytes - HEADER_BYTES) / (this.facts.keyLength + 4)) * (2 / 3));
  }

  /** Counts what lies between. */
  estimateRange(low: Uint8Array | undefined, high: Uint8Array | undefined): number {
    const cursor = this.cursor();
    let count = 0;
    for (let stands = low === undefined ? cursor.first() : cursor.seek(low); stands; stands = cursor.next()) {
      if (high !== undefined && compareBytes(cursor.key, 0, high, 0, Math.min(high.length, cursor.key.length)) >= 0) break;
      count++;
    }
    return count;
  }
}

/** Goes from leaf to leaf through the pages above. Keys must ascend; one direction passes no more pages than the file has. */
class PlainIdxCursor implements IndexCursor {
  readonly key: Buffer;
  recno = 0;
  isValid = false;
  readonly #source: BlockSource;
  readonly #root: number;
  readonly #keyLength: number;
  /** The key before the last step. */
  readonly #held: Buffer;
  /** From the root to the leaf, and the entry in each. */
  readonly #pages: Buffer[] = [];
  readonly #places: number[] = [];
  #depth = 0;
  #direction = 0;
  #pagesLeft = 0;

  constructor(source: BlockSource, root: number, keyLength: number) {
    this.#source = source;
    this.#root = root;
    this.#keyLength = keyLength;
    this.key = Buffer.alloc(keyLength);
    this.#held = Buffer.alloc(keyLength);
  }

  first(): boolean { return this.#start(() => 0) && this.#stand(1); }
  last(): boolean { return this.#start((page) => u16(page, 2) - 1) && this.#stand(-1); }

  seek(key: Uint8Array, recno = 0): boolean {
    const length = Math.min(key.length, this.#keyLength);
    const lowest = (page: Buffer): number => {
      const count = u16(page, 2);
      let i = 0;
      while (i < count && compareBytes(page, this.#entry(i), key, 0, length) < 0) i++;
      return i;
    };
    if (!this.#start((page) => (isLeaf(page) ? lowest(page) : Math.min(lowest(page), u16(page, 2) - 1)))) return false;
    for (let stands = this.#stand(1); stands; stands = this.next()) {
      if (this.recno >= recno || compareBytes(this.key, 0, key, 0, length) > 0) return true;
    }
    return false;
  }

  next(): boolean { return this.#step(1); }
  previous(): boolean { return this.#step(-1); }

  #step(direction: 1 | -1): boolean {
    if (!this.isValid) return false;
    const leaf = this.#depth - 1;
    this.#places[leaf] = (this.#places[leaf] ?? 0) + direction;
    const held = this.#held;
    this.key.copy(held);
    if (!this.#stand(direction)) return false;
    if (compareBytes(this.key, 0, held, 0, this.#keyLength) * direction < 0) throw this.#corrupt('keys are not in order');
    return true;
  }

  #entry(i: number): number { return ENTRIES + i * (this.#keyLength + 4); }

  #corrupt(problem: string): Error { return corruptIndex(this.#source.path, this.#root, problem); }

  #page(offset: number): Buffer {
    if (offset % PAGE_BYTES !== 0 || offset < HEADER_BYTES || offset + PAGE_BYTES > this.#source.sizeBytes) throw this.#corrupt(`a page can not be at ${offset}`);
    if (this.#pagesLeft-- <= 0) throw this.#corrupt('pages run in a circle');
    const page = this.#source.block(offset, PAGE_BYTES);
    if (u16(page, 0) > 3 || this.#entry(u16(page, 2)) > PAGE_BYTES) throw corruptIndex(this.#source.path, offset, 'it is no page of an index');
    return page;
  }

  #start(place: (page: Buffer) => number): boolean {
    this.isValid = false;
    this.#direction = 0;
    this.#pagesLeft = this.#source.sizeBytes / PAGE_BYTES + MAX_DEPTH;
    this.#depth = 0;
    this.#descend(this.#root, place);
    return true;
  }

  #descend(top: number, place: (page: Buffer) => number): void {
    for (let offset = top; ;) {
      const page = this.#page(offset);
      if (this.#depth >= MAX_DEPTH) throw this.#corrupt('the tree is too high');
      const i = place(page);
      this.#pages[this.#depth] = page;
      this.#places[this.#depth++] = i;
      if (isLeaf(page)) return;
      if (i < 0) throw this.#corrupt('an interior page is empty');
      offset = u32be(page, this.#entry(i) + this.#keyLength);
    }
  }

  /** Takes the entry of the leaf, or goes to the leaf beside. */
  #stand(direction: 1 | -1): boolean {
    if (direction !== this.#direction) {
      this.#direction = direction;
      this.#pagesLeft = this.#source.sizeBytes / PAGE_BYTES + MAX_DEPTH;
    }
    for (;;) {
      const leaf = this.#pages[this.#depth - 1] ?? this.key;
      const i = this.#places[this.#depth - 1] ?? 0;
      if (i >= 0 && i < u16(leaf, 2)) {
        leaf.copy(this.key, 0, this.#entry(i), this.#entry(i) + this.#keyLength);
        this.recno = u32be(leaf, this.#entry(i) + this.#keyLength);
        return this.isValid = true;
      }
      if (!this.#beside(direction)) return this.isValid = false;
    }
  }

  #beside(direction: 1 | -1): boolean {
    for (let depth = this.#depth - 2; depth >= 0; depth--) {
      const page = this.#pages[depth] ?? this.key;
      const i = (this.#places[depth] ?? 0) + direction;
      if (i < 0 || i >= u16(page, 2)) continue;
      this.#places[depth] = i;
      this.#depth = depth + 1;
      this.#descend(u32be(page, this.#entry(i) + this.#keyLength), (below) => (direction > 0 ? 0 : u16(below, 2) - 1));
      return true;
    }
    return false;
  }
}

function isLeaf(page: Buffer): boolean { return ((page[0] ?? 0) & 2) !== 0; }
