import { afterPrefix, type BlockSource, type IndexFile as XbaseFile, type IndexTag, type OrderedSource } from '#index';
import { assert, FieldstoneError, type VfsFile } from '#storage';
import type { FoldTarget } from '../checkpoint/fold-target.js';
import type { Steps } from '../checkpoint/step.js';
import type { CachedFile } from '../record/cached-file.js';
import { FrozenChanges } from './frozen-changes.js';
import type { IndexBase } from './index-base.js';
import type { IndexFile } from './index-file.js';
import type { IndexStore } from './index-store.js';
import { XbaseChanges, XbaseEntries } from './xbase-entries.js';
import { working } from './xbase-format.js';

/** Reads a file of a certain format. */
export type ParseXbase = (source: BlockSource) => XbaseFile;

/** Where the entries of a tag are seen from when the file says nothing better. */
const SAMPLE_STEPS = 8;

/**
 * An index file of xBase programs as the engine maintains it: one base for each tag, all folded together. Blocks that a checkpoint has journalled but
 * not yet put in place are read from memory.
 */
export class XbaseIndexFile implements IndexFile {
  name: string;
  readonly isForeign = true;
  stores: readonly IndexStore[] = [];
  #cached: CachedFile;
  readonly #parse: ParseXbase;
  #sizeBytes: number;
  #parsed: XbaseFile;
  #pending: { readonly blocks: Map<number, Buffer>; readonly sizeBytes: number } | undefined;
  #placing: Map<number, Buffer> = new Map();

  /** Throws what parsing throws: CORRUPT_INDEX, UNSUPPORTED, IO. */
  constructor(name: string, cached: CachedFile, parse: ParseXbase) {
    this.name = name;
    this.#cached = cached;
    this.#parse = parse;
    this.#sizeBytes = cached.file.stat().sizeBytes;
    this.#parsed = parse(this.#source(this.#placing));
  }

  /** The file was replaced by one with other tags. */
  reopen(cached: CachedFile): void {
    this.#cached.close();
    this.#cached = cached;
    this.#sizeBytes = cached.file.stat().sizeBytes;
    this.#parsed = this.#parse(this.#source(this.#placing));
    for (const store of this.stores) store.epoch++;
  }

  get file(): VfsFile { return this.#cached.file; }
  get sizeBytes(): number { return this.#sizeBytes; }
  /** The file as its format reads it, in its newest state. */
  get parsed(): XbaseFile { return this.#parsed; }
  get tags(): readonly IndexTag[] { return this.#parsed.tags; }

  tag(name: string): IndexTag {
    const tag = this.#parsed.tags.find((each) => each.facts.name === name);
    if (tag === undefined) throw new FieldstoneError('CORRUPT_INDEX', `${this.name} lost its tag ${name}`, { file: this.name });
    return tag;
  }

  /** The file as it is now; a source never changes while somebody holds it. */
  #source(blocks: ReadonlyMap<number, Buffer>): BlockSource {
    const cached = this.#cached;
    const sizeBytes = this.#sizeBytes;
    const { name } = this;
    return {
      path: name, sizeBytes,
      block: (offset, lengthBytes) => {
        if (offset < 0 || offset + lengthBytes > sizeBytes) throw new FieldstoneError('CORRUPT_INDEX', `${name}: the file ends after ${sizeBytes} bytes`, { file: name, offset });
        const changed = blocks.get(offset);
        if (changed !== undefined && changed.length >= lengthBytes) return changed.subarray(0, lengthBytes);
        return readBlock(cached, offset, lengthBytes, name);
      },
    };
  }

  facts(): { file: string } { return { file: this.name }; }
  renamed(name: string): void { this.name = name; }
  sizes(): readonly (readonly [string, number])[] { return [[this.name, this.#pending?.sizeBytes ?? this.#sizeBytes]]; }

  *fold(target: FoldTarget): Steps {
    const blocks = new Map<number, Buffer>();
    const update = this.#parsed.update({
      write: (offset, bytes) => {
        blocks.set(offset, Buffer.from(bytes));
        target.put(this.name, this.file, offset, bytes, this.#sizeBytes);
      },
      sliceDone: () => target.sliceDone(),
    });
    for (const store of this.stores) {
      const { frozen, name } = store;
      if (frozen === undefined) continue;
      const { facts } = this.tag(name);
      yield* working(update.apply(name, new XbaseChanges(new FrozenChanges(frozen), facts.keyLength, facts.storedDescending)));
    }
    const { sizeBytes } = yield* working(update.finish());
    // Blocks of a checkpoint that failed, and that this one did not need.
    if (this.file.stat().sizeBytes > sizeBytes) target.truncate(this.name, sizeBytes);
    this.#pending = { blocks, sizeBytes };
  }

  abandon(): void { this.#pending = undefined; }

  journalComplete(): void {
    assert(this.#placing.size === 0, 'one state of an index file is put in place at a time');
    if (this.#pending === undefined) return;
    this.#placing = this.#pending.blocks;
    this.#sizeBytes = this.#pending.sizeBytes;
    this.#pending = undefined;
    this.#parsed = this.#parse(this.#source(this.#placing));
  }

  /** Readers that still hold the state with its blocks in memory go on with it. */
  settle(): void {
    if (this.#placing.size === 0) return;
    for (const [offset, bytes] of this.#placing) this.#cached.invalidate(offset, offset + bytes.length);
    this.#placing = new Map();
    this.#parsed = this.#parse(this.#source(this.#placing));
  }

  close(): void { this.#cached.close(); }
}

function readBlock(cached: CachedFile, offset: number, lengthBytes: number, name: string): Buffer {
  const pageNo = Math.floor(offset / cached.pageSizeBytes);
  const from = offset - pageNo * cached.pageSizeBytes;
  if (from + lengthBytes <= cached.pageSizeBytes) {
    const page = cached.page(pageNo, from + lengthBytes);
    if (page.length < from + lengthBytes) throw shorter(name, offset);
    return Buffer.from(page.buffer, page.byteOffset + from, lengthBytes);
  }
  const block = Buffer.allocUnsafe(lengthBytes);
  if (cached.readAt(block, offset) < lengthBytes) throw shorter(name, offset);
  return block;
}

function shorter(name: string, offset: number): FieldstoneError {
  return new FieldstoneError('CORRUPT_INDEX', `${name}: the file is shorter than it was`, { file: name, offset });
}

/** One tag of such a file. */
export class XbaseTagBase implements IndexBase {
  readonly #file: XbaseIndexFile;
  readonly #name: string;

  constructor(file: XbaseIndexFile, name: string) {
    this.#file = file;
    this.#name = name;
  }

  get #tag(): IndexTag { return this.#file.tag(this.#name); }
  get entryCount(): number { return this.#tag.estimateEntries(); }
  mayHold(): boolean { return true; }

  source(): OrderedSource {
    const tag = this.#tag;
    return new XbaseEntries({ facts: tag.facts, cursor: tag.cursor() });
  }

  estimate(low: Buffer | undefined, high: Buffer | undefined): number {
    const { facts } = this.#tag;
    const bound = (bytes: Buffer | undefined): Buffer | undefined => {
      const key = bytes?.subarray(0, facts.keyLength);
      return key === undefined || !facts.storedDescending ? key : Buffer.from(key.map((byte) => ~byte));
    };
    // Record numbers are left out: a range within one key reaches to the next.
    const end = high !== undefined && high.length > facts.keyLength ? afterPrefix(high.subarray(0, facts.keyLength)) : high;
    return this.#tag.estimateRange(bound(low), bound(end));
  }

  /** Keys that stand where bytes evenly spread between the first and the last lead. */
  sampleKeys(count: number): Buffer[] {
    const source = this.source();
    if (!source.seek()) return [];
    const first = Buffer.from(source.keyBytes);
    source.seekBefore();
    const last = Buffer.from(source.keyBytes);
    const samples: Buffer[] = [];
    for (let i = 0; i < Math.min(count, SAMPLE_STEPS); i++) {
      if (source.seek(between(first, last, (i + 0.5) / SAMPLE_STEPS))) samples.push(Buffer.from(source.keyBytes));
    }
    return samples;
  }
}

function between(low: Buffer, high: Buffer, share: number): Buffer {
  const at = low.findIndex((byte, i) => byte !== high[i]);
  if (at < 0) return low;
  const bytes = Buffer.from(low);
  const wide = (buffer: Buffer): number => (buffer[at] ?? 0) * 256 + (buffer[at + 1] ?? 0);
  const value = Math.floor(wide(low) + (wide(high) - wide(low)) * share);
  bytes[at] = value >>> 8;
  if (at + 1 < bytes.length) bytes[at + 1] = value & 0xff;
  return bytes;
}
