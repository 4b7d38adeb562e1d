import { compareBytes } from '../xbase/bytes.js';
import type { BlockSink } from '../xbase/block-source.js';
import type { SortedKeys } from '../xbase/sorted-key-changes.js';
import { LeafBuilder } from './cdx-leaf-builder.js';
import { maxChildren, writeInterior, type ChildRef } from './cdx-interior.js';
import { type KeyForm } from './cdx-leaf.js';
import { LEAF_BIT, NO_PAGE, PAGE_BYTES, ROOT_BIT, setLeft, setRight } from './cdx-page.js';
import type { CdxPages } from './cdx-pages.js';

/** Entries between two looks at the clock. */
const SLICE = 256;

/**
 * Builds a tree of sorted entries from left to right: leaves full, then the pages above them as they fill up. Each page goes to the
 * sink as soon as its right neighbour has a place.
 */
export class TreeBuild {
  readonly #pages: CdxPages;
  readonly #sink: BlockSink;
  readonly #form: KeyForm;
  readonly #builder: LeafBuilder;
  readonly #levels: Level[] = [];
  entryCount = 0;

  constructor(pages: CdxPages, form: KeyForm, sink: BlockSink) {
    this.#pages = pages;
    this.#sink = sink;
    this.#form = form;
    this.#builder = new LeafBuilder(form);
  }

  /** Returns the offset of the root. `firstOnly`: of entries with one key only the first is taken. */
  *run(keys: SortedKeys, firstOnly: boolean): Generator<void, number, void> {
    const builder = this.#builder;
    const { keyLength } = this.#form;
    for (let n = 1; keys.next(); n++) {
      const { keyBytes, keyStart, recno } = keys;
      if (firstOnly && this.entryCount > 0 && compareBytes(builder.lastKey, 0, keyBytes, keyStart, keyLength) === 0) continue;
      this.entryCount++;
      if (!builder.add(keyBytes, keyStart, recno)) {
        this.#endLeaf();
        builder.add(keyBytes, keyStart, recno);
      }
      if (n % SLICE === 0 && this.#sink.sliceDone()) yield;
    }
    if (builder.count > 0 || this.entryCount === 0) this.#endLeaf();
    return this.#finish();
  }

  #endLeaf(): void {
    const builder = this.#builder;
    const image = Buffer.alloc(PAGE_BYTES);
    builder.finish(image);
    this.#add(0, image, builder.lastKey, builder.lastRecno);
    builder.reset();
  }

  #level(at: number): Level { return this.#levels[at] ??= { children: [], before: NO_PAGE, pending: undefined }; }

  /** Takes the next page of a level; the one before it is complete then. */
  #add(at: number, image: Buffer, key: Buffer, recno: number): void {
    const level = this.#level(at);
    const offset = this.#pages.take();
    const { pending } = level;
    if (pending !== undefined) {
      setRight(pending.image, offset);
      this.#emit(pending);
      level.before = pending.offset;
    }
    setLeft(image, level.before);
    level.pending = { image, offset };
    this.#addChild(at + 1, { offset, key: Buffer.from(key), recno });
  }

  #addChild(at: number, child: ChildRef): void {
    const level = this.#level(at);
    if (level.children.length === maxChildren(this.#form.keyLength)) this.#endInterior(at);
    level.children.push(child);
  }

  #endInterior(at: number): void {
    const { children } = this.#level(at);
    const last = children.at(-1);
    if (last === undefined) return;
    const image = Buffer.alloc(PAGE_BYTES);
    writeInterior(image, 0, children, 0, children.length, this.#form.keyLength);
    this.#level(at).children = [];
    this.#add(at, image, last.key, last.recno);
  }

  /** Ends level after level; the first one that is a single page is the root. */
  #finish(): number {
    for (let at = 0; ; at++) {
      const level = this.#level(at);
      if (at > 0) this.#endInterior(at);
      const { pending } = level;
      if (pending === undefined) continue;
      const isRoot = level.before === NO_PAGE;
      if (isRoot) pending.image[0] = ROOT_BIT | (at === 0 ? LEAF_BIT : 0);
      this.#emit(pending);
      if (isRoot) return pending.offset;
    }
  }

  #emit({ image, offset }: PlacedImage): void {
    this.#sink.write(offset, image);
    this.#pages.forget(offset);
  }
}

interface PlacedImage {
  readonly image: Buffer;
  readonly offset: number;
}

interface Level {
  children: ChildRef[];
  /** Offset of the page before the pending one. */
  before: number;
  pending: PlacedImage | undefined;
}
