const RUN = 15;
const MIN_MATCH = 4;

/**
 * True when `block` is an LZ4 block (lz4_Block_format.md) that decodes to exactly `originalBytes` bytes. The decoder we
 * use checks nothing: it reads and writes past the ends, takes offsets before the beginning, and runs as long as a
 * damaged length says. This walk looks at every sequence but copies nothing, so it costs a fraction of decoding.
 */
export function isSoundLz4Block(block: Uint8Array, originalBytes: number): boolean {
  const end = block.length;
  let at = 0;
  let produced = 0;
  while (at < end) {
    const token = block[at++] ?? 0;
    let literals = token >>> 4;
    if (literals === RUN) {
      let more: number;
      do {
        if (at >= end) return false;
        more = block[at++] ?? 0;
        literals += more;
      } while (more === 255);
    }
    at += literals;
    produced += literals;
    // The last sequence has literals only.
    if (at >= end) return at === end && produced === originalBytes;

    if (at + 2 > end) return false;
    const offset = (block[at] ?? 0) | ((block[at + 1] ?? 0) << 8);
    at += 2;
    if (offset === 0 || offset > produced) return false;
    let match = token & RUN;
    if (match === RUN) {
      let more: number;
      do {
        if (at >= end) return false;
        more = block[at++] ?? 0;
        match += more;
      } while (more === 255);
    }
    produced += match + MIN_MATCH;
    if (produced > originalBytes) return false;
  }
  return false;
}

/** A block without matches, for bytes in which the compressor found nothing. */
export function literalBlock(bytes: Uint8Array): Uint8Array {
  const extra = bytes.length < RUN ? 0 : Math.floor((bytes.length - RUN) / 255) + 1;
  const block = new Uint8Array(1 + extra + bytes.length);
  if (extra === 0) {
    block[0] = bytes.length << 4;
  } else {
    block[0] = RUN << 4;
    block.fill(255, 1, extra);
    block[extra] = (bytes.length - RUN) % 255;
  }
  block.set(bytes, 1 + extra);
  return block;
}
