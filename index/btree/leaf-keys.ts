import { latin1Text } from '#storage';
import { copyKey, copySuffix, entryStart, nodeCount, prefixLength, suffixLengthAt } from './node-image.js';

const MOST_BYTES = 1 << 16;

/** The keys of a leaf as one text, from which each is cut: a tenth of the cost of a text for each. Only while all of them are ASCII. */
export class LeafKeys {
  #leaf: Buffer | undefined;
  #text: string | undefined;
  #bytes = new Uint8Array(0);
  #ends = new Uint32Array(0);

  /** Key `i` of the leaf, undefined when it is not ASCII or the keys of the leaf are too long. */
  textOf(leaf: Buffer, i: number): string | undefined {
    if (leaf !== this.#leaf) this.#read(leaf);
    return this.#text?.substring(i === 0 ? 0 : this.#ends[i - 1] ?? 0, this.#ends[i]);
  }

  #read(leaf: Buffer): void {
    this.#leaf = leaf;
    this.#text = undefined;
    const count = nodeCount(leaf);
    const prefix = prefixLength(leaf);
    let most = 0;
    for (let i = 0; i < count; i++) most += prefix + suffixLengthAt(leaf, entryStart(leaf, i));
    if (most > MOST_BYTES || count === 0) return;
    if (this.#bytes.length < most) this.#bytes = new Uint8Array(most * 2);
    if (this.#ends.length < count) this.#ends = new Uint32Array(count * 2);
    const bytes = this.#bytes;
    let at = copyKey(leaf, 0, bytes);
    this.#ends[0] = at;
    for (let i = 1; i < count; i++) {
      for (let k = 0; k < prefix; k++) bytes[at++] = bytes[k] ?? 0;
      at += copySuffix(leaf, i, bytes, at);
      this.#ends[i] = at;
    }
    let seen = 0;
    for (let k = 0; k < at; k++) seen |= bytes[k] ?? 0;
    if (seen < 0x80) this.#text = latin1Text(bytes, 0, at);
  }
}
