import { compareBytes, corruptIndex } from '../xbase/bytes.js';
import type { SortedKeyChanges, TagApplied } from '../xbase/sorted-key-changes.js';
import { ChangeReader } from './cdx-changes.js';
import { maxChildren, writeInterior, type ChildRef } from './cdx-interior.js';
import { freeBytes, LeafWalk, LEAF_ROOM, type KeyForm } from './cdx-leaf.js';
import { LeafBuilder } from './cdx-leaf-builder.js';
import { LeafWriter, type NewLeaf } from './cdx-leaf-writer.js';
import { isLeaf, keyCount, LEAF_BIT, MAX_DEPTH, NO_PAGE, PAGE_BYTES, ROOT_BIT, setLeft, setRight } from './cdx-page.js';
import type { CdxPages } from './cdx-pages.js';
import { CdxPlaces } from './cdx-places.js';

/** Neighbours that fill no more than this part of one page become one. */
const JOIN_BELOW = 0.75;

/** A tree that is to be changed. */
export interface TreeToChange {
  readonly root: number;
  readonly form: KeyForm;
  /** Of each key only the entry with the lowest record number stays. */
  readonly firstOnly: boolean;
  readonly headerOffset: number;
}

/** Changes one tree by sorted changes, each leaf once. Its root stays where it is. */
export class TreeUpdate {
  readonly #pages: CdxPages;
  readonly #tree: TreeToChange;
  readonly #keyLength: number;
  readonly #changes: ChangeReader;
  readonly #walk: LeafWalk;
  readonly #writer: LeafWriter;
  readonly #places: CdxPlaces;
  readonly #sliceDone: () => boolean;
  readonly #lastKey: Buffer;
  #hasLastKey = false;
  /** The last leaf got entries behind all others, and no other ones: leaves at the end stay full. */
  #appending = false;

  constructor(pages: CdxPages, tree: TreeToChange, changes: SortedKeyChanges, sliceDone: () => boolean) {
    const { form, root, headerOffset } = tree;
    this.#pages = pages;
    this.#tree = tree;
    this.#keyLength = form.keyLength;
    this.#changes = new ChangeReader(changes, form.keyLength);
    this.#walk = new LeafWalk(pages.path, form);
    this.#writer = new LeafWriter(form, pages.path);
    this.#places = new CdxPlaces(pages, form.keyLength, pages.page(root, headerOffset));
    this.#sliceDone = sliceDone;
    this.#lastKey = Buffer.alloc(form.keyLength);
  }

  *run(): Generator<void, TagApplied, void> {
    const { root } = this.#tree;
    if (!this.#changes.stands) return this.#changes.counts();
    const page = this.#pages.page(root, this.#tree.headerOffset);
    if (isLeaf(page)) {
      const leaves = yield* this.#leaf(page, root, undefined, undefined);
      if (leaves !== undefined) this.#settleLeaves(leaves);
    } else {
      const refs = yield* this.#children(page, root, undefined, 0);
      if (refs !== undefined) this.#settle(refs);
    }
    return this.#changes.counts();
  }

  #settleLeaves(leaves: readonly NewLeaf[]): void {
    const only = leaves[0];
    if (leaves.length > 1) this.#settle(this.#places.leaves(undefined, leaves));
    else if (only !== undefined) this.#putRoot(only.page, LEAF_BIT);
    else this.#putEmpty();
  }

  /** Makes the root of what stands below it: levels are added and taken away here. */
  #settle(children: readonly ChildRef[]): void {
    let refs = children;
    while (refs.length > maxChildren(this.#keyLength)) refs = this.#places.interiors(undefined, refs, this.#appending);
    for (let only = refs[0]; refs.length === 1 && only !== undefined; only = refs[0]) {
      const page = this.#pages.page(only.offset, this.#tree.root);
      this.#pages.release(only.offset);
      if (isLeaf(page)) {
        this.#putRoot(Buffer.from(page), LEAF_BIT);
        return;
      }
      refs = this.#places.refsOf(page, only.offset);
    }
    if (refs.length === 0) {
      this.#putEmpty();
      return;
    }
    const image = Buffer.alloc(PAGE_BYTES);
    writeInterior(image, 0, refs, 0, refs.length, this.#keyLength);
    this.#putRoot(image, 0);
  }

  #putEmpty(): void {
    const image = Buffer.alloc(PAGE_BYTES);
    new LeafBuilder(this.#tree.form).finish(image);
    this.#putRoot(image, LEAF_BIT);
  }

  #putRoot(image: Buffer, bits: number): void {
    image[0] = this.#places.attributes(bits | ROOT_BIT);
    setLeft(image, NO_PAGE);
    setRight(image, NO_PAGE);
    this.#pages.put(this.#tree.root, image);
  }

  #within(bound: ChildRef | undefined): boolean {
    const changes = this.#changes;
    if (!changes.stands) return false;
    if (bound === undefined) return true;
    const order = compareBytes(changes.key, 0, bound.key, 0, this.#keyLength);
    return order !== 0 ? order < 0 : this.#tree.firstOnly || changes.recno <= bound.recno;
  }

  /** The new children of an interior page, undefined when they are as before. */
  *#children(page: Buffer, offset: number, bound: ChildRef | undefined, depth: number): Generator<void, ChildRef[] | undefined, void> {
    if (depth > MAX_DEPTH) throw corruptIndex(this.#pages.path, offset, 'the tree is too high, or its pages run in a circle');
    const old = this.#places.refsOf(page, offset);
    const refs: ChildRef[] = [];
    const touched: boolean[] = [];
    let changed = false;
    for (let i = 0; i < old.length; i++) {
      const child = old[i];
      if (child === undefined) break;
      const childBound = i === old.length - 1 ? bound : child;
      const made = this.#within(childBound) ? yield* this.#node(child, childBound, offset, depth + 1) : undefined;
      for (const ref of made ?? [child]) {
        refs.push(ref);
        touched.push(made !== undefined);
      }
      if (made !== undefined) changed = true;
    }
    if (!changed) return undefined;
    return this.#joined(refs, touched);
  }

  *#node(child: ChildRef, bound: ChildRef | undefined, from: number, depth: number): Generator<void, ChildRef[] | undefined, void> {
    const page = this.#pages.page(child.offset, from);
    if (isLeaf(page)) {
      const leaves = yield* this.#leaf(page, child.offset, child, bound);
      return leaves === undefined ? undefined : this.#places.leaves(child.offset, leaves);
    }
    this.#verifyLast(this.#places.refsOf(page, child.offset).at(-1), child);
    const refs = yield* this.#children(page, child.offset, bound, depth);
    return refs === undefined ? undefined : this.#places.interiors(child.offset, refs, this.#appending && bound === undefined);
  }

  #verifyLast(last: ChildRef | undefined, above: ChildRef): void {
    if (last === undefined || last.recno !== above.recno || compareBytes(last.key, 0, above.key, 0, this.#keyLength) !== 0) {
      throw corruptIndex(this.#pages.path, above.offset, 'the page does not end with the key that stands above it');
    }
  }

  /** Joins neighbours that have become small, where one of them changed. */
  #joined(refs: ChildRef[], touched: boolean[]): ChildRef[] {
    for (let i = 0; i + 1 < refs.length;) {
      const left = refs[i];
      const right = refs[i + 1];
      if (left === undefined || right === undefined) break;
      const joined = touched[i] === true || touched[i + 1] === true ? this.#join(left, right) : undefined;
      if (joined === undefined) i++;
      else {
        refs.splice(i, 2, joined);
        touched.splice(i, 2, true);
      }
    }
    return refs;
  }

  #join(left: ChildRef, right: ChildRef): ChildRef | undefined {
    const a = this.#pages.page(left.offset, this.#tree.root);
    const b = this.#pages.page(right.offset, this.#tree.root);
    if (isLeaf(a) !== isLeaf(b)) throw corruptIndex(this.#pages.path, right.offset, 'pages of one level are leaves and are not');
    if (!isLeaf(a)) {
      if (keyCount(a) + keyCount(b) > maxChildren(this.#keyLength) * JOIN_BELOW) return undefined;
      const children = [...this.#places.refsOf(a, left.offset), ...this.#places.refsOf(b, right.offset)];
      const image = Buffer.alloc(PAGE_BYTES);
      writeInterior(image, 0, children, 0, children.length, this.#keyLength);
      this.#places.join(left, right, image, 0);
      return { offset: left.offset, key: right.key, recno: right.recno };
    }
    if (2 * LEAF_ROOM - freeBytes(a) - freeBytes(b) > LEAF_ROOM * JOIN_BELOW) return undefined;
    const joined = this.#writer.joined(a, b);
    if (joined === undefined) return undefined;
    this.#places.join(left, right, joined.page, LEAF_BIT);
    return { offset: left.offset, key: joined.lastKey, recno: joined.lastRecno };
  }

  /** Entries of a leaf and the changes up to `bound` in one; undefined when that is what the leaf holds. */
  *#leaf(page: Buffer, offset: number, above: ChildRef | undefined, bound: ChildRef | undefined): Generator<void, NewLeaf[] | undefined, void> {
    const changes = this.#changes;
    const walk = this.#walk;
    walk.enter(page, offset);
    this.#hasLastKey = false;
    let stands = walk.next();
    let changed = false;
    let onlyBehind = true;
    while (stands || this.#within(bound)) {
      const order = !this.#within(bound) ? 1 : stands ? changes.compare(walk.key, 0, walk.recno) : -1;
      const removed = order === 0 && changes.isRemoval;
      if (order >= 0 && !removed && !this.#keep(walk.key, walk.recno)) {
        changes.removed++;
        changed = true;
      }
      if (order <= 0) {
        if (this.#count(order, removed)) {
          changed = true;
          if (stands) onlyBehind = false;
        }
        changes.advance();
        if (this.#sliceDone()) yield;
      }
      if (order >= 0) stands = walk.next();
    }
    walk.verifyEnd();
    if (above !== undefined) this.#verifyLast({ offset, key: walk.key, recno: walk.recno }, above);
    this.#appending = bound === undefined && changed && onlyBehind;
    const leaves = this.#writer.finish(this.#appending);
    return changed ? leaves : undefined;
  }

  /** Counts the change at hand, which is at (0) or before an entry, and writes what it adds; true when it changes the tree. */
  #count(order: number, removed: boolean): boolean {
    const changes = this.#changes;
    if (removed) changes.removed++;
    else if (changes.isRemoval) changes.notThere++;
    else if (order === 0 || !this.#keep(changes.key, changes.recno)) changes.alreadyThere++;
    else {
      changes.added++;
      return true;
    }
    return removed;
  }

  /** Writes an entry; false when another one already holds its key. */
  #keep(key: Buffer, recno: number): boolean {
    if (this.#tree.firstOnly) {
      if (this.#hasLastKey && compareBytes(this.#lastKey, 0, key, 0, this.#keyLength) === 0) return false;
      key.copy(this.#lastKey);
      this.#hasLastKey = true;
    }
    this.#writer.add(key, 0, recno);
    return true;
  }
}
