import { compareBytes } from '../xbase/bytes.js';
import { childOf, entryAt, entryCount, isLeafPage, keyPlace, recnoOf, type PlusShape } from './plus-shape.js';

const KEY_AT = 4;

/**
 * A page while it changes: slots with a record number or child and a key in sortable form, one more than a page holds for a moment. A node with
 * children has a slot more than keys: the key of its last child stands further up.
 */
export class PlusNode {
  readonly unit: number;
  readonly isLeaf: boolean;
  dirty = false;
  /** Slots in use. */
  size = 0;
  readonly #shape: PlusShape;
  readonly #slotBytes: number;
  readonly #slots: Buffer;

  constructor(unit: number, isLeaf: boolean, shape: PlusShape) {
    this.unit = unit;
    this.isLeaf = isLeaf;
    this.#shape = shape;
    this.#slotBytes = KEY_AT + shape.form.sortableBytes;
    this.#slots = Buffer.alloc((shape.maxEntries + 3) * this.#slotBytes);
  }

  /** `page` is sound (assertSoundBlock). */
  static of(page: Buffer, unit: number, shape: PlusShape): PlusNode {
    const node = new PlusNode(unit, isLeafPage(page, shape), shape);
    const count = entryCount(page);
    node.size = node.isLeaf ? count : count + 1;
    for (let i = 0; i < node.size; i++) {
      node.#slots.writeUInt32LE(node.isLeaf ? recnoOf(page, i, shape) : childOf(page, i, shape), i * node.#slotBytes);
      if (i < count) shape.form.toSortable(page, keyPlace(i, shape), node.#slots, i * node.#slotBytes + KEY_AT);
    }
    return node;
  }

  /** Keys: one less than children. */
  get count(): number { return this.isLeaf ? this.size : this.size - 1; }
  /** Most slots of a page. */
  get capacity(): number { return this.isLeaf ? this.#shape.maxEntries : this.#shape.maxEntries + 1; }

  /** The record number or child of slot `i`. */
  pointer(i: number): number { return this.#slots.readUInt32LE(i * this.#slotBytes); }

  setPointer(i: number, pointer: number): void {
    this.#slots.writeUInt32LE(pointer, i * this.#slotBytes);
    this.dirty = true;
  }

  compare(key: Uint8Array, keyStart: number, i: number): number {
    const order = compareBytes(key, keyStart, this.#slots, i * this.#slotBytes + KEY_AT, this.#shape.form.sortableBytes);
    return this.#shape.descending ? -order : order;
  }

  /** True when key `i` must stand behind key `k` of another node. */
  isBehind(i: number, other: PlusNode, k: number): boolean { return other.compare(this.#slots, i * this.#slotBytes + KEY_AT, k) > 0; }

  insert(i: number, pointer: number, key: Uint8Array, keyStart: number): void {
    const at = i * this.#slotBytes;
    this.#slots.copyWithin(at + this.#slotBytes, at, this.size * this.#slotBytes);
    this.size++;
    this.setPointer(i, pointer);
    this.#slots.set(key.subarray(keyStart, keyStart + this.#shape.form.sortableBytes), at + KEY_AT);
  }

  remove(i: number): void {
    this.#slots.copyWithin(i * this.#slotBytes, (i + 1) * this.#slotBytes, this.size * this.#slotBytes);
    this.size--;
    this.dirty = true;
  }

  /** The key of slot `i` becomes that of slot `k` of another node; false when it was that. */
  setKey(i: number, from: PlusNode, k: number): boolean {
    const at = i * this.#slotBytes + KEY_AT;
    const fromAt = k * from.#slotBytes + KEY_AT;
    if (compareBytes(this.#slots, at, from.#slots, fromAt, this.#shape.form.sortableBytes) === 0) return false;
    from.#slots.copy(this.#slots, at, fromAt, fromAt + this.#shape.form.sortableBytes);
    return this.dirty = true;
  }

  /** Puts a slot for `child`, whose last key is that of slot `k` of `from`, before slot `i`. */
  insertChild(i: number, child: number, from: PlusNode, k: number): void { this.insert(i, child, from.#slots, k * from.#slotBytes + KEY_AT); }

  /** Moves the first `k` slots of `right` to the end of this node, the neighbour before it, or the last `-k` slots of this one to the beginning of `right`. */
  shiftFrom(right: PlusNode, k: number): void {
    const bytes = this.#slotBytes;
    if (k > 0) {
      right.#slots.copy(this.#slots, this.size * bytes, 0, k * bytes);
      right.#slots.copyWithin(0, k * bytes, right.size * bytes);
    } else {
      right.#slots.copyWithin(-k * bytes, 0, right.size * bytes);
      this.#slots.copy(right.#slots, 0, (this.size + k) * bytes, this.size * bytes);
    }
    this.size += k;
    right.size -= k;
    this.dirty = right.dirty = true;
  }

  /** Writes the page. Behind the entries everything is zero, also the record number beside the last child. */
  writeTo(page: Buffer, keep: number): void {
    const shape = this.#shape;
    page.fill(0, keep);
    page.writeUInt32LE(this.count, 0);
    for (let i = 0; i < this.size; i++) {
      page.writeUInt32LE(this.pointer(i), entryAt(i, shape) + (this.isLeaf ? shape.recnoAt : 0));
      if (i < this.count) shape.form.toStored(this.#slots, i * this.#slotBytes + KEY_AT, page, keyPlace(i, shape));
    }
  }
}
