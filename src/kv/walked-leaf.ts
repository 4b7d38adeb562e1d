import { latin1Text } from '#storage';

/** A leaf of a tree is no larger; a larger buffer holds values of the delta and much else. */
const MOST_BYTES = 1 << 16;

/**
 * The leaf that a walk is in, as text: an ASCII value is cut out of it, which costs a tenth of making a text of its own. Such a
 * value keeps the text of its leaf in memory while it is held.
 */
export class WalkedLeaf {
  #bytes: Uint8Array | undefined;
  #text: string | undefined;

  /** The ASCII text in `bytes[start .. end)`. The second one from the same bytes makes a text of all of them. */
  cut(bytes: Uint8Array, start: number, end: number): string {
    if (bytes === this.#bytes) {
      this.#text ??= latin1Text(bytes, 0, bytes.length);
      return this.#text.substring(start, end);
    }
    this.#bytes = bytes.length <= MOST_BYTES ? bytes : undefined;
    this.#text = undefined;
    return latin1Text(bytes, start, end);
  }
}
