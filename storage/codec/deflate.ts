import { deflateSync, Inflate, inflateSync } from 'fflate';
import { damagedInput, isPlausible, type Codec } from './codec.js';

// Level 1 is what the field uses for pages: the higher levels gain little on a few kilobytes.
const LEVEL = 1;
// A deflate stream gives at most 1032 bytes for one.
const MAX_RATIO = 1032;
// Input up to this size is decoded in one go; a longer one in pieces, so that a bomb is noticed after one of them.
const PIECE_BYTES = 16 * 1024;

/** Raw deflate (RFC 1951) by fflate: smaller than LZ4 and several times slower. */
export const deflate: Codec = {
  id: 2,
  name: 'deflate',
  compress: (bytes) => deflateSync(bytes, { level: LEVEL }),
  decompress(bytes, originalBytes) {
    if (!isPlausible(originalBytes, bytes.length, MAX_RATIO)) throw damagedInput('deflate', bytes.length, originalBytes);
    let result: Uint8Array | undefined;
    try {
      result = bytes.length <= PIECE_BYTES ? inflateAtOnce(bytes, originalBytes) : inflateInPieces(bytes, originalBytes);
    } catch (error) {
      throw damagedInput('deflate', bytes.length, originalBytes, error);
    }
    if (result?.length !== originalBytes) throw damagedInput('deflate', bytes.length, originalBytes);
    return result;
  },
};

/** One byte more than wanted is offered: a result that uses it is too long. fflate drops what does not fit. */
function inflateAtOnce(bytes: Uint8Array, originalBytes: number): Uint8Array {
  return inflateSync(bytes, { out: new Uint8Array(originalBytes + 1) });
}

function inflateInPieces(bytes: Uint8Array, originalBytes: number): Uint8Array | undefined {
  const target = new Uint8Array(originalBytes);
  let length = 0;
  const stream = new Inflate((piece) => {
    if (length + piece.length <= originalBytes) target.set(piece, length);
    length += piece.length;
  });
  for (let at = 0; at < bytes.length && length <= originalBytes; at += PIECE_BYTES) {
    stream.push(bytes.subarray(at, at + PIECE_BYTES), at + PIECE_BYTES >= bytes.length);
  }
  return length === originalBytes ? target : undefined;
}
