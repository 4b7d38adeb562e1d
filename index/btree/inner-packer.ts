import { sharedPrefix } from '../key/compare-keys.js';
import { imageBytes, NodeBuilder } from './node-builder.js';
import { CHILD_BYTES } from './node-image.js';
import { PAGE_HEADER_BYTES, PAGE_TYPES, putU32, putU48 } from './page-format.js';
import type { NodeRef, TreeWriter } from './tree-writer.js';

const SMALL_SHARE = 0.3;

/** Writes lists of children as inner nodes. A node keeps no key for its first child: nothing is below it. */
export class InnerPacker {
  readonly #w: TreeWriter;
  readonly #builder: NodeBuilder;
  readonly #level: number;

  /** @param level of the nodes that are written; their children are one level below */
  constructor(writer: TreeWriter, level: number) {
    this.#w = writer;
    this.#builder = new NodeBuilder(writer.image);
    this.#level = level;
  }

  /** Too few children for a node of their own. */
  isSmall(children: readonly NodeRef[]): boolean { return this.#size(children, 0, children.length) < this.#w.pageSizeBytes * SMALL_SHARE; }

  /** Writes full nodes from the start of a long list and removes their children from it. */
  writeFull(children: NodeRef[], out: NodeRef[]): void {
    const { pageSizeBytes } = this.#w;
    let from = 0;
    while (this.#size(children, from, children.length) > pageSizeBytes * 3) {
      const end = this.#fit(children, from, pageSizeBytes);
      this.#emit(children, from, end, out);
      from = end;
    }
    children.splice(0, from);
  }

  /** Writes the children as one node, or as many as are needed, about evenly filled unless the tree grows at its end. */
  write(children: readonly NodeRef[], out: NodeRef[], appending: boolean): void {
    const { pageSizeBytes } = this.#w;
    for (let from = 0; from < children.length;) {
      const full = this.#fit(children, from, pageSizeBytes);
      let end = full;
      if (!appending && full < children.length && this.#size(children, full, children.length) < pageSizeBytes) {
        const half = this.#fit(children, from, Math.ceil((this.#size(children, from, children.length) / 2)) + 64);
        end = Math.max(from + 1, Math.min(full, half));
      }
      this.#emit(children, from, end, out);
      from = end;
    }
  }

  #fit(children: readonly NodeRef[], from: number, capacity: number): number {
    let low = from + 1;
    let high = children.length;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#size(children, from, middle) <= capacity) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #size(children: readonly NodeRef[], from: number, end: number): number {
    let keyBytes = 0;
    const prefix = prefixOf(children, from, end);
    for (let i = from + 1; i < end; i++) keyBytes += Math.max(4, (children[i]?.lower.length ?? 0) - prefix);
    return imageBytes(end - from, keyBytes, (end - from) * CHILD_BYTES, 0, false) + prefix + 4;
  }

  #emit(children: readonly NodeRef[], from: number, end: number, out: NodeRef[]): void {
    const builder = this.#builder;
    const { image } = this.#w;
    const prefix = prefixOf(children, from, end);
    builder.begin(end - from, children[from + 1]?.lower ?? EMPTY, 0, prefix);
    let keyCount = 0;
    for (let i = from; i < end; i++) {
      const child = children[i];
      if (child === undefined) break;
      const at = builder.add(child.lower, 0, i === from ? 0 : child.lower.length, 0, CHILD_BYTES);
      putU32(image, at, child.pageNo);
      putU48(image, at + 4, child.keyCount);
      keyCount += child.keyCount;
    }
    const body = image.subarray(PAGE_HEADER_BYTES, builder.end());
    const pageNo = this.#w.emitNode(PAGE_TYPES.inner, this.#level, body, 0, body.length);
    out.push({ lower: children[from]?.lower ?? EMPTY, pageNo, keyCount });
  }
}

const EMPTY = Buffer.alloc(0);

function prefixOf(children: readonly NodeRef[], from: number, end: number): number {
  const first = children[from + 1];
  const last = children[end - 1];
  if (first === undefined || last === undefined || end - from < 2) return 0;
  return sharedPrefix(first.lower, 0, last.lower, 0, Math.min(first.lower.length, last.lower.length));
}
