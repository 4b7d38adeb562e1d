/**
 * 32-bit hash of `bytes[0 .. length)`: the mixing of MurmurHash3 (Austin Appleby, public domain). Not for untrusted
 * identity: who chooses keys can make them collide, which costs time, never a wrong answer.
 */
export function hashKey(bytes: Uint8Array, length: number = bytes.length, start = 0): number {
  let h = 0x9747b28c;
  const end = start + length;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    const word = (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24);
    h = mixWord(h, word);
  }
  let rest = 0;
  for (let k = end - 1; k >= i; k--) rest = (rest << 8) | (bytes[k] ?? 0);
  if (i < end) h = mixWord(h, rest);
  return finish(h ^ length);
}

/** hashKey() of a key that stands in words[start .. start + length): four bytes in one read. */
export function hashKeyIn(words: DataView, start: number, length: number): number {
  let h = 0x9747b28c;
  const end = start + length;
  let i = start;
  for (; i + 4 <= end; i += 4) h = mixWord(h, words.getInt32(i, true));
  let rest = 0;
  for (let k = end - 1; k >= i; k--) rest = (rest << 8) | words.getUint8(k);
  if (i < end) h = mixWord(h, rest);
  return finish(h ^ length);
}

function mixWord(h: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  let mixed = h ^ Math.imul(k, 0x1b873593);
  mixed = (mixed << 13) | (mixed >>> 19);
  return (Math.imul(mixed, 5) + 0xe6546b64) | 0;
}

/** Every bit of the input moves about half of the bits of the result. One to one. */
export function finish(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
