import type { FieldstoneError } from '#storage';
import { corruptIndex } from '../xbase/bytes.js';
import type { BlockSink } from '../xbase/block-source.js';
import type { UpdatedFile } from '../xbase/index-file.js';
import { NTX_PAGE_BYTES, patchNtxHeader } from './ntx-header.js';
import { NtxNode } from './ntx-node.js';
import type { NtxPages } from './ntx-pages.js';
import { readFreePages } from './ntx-free-list.js';

/** Nodes that did not change and are kept for the next look. */
const CLEAN_NODES = 4096;

/** The pages that an update changes, in memory, and which page numbers are free. */
export class NtxDraft {
  readonly pages: NtxPages;
  root: number;
  readonly #nodes = new Map<number, NtxNode>();
  /** Pages that this update gave up. */
  readonly #freed: number[] = [];
  /** The file's own list; undefined until it is needed. */
  #listed: number[] | undefined;
  #pageCount: number;
  #clean = 0;

  constructor(pages: NtxPages) {
    this.pages = pages;
    this.root = pages.header.root;
    this.#pageCount = Math.ceil(pages.source.sizeBytes / NTX_PAGE_BYTES);
  }

  node(pageNo: number): NtxNode {
    const known = this.#nodes.get(pageNo);
    if (known !== undefined) return known;
    const node = NtxNode.of(this.pages.page(pageNo), pageNo, this.pages.shape);
    this.#nodes.set(pageNo, node);
    this.#clean++;
    return node;
  }

  /** An empty node on a free page. */
  fresh(): NtxNode {
    const pageNo = this.#freed.pop() ?? this.#fileFree().pop() ?? this.#pageCount++;
    const node = new NtxNode(pageNo, this.pages.shape);
    node.dirty = true;
    this.#nodes.set(pageNo, node);
    return node;
  }

  release(pageNo: number): void {
    this.#nodes.delete(pageNo);
    this.#freed.push(pageNo);
  }

  /** Forgets nodes that did not change, when there are many. Nobody may hold one. */
  trim(): void {
    if (this.#clean <= CLEAN_NODES) return;
    for (const [pageNo, node] of this.#nodes) if (!node.dirty) this.#nodes.delete(pageNo);
    this.#clean = 0;
  }

  /** Hands out what changed: pages behind the old end, then the others, the header last. */
  *finish(sink: BlockSink): Generator<void, UpdatedFile, void> {
    const { header, source } = this.pages;
    const dirty = [...this.#nodes.values()].filter((node) => node.dirty).map((node) => node.pageNo);
    const oldCount = Math.ceil(source.sizeBytes / NTX_PAGE_BYTES);
    if (dirty.length === 0 && this.#freed.length === 0) return { sizeBytes: source.sizeBytes, blocksWritten: 0 };
    const numbers = [...dirty, ...this.#freed].sort((a, b) => Number(a < oldCount) - Number(b < oldCount) || a - b);
    const nextFree = this.#linkFree();
    const page = Buffer.alloc(NTX_PAGE_BYTES);
    for (const pageNo of numbers) {
      const free = nextFree.get(pageNo);
      this.#image(pageNo, free).writeTo(page);
      sink.write(pageNo * NTX_PAGE_BYTES, page);
      if (sink.sliceDone()) yield;
    }
    source.block(0, NTX_PAGE_BYTES).copy(page);
    const freeHead = this.#freed.at(-1) ?? (this.#listed === undefined ? header.freeHead : this.#listed.at(-1) ?? 0);
    patchNtxHeader(page, { signature: header.signature, version: header.version + 1, root: this.root, freeHead });
    sink.write(0, page);
    return { sizeBytes: this.#pageCount * NTX_PAGE_BYTES, blocksWritten: numbers.length + 1 };
  }

  #image(pageNo: number, nextFree: number | undefined): NtxNode {
    const node = nextFree === undefined ? this.#nodes.get(pageNo) : undefined;
    if (node !== undefined) return node;
    const empty = new NtxNode(pageNo, this.pages.shape);
    empty.setChild(0, nextFree ?? 0);
    return empty;
  }

  /** For each page given up the next of the list of free pages: each leads to the one given up before it, the first to the file's list. */
  #linkFree(): ReadonlyMap<number, number> {
    const links = new Map<number, number>();
    let next = this.#listed === undefined ? this.pages.header.freeHead : this.#listed.at(-1) ?? 0;
    for (const pageNo of this.#freed) {
      links.set(pageNo, next);
      next = pageNo;
    }
    return links;
  }

  #fileFree(): number[] {
    // Last in the array = first in the list, so that taking from its end leaves the links of the rest true.
    return this.#listed ??= readFreePages(this.pages).reverse();
  }

  corrupt(pageNo: number, problem: string): FieldstoneError { return corruptIndex(this.pages.source.path, pageNo * NTX_PAGE_BYTES, problem); }
}
