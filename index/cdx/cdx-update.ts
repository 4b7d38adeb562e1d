import { FieldstoneError } from '#storage';
import { putU32, putU32be } from '../xbase/bytes.js';
import type { BlockSink, BlockSource } from '../xbase/block-source.js';
import type { IndexFileUpdate, TagSpec, UpdatedFile } from '../xbase/index-file.js';
import type { SortedKeyChanges, SortedKeys, TagApplied } from '../xbase/sorted-key-changes.js';
import { TreeBuild } from './cdx-bulk.js';
import { HEADER_BYTES, isDirectory, NAME_BYTES, writeHeader, type CdxHeader } from './cdx-header.js';
import { FILL_TEXT, FILL_ZERO } from './cdx-leaf.js';
import { PAGE_BYTES } from './cdx-page.js';
import { CdxPages } from './cdx-pages.js';
import { reachPages } from './cdx-reach.js';
import { checkSpec, optionsOf } from './cdx-spec.js';
import type { CdxTag } from './cdx-tag.js';
import { TreeUpdate } from './cdx-tree-update.js';

/** All changes of one checkpoint to a CDX or compact IDX. */
export class CdxUpdate implements IndexFileUpdate {
  readonly #source: BlockSource;
  readonly #header: CdxHeader;
  readonly #tags: readonly CdxTag[];
  readonly #sink: BlockSink;
  readonly #pages: CdxPages;
  /** Names of the directory to be added (offset of the header) and removed, by name. */
  readonly #names = new Map<string, { readonly added: number | undefined; readonly removed: number | undefined }>();
  readonly #applied = new Set<string>();
  #streamed = 0;

  constructor(source: BlockSource, header: CdxHeader, tags: readonly CdxTag[], sink: BlockSink) {
    this.#source = source;
    this.#header = header;
    this.#tags = tags;
    this.#sink = sink;
    this.#pages = new CdxPages(source, header.freeHead, () => this.#reached().pages);
  }

  *apply(tagName: string, changes: SortedKeyChanges): Generator<void, TagApplied, void> {
    const tag = this.#tag(tagName);
    if (tag.facts.readOnlyReason !== undefined) throw this.#error('UNSUPPORTED', `tag ${tag.facts.name} is only read: ${tag.facts.readOnlyReason}`);
    if (this.#applied.has(tag.facts.name)) throw this.#error('UNSUPPORTED', `tag ${tag.facts.name} was changed by this update already`);
    this.#applied.add(tag.facts.name);
    const tree = { root: tag.header.root, form: tag.form, firstOnly: tag.facts.unique === 'first', headerOffset: tag.header.offset };
    return yield* new TreeUpdate(this.#pages, tree, changes, () => this.#sink.sliceDone()).run();
  }

  *addTag(spec: TagSpec, keys: SortedKeys): Generator<void, void, void> {
    if (!isDirectory(this.#header)) throw this.#error('UNSUPPORTED', 'an IDX file holds one order only');
    const name = checkSpec(spec, this.#source.path);
    const known = this.#tags.find((tag) => tag.facts.name === name);
    const change = this.#names.get(name);
    if (change === undefined ? known !== undefined : change.added !== undefined) throw this.#error('EXISTS', `there is a tag ${name} already`);
    const offset = this.#pages.grow(HEADER_BYTES);
    const form = { keyLength: spec.keyLength, fill: spec.keyType === 'C' ? FILL_TEXT : FILL_ZERO };
    const build = new TreeBuild(this.#pages, form, { write: (at, bytes) => { this.#write(at, bytes); }, sliceDone: () => this.#sink.sliceDone() });
    const root = yield* build.run(keys, spec.unique === 'first');
    const header = writeHeader({
      root, keyLength: spec.keyLength, options: optionsOf(spec, true), descending: spec.descending === true,
      expression: spec.expression, forExpression: spec.forExpression ?? '',
    });
    this.#pages.put(offset, header.subarray(0, PAGE_BYTES));
    this.#pages.put(offset + PAGE_BYTES, header.subarray(PAGE_BYTES));
    this.#names.set(name, { added: offset, removed: change?.removed });
  }

  dropTag(tagName: string): void {
    if (!isDirectory(this.#header)) throw this.#error('UNSUPPORTED', 'an IDX file holds one order only');
    const tag = this.#tag(tagName);
    if (this.#applied.has(tag.facts.name)) throw this.#error('UNSUPPORTED', `tag ${tag.facts.name} was changed by this update already`);
    this.#names.set(tag.facts.name, { added: undefined, removed: tag.header.offset });
    for (const offset of this.#pagesOf(tag)) this.#pages.release(offset);
  }

  *finish(): Generator<void, UpdatedFile, void> {
    const pages = this.#pages;
    const { root } = this.#header;
    if (this.#names.size > 0) {
      const tree = { root, form: { keyLength: NAME_BYTES, fill: FILL_TEXT }, firstOnly: false, headerOffset: 0 };
      yield* new TreeUpdate(pages, tree, nameChanges(this.#names), () => false).run();
    }
    if (pages.changedCount === 0 && this.#streamed === 0) return { sizeBytes: this.#source.sizeBytes, blocksWritten: 0 };
    const header = Buffer.from(pages.block(0, PAGE_BYTES));
    putU32(header, 4, pages.freeHead);
    putU32be(header, 8, (this.#header.counter + 1) >>> 0);
    pages.forget(0);
    for (const offset of pages.changedOffsets()) {
      this.#write(offset, pages.block(offset, PAGE_BYTES));
      if (this.#sink.sliceDone()) yield;
    }
    this.#write(0, header);
    return { sizeBytes: pages.sizeBytes, blocksWritten: this.#streamed };
  }

  #write(offset: number, bytes: Buffer): void {
    this.#streamed++;
    this.#sink.write(offset, bytes);
  }

  /** A tag of the old state that is not dropped. */
  #tag(name: string): CdxTag {
    const wanted = name.toUpperCase();
    const found = this.#tags.find((tag) => tag.facts.name === wanted);
    if (found === undefined || this.#names.has(wanted)) throw this.#error('NOT_FOUND', `there is no tag ${name}`);
    return found;
  }

  /** What belongs to a tag and to nothing else. Where the file is not sound enough to tell, that is nothing, and the room is lost. */
  #pagesOf(tag: CdxTag): number[] {
    const reached = this.#reached();
    const own = new Set<number>();
    const { root, offset } = tag.header;
    if (!reached.isSound || !reachPages(this.#source, root, tag.form.keyLength, offset, own)) return [];
    return [offset, offset + PAGE_BYTES, ...own].sort((a, b) => b - a);
  }

  /** Every page of the old state that is in use. */
  #reached(): { readonly pages: ReadonlySet<number>; readonly isSound: boolean } {
    const pages = new Set<number>();
    let isSound = true;
    const reach = (root: number, keyLength: number, offset: number): void => {
      for (const half of offset === 0 ? [] : [offset, offset + PAGE_BYTES]) {
        if (pages.has(half)) isSound = false;
        pages.add(half);
      }
      try {
        if (!reachPages(this.#source, root, keyLength, offset, pages)) isSound = false;
      } catch (e) {
        if (!(e instanceof FieldstoneError) || e.code !== 'CORRUPT_INDEX') throw e;
        isSound = false;
      }
    };
    if (isDirectory(this.#header)) reach(this.#header.root, NAME_BYTES, 0);
    for (const tag of this.#tags) {
      if (tag.isReadable) reach(tag.header.root, tag.form.keyLength, tag.header.offset);
      else isSound = false;
    }
    return { pages, isSound };
  }

  #error(code: 'UNSUPPORTED' | 'EXISTS' | 'NOT_FOUND', problem: string): FieldstoneError {
    return new FieldstoneError(code, `${this.#source.path}: ${problem}`, { file: this.#source.path });
  }
}

/** The changes of the directory in its order. */
function nameChanges(names: ReadonlyMap<string, { readonly added: number | undefined; readonly removed: number | undefined }>): SortedKeyChanges {
  const all: { key: Buffer; recno: number; isRemoval: boolean }[] = [];
  for (const [name, { added, removed }] of names) {
    const key = Buffer.from(name.padEnd(NAME_BYTES), 'latin1');
    if (removed !== undefined) all.push({ key, recno: removed, isRemoval: true });
    if (added !== undefined) all.push({ key, recno: added, isRemoval: false });
  }
  all.sort((a, b) => Buffer.compare(a.key, b.key) || a.recno - b.recno);
  let i = -1;
  const at = (): (typeof all)[number] => all[i] ?? { key: Buffer.alloc(NAME_BYTES), recno: 0, isRemoval: false };
  return {
    next: () => ++i < all.length, keyStart: 0,
    get keyBytes() { return at().key; },
    get recno() { return at().recno; },
    get isRemoval() { return at().isRemoval; },
  };
}
