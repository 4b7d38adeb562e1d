import { assert, packBytes, type Codec, type CodecCounters } from '#storage';
import { compareKeys } from '../key/compare-keys.js';
import { MAX_KEY_BYTES } from '../key/key-types.js';
import { InnerPacker } from './inner-packer.js';
import { LeafPacker } from './leaf-packer.js';
import { valuePages } from './leaf-value.js';
import { childKeys, childPage, copyKey, entryStart, keyEquals, levelOf, lowerBound, nodeCount, payloadStart, VALUE_KINDS, valueKindAt } from './node-image.js';
import type { PageAllocator } from './page-allocator.js';
import { chainPages, writeChain } from './page-chain.js';
import { PAGE_TYPES, putU32 } from './page-format.js';
import type { PageSink } from './page-source.js';
import { type Tree } from './tree.js';
import { TreeWriter, type NodeRef } from './tree-writer.js';

/** Changes in ascending order of their keys, each key once. */
export interface SortedChanges {
  /** Moves to the next change; false at the end. */
  next(): boolean;
  /** The key stands in keyBytes[keyStart .. keyStart + keyLength). */
  readonly keyBytes: Uint8Array;
  readonly keyStart: number;
  readonly keyLength: number;
  /** The new value; undefined = the key goes. */
  readonly value: Uint8Array | undefined;
}

export interface ApplyOptions {
  readonly changes: SortedChanges;
  readonly allocator: PageAllocator;
  readonly sink: PageSink;
  readonly codec: Codec;
  /** Values from this size on are compressed by themselves when they do not stay in their leaf. */
  readonly compressionThresholdBytes: number;
  readonly codecCounters: CodecCounters;
  /** Sequence that the new state stands for: the newer of two nodes is told by it when a damaged file is repaired. Default 0. */
  readonly sequence?: number;
  /** Called for each change with a way to read the value that the tree held; undefined = it had none. */
  readonly before?: ((old: (() => Buffer) | undefined) => void) | undefined;
}

export interface Applied {
  readonly root: number;
  readonly height: number;
  readonly keyCount: number;
  /** Nodes that were written; others are as they were. */
  readonly pagesWritten: number;
}

const EMPTY = Buffer.alloc(0);
const INNER_PENDING = 4096;

/** Longest key that a tree with pages of that size takes. */
export function maxKeyBytes(pageSizeBytes: number): number { return Math.min(MAX_KEY_BYTES, pageSizeBytes - 128); }

/**
 * Applies changes to a tree in one pass and emits the images of all new pages: children before parents. A page number
 * that is no longer used may be given out again at once, so the old state stays readable only while the emitted
 * pages are not in their places. Runs of neighbouring leaves that change are packed anew together, full; a small rest takes in the leaf
 * beside it. The generator yields when others should run.
 *
 * @throws FieldstoneError CORRUPT_PAGE, IO
 */
export function* applySorted(tree: Tree, options: ApplyOptions): Generator<void, Applied, void> {
  return yield* new TreeUpdate(tree, options).run();
}

class TreeUpdate {
  readonly #tree: Tree;
  readonly #o: ApplyOptions;
  readonly #w: TreeWriter;
  readonly #leaves: LeafPacker;
  readonly #inners: InnerPacker[] = [];
  readonly #change: Buffer = Buffer.allocUnsafeSlow(MAX_KEY_BYTES);
  readonly #key: Buffer = Buffer.allocUnsafeSlow(MAX_KEY_BYTES);
  readonly #payload: Buffer = Buffer.alloc(16);
  #changeLength = 0;
  #hasChange = false;
  /** The last change went behind every key of the tree. */
  #appending = false;

  constructor(tree: Tree, options: ApplyOptions) {
    this.#tree = tree;
    this.#o = options;
    const { treeId, pageSizeBytes } = tree.header;
    this.#w = new TreeWriter(treeId, pageSizeBytes, options.allocator, options.sink, options.codec, options.codecCounters, options.sequence ?? 0);
    this.#leaves = new LeafPacker(this.#w);
  }

  *run(): Generator<void, Applied, void> {
    const { header } = this.#tree;
    this.#advance();
    if (!this.#hasChange) return { root: header.root, height: header.height, keyCount: header.keyCount, pagesWritten: 0 };
    let refs: NodeRef[] = [];
    let level = 0;
    if (header.height <= 1) {
      this.#leaves.begin(refs, EMPTY);
      if (header.height === 1) this.#mergeLeaf(this.#tree.root(), undefined);
      else yield* this.#fillEmpty();
      this.#leaves.finish(this.#appending);
      if (header.height === 1) this.#o.allocator.release(header.root);
    } else {
      level = header.height - 2;
      refs = yield* this.#children(this.#tree.root(), EMPTY, undefined);
      this.#o.allocator.release(header.root);
    }
    return this.#grow(refs, level);
  }

  /** Builds levels until one node is left. */
  #grow(children: NodeRef[], childLevel: number): Applied {
    let refs = children;
    let level = childLevel;
    let keyCount = 0;
    for (const ref of refs) keyCount += ref.keyCount;
    if (keyCount === 0) {
      for (const ref of refs) this.#o.allocator.release(ref.pageNo);
      return { root: 0, height: 0, keyCount: 0, pagesWritten: this.#w.pagesWritten };
    }
    while (refs.length > 1) {
      const above: NodeRef[] = [];
      this.#inner(level + 1).write(refs, above, this.#appending);
      refs = above;
      level++;
    }
    return { root: refs[0]?.pageNo ?? 0, height: level + 1, keyCount, pagesWritten: this.#w.pagesWritten };
  }

  #inner(level: number): InnerPacker { return this.#inners[level] ??= new InnerPacker(this.#w, level); }

  #advance(): void {
    const { changes } = this.#o;
    this.#hasChange = changes.next();
    if (!this.#hasChange) return;
    const { keyBytes, keyStart, keyLength } = changes;
    assert(keyLength <= maxKeyBytes(this.#w.pageSizeBytes), 'a key fits into a page');
    for (let i = 0; i < keyLength; i++) this.#change[i] = keyBytes[keyStart + i] ?? 0;
    this.#changeLength = keyLength;
  }

  #changeIsBelow(upper: Buffer | undefined): boolean {
    return this.#hasChange && (upper === undefined || compareKeys(this.#change, this.#changeLength, upper, 0, upper.length) < 0);
  }

  *#fillEmpty(): Generator<void, void, void> {
    this.#appending = true;
    while (this.#hasChange) {
      this.#o.before?.(undefined);
      this.#addChange();
      this.#advance();
      if (this.#o.sink.sliceDone()) yield;
    }
  }

  /**
   * The new children of a node of level 1 or more, written but for the node itself. `lower` and `upper` bound its keys.
   * The node's page is not released here.
   */
  *#children(node: Buffer, lower: Buffer, upper: Buffer | undefined): Generator<void, NodeRef[], void> {
    const level = levelOf(node);
    const out: NodeRef[] = [];
    const run = level === 1 ? new LeafRun(this.#leaves, out) : new InnerRun(this.#inner(level - 1), out);
    const bounds = this.#boundsOf(node, lower);
    let lastClean: { readonly ref: NodeRef; readonly i: number } | undefined;
    for (let i = 0; i < bounds.length; i++) {
      const childUpper = bounds[i + 1] ?? upper;
      if (!this.#changeIsBelow(childUpper) && !(run.isOpen && run.isSmall)) {
        run.close(false);
        const ref: NodeRef = { lower: bounds[i] ?? EMPTY, pageNo: childPage(node, i), keyCount: childKeys(node, i) };
        out.push(ref);
        lastClean = { ref, i };
        continue;
      }
      run.open(bounds[i] ?? EMPTY);
      yield* this.#intoRun(run, node, i, bounds[i] ?? EMPTY, childUpper);
      if (this.#o.sink.sliceDone()) yield;
    }
    if (run.isOpen && run.isSmall && lastClean !== undefined && out.at(-1) === lastClean.ref) {
      // The rest is too small for a node of its own: it joins the neighbour before it.
      const restore = run.takePending();
      out.pop();
      run.open(lastClean.ref.lower);
      yield* this.#copyIntoRun(run, node, lastClean.i);
      restore();
    }
    run.close(this.#appending && upper === undefined);
    return out;
  }

  /** The lowest key of each child. */
  #boundsOf(node: Buffer, lower: Buffer): Buffer[] {
    const bounds: Buffer[] = [lower];
    const count = nodeCount(node);
    for (let i = 1; i < count; i++) bounds.push(Buffer.from(this.#key.subarray(0, copyKey(node, i, this.#key))));
    return bounds;
  }

  *#intoRun(run: LeafRun | InnerRun, node: Buffer, i: number, lower: Buffer, upper: Buffer | undefined): Generator<void, void, void> {
    const child = this.#tree.child(node, i, true);
    if (run instanceof LeafRun) this.#mergeLeaf(child, upper);
    else run.add(yield* this.#children(child, lower, upper));
    this.#o.allocator.release(childPage(node, i));
  }

  /** The same for a child that has no changes (those before it are done, those behind it are not its). */
  *#copyIntoRun(run: LeafRun | InnerRun, node: Buffer, i: number): Generator<void, void, void> {
    const held = this.#hasChange;
    this.#hasChange = false;
    yield* this.#intoRun(run, node, i, this.#boundsOf(node, EMPTY)[i] ?? EMPTY, EMPTY);
    this.#hasChange = held;
  }

  /** Entries of a leaf and all changes below `upper`, in order, into the packer. */
  #mergeLeaf(leaf: Buffer, upper: Buffer | undefined): void {
    const count = nodeCount(leaf);
    let i = 0;
    while (this.#changeIsBelow(upper)) {
      const at = lowerBound(leaf, this.#change, this.#changeLength, i);
      for (; i < at; i++) this.#copyEntry(leaf, i);
      const replaced = keyEquals(leaf, at, this.#change, this.#changeLength);
      this.#o.before?.(replaced ? () => this.#tree.valueOf(leaf, at) : undefined);
      if (replaced) {
        for (const pageNo of valuePages(leaf, at, this.#tree)) this.#o.allocator.release(pageNo);
        i++;
      }
      this.#appending = upper === undefined && at === count;
      this.#addChange();
      this.#advance();
    }
    for (; i < count; i++) this.#copyEntry(leaf, i);
  }

  #copyEntry(leaf: Buffer, i: number): void {
    const keyLength = copyKey(leaf, i, this.#key);
    const start = entryStart(leaf, i);
    const at = payloadStart(leaf, start);
    this.#leaves.add(this.#key, 0, keyLength, valueKindAt(leaf, start), leaf, at, entryStart(leaf, i + 1) - at);
  }

  #addChange(): void {
    const { value } = this.#o.changes;
    if (value === undefined) return;
    const keyLength = this.#changeLength;
    const inlineBytes = this.#w.pageSizeBytes / 4;
    if (keyLength + value.length <= inlineBytes) {
      this.#leaves.add(this.#change, 0, keyLength, VALUE_KINDS.inline, value, 0, value.length);
      return;
    }
    const packed = packBytes(value, this.#o.codec, this.#o.compressionThresholdBytes, this.#o.codecCounters);
    const p = this.#payload;
    if (packed.codecId !== 0 && keyLength + packed.bytes.length + 5 <= inlineBytes) {
      const payload = Buffer.alloc(5 + packed.bytes.length);
      putU32(payload, 0, value.length);
      payload[4] = packed.codecId;
      payload.set(packed.bytes, 5);
      this.#leaves.add(this.#change, 0, keyLength, VALUE_KINDS.packed, payload, 0, payload.length);
      return;
    }
    const pages = this.#o.allocator.takeMany(chainPages(packed.bytes.length, this.#w.pageSizeBytes));
    writeChain(packed.bytes, pages, PAGE_TYPES.overflow, this.#w.treeId, this.#o.sink, this.#w.page);
    putU32(p, 0, pages[0] ?? 0);
    putU32(p, 4, packed.bytes.length);
    if (packed.codecId === 0) {
      this.#leaves.add(this.#change, 0, keyLength, VALUE_KINDS.chain, p, 0, 8);
      return;
    }
    putU32(p, 8, value.length);
    p[12] = packed.codecId;
    this.#leaves.add(this.#change, 0, keyLength, VALUE_KINDS.packedChain, p, 0, 13);
  }
}

/** Neighbouring leaves that are packed anew together. */
class LeafRun {
  readonly #packer: LeafPacker;
  readonly #out: NodeRef[];
  isOpen = false;

  constructor(packer: LeafPacker, out: NodeRef[]) {
    this.#packer = packer;
    this.#out = out;
  }

  get isSmall(): boolean { return this.#packer.isSmall; }

  open(lower: Buffer): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.#packer.begin(this.#out, lower);
  }

  close(appending: boolean): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#packer.finish(appending);
  }

  takePending(): () => void {
    this.isOpen = false;
    return this.#packer.takePending();
  }
}

/** Neighbouring inner nodes whose children are divided anew. */
class InnerRun {
  readonly #packer: InnerPacker;
  readonly #out: NodeRef[];
  #pending: NodeRef[] = [];
  isOpen = false;

  constructor(packer: InnerPacker, out: NodeRef[]) {
    this.#packer = packer;
    this.#out = out;
  }

  get isSmall(): boolean { return this.#packer.isSmall(this.#pending); }

  open(_lower: Buffer): void { this.isOpen = true; }

  add(children: readonly NodeRef[]): void {
    for (const child of children) this.#pending.push(child);
    if (this.#pending.length > INNER_PENDING) this.#packer.writeFull(this.#pending, this.#out);
  }

  close(appending: boolean): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#packer.write(this.#pending, this.#out, appending);
    this.#pending = [];
  }

  takePending(): () => void {
    const pending = this.#pending;
    this.#pending = [];
    this.isOpen = false;
    return () => { this.add(pending); };
  }
}
