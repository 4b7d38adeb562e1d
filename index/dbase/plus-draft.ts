import { PlusNode } from './plus-node.js';
import { MAX_PLUS_DEPTH, type PlusPages } from './plus-pages.js';
import { childOf, corruptBlock, entryCount, isLeafPage, type PlusShape } from './plus-shape.js';

/** Nodes that did not change and are kept for the next look. */
const CLEAN_NODES = 4096;

/** The pages of a tree that an update changes, in memory. The number of a page is the number of its first unit. */
export class PlusDraft {
  readonly pages: PlusPages;
  root: number;
  /** Units of the file, those of new pages included. */
  unitCount: number;
  readonly #nodes = new Map<number, PlusNode>();
  /** Pages that nobody uses: given up by this update, or found. */
  readonly #free: number[] = [];
  #searched = false;
  #clean = 0;

  constructor(pages: PlusPages) {
    this.pages = pages;
    this.root = pages.root;
    this.unitCount = pages.shape.unitCount;
  }

  get shape(): PlusShape { return this.pages.shape; }

  node(unit: number): PlusNode {
    const known = this.#nodes.get(unit);
    if (known !== undefined) return known;
    const node = PlusNode.of(this.pages.page(unit), unit, this.shape);
    this.#nodes.set(unit, node);
    this.#clean++;
    return node;
  }

  fresh(isLeaf: boolean): PlusNode {
    if (this.#free.length === 0 && !this.#searched) this.#search();
    const node = new PlusNode(this.#free.pop() ?? this.unitCount++, isLeaf, this.shape);
    node.dirty = true;
    this.#nodes.set(node.unit, node);
    return node;
  }

  release(unit: number): void {
    this.#nodes.delete(unit);
    this.#free.push(unit);
  }

  /** Forgets nodes that did not change, when there are many. Nobody may hold one. */
  trim(): void {
    if (this.#clean <= CLEAN_NODES) return;
    for (const [unit, node] of this.#nodes) if (!node.dirty) this.#nodes.delete(unit);
    this.#clean = 0;
  }

  /** Nodes to be written, by their numbers. */
  changed(): PlusNode[] { return [...this.#nodes.values()].filter(({ dirty }) => dirty).sort((a, b) => a.unit - b.unit); }

  /** New pages that are not used after all: the file must hold them nevertheless. */
  unusedNew(): number[] { return this.#free.filter((unit) => unit >= this.shape.unitCount).sort((a, b) => a - b); }

  /**
   * Pages that the tree does not use. dBASE leaves them behind when leaves become empty and has no list of them; they are found by what
   * pages with children say, without reading the leaves.
   */
  #search(): void {
    this.#searched = true;
    const used = usedPages(this.pages);
    for (let unit = used.length - 1; unit >= this.shape.firstUnit; unit--) if (used[unit] === 0) this.#free.push(unit);
  }
}

/** 1 for each page that the tree uses: reads the pages with children, and of the leaves the first. */
function usedPages(pages: PlusPages): Uint8Array {
  const { shape } = pages;
  const used = new Uint8Array(shape.unitCount);
  let leafDepth = 0;
  for (let page = pages.page(pages.root); !isLeafPage(page, shape) && leafDepth < MAX_PLUS_DEPTH; leafDepth++) page = pages.page(childOf(page, 0, shape));
  const visit = (unit: number, depth: number): void => {
    if (used[unit] !== 0) throw corruptBlock(unit, 'a page that is used twice', shape);
    used[unit] = 1;
    if (depth === leafDepth) return;
    const page = pages.page(unit);
    if (isLeafPage(page, shape)) throw corruptBlock(unit, 'a leaf above the others', shape);
    for (let i = 0; i <= entryCount(page); i++) visit(childOf(page, i, shape), depth + 1);
  };
  visit(pages.root, 0);
  return used;
}
