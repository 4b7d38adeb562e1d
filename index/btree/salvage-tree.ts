import { type FieldstoneError, hasCode } from '#storage';
import { compareKeys } from '../key/compare-keys.js';
import { MAX_KEY_BYTES } from '../key/key-types.js';
import type { SortedChanges } from './apply-sorted.js';
import { childPage, copyKey, levelOf, nodeCount } from './node-image.js';
import { readFreePages } from './page-allocator.js';
import { AT_STAMP, AT_TYPE, PAGE_TYPES, u32 } from './page-format.js';
import { type Tree } from './tree.js';
import type { TreeFile } from './tree-file.js';
import { emptyHeader, type TreeHeader } from './tree-header.js';

/** What was lost and found while a tree was salvaged. Counts of pages, values, keys. */
export interface SalvageReport {
  /** Pages of any kind that cannot be read. */
  damagedPages: number;
  /** Leaves that no node leads to any more. */
  strayLeaves: number;
  /** Keys whose value cannot be read: left out. */
  lostValues: number;
  /** Keys that stand in the wrong order: left out. */
  misplacedKeys: number;
}

interface Range { readonly lower: Buffer | undefined; readonly upper: Buffer | undefined }
interface FoundLeaf { readonly pageNo: number; readonly first: Buffer; readonly last: Buffer; readonly stamp: number }

const MAX_LEVEL = 32;
const EVERYTHING: Range = { lower: undefined, upper: undefined };

/**
 * The entries of a damaged tree that can still be read, in order of keys: leaves that the root leads to, and where a node is damaged
 * the leaves that lie in its range of keys. Of stray leaves that overlap the newer one counts; pages that the list of free pages names
 * are no part of the tree, if that list can be read.
 */
export class TreeSalvage implements SortedChanges {
  readonly report: SalvageReport = { damagedPages: 0, strayLeaves: 0, lostValues: 0, misplacedKeys: 0 };
  readonly #file: TreeFile;
  readonly #tree: Tree;
  readonly #seen: Uint8Array;
  readonly #gaps: Range[] = [];
  #leaves: FoundLeaf[] = [];
  #at = 0;
  /** Nodes of the newest checkpoint, and how many of them the root leads to; without a header only. */
  #newestStamp = -1;
  #newestNodes = 0;
  #newestReached = 0;
  #leaf: Buffer | undefined;
  #i = -1;
  readonly keyBytes: Buffer = Buffer.alloc(MAX_KEY_BYTES);
  readonly keyStart = 0;
  keyLength = 0;
  readonly #last: Buffer = Buffer.alloc(MAX_KEY_BYTES);
  #lastLength = -1;
  value: Buffer | undefined;

  /** @param header of the file; undefined = it cannot be read either */
  constructor(file: TreeFile, header: TreeHeader | undefined) {
    this.#file = file;
    const pageCount = header?.pageCount ?? file.filePages;
    this.#seen = new Uint8Array(pageCount);
    this.#tree = file.tree(header ?? { ...emptyHeader(file.treeId, file.pageSizeBytes), pageCount });
  }

  /** Finds the leaves; yields now and then. Before the first next(). */
  *find(hasHeader: boolean): Generator<void, void, void> {
    const { header } = this.#tree;
    const root = hasHeader ? { pageNo: header.root, level: header.height - 1 } : yield* this.#newestRoot();
    if (root !== undefined && root.level >= 0) yield* this.#node(root.pageNo, root.level, EVERYTHING);
    if (!hasHeader && this.#newestReached < this.#newestNodes) {
      // The checkpoint wrote nodes that this root does not lead to: the root itself is lost.
      this.#leaves = [];
      this.#seen.fill(0);
      this.#gaps.splice(0, Infinity, EVERYTHING);
    }
    const free = hasHeader ? this.#freePages() : undefined;
    if (this.#gaps.length > 0) this.#accept(yield* this.#strays(free), free !== undefined);
    this.#leaves.sort((a, b) => Buffer.compare(a.first, b.first));
  }

  /** Without a header: every checkpoint writes a new root, so it is the highest of the newest nodes. */
  *#newestRoot(): Generator<void, { pageNo: number; level: number } | undefined, void> {
    let best: { pageNo: number; level: number; stamp: number } | undefined;
    for (let pageNo = 1; pageNo < this.#seen.length; pageNo++) {
      yield;
      const image = this.#image(pageNo);
      if (image === undefined || !isNode(image)) continue;
      const level = levelOf(image);
      const stamp = u32(image, AT_STAMP);
      if (stamp > this.#newestStamp) {
        this.#newestStamp = stamp;
        this.#newestNodes = 0;
      }
      if (stamp === this.#newestStamp) this.#newestNodes++;
      if (best === undefined || stamp > best.stamp || (stamp === best.stamp && level > best.level)) best = { pageNo, level, stamp };
    }
    this.report.damagedPages = 0; // counted when they are met
    return best;
  }

  #image(pageNo: number): Buffer | undefined {
    try {
      return this.#file.image(pageNo);
    } catch (e) {
      if (!isDamage(e)) throw e;
      this.report.damagedPages++;
      return undefined;
    }
  }

  /** Free pages as the list says; undefined when it cannot be trusted. */
  #freePages(): Set<number> | undefined {
    try {
      return new Set(readFreePages(this.#file, this.#tree.header));
    } catch (e) {
      if (!isDamage(e)) throw e;
      return undefined;
    }
  }

  *#node(pageNo: number, level: number, range: Range): Generator<void, void, void> {
    yield;
    const image = pageNo >= 1 && pageNo < this.#seen.length && this.#seen[pageNo] === 0 ? this.#image(pageNo) : undefined;
    if (pageNo >= 1 && pageNo < this.#seen.length) this.#seen[pageNo] = 1;
    if (image === undefined || !isNode(image) || levelOf(image) !== level || level > MAX_LEVEL) {
      this.#gaps.push(range);
      return;
    }
    if (u32(image, AT_STAMP) === this.#newestStamp) this.#newestReached++;
    if (level === 0) {
      const leaf = foundLeaf(image, pageNo);
      if (leaf !== undefined) this.#leaves.push(leaf);
      return;
    }
    let { lower } = range;
    for (let i = 0, count = nodeCount(image); i < count; i++) {
      const upper = i + 1 < count ? keyOf(image, i + 1) : range.upper;
      yield* this.#node(childPage(image, i), level - 1, { lower, upper });
      lower = upper;
    }
  }

  /** Sound leaves that nothing leads to, and whose keys lie where a node is missing. */
  *#strays(free: ReadonlySet<number> | undefined): Generator<void, FoundLeaf[], void> {
    const found: FoundLeaf[] = [];
    for (let pageNo = 1; pageNo < this.#seen.length; pageNo++) {
      if (this.#seen[pageNo] !== 0 || free?.has(pageNo) === true) continue;
      yield;
      const image = this.#image(pageNo);
      if (image === undefined || image[AT_TYPE] !== PAGE_TYPES.leaf) continue;
      const leaf = foundLeaf(image, pageNo);
      if (leaf !== undefined && this.#gaps.some((gap) => isInside(leaf, gap))) found.push(leaf);
    }
    return found;
  }

  /** Newer leaves first: an older one that overlaps holds what was true before. */
  #accept(strays: FoundLeaf[], areAllLive: boolean): void {
    if (!areAllLive) strays.sort((a, b) => b.stamp - a.stamp || a.pageNo - b.pageNo);
    const taken: FoundLeaf[] = [];
    for (const leaf of strays) {
      let low = 0;
      for (let high = taken.length; low < high;) {
        const middle = (low + high) >>> 1;
        if (Buffer.compare(taken[middle]?.last ?? EMPTY, leaf.first) < 0) low = middle + 1;
        else high = middle;
      }
      const above = taken[low];
      if (above !== undefined && Buffer.compare(above.first, leaf.last) <= 0) continue;
      taken.splice(low, 0, leaf);
    }
    this.report.strayLeaves = taken.length;
    this.#leaves.push(...taken);
  }

  /** To the next entry whose value can be read. */
  next(): boolean {
    for (;;) {
      while (this.#leaf === undefined || ++this.#i >= nodeCount(this.#leaf)) {
        const leaf = this.#leaves[this.#at++];
        if (leaf === undefined) return false;
        this.#leaf = this.#image(leaf.pageNo);
        this.#i = -1;
      }
      this.keyLength = copyKey(this.#leaf, this.#i, this.keyBytes);
      if (this.#lastLength >= 0 && compareKeys(this.#last, this.#lastLength, this.keyBytes, 0, this.keyLength) >= 0) {
        this.report.misplacedKeys++;
        continue;
      }
      if (!this.#readValue(this.#leaf)) continue;
      this.keyBytes.copy(this.#last, 0, 0, this.keyLength);
      this.#lastLength = this.keyLength;
      return true;
    }
  }

  #readValue(leaf: Buffer): boolean {
    try {
      this.value = this.#tree.valueOf(leaf, this.#i);
      return true;
    } catch (e) {
      if (!isDamage(e)) throw e;
      this.report.lostValues++;
      return false;
    }
  }
}

const EMPTY = Buffer.alloc(0);

function isDamage(e: unknown): e is FieldstoneError { return hasCode(e, 'CORRUPT_PAGE') || hasCode(e, 'VERSION'); }

function isNode(image: Buffer): boolean { return image[AT_TYPE] === PAGE_TYPES.leaf || image[AT_TYPE] === PAGE_TYPES.inner; }

function keyOf(image: Buffer, i: number): Buffer {
  const key = Buffer.alloc(MAX_KEY_BYTES);
  return Buffer.from(key.subarray(0, copyKey(image, i, key)));
}

/** undefined for a leaf without keys. */
function foundLeaf(image: Buffer, pageNo: number): FoundLeaf | undefined {
  const count = nodeCount(image);
  return count === 0 ? undefined : { pageNo, first: keyOf(image, 0), last: keyOf(image, count - 1), stamp: u32(image, AT_STAMP) };
}

function isInside(leaf: FoundLeaf, { lower, upper }: Range): boolean {
  return (lower === undefined || Buffer.compare(leaf.first, lower) >= 0) && (upper === undefined || Buffer.compare(leaf.last, upper) < 0);
}
