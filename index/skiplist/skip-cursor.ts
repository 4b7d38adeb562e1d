import type { SkipList } from './skip-list.js';

/**
 * Walks a list as one snapshot sees it, in both directions, tombstones included. What others insert meanwhile does not
 * disturb it: their sequences are above the snapshot's. Not started, it stands before the first and behind the last key.
 */
export class SkipCursor {
  readonly list: SkipList;
  readonly sequence: number;
  /** Where it stands; 0 = at no key. */
  node = 0;
  /** What the snapshot sees of the node. */
  version = 0;

  constructor(list: SkipList, sequence: number) {
    this.list = list;
    this.sequence = sequence;
  }

  get isValid(): boolean { return this.node !== 0; }

  /** To the first visible key that is not below the given one; without a key to the first of all. */
  seek(key?: Uint8Array, keyLength = key?.length ?? 0): boolean {
    return this.#forward(key === undefined ? this.list.first() : this.list.lowerBound(key, keyLength));
  }

  /** To the last visible key that is below the given one; without a key to the last of all. */
  seekBefore(key?: Uint8Array, keyLength = key?.length ?? 0): boolean {
    if (key === undefined) return this.#backward(this.list.last());
    return this.#backward(this.list.previous(this.list.lowerBound(key, keyLength)));
  }

  next(): boolean { return this.#forward(this.list.next(this.node)); }
  previous(): boolean { return this.#backward(this.list.previous(this.node)); }

  #forward(from: number): boolean {
    let node = from;
    while (node !== 0 && (this.version = this.list.visible(node, this.sequence)) === 0) node = this.list.next(node);
    this.node = node;
    return node !== 0;
  }

  #backward(from: number): boolean {
    let node = from;
    while (node !== 0 && (this.version = this.list.visible(node, this.sequence)) === 0) node = this.list.previous(node);
    this.node = node;
    return node !== 0;
  }
}
