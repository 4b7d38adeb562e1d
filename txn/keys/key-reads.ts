import { hashKey, SkipList, type ByteRange } from '#index';
import { FieldstoneError } from '#storage';
import type { ReadValidator } from '../commit/read-set.js';
import type { KeyStore } from './key-store.js';

/** What a serializable transaction read in one store. */
export class KeyReads implements ReadValidator {
  readonly #store: KeyStore;
  readonly #points = new SkipList(1);
  readonly #ranges: ByteRange[] = [];

  constructor(store: KeyStore) { this.#store = store; }

  point(key: Uint8Array, keyLength: number): void { this.#points.put(key, keyLength, 0, undefined, false); }
  range(range: ByteRange): void { this.#ranges.push(range); }

  validate(sequence: number): void {
    const { nodes } = this.#points;
    for (let node = this.#points.first(); node !== 0; node = this.#points.next(node)) {
      const start = nodes.keyStart(node);
      const key = nodes.keyBytes(node).subarray(start, start + nodes.keyLength(node));
      const hash = nodes.hashes[node] ?? hashKey(key);
      if (this.#store.isInFlight(hash) || this.#store.lastChangeOf(key, key.length, hash) > sequence) throw this.#conflict();
    }
    for (const range of this.#ranges) if (this.#store.changedInRange(range, sequence)) throw this.#conflict();
  }

  #conflict(): FieldstoneError {
    return new FieldstoneError('CONFLICT', `data that the transaction read in store "${this.#store.name}" was changed by another transaction`, { details: { store: this.#store.name } });
  }
}
