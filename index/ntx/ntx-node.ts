import { compareBytes } from '../xbase/bytes.js';
import { NTX_PAGE_BYTES, slotsStart } from './ntx-header.js';
import { itemCount, NTX_KEY_AT, slotAt, type NtxShape } from './ntx-page.js';

/**
 * A page while it changes: its items in logical order, one more than a page holds for a moment. Slot `count` has the last child alone.
 * In slot `i` stand child, record number and key, as in the page.
 */
export class NtxNode {
  readonly pageNo: number;
  count = 0;
  dirty = false;
  readonly #shape: NtxShape;
  readonly #slots: Buffer;

  constructor(pageNo: number, shape: NtxShape) {
    this.pageNo = pageNo;
    this.#shape = shape;
    this.#slots = Buffer.alloc((shape.maxItems + 2) * shape.itemBytes);
  }

  /** `page` is sound (assertSoundPage). */
  static of(page: Buffer, pageNo: number, shape: NtxShape): NtxNode {
    const node = new NtxNode(pageNo, shape);
    node.count = itemCount(page);
    for (let i = 0; i <= node.count; i++) {
      const at = slotAt(page, i);
      page.copy(node.#slots, i * shape.itemBytes, at, at + shape.itemBytes);
    }
    return node;
  }

  get isLeaf(): boolean { return this.child(0) === 0; }

  child(i: number): number { return this.#slots.readUInt32LE(this.#at(i)) / this.#shape.unit; }

  setChild(i: number, pageNo: number): void {
    this.#slots.writeUInt32LE(pageNo * this.#shape.unit, this.#at(i));
    this.dirty = true;
  }

  recno(i: number): number { return this.#slots.readUInt32LE(this.#at(i) + 4); }

  setRecno(i: number, recno: number): void {
    this.#slots.writeUInt32LE(recno, this.#at(i) + 4);
    this.dirty = true;
  }

  /** Compares a key with that of item `i` in the order of the file. */
  compare(key: Uint8Array, keyStart: number, i: number): number {
    const order = compareBytes(key, keyStart, this.#slots, this.#at(i) + NTX_KEY_AT, this.#shape.keyLength);
    return this.#shape.descending ? -order : order;
  }

  /** True when item `i` must stand behind item `k` of another node. */
  isBehind(i: number, other: NtxNode, k: number): boolean { return other.compare(this.#slots, this.#at(i) + NTX_KEY_AT, k) > 0; }

  /** The first item that does not stand before (key, recno). */
  lowerItem(key: Uint8Array, keyStart: number, recno: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = this.compare(key, keyStart, middle);
      if (order > 0 || (order === 0 && this.recno(middle) < recno)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A new item before item `i`; `child` has the keys before it. */
  insert(i: number, child: number, recno: number, key: Uint8Array, keyStart: number): void {
    const at = this.#at(i);
    this.#slots.copyWithin(at + this.#shape.itemBytes, at, this.#at(this.count + 1));
    this.count++;
    this.setChild(i, child);
    this.setRecno(i, recno);
    this.#slots.set(key.subarray(keyStart, keyStart + this.#shape.keyLength), at + NTX_KEY_AT);
  }

  /** Item `i` goes, with the child before it. */
  remove(i: number): void { this.#dropSlots(i, 1); }

  /** Record number and key of item `i` become those of item `k` of another node; the child stays. */
  setItem(i: number, from: NtxNode, k: number): void {
    from.#slots.copy(this.#slots, this.#at(i) + 4, from.#at(k) + 4, from.#at(k + 1));
    this.dirty = true;
  }

  /** Puts item `i` of another node (its child too) before item `at`. */
  insertFrom(at: number, from: NtxNode, i: number): void {
    this.insert(at, from.child(i), from.recno(i), from.#slots, from.#at(i) + NTX_KEY_AT);
  }

  /** The first `k` items of `right` pass through item `i` of `parent` to the end of this node, the neighbour before it. */
  takeFromRight(parent: NtxNode, i: number, right: NtxNode, k: number): void {
    this.setItem(this.count, parent, i);
    right.#slots.copy(this.#slots, this.#at(this.count + 1), 0, right.#at(k - 1));
    this.count += k;
    this.setChild(this.count, right.child(k - 1));
    parent.setItem(i, right, k - 1);
    right.#dropSlots(0, k);
  }

  /** The last `k` items of `left` pass through item `i` of `parent` to the beginning of this node, the neighbour behind it. */
  takeFromLeft(parent: NtxNode, i: number, left: NtxNode, k: number): void {
    this.#slots.copyWithin(this.#at(k), 0, this.#at(this.count + 1));
    this.count += k;
    this.setItem(k - 1, parent, i);
    this.setChild(k - 1, left.child(left.count));
    left.#slots.copy(this.#slots, 0, left.#at(left.count - k + 1), left.#at(left.count));
    left.count -= k;
    left.dirty = true;
    // What was the next item's slot now has the last child alone.
    parent.setItem(i, left, left.count);
  }

  /** All of `right` and the item of `parent` between the two come to the end of this node; `right` is empty then. */
  join(parent: NtxNode, i: number, right: NtxNode): void {
    this.setItem(this.count, parent, i);
    right.#slots.copy(this.#slots, this.#at(this.count + 1), 0, right.#at(right.count + 1));
    this.count += right.count + 1;
    parent.setChild(i + 1, this.pageNo);
    parent.remove(i);
  }

  /** The first `k` items go to the empty node `fresh`, item `k` up into `parent` before its child `i`, which is this node. */
  splitInto(fresh: NtxNode, k: number, parent: NtxNode, i: number): void {
    this.#slots.copy(fresh.#slots, 0, 0, this.#at(k));
    fresh.count = k;
    fresh.setChild(k, this.child(k));
    parent.insert(i, fresh.pageNo, this.recno(k), this.#slots, this.#at(k) + NTX_KEY_AT);
    this.#dropSlots(0, k + 1);
  }

  /** Writes the page: slots in order, unused ones zero, the last child's slot without a record number. */
  writeTo(page: Buffer): void {
    const { maxItems, itemBytes } = this.#shape;
    const start = slotsStart(maxItems);
    page.fill(0, 0, NTX_PAGE_BYTES);
    page.writeUInt16LE(this.count, 0);
    for (let i = 0; i <= maxItems; i++) page.writeUInt16LE(start + i * itemBytes, 2 + 2 * i);
    this.#slots.copy(page, start, 0, this.#at(this.count) + 4);
  }

  #at(i: number): number { return i * this.#shape.itemBytes; }

  #dropSlots(from: number, k: number): void {
    this.#slots.copyWithin(this.#at(from), this.#at(from + k), this.#at(this.count + 1));
    this.count -= k;
    this.dirty = true;
  }
}
