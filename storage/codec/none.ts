import { damagedInput, type Codec } from './codec.js';

/** Bytes as they are; both ways return the same object. */
export const none: Codec = {
  id: 0,
  name: 'none',
  compress: (bytes) => bytes,
  decompress(bytes, originalBytes) {
    if (bytes.length !== originalBytes) throw damagedInput('none', bytes.length, originalBytes);
    return bytes;
  },
};
