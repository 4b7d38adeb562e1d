import { AT_COUNT, AT_PREFIX, AT_PREFIX_LENGTH, LENGTH_BITS } from './node-image.js';
import { putU16 } from './page-format.js';

/** Writes the body of a node, entry after entry in key order, into an image. */
export class NodeBuilder {
  readonly #image: Uint8Array;
  #prefix = 0;
  #count = 0;
  #heads = 0;
  #offsets = 0;
  #at = 0;
  #i = 0;

  constructor(image: Uint8Array) { this.#image = image; }

  /** Starts a node of `count` entries whose keys share the prefix that stands in source[start ..]. */
  begin(count: number, source: Uint8Array, start: number, prefix: number): void {
    const image = this.#image;
    this.#prefix = prefix;
    this.#count = count;
    this.#i = 0;
    putU16(image, AT_COUNT, count);
    putU16(image, AT_PREFIX_LENGTH, prefix);
    for (let k = 0; k < prefix; k++) image[AT_PREFIX + k] = source[start + k] ?? 0;
    this.#heads = AT_PREFIX + prefix;
    this.#offsets = this.#heads + count * 4;
    this.#at = this.#offsets + (count + 1) * 2;
  }

  /** Adds a key (with the prefix, or without any when `keyLength` is 0) and returns where its payload goes. */
  add(key: Uint8Array, keyStart: number, keyLength: number, kind: number, payloadBytes: number): number {
    const image = this.#image;
    const from = keyStart + this.#prefix;
    const length = Math.max(0, keyLength - this.#prefix);
    const head = this.#heads + this.#i * 4;
    for (let k = 0; k < 4; k++) image[head + k] = k < length ? key[from + k] ?? 0 : 0;
    putU16(image, this.#offsets + this.#i * 2, this.#at);
    putU16(image, this.#at, length | (kind << LENGTH_BITS));
    let at = this.#at + 2;
    for (let k = 4; k < length; k++) image[at++] = key[from + k] ?? 0;
    this.#at = at + payloadBytes;
    this.#i++;
    return at;
  }

  /** Ends the node and returns the length of the image. An end of 65536 is written as 0. */
  end(): number {
    putU16(this.#image, this.#offsets + this.#count * 2, this.#at & 0xffff);
    return this.#at;
  }
}

/** Bytes of an image with `count` keys of `keyBytes` in all, sharing `prefix`; `padded` counts keys that end inside their head as four bytes. */
export function imageBytes(count: number, keyBytes: number, payloadBytes: number, prefix: number, padded: boolean): number {
  return AT_PREFIX + prefix + count * 4 + 2 + (keyBytes - count * prefix) + payloadBytes + (padded ? count * 4 : 0);
}
