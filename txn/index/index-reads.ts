import type { ByteRange } from '#index';
import { FieldstoneError } from '#storage';
import type { ReadValidator } from '../commit/read-set.js';
import type { IndexStore } from './index-store.js';

/** A range of an index that a serializable transaction read: entries that come or go in it are changes of what was read. */
export class IndexReads implements ReadValidator {
  readonly #index: IndexStore;
  readonly #range: ByteRange;

  constructor(index: IndexStore, range: ByteRange) {
    this.#index = index;
    this.#range = range;
  }

  validate(sequence: number): void {
    if (!this.#index.changedInRange(this.#range, sequence)) return;
    throw new FieldstoneError('CONFLICT', `rows that the transaction found by index "${this.#index.name}" were changed by another transaction`, { details: { index: this.#index.name } });
  }
}
