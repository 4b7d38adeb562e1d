import type { OrderedSource } from '#index';
import type { FrozenChanges } from './frozen-changes.js';

/** Frozen changes as a source that is walked forward once. */
export class RunChanges implements OrderedSource {
  readonly #changes: FrozenChanges;
  isValid = false;

  constructor(changes: FrozenChanges) { this.#changes = changes; }

  get isTombstone(): boolean { return this.#changes.isRemoval; }
  get keyBytes(): Buffer { return this.#changes.keyBytes; }
  get keyStart(): number { return this.#changes.keyStart; }
  get keyLength(): number { return this.#changes.keyLength; }
  seek(): boolean { return this.next(); }
  seekBefore(): boolean { return this.isValid = false; }
  next(): boolean { return this.isValid = this.#changes.next(); }
  previous(): boolean { return this.isValid = false; }
}
