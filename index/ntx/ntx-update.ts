import { FieldstoneError } from '#storage';
import type { BlockSink } from '../xbase/block-source.js';
import type { IndexFileUpdate, UpdatedFile } from '../xbase/index-file.js';
import type { SortedKeyChanges, TagApplied } from '../xbase/sorted-key-changes.js';
import type { TagFacts } from '../xbase/tag-facts.js';
import { NtxChanges } from './ntx-changes.js';
import { NtxDraft } from './ntx-draft.js';
import type { NtxPages } from './ntx-pages.js';

/** Changes between two looks at the clock. */
const CHANGES_PER_LOOK = 64;

/** All changes of one checkpoint to an NTX file. */
export class NtxUpdate implements IndexFileUpdate {
  readonly #facts: TagFacts;
  readonly #sink: BlockSink;
  readonly #draft: NtxDraft;
  readonly #changes: NtxChanges;

  constructor(pages: NtxPages, facts: TagFacts, sink: BlockSink) {
    this.#facts = facts;
    this.#sink = sink;
    this.#draft = new NtxDraft(pages);
    this.#changes = new NtxChanges(this.#draft);
  }

  *apply(tagName: string, changes: SortedKeyChanges): Generator<void, TagApplied, void> {
    this.#assertTag(tagName);
    const counts = { added: 0, removed: 0, alreadyThere: 0, notThere: 0 };
    const add = this.#facts.unique === 'first' ? this.#addFirst : this.#add;
    for (let n = 1; changes.next(); n++) {
      if (!changes.isRemoval) add.call(this, changes, counts);
      else if (this.#changes.remove(changes.keyBytes, changes.keyStart, changes.recno)) counts.removed++;
      else counts.notThere++;
      if (n % CHANGES_PER_LOOK === 0 && this.#sink.sliceDone()) yield;
    }
    return counts;
  }

  addTag(): Generator<void, void, void> { throw this.#oneOrder(); }

  dropTag(tagName: string): void {
    this.#assertTag(tagName);
    throw this.#oneOrder();
  }

  finish(): Generator<void, UpdatedFile, void> { return this.#draft.finish(this.#sink); }

  #add({ keyBytes, keyStart, recno }: SortedKeyChanges, counts: { added: number; alreadyThere: number }): void {
    if (this.#changes.insert(keyBytes, keyStart, recno)) counts.added++;
    else counts.alreadyThere++;
  }

  /** Of the rows with one key the lowest holds it. */
  #addFirst(change: SortedKeyChanges, counts: { added: number; removed: number; alreadyThere: number }): void {
    const holder = this.#changes.holder(change.keyBytes, change.keyStart);
    if (holder === 0) this.#add(change, counts);
    else if (holder <= change.recno) counts.alreadyThere++;
    else {
      this.#changes.setHolder(change.recno);
      counts.added++;
      counts.removed++;
    }
  }

  #assertTag(tagName: string): void {
    if (tagName.toUpperCase() !== this.#facts.name) {
      throw new FieldstoneError('NOT_FOUND', `${this.#draft.pages.source.path} has the one order ${this.#facts.name}, not ${tagName}`, { file: this.#draft.pages.source.path });
    }
    if (this.#facts.readOnlyReason !== undefined) {
      throw new FieldstoneError('UNSUPPORTED', `${this.#draft.pages.source.path} is only read: ${this.#facts.readOnlyReason}`, { file: this.#draft.pages.source.path });
    }
  }

  #oneOrder(): FieldstoneError {
    const file = this.#draft.pages.source.path;
    return new FieldstoneError('UNSUPPORTED', `${file}: an NTX file has one order; make another file for another order`, { file });
  }
}
