import { FieldstoneError } from '#storage';
import { applyToTree } from '../dbase/plus-apply.js';
import { PlusChanges } from '../dbase/plus-changes.js';
import { PlusDraft } from '../dbase/plus-draft.js';
import type { PlusTag } from '../dbase/plus-tag.js';
import type { BlockSink, BlockSource } from '../xbase/block-source.js';
import type { IndexFileUpdate, UpdatedFile } from '../xbase/index-file.js';
import type { SortedKeyChanges, TagApplied } from '../xbase/sorted-key-changes.js';
import { NDX_PAGE_BYTES, patchNdxHeader } from './ndx-header.js';

/** All changes of one checkpoint to an NDX file. */
export class NdxUpdate implements IndexFileUpdate {
  readonly #source: BlockSource;
  readonly #tag: PlusTag;
  readonly #sink: BlockSink;
  readonly #draft: PlusDraft;
  readonly #changes: PlusChanges;

  constructor({ source, tags: [tag] }: { readonly source: BlockSource; readonly tags: readonly [PlusTag] }, sink: BlockSink) {
    this.#source = source;
    this.#tag = tag;
    this.#sink = sink;
    this.#draft = new PlusDraft(tag.pages);
    this.#changes = new PlusChanges(this.#draft);
  }

  apply(tagName: string, changes: SortedKeyChanges): Generator<void, TagApplied, void> {
    this.#assertTag(tagName);
    return applyToTree(this.#changes, changes, this.#tag.facts.unique === 'first', this.#sink);
  }

  addTag(): Generator<void, void, void> { throw this.#oneOrder(); }

  dropTag(tagName: string): void {
    this.#assertTag(tagName);
    throw this.#oneOrder();
  }

  /** Pages behind the old end first, the header last. */
  *finish(): Generator<void, UpdatedFile, void> {
    const changed = this.#draft.changed();
    const unused = this.#draft.unusedNew();
    if (changed.length === 0 && unused.length === 0) return { sizeBytes: this.#source.sizeBytes, blocksWritten: 0 };
    const page = Buffer.alloc(NDX_PAGE_BYTES);
    const { unitCount: oldCount } = this.#draft.shape;
    for (const unit of unused) this.#sink.write(unit * NDX_PAGE_BYTES, page);
    for (const node of [...changed.filter(({ unit }) => unit >= oldCount), ...changed.filter(({ unit }) => unit < oldCount)]) {
      node.writeTo(page, 0);
      this.#sink.write(node.unit * NDX_PAGE_BYTES, page);
      if (this.#sink.sliceDone()) yield;
    }
    this.#source.block(0, NDX_PAGE_BYTES).copy(page);
    patchNdxHeader(page, this.#draft.root, this.#draft.unitCount);
    this.#sink.write(0, page);
    return { sizeBytes: this.#draft.unitCount * NDX_PAGE_BYTES, blocksWritten: changed.length + unused.length + 1 };
  }

  #assertTag(tagName: string): void {
    if (tagName.toUpperCase() === this.#tag.facts.name) return;
    const file = this.#source.path;
    throw new FieldstoneError('NOT_FOUND', `${file} has the one order ${this.#tag.facts.name}, not ${tagName}`, { file });
  }

  #oneOrder(): FieldstoneError {
    const file = this.#source.path;
    return new FieldstoneError('UNSUPPORTED', `${file}: an NDX file has one order; make another file for another order`, { file });
  }
}
