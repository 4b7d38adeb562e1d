import type { ByteRange } from '#index';
import { FieldstoneError } from '#storage';
import type { ReadValidator } from '../commit/read-set.js';
import type { IndexStore } from './index-store.js';

/** A range of an index that a serializable transaction read: entries that come or go in it are changes of what was read. */
export class IndexReads implements ReadValidator {
  readonly #index: IndexStore;
  readonly #range: ByteRange;
  readonly #keyHash: number | undefined;

  /** `keyHash`: of the key, when the range holds entries of one key alone. */
  constructor(index: IndexStore, range: ByteRange, keyHash: number | undefined) {
    this.#index = index;
    this.#range = range;
    this.#keyHash = keyHash;
  }

  validate(sequence: number): void {
    if (!this.#index.changedInRange(this.#range, sequence, this.#keyHash)) return;
    throw new FieldstoneError('CONFLICT', `rows that the transaction found by index "${this.#index.name}" were changed by another transaction`, { details: { index: this.#index.name } });
  }
}
