import { hasCode } from '#storage';
import { compareKeys } from '../key/compare-keys.js';
import { MAX_KEY_BYTES } from '../key/key-types.js';
import { type BloomFilter } from '../bloom/bloom-filter.js';
import { hashKey } from '../key/hash-key.js';
import { valuePages } from './leaf-value.js';
import { childKeys, childPage, copyKey, levelOf, nodeCount } from './node-image.js';
import { readFreePages } from './page-allocator.js';
import { AT_TYPE, PAGE_TYPES } from './page-format.js';
import type { Tree } from './tree.js';
import { readFilter } from './tree-filter.js';

/** What kind of thing is wrong: a page that cannot be read, order of keys, counts, a page used twice or by nobody, the filter. */
export type TreeProblem = 'TREE_PAGE' | 'TREE_ORDER' | 'TREE_COUNT' | 'TREE_PAGE_SHARED' | 'TREE_PAGE_LOST' | 'TREE_FREE_LIST' | 'TREE_FILTER';

/** Something wrong with a tree. */
export interface TreeFinding {
  readonly code: TreeProblem;
  readonly pageNo: number;
  readonly problem: string;
}

const MAX_FINDINGS = 100;

/**
 * Looks at every page of a tree: checksums, order of keys within and between nodes, bounds, counts, values, the list of free pages,
 * the filter, pages used twice or lost. Changes nothing; stops after 100 findings.
 */
export function checkTree(tree: Tree): TreeFinding[] {
  const steps = checkTreeSteps(tree);
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

/**
 * The same in slices: yields the number of keys seen after each leaf.
 *
 * @param filterOmits bytes at the end of each key that the filter of the tree does not know
 */
export function checkTreeSteps(tree: Tree, filterOmits = 0): Generator<number, TreeFinding[], void> { return new TreeCheck(tree, filterOmits).run(); }

class TreeCheck {
  readonly #tree: Tree;
  readonly #findings: TreeFinding[] = [];
  readonly #use: Uint8Array;
  readonly #key = Buffer.alloc(MAX_KEY_BYTES);
  readonly #last = Buffer.alloc(MAX_KEY_BYTES);
  #lastLength = -1;
  #filter: BloomFilter | undefined;
  #keysSeen = 0;
  readonly #filterOmits: number;

  constructor(tree: Tree, filterOmits = 0) {
    this.#tree = tree;
    this.#filterOmits = filterOmits;
    this.#use = new Uint8Array(tree.header.pageCount);
    this.#use[0] = 1;
  }

  *run(): Generator<number, TreeFinding[], void> {
    const { header, source } = this.#tree;
    this.#guard(header.filterHead, 'TREE_FILTER', () => {
      if (header.filterHead === 0) return;
      const { filter, pages } = readFilter(source, header);
      this.#filter = filter;
      for (const pageNo of pages) this.#take(pageNo, 'the filter');
    });
    if (!this.#tree.isEmpty) {
      const keys = yield* this.#node(header.root, header.height - 1, undefined, undefined);
      if (keys >= 0 && keys !== header.keyCount) this.#report('TREE_COUNT', 0, `the header says ${header.keyCount} keys, the tree has ${keys}`);
    } else if (header.keyCount !== 0) this.#report('TREE_COUNT', 0, `the header says ${header.keyCount} keys, the tree is empty`);
    this.#guard(header.freeHead, 'TREE_FREE_LIST', () => { for (const pageNo of readFreePages(source, header)) this.#take(pageNo, 'the list of free pages'); });
    if (this.#findings.length === 0) {
      const lost = this.#use.indexOf(0);
      if (lost >= 0) this.#report('TREE_PAGE_LOST', lost, 'it is neither in the tree nor free');
    }
    return this.#findings;
  }

  /** Runs a part; damage in it is a finding, and the rest is looked at all the same. */
  #guard<Result>(pageNo: number, code: TreeProblem, part: () => Result): Result | undefined {
    try {
      return part();
    } catch (e) {
      if (!hasCode(e, 'CORRUPT_PAGE') && !hasCode(e, 'VERSION')) throw e;
      this.#report(code, pageNo, e.message);
      return undefined;
    }
  }

  #report(code: TreeProblem, pageNo: number, problem: string): void {
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push({ code, pageNo, problem });
  }

  /** Notes who uses a page; false when somebody does already. */
  #take(pageNo: number, user: string): boolean {
    if (pageNo < 1 || pageNo >= this.#use.length) {
      this.#report('TREE_PAGE', pageNo, `${user} uses it, but it is outside the file`);
      return false;
    }
    if (this.#use[pageNo] !== 0) {
      this.#report('TREE_PAGE_SHARED', pageNo, `${user} uses it, and something else does too`);
      return false;
    }
    this.#use[pageNo] = 1;
    return true;
  }

  /** Checks a node and all below it; returns the keys counted, -1 when some could not be. A page is entered once, so nothing circles. */
  *#node(pageNo: number, level: number, lower: Buffer | undefined, upper: Buffer | undefined): Generator<number, number, void> {
    if (!this.#take(pageNo, 'the tree')) return -1;
    const image = this.#guard(pageNo, 'TREE_PAGE', () => this.#tree.source.image(pageNo, true));
    if (image === undefined) return -1;
    if (levelOf(image) !== level || image[AT_TYPE] !== (level > 0 ? PAGE_TYPES.inner : PAGE_TYPES.leaf)) {
      this.#report('TREE_PAGE', pageNo, `it is no node of level ${level}`);
      return -1;
    }
    if (level > 0) return yield* this.#inner(pageNo, image, lower, upper);
    const count = this.#leaf(pageNo, image, lower, upper);
    yield this.#keysSeen += count;
    return count;
  }

  *#inner(pageNo: number, image: Buffer, lower: Buffer | undefined, upper: Buffer | undefined): Generator<number, number, void> {
    const count = nodeCount(image);
    let keys = 0;
    let from = lower;
    for (let i = 0; i < count; i++) {
      const to = i + 1 < count ? Buffer.from(this.#key.subarray(0, copyKey(image, i + 1, this.#key))) : upper;
      if (from !== undefined && to !== undefined && Buffer.compare(from, to) >= 0) this.#report('TREE_ORDER', pageNo, `the bounds of child ${i} are not in order`);
      const page = childPage(image, i);
      const counted = yield* this.#node(page, levelOf(image) - 1, from, to);
      if (counted >= 0 && counted !== childKeys(image, i)) this.#report('TREE_COUNT', pageNo, `it says ${childKeys(image, i)} keys below page ${page}, there are ${counted}`);
      keys = keys < 0 || counted < 0 ? -1 : keys + counted;
      from = to;
    }
    return keys;
  }

  #leaf(pageNo: number, image: Buffer, lower: Buffer | undefined, upper: Buffer | undefined): number {
    const count = nodeCount(image);
    for (let i = 0; i < count; i++) {
      const length = copyKey(image, i, this.#key);
      const key = this.#key.subarray(0, length);
      if (this.#lastLength >= 0 && compareKeys(this.#last, this.#lastLength, key, 0, length) >= 0) this.#report('TREE_ORDER', pageNo, `key ${i} is not above the one before it`);
      if ((lower !== undefined && Buffer.compare(key, lower) < 0) || (upper !== undefined && Buffer.compare(key, upper) >= 0)) {
        this.#report('TREE_ORDER', pageNo, `key ${i} is outside the bounds of its leaf`);
      }
      if (this.#filter?.mayHold(hashKey(key, key.length - this.#filterOmits)) === false) this.#report('TREE_FILTER', pageNo, `the filter denies key ${i}`);
      key.copy(this.#last);
      this.#lastLength = length;
      this.#guard(pageNo, 'TREE_PAGE', () => {
        for (const page of valuePages(image, i, this.#tree)) this.#take(page, `the value of key ${i} of page ${pageNo}`);
        this.#tree.valueOf(image, i);
      });
    }
    return count;
  }
}
