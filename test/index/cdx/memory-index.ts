import { CdxFile } from '../../../index/cdx/cdx-file.js';
import { createCdx } from '../../../index/cdx/cdx-create.js';
import { checkCdx, type CdxCheck } from '../../../index/cdx/cdx-check.js';
import { bufferSource } from '../../../index/xbase/buffer-source.js';
import type { BlockSink } from '../../../index/xbase/block-source.js';
import type { IndexCursor } from '../../../index/xbase/index-tag.js';
import type { IndexFileUpdate, TagSpec } from '../../../index/xbase/index-file.js';
import type { SortedKeyChanges, TagApplied } from '../../../index/xbase/sorted-key-changes.js';

/** An entry of a model tag. */
export interface Entry {
  readonly key: Buffer;
  readonly recno: number;
}

export interface Change extends Entry { readonly isRemoval: boolean }

export function compareEntries(a: Entry, b: Entry): number { return Buffer.compare(a.key, b.key) || a.recno - b.recno; }

/** Entries or changes of an array as the structures take them. */
export function keysOf(entries: readonly (Entry & { readonly isRemoval?: boolean })[]): SortedKeyChanges {
  let i = -1;
  return {
    next: () => ++i < entries.length, keyStart: 0,
    get keyBytes() { return entries[i]!.key; },
    get recno() { return entries[i]!.recno; },
    get isRemoval() { return entries[i]!.isRemoval === true; },
  };
}

export function drain<Result>(work: Generator<void, Result, void>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** All entries that a cursor passes. */
export function listOf(cursor: IndexCursor): Entry[] {
  const entries: Entry[] = [];
  for (let stands = cursor.first(); stands; stands = cursor.next()) entries.push({ key: Buffer.from(cursor.key), recno: cursor.recno });
  return entries;
}

/** Writes into a copy of a file; throws when the rules of sinks are broken. */
export class MemorySink implements BlockSink {
  readonly blocks = new Map<number, Buffer>();
  headerWasLast = true;
  readonly #slices: () => boolean;

  constructor(slices: () => boolean = () => false) { this.#slices = slices; }

  write(offset: number, bytes: Buffer): void {
    if (this.blocks.has(offset)) throw new Error(`block ${offset} is written twice`);
    if (this.blocks.has(0)) throw new Error('a block comes behind the header');
    this.blocks.set(offset, Buffer.from(bytes));
  }

  sliceDone(): boolean { return this.#slices(); }

  applyTo(bytes: Buffer, sizeBytes: number): Buffer {
    const image = Buffer.alloc(sizeBytes);
    bytes.copy(image);
    for (const [offset, block] of this.blocks) block.copy(image, offset);
    return image;
  }
}

/** A CDX in memory that goes from one state to the next. */
export class MemoryIndex {
  bytes: Buffer;
  readonly textTags: Set<string>;

  constructor(bytes: Buffer = createCdx(), textTags: readonly string[] = []) {
    this.bytes = bytes;
    this.textTags = new Set(textTags);
  }

  open(): CdxFile {
    return CdxFile.open(bufferSource('memory.cdx', this.bytes), { dialect: 'foxpro', name: 'MEMORY', isText: ({ name }) => this.textTags.has(name) });
  }

  /** One checkpoint. */
  change(work: (update: IndexFileUpdate) => void, slices?: () => boolean): void {
    const before = Buffer.from(this.bytes);
    const sink = new MemorySink(slices);
    const update = this.open().update(sink);
    work(update);
    const { sizeBytes, blocksWritten } = drain(update.finish());
    if (blocksWritten !== sink.blocks.size) throw new Error(`${sink.blocks.size} blocks written, ${blocksWritten} said`);
    if (!before.equals(this.bytes)) throw new Error('the old state was changed');
    this.bytes = sink.applyTo(this.bytes, sizeBytes);
  }

  add(spec: TagSpec, entries: readonly Entry[]): void {
    if (spec.keyType === 'C') this.textTags.add(spec.name.toUpperCase());
    this.change((update) => { drain(update.addTag(spec, keysOf(entries))); });
  }

  apply(tag: string, changes: readonly Change[], slices?: () => boolean): TagApplied {
    let applied: TagApplied | undefined;
    this.change((update) => { applied = drain(update.apply(tag, keysOf(changes))); }, slices);
    return applied!;
  }

  list(tag: string): Entry[] { return listOf(this.open().tag(tag).cursor()); }
  check(): CdxCheck { return drain(checkCdx(this.open())); }
}
