/**
 * 53-bit hashes for telling disk states apart. Not for adversaries: two different states that collide only cost one skipped check.
 * The mixing is that of cyrb53 (public domain, bryc), fed with 32-bit words.
 */

function finish(h1: number, h2: number): number {
  h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909);
  h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909);
  return 4294967296 * (2097151 & h2) + (h1 >>> 0);
}

/** Hash of all bytes and their number. */
export function hashBytes(bytes: Uint8Array): number {
  let h1 = 0xdeadbeef ^ bytes.length, h2 = 0x41c6ce57 ^ bytes.length;
  let at = 0;
  if ((bytes.byteOffset & 3) === 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    for (let i = 0; i < words.length; i++) {
      const word = words[i] ?? 0;
      h1 = Math.imul(h1 ^ word, 2654435761);
      h1 ^= h1 >>> 15;
      h2 = Math.imul(h2 ^ word, 1597334677);
      h2 ^= h2 >>> 14;
    }
    at = words.length * 4;
  }
  for (; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    h1 = Math.imul(h1 ^ byte, 2654435761);
    h2 = Math.imul(h2 ^ byte, 1597334677);
  }
  return finish(h1, h2);
}

/** Hash of a text by its UTF-16 units. */
export function hashText(text: string): number {
  let h1 = 0xdeadbeef, h2 = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    h1 = Math.imul(h1 ^ unit, 2654435761);
    h2 = Math.imul(h2 ^ unit, 1597334677);
  }
  return finish(h1, h2);
}

/** Hash of two hashes; the order matters. */
export function mixHashes(a: number, b: number): number {
  let h1 = 0xdeadbeef, h2 = 0x41c6ce57;
  for (const part of [a >>> 0, a / 4294967296 | 0, b >>> 0, b / 4294967296 | 0]) {
    h1 = Math.imul(h1 ^ part, 2654435761);
    h2 = Math.imul(h2 ^ part, 1597334677);
  }
  return finish(h1, h2);
}

/** Collects hashes of things that have no order. */
export class UnorderedHash {
  #low = 0;
  #high = 0;
  #count = 0;

  add(hash: number): void {
    this.#low = (this.#low + (hash >>> 0)) | 0;
    this.#high = (this.#high + (hash / 4294967296 | 0)) | 0;
    this.#count++;
  }

  value(): number { return finish(this.#low ^ this.#count, this.#high); }
}
