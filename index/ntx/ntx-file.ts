import { FieldstoneError } from '#storage';
import type { BlockSink, BlockSource } from '../xbase/block-source.js';
import { corruptIndex } from '../xbase/bytes.js';
import type { IndexFile } from '../xbase/index-file.js';
import { decodeNtxHeader, NTX_PAGE_BYTES } from './ntx-header.js';
import { NtxPages } from './ntx-pages.js';
import { NtxTag } from './ntx-tag.js';
import { NtxUpdate } from './ntx-update.js';

/** What the caller knows of the file, which it does not tell itself. */
export interface NtxOptions {
  /** Name of an order without one: the file's name without extension. */
  readonly name: string;
}

const COMPOUND = 0x8000;

/** One state of an NTX file (Clipper, Harbour DBFNTX): one order, a B-tree whose keys stand in all its pages. */
export class NtxFile implements IndexFile {
  readonly kind = 'ntx';
  readonly tags: readonly [NtxTag];
  readonly pages: NtxPages;

  private constructor(pages: NtxPages, name: string) {
    this.pages = pages;
    this.tags = [new NtxTag(pages, name)];
  }

  /**
   * Opens an NTX file.
   *
   * @throws FieldstoneError CORRUPT_INDEX when its header is not one; UNSUPPORTED for Harbour's compound files (CTX); IO
   *
   * @example
   * const [order] = NtxFile.open(source, { name: 'PEOPLE' }).tags;
   * for (const cursor = order.cursor(), ok = cursor.first(); ...) ...
   */
  static open(source: BlockSource, { name }: NtxOptions): NtxFile {
    const { path, sizeBytes } = source;
    if (sizeBytes < 2 * NTX_PAGE_BYTES) throw corruptIndex(path, sizeBytes, 'the file is too short for an NTX index');
    const head = source.block(0, NTX_PAGE_BYTES);
    if ((head.readUInt16LE(0) & COMPOUND) !== 0) {
      throw new FieldstoneError('UNSUPPORTED', `${path} is a compound NTX (CTX), which only Harbour reads; make NTX or CDX files`, { file: path });
    }
    return new NtxFile(new NtxPages(source, decodeNtxHeader(head, path, sizeBytes)), name);
  }

  update(sink: BlockSink): NtxUpdate {
    const [{ facts }] = this.tags;
    if (facts.readOnlyReason !== undefined) {
      throw new FieldstoneError('UNSUPPORTED', `${this.pages.source.path} is only read: ${facts.readOnlyReason}`, { file: this.pages.source.path });
    }
    return new NtxUpdate(this.pages, facts, sink);
  }
}
