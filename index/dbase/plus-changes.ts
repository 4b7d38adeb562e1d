import type { PlusDraft } from './plus-draft.js';
import type { PlusNode } from './plus-node.js';
import { MAX_PLUS_DEPTH } from './plus-pages.js';
import { corruptBlock } from './plus-shape.js';

/** Inserts into and removes from the tree of a draft. A key above a child stays exactly its last key. */
export class PlusChanges {
  readonly #draft: PlusDraft;
  /** The way down: of the last node, a leaf, the position is an entry, of those above it a child. */
  readonly #path: { node: PlusNode; at: number }[] = [];

  constructor(draft: PlusDraft) { this.#draft = draft; }

  /** False when the entry is there already. */
  insert(key: Uint8Array, keyStart: number, recno: number): boolean {
    if (this.#find(key, keyStart, recno)) return false;
    const { node, at } = this.#last();
    const atEnd = at === node.size;
    node.insert(at, recno, key, keyStart);
    if (atEnd) this.#raise(this.#path.length - 1);
    this.#settleFull(atEnd);
    return true;
  }

  /** False when the entry is not there. */
  remove(key: Uint8Array, keyStart: number, recno: number): boolean {
    if (!this.#find(key, keyStart, recno) && !this.#search(key, keyStart, recno)) return false;
    const { node, at } = this.#last();
    node.remove(at);
    if (at === node.size && at > 0) this.#raise(this.#path.length - 1);
    this.#settleSmall();
    return true;
  }

  /** The record number of the first entry with a key, for tags that hold one; 0 when there is none. `setHolder` may follow. */
  holder(key: Uint8Array, keyStart: number): number {
    this.#find(key, keyStart, 0);
    if (!this.#toEntry()) return 0;
    const { node, at } = this.#last();
    return node.compare(key, keyStart, at) === 0 ? node.pointer(at) : 0;
  }

  /** Gives the entry that holder() found to another record. */
  setHolder(recno: number): void {
    const { node, at } = this.#last();
    node.setPointer(at, recno);
  }

  #last(): { node: PlusNode; at: number } {
    const last = this.#path.at(-1);
    if (last === undefined) throw this.#corrupt(this.#draft.root, 'there is no way into the tree');
    return last;
  }

  #corrupt(unit: number, problem: string): Error { return corruptBlock(unit, problem, this.#draft.shape); }

  /** The way to (key, recno): true when it ends at the entry, else it ends where the entry would be. */
  #find(key: Uint8Array, keyStart: number, recno: number): boolean {
    this.#draft.trim();
    this.#path.length = 0;
    let node = this.#draft.node(this.#draft.root);
    while (!node.isLeaf) {
      const at = this.#lower(node, key, keyStart, recno);
      this.#push(node, at);
      node = this.#child(node, at);
    }
    const at = this.#lower(node, key, keyStart, recno);
    this.#push(node, at);
    return at < node.size && node.pointer(at) === recno && node.compare(key, keyStart, at) === 0;
  }

  #lower(node: PlusNode, key: Uint8Array, keyStart: number, recno: number): number {
    let low = 0;
    let high = node.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = node.compare(key, keyStart, middle);
      if (order > 0 || (order === 0 && recno > 0 && this.#lastRecno(node, middle) < recno)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #lastRecno(node: PlusNode, i: number): number {
    if (node.isLeaf) return node.pointer(i);
    let below = this.#child(node, i);
    while (!below.isLeaf) below = this.#child(below, below.count);
    return below.size === 0 ? 0 : below.pointer(below.size - 1);
  }

  /** The entry in a file where equal keys stand in another order than that of the records. */
  #search(key: Uint8Array, keyStart: number, recno: number): boolean {
    this.#find(key, keyStart, 0);
    for (; this.#toEntry(); this.#last().at++) {
      const { node, at } = this.#last();
      if (node.compare(key, keyStart, at) !== 0) return false;
      if (node.pointer(at) === recno) return true;
    }
    return false;
  }

  /** From behind the last entry of a leaf to the first of those beside it; false at the end. */
  #toEntry(): boolean {
    while (this.#last().at >= this.#last().node.size) {
      do {
        this.#path.pop();
        if (this.#path.length === 0) return false;
        this.#last().at++;
      } while (this.#last().at > this.#last().node.count);
      for (let { node, at } = this.#last(); !node.isLeaf; { node, at } = this.#last()) this.#push(this.#child(node, at), 0);
    }
    return true;
  }

  #push(node: PlusNode, at: number): void {
    if (this.#path.length >= MAX_PLUS_DEPTH) throw this.#corrupt(node.unit, 'the tree is deeper than a tree can be');
    this.#path.push({ node, at });
  }

  /** Child `i`, whose keys must lie between the keys around it. */
  #child(node: PlusNode, i: number): PlusNode {
    const child = this.#draft.node(node.pointer(i));
    const low = i > 0 && child.count > 0 && node.isBehind(i - 1, child, 0);
    const high = i < node.count && child.count > 0 && child.isBehind(child.count - 1, node, i);
    if (child === node || low || high) throw this.#corrupt(child.unit, 'keys that do not lie between those above them');
    return child;
  }

  #neighbour(parent: PlusNode, i: number, beside: PlusNode): PlusNode {
    const node = this.#child(parent, i);
    if (node === beside || node.isLeaf !== beside.isLeaf) throw this.#corrupt(node.unit, 'a page that is used twice or at two depths');
    return node;
  }

  /** The last key of the leaf at `level` of the way becomes the key above it, wherever that stands. */
  #raise(level: number): void {
    const leaf = this.#path[level]?.node;
    for (let l = level - 1; l >= 0 && leaf !== undefined; l--) {
      const above = this.#path[l];
      if (above === undefined || above.at >= above.node.count) continue;
      above.node.setKey(above.at, leaf, leaf.size - 1);
      return;
    }
  }

  /** A node with one slot too many gives some to a neighbour with room, or is split; so on up to the root. */
  #settleFull(atEnd: boolean): void {
    for (let level = this.#path.length - 1; level >= 0; level--) {
      const node = this.#path[level]?.node;
      if (node === undefined || node.size <= node.capacity) return;
      const { node: parent, at: i } = this.#path[level - 1] ?? this.#newRoot(node);
      const left = i > 0 ? this.#neighbour(parent, i - 1, node) : undefined;
      if (left !== undefined && left.size < left.capacity) {
        const all = Math.min(left.capacity - left.size, node.size - (node.capacity >> 1));
        return this.#share(parent, i - 1, left, node, left.size + (atEnd ? all : (node.size - left.size + 1) >> 1));
      }
      const right = i < parent.count ? this.#neighbour(parent, i + 1, node) : undefined;
      if (right !== undefined && right.size < right.capacity) return this.#share(parent, i, node, right, (node.size + right.size + 1) >> 1);
      this.#split(parent, i, node);
    }
  }

  #split(parent: PlusNode, i: number, node: PlusNode): void {
    const fresh = this.#draft.fresh(node.isLeaf);
    const k = node.size >> 1;
    fresh.shiftFrom(node, k);
    parent.insertChild(i, fresh.unit, fresh, k - 1);
  }

  #newRoot(child: PlusNode): { node: PlusNode; at: number } {
    const node = this.#draft.fresh(false);
    node.size = 1;
    node.setPointer(0, child.unit);
    this.#draft.root = node.unit;
    return { node, at: 0 };
  }

  /** Slots of two neighbours, children `i` and `i + 1`, are shared out so that the left one has `size`. */
  #share(parent: PlusNode, i: number, left: PlusNode, right: PlusNode, size: number): void {
    if (!left.isLeaf) left.setKey(left.size - 1, parent, i);
    left.shiftFrom(right, size - left.size);
    if (right.size > 0) {
      parent.setKey(i, left, left.size - 1);
      return;
    }
    // The right one is empty: the left one takes its place, and its key.
    parent.setPointer(i + 1, left.unit);
    parent.remove(i);
    this.#draft.release(right.unit);
  }

  /** A node that is less than half full is joined with a neighbour, or takes slots from it; so on up to the root. */
  #settleSmall(): void {
    for (let level = this.#path.length - 1; level > 0; level--) {
      const node = this.#path[level]?.node;
      const above = this.#path[level - 1];
      if (node === undefined || above === undefined || node.size >= node.capacity >> 1 || above.node.count === 0) break;
      this.#mend(above, level);
    }
    for (let root = this.#draft.node(this.#draft.root); !root.isLeaf && root.count === 0; root = this.#draft.node(this.#draft.root)) {
      this.#draft.root = root.pointer(0);
      this.#draft.release(root.unit);
    }
  }

  #mend(above: { node: PlusNode; at: number }, level: number): void {
    const { node: parent } = above;
    const i = above.at > 0 ? above.at - 1 : 0;
    const left = this.#child(parent, i);
    const right = this.#neighbour(parent, i + 1, left);
    const total = left.size + right.size;
    if (total > left.capacity) {
      this.#share(parent, i, left, right, (total + 1) >> 1);
      return;
    }
    this.#share(parent, i, left, right, total);
    above.at = i;
    this.#path[level] = { node: left, at: 0 };
    if (left.isLeaf && left.size > 0) this.#raise(level);
  }
}
