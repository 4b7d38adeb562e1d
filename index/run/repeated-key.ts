import type { ByteMemory } from '#storage';
import { hashKeyIn } from '../key/hash-key.js';

/** Bytes of keys by number. */
export interface HashedKeys {
  readonly count: number;
  memoryOf(entry: number): ByteMemory;
  startOf(entry: number): number;
  lengthOf(entry: number): number;
}

/** Of so many places one is taken, at most. */
const ROOM = 2;
const WORD_BYTES = 4;

/** True when two keys are the same but for their last `omitBytes` bytes, without sorting them. */
export function hasRepeatedKey(keys: HashedKeys, omitBytes: number): boolean { return !isCounting(keys, omitBytes) && isInTable(keys, omitBytes); }

/** Each key is longer than the one before, or as long and above it, as user-8, user-9, user-10 are: none comes twice. */
function isCounting(keys: HashedKeys, omitBytes: number): boolean {
  let length = -1;
  let start = 0;
  let memory = keys.memoryOf(0);
  for (let entry = 0; entry < keys.count; entry++) {
    const next = keys.memoryOf(entry);
    const nextStart = keys.startOf(entry);
    const nextLength = keys.lengthOf(entry) - omitBytes;
    if (nextLength < length || (nextLength === length && !isBelow(memory.words, start, next.words, nextStart, length))) return false;
    [memory, start, length] = [next, nextStart, nextLength];
  }
  return true;
}

function isBelow(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  let i = 0;
  for (; i + WORD_BYTES <= length; i += WORD_BYTES) {
    const [one, other] = [a.getUint32(aStart + i), b.getUint32(bStart + i)];
    if (one !== other) return one < other;
  }
  for (; i < length; i++) {
    const [one, other] = [a.getUint8(aStart + i), b.getUint8(bStart + i)];
    if (one !== other) return one < other;
  }
  return false;
}

/** By a hash table of the numbers of keys. Open addressing: D. Knuth, TAOCP 3, 6.4. */
function isInTable(keys: HashedKeys, omitBytes: number): boolean {
  const { count } = keys;
  const mask = 2 ** Math.ceil(Math.log2(count * ROOM + 1)) - 1;
  /** Numbers from 1 on; 0 is a free place. */
  const places = new Uint32Array(mask + 1);
  const hashes = new Uint32Array(count);
  for (let entry = 0; entry < count; entry++) {
    const hash = hashKeyIn(keys.memoryOf(entry).words, keys.startOf(entry), keys.lengthOf(entry) - omitBytes);
    hashes[entry] = hash;
    let at = hash & mask;
    for (let other = places[at] ?? 0; other !== 0; other = places[at] ?? 0) {
      if (hashes[other - 1] === hash && isSameKey(keys, other - 1, entry, omitBytes)) return true;
      at = (at + 1) & mask;
    }
    places[at] = entry + 1;
  }
  return false;
}

/** Two entries are the same but for their last `omitBytes` bytes. */
export function isSameKey(keys: HashedKeys, a: number, b: number, omitBytes: number): boolean {
  const length = keys.lengthOf(a);
  if (length !== keys.lengthOf(b)) return false;
  const { bytes } = keys.memoryOf(a);
  const { bytes: others } = keys.memoryOf(b);
  const [start, other] = [keys.startOf(a), keys.startOf(b)];
  // Neighbours begin alike: they differ where they end.
  for (let i = length - omitBytes - 1; i >= 0; i--) if (bytes[start + i] !== others[other + i]) return false;
  return true;
}
