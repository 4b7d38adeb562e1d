import { LeafBuilder } from './cdx-leaf-builder.js';
import { LEAF_ROOM, LeafWalk, type KeyForm } from './cdx-leaf.js';
import { PAGE_BYTES } from './cdx-page.js';

/** A leaf that has no place yet. */
export interface NewLeaf {
  readonly page: Buffer;
  readonly usedBytes: number;
  readonly lastKey: Buffer;
  readonly lastRecno: number;
}

/** Divides entries that come in order among leaves. */
export class LeafWriter {
  readonly #builder: LeafBuilder;
  readonly #walk: LeafWalk;
  #leaves: NewLeaf[] = [];

  constructor(form: KeyForm, path: string) {
    this.#builder = new LeafBuilder(form);
    this.#walk = new LeafWalk(path, form);
  }

  add(bytes: Uint8Array, start: number, recno: number): void {
    if (this.#builder.add(bytes, start, recno)) return;
    this.#flush();
    this.#builder.add(bytes, start, recno);
  }

  /** The leaves. Unless more entries are expected behind the last one, the last two are made equally full. */
  finish(appending: boolean): NewLeaf[] {
    if (this.#builder.count > 0) this.#flush();
    const leaves = this.#leaves;
    const right = leaves.at(-1);
    const left = leaves.at(-2);
    if (!appending && left !== undefined && right !== undefined) leaves.splice(-2, 2, ...this.#balanced(left, right));
    this.#leaves = [];
    return leaves;
  }

  /** Two leaves in one, or undefined when that is too large. */
  joined(left: Buffer, right: Buffer): NewLeaf | undefined {
    this.#builder.reset();
    const whole = this.#copy(left, LEAF_ROOM) && this.#copy(right, LEAF_ROOM);
    if (!whole || this.#builder.count === 0) {
      this.#builder.reset();
      return undefined;
    }
    this.#flush();
    return this.#leaves.pop();
  }

  #balanced(left: NewLeaf, right: NewLeaf): NewLeaf[] {
    const half = Math.ceil((left.usedBytes + right.usedBytes) / 2);
    if (left.usedBytes - right.usedBytes < LEAF_ROOM / 8) return [left, right];
    const before = this.#leaves;
    this.#leaves = [];
    const walk = this.#walk;
    let stands = !this.#copy(left.page, half);
    if (this.#builder.count > 0) this.#flush();
    for (; stands; stands = walk.next()) this.add(walk.key, 0, walk.recno);
    walk.enter(right.page, 0);
    while (walk.next()) this.add(walk.key, 0, walk.recno);
    this.#flush();
    const made = this.#leaves;
    this.#leaves = before;
    return made;
  }

  /** Adds entries of a leaf up to a size; the walk stands on the first that was not added. False when there is one. */
  #copy(page: Buffer, roomBytes: number): boolean {
    const walk = this.#walk;
    walk.enter(page, 0);
    while (walk.next()) if (!this.#builder.add(walk.key, 0, walk.recno, roomBytes)) return false;
    return true;
  }

  #flush(): void {
    const builder = this.#builder;
    const page = Buffer.alloc(PAGE_BYTES);
    builder.finish(page);
    this.#leaves.push({ page, usedBytes: builder.usedBytes, lastKey: Buffer.from(builder.lastKey), lastRecno: builder.lastRecno });
    builder.reset();
  }
}
