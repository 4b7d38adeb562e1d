import type { OrderedSource } from './ordered-source.js';
import type { SortedRun } from './sorted-run.js';

/** Walks a run in both directions. */
export class RunCursor implements OrderedSource {
  readonly #run: SortedRun;
  readonly isTombstone = false;
  #i = -1;

  constructor(run: SortedRun) { this.#run = run; }

  get isValid(): boolean { return this.#i >= 0 && this.#i < this.#run.count; }
  get keyBytes(): Buffer { return this.#run.bytesAt(this.#i); }
  get keyStart(): number { return this.#run.startAt(this.#i); }
  get keyLength(): number { return this.#run.lengthAt(this.#i); }

  seek(key?: Uint8Array, keyLength = key?.length ?? 0): boolean {
    this.#i = key === undefined ? 0 : this.#run.lowerBound(key, keyLength);
    return this.isValid;
  }

  seekBefore(key?: Uint8Array, keyLength = key?.length ?? 0): boolean {
    this.#i = (key === undefined ? this.#run.count : this.#run.lowerBound(key, keyLength)) - 1;
    return this.isValid;
  }

  next(): boolean {
    if (this.#i < this.#run.count) this.#i++;
    return this.isValid;
  }

  previous(): boolean {
    if (this.#i >= 0) this.#i--;
    return this.isValid;
  }
}
