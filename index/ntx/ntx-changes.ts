import type { NtxDraft } from './ntx-draft.js';
import { MAX_NTX_DEPTH } from './ntx-pages.js';
import type { NtxNode } from './ntx-node.js';

/** Inserts into and removes from the tree of a draft: a B-tree whose keys stand in leaves and above them. */
export class NtxChanges {
  readonly #draft: NtxDraft;
  readonly #maxItems: number;
  /** The way down to the item in question. Of the last node the position is an item, of those above it a child. */
  readonly #path: { node: NtxNode; at: number }[] = [];

  constructor(draft: NtxDraft) {
    this.#draft = draft;
    this.#maxItems = draft.pages.shape.maxItems;
  }

  /** False when the entry is there already. */
  insert(key: Uint8Array, keyStart: number, recno: number): boolean {
    if (this.#find(key, keyStart, recno)) return false;
    const { node, at } = this.#last();
    const atEnd = at === node.count;
    node.insert(at, 0, recno, key, keyStart);
    this.#settleFull(atEnd);
    return true;
  }

  /** False when the entry is not there. */
  remove(key: Uint8Array, keyStart: number, recno: number): boolean {
    if (!this.#find(key, keyStart, recno) && !this.#search(key, keyStart, recno)) return false;
    const { node, at } = this.#last();
    if (node.isLeaf) node.remove(at);
    else {
      // The key before it, the last one below, takes its place.
      const leaf = this.#lastLeafBelow(node, at);
      node.setItem(at, leaf, leaf.count - 1);
      leaf.remove(leaf.count - 1);
    }
    this.#settleSmall();
    return true;
  }

  /** The record number of the first entry with a key, for tags that hold one; 0 when there is none. `setHolder` may follow. */
  holder(key: Uint8Array, keyStart: number): number {
    this.#find(key, keyStart, 0);
    while (this.#path.length > 1 && this.#last().at >= this.#last().node.count) this.#path.pop();
    const { node, at } = this.#last();
    return at < node.count && node.compare(key, keyStart, at) === 0 ? node.recno(at) : 0;
  }

  /** Gives the entry that holder() found to another record. */
  setHolder(recno: number): void {
    const { node, at } = this.#last();
    node.setRecno(at, recno);
  }

  #last(): { node: NtxNode; at: number } {
    const last = this.#path.at(-1);
    if (last === undefined) throw this.#draft.corrupt(this.#draft.root, 'there is no way into the tree');
    return last;
  }

  /** The way to (key, recno): true when it ends at the entry, else it ends in the leaf where the entry would be. */
  #find(key: Uint8Array, keyStart: number, recno: number): boolean {
    this.#draft.trim();
    this.#path.length = 0;
    let node = this.#draft.node(this.#draft.root);
    for (;;) {
      const at = node.lowerItem(key, keyStart, recno);
      this.#push(node, at);
      if (at < node.count && node.recno(at) === recno && node.compare(key, keyStart, at) === 0) return true;
      if (node.isLeaf) return false;
      node = this.#child(node, at);
    }
  }

  /** The same in a file of Clipper, where equal keys may stand in another order than that of the records. */
  #search(key: Uint8Array, keyStart: number, recno: number): boolean {
    this.#find(key, keyStart, 0);
    for (;;) {
      while (this.#path.length > 1 && this.#last().at >= this.#last().node.count) this.#path.pop();
      const { node, at } = this.#last();
      if (at >= node.count || node.compare(key, keyStart, at) !== 0) return false;
      if (node.recno(at) === recno) return true;
      this.#last().at = at + 1;
      for (let { node: top, at: i } = this.#last(); !top.isLeaf; { node: top, at: i } = this.#last()) this.#push(this.#child(top, i), 0);
    }
  }

  /** Goes on down to the leaf with the last keys below child `i`; it is not empty. */
  #lastLeafBelow(node: NtxNode, i: number): NtxNode {
    let leaf = this.#child(node, i);
    for (this.#push(leaf, leaf.count); !leaf.isLeaf; this.#push(leaf, leaf.count)) leaf = this.#child(leaf, leaf.count);
    if (leaf.count === 0) throw this.#draft.corrupt(leaf.pageNo, 'an empty page below another');
    return leaf;
  }

  #push(node: NtxNode, at: number): void {
    if (this.#path.length >= MAX_NTX_DEPTH) throw this.#draft.corrupt(node.pageNo, 'the tree is deeper than a tree can be');
    this.#path.push({ node, at });
  }

  /** Child `i`, whose keys must lie between the keys around it. */
  #child(node: NtxNode, i: number): NtxNode {
    const child = this.#draft.node(node.child(i));
    const low = i > 0 && child.count > 0 && node.isBehind(i - 1, child, 0);
    const high = i < node.count && child.count > 0 && child.isBehind(child.count - 1, node, i);
    if (child === node || low || high) throw this.#draft.corrupt(child.pageNo, 'keys that do not lie between those above them');
    return child;
  }

  /** Child `i`, a neighbour of `beside` at the same depth. */
  #neighbour(parent: NtxNode, i: number, beside: NtxNode): NtxNode {
    const node = this.#child(parent, i);
    if (node === beside || node.isLeaf !== beside.isLeaf) throw this.#draft.corrupt(node.pageNo, 'a page that is used twice or at two depths');
    return node;
  }

  /** A node with one item too many gives some to a neighbour with room, or is split; so on up to the root. */
  #settleFull(atEnd: boolean): void {
    for (let level = this.#path.length - 1; level >= 0; level--) {
      const node = this.#path[level]?.node;
      if (node === undefined || node.count <= this.#maxItems) return;
      const above = this.#path[level - 1] ?? this.#newRoot(node);
      const { node: parent, at: i } = above;
      if (this.#giveLeft(node, parent, i, atEnd) || this.#giveRight(node, parent, i)) return;
      node.splitInto(this.#draft.fresh(), node.count >> 1, parent, i);
    }
  }

  /** With keys that come in order a full page hands on all it can, so that pages stay full behind the end. */
  #giveLeft(node: NtxNode, parent: NtxNode, i: number, atEnd: boolean): boolean {
    if (i === 0) return false;
    const left = this.#neighbour(parent, i - 1, node);
    const room = this.#maxItems - left.count;
    if (room <= 0) return false;
    const half = this.#maxItems >> 1;
    const k = atEnd ? Math.min(room, node.count - half) : Math.ceil((node.count - left.count) / 2);
    left.takeFromRight(parent, i - 1, node, Math.max(1, Math.min(room, k)));
    return true;
  }

  #giveRight(node: NtxNode, parent: NtxNode, i: number): boolean {
    if (i >= parent.count) return false;
    const right = this.#neighbour(parent, i + 1, node);
    const room = this.#maxItems - right.count;
    if (room <= 0) return false;
    right.takeFromLeft(parent, i, node, Math.max(1, Math.min(room, Math.ceil((node.count - right.count) / 2))));
    return true;
  }

  #newRoot(child: NtxNode): { node: NtxNode; at: number } {
    const node = this.#draft.fresh();
    node.setChild(0, child.pageNo);
    this.#draft.root = node.pageNo;
    return { node, at: 0 };
  }

  /** A node that is less than half full is joined with a neighbour, or takes items from it; so on up to the root. */
  #settleSmall(): void {
    for (let level = this.#path.length - 1; level > 0; level--) {
      const node = this.#path[level]?.node;
      const above = this.#path[level - 1];
      if (node === undefined || above === undefined || node.count >= this.#maxItems >> 1) return;
      this.#mend(above.node, above.at);
    }
    const root = this.#draft.node(this.#draft.root);
    if (root.count > 0 || root.isLeaf) return;
    this.#draft.root = root.child(0);
    this.#draft.release(root.pageNo);
  }

  #mend(parent: NtxNode, i: number): void {
    if (parent.count === 0) return;
    const at = i < parent.count ? i : i - 1;
    const left = this.#child(parent, at);
    const right = this.#neighbour(parent, at + 1, left);
    if (left.count + right.count < this.#maxItems) {
      left.join(parent, at, right);
      this.#draft.release(right.pageNo);
    } else if (left.count < right.count) left.takeFromRight(parent, at, right, (right.count - left.count + 1) >> 1);
    else if (left.count > right.count) right.takeFromLeft(parent, at, left, (left.count - right.count + 1) >> 1);
  }
}
