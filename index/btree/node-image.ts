import { codecById, unpackBytes, type CodecCounters } from '#storage';
import { head32, sharedPrefix } from '../key/compare-keys.js';
import { MAX_KEY_BYTES } from '../key/key-types.js';
import {
  assertSoundPage, AT_CODEC, AT_CRC, AT_LEVEL, AT_LOGICAL, AT_STORED, AT_TYPE, corruptPage, MAX_IMAGE_BYTES, PAGE_HEADER_BYTES, PAGE_TYPES, u16, u32, u48,
} from './page-format.js';

// A node image is what lies in memory: the 32 bytes of the page's header, then the body as it is when not compressed:
// count, prefix length, prefix, heads (4 bytes a key), offsets (2 bytes a key, and the end), entries. All keys of a
// leaf, and all but the first of an inner node, begin with the prefix. See docs/formats/btree.md.
export const AT_COUNT = 32;
export const AT_PREFIX_LENGTH = 34;
export const AT_PREFIX = 36;
/** The first two bytes of an entry: length of the key behind the prefix, and in the upper bits the kind of its value. */
export const LENGTH_BITS = 13;
export const LENGTH_MASK = 0x1fff;
// Turning the highest bit over makes signed comparison of 32-bit integers unsigned.
const SIGN = 1 << 31;
/** Bytes of a child in an inner node: page number, keys below it. */
export const CHILD_BYTES = 10;

/** How the value of a leaf entry is kept. */
export const VALUE_KINDS = { inline: 0, chain: 1, packedChain: 2, packed: 3 } as const;
const PAYLOAD_MIN: readonly number[] = [0, 8, 13, 5];

export function nodeCount(image: Uint8Array): number { return u16(image, AT_COUNT); }
export function prefixLength(image: Uint8Array): number { return u16(image, AT_PREFIX_LENGTH); }
export function levelOf(image: Uint8Array): number { return image[AT_LEVEL] ?? 0; }

/** Where entry `i` begins; entry `count` is the end of the last one. */
export function entryStart(image: Uint8Array, i: number): number {
  const count = u16(image, AT_COUNT);
  const at = AT_PREFIX + u16(image, AT_PREFIX_LENGTH) + count * 4 + i * 2;
  return i === count ? u16(image, at) || MAX_IMAGE_BYTES : u16(image, at);
}

/** Length of the key of the entry that begins at `start`, behind the prefix. */
export function suffixLengthAt(image: Uint8Array, start: number): number { return u16(image, start) & LENGTH_MASK; }
export function valueKindAt(image: Uint8Array, start: number): number { return u16(image, start) >>> LENGTH_BITS; }

/** Where the value (or the child) of the entry begins; it ends where the next entry begins. */
export function payloadStart(image: Uint8Array, start: number): number {
  const length = suffixLengthAt(image, start);
  return start + 2 + (length > 4 ? length - 4 : 0);
}

/** Copies the key of entry `i` to `target` and returns its length. The first key of an inner node is empty. */
export function copyKey(image: Uint8Array, i: number, target: Uint8Array): number {
  const prefix = u16(image, AT_PREFIX_LENGTH);
  if (i === 0 && image[AT_TYPE] === PAGE_TYPES.inner) return 0;
  for (let k = 0; k < prefix; k++) target[k] = image[AT_PREFIX + k] ?? 0;
  return prefix + copySuffix(image, i, target, prefix);
}

/** Copies what stands behind the prefix to target[at ..] and returns how many bytes. */
export function copySuffix(image: Uint8Array, i: number, target: Uint8Array, at: number): number {
  const count = u16(image, AT_COUNT);
  const heads = AT_PREFIX + u16(image, AT_PREFIX_LENGTH);
  const start = u16(image, heads + count * 4 + i * 2);
  const length = u16(image, start) & LENGTH_MASK;
  const head = heads + i * 4;
  for (let k = 0; k < 4 && k < length; k++) target[at + k] = image[head + k] ?? 0;
  for (let k = 4; k < length; k++) target[at + k] = image[start + k - 2] ?? 0;
  return length;
}

/**
 * Looks for a key among the entries from `from` on: its place, or ~place (negative) of the first entry above it. Compares integers, and
 * bytes only where they are equal.
 */
export function searchNode(image: Uint8Array, key: Uint8Array, keyLength: number, from: number): number {
  const count = u16(image, AT_COUNT);
  const prefix = u16(image, AT_PREFIX_LENGTH);
  for (let k = 0; k < prefix; k++) {
    if (k === keyLength) return ~from;
    const difference = (key[k] ?? 0) - (image[AT_PREFIX + k] ?? 0);
    if (difference !== 0) return difference < 0 ? ~from : ~count;
  }
  const heads = AT_PREFIX + prefix;
  const offsets = heads + count * 4;
  const head = head32(key, prefix, keyLength) | 0;
  const flipped = head ^ SIGN;
  let low = from;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = heads + middle * 4;
    const other = ((image[at] ?? 0) << 24) | ((image[at + 1] ?? 0) << 16) | ((image[at + 2] ?? 0) << 8) | (image[at + 3] ?? 0);
    if (other === head) {
      const order = compareTail(image, u16(image, offsets + middle * 2), key, prefix, keyLength);
      if (order === 0) return middle;
      if (order > 0) low = middle + 1;
      else high = middle;
    } else if ((other ^ SIGN) < flipped) low = middle + 1;
    else high = middle;
  }
  return ~low;
}

/** The first entry from `from` on whose key is not below the given one; `count` when there is none. */
export function lowerBound(image: Uint8Array, key: Uint8Array, keyLength: number, from: number): number {
  const place = searchNode(image, key, keyLength, from);
  return place < 0 ? ~place : place;
}

/** Compares key[prefix ..) with the entry's key when their heads are equal: positive when the given key is above. */
function compareTail(image: Uint8Array, start: number, key: Uint8Array, prefix: number, keyLength: number): number {
  const theirs = u16(image, start) & LENGTH_MASK;
  const ours = keyLength - prefix;
  const shared = (theirs < ours ? theirs : ours) - 4;
  for (let k = 0; k < shared; k++) {
    const difference = (key[prefix + 4 + k] ?? 0) - (image[start + 2 + k] ?? 0);
    if (difference !== 0) return difference;
  }
  return ours - theirs;
}

/** True when entry `i` of a leaf has exactly this key. */
export function keyEquals(image: Uint8Array, i: number, key: Uint8Array, keyLength: number): boolean {
  const count = u16(image, AT_COUNT);
  if (i >= count) return false;
  const prefix = u16(image, AT_PREFIX_LENGTH);
  if (keyLength < prefix || sharedPrefix(key, 0, image, AT_PREFIX, prefix) < prefix) return false;
  const heads = AT_PREFIX + prefix;
  const start = u16(image, heads + count * 4 + i * 2);
  const at = heads + i * 4;
  const head = (((image[at] ?? 0) << 24) | ((image[at + 1] ?? 0) << 16) | ((image[at + 2] ?? 0) << 8) | (image[at + 3] ?? 0)) >>> 0;
  return head === head32(key, prefix, keyLength) && compareTail(image, start, key, prefix, keyLength) === 0;
}

/** The child whose keys the given one would be among. */
export function childIndex(image: Uint8Array, key: Uint8Array, keyLength: number): number {
  const place = searchNode(image, key, keyLength, 1);
  return place < 0 ? ~place - 1 : place;
}

export function childPage(image: Uint8Array, i: number): number { return u32(image, payloadStart(image, entryStart(image, i))); }
/** Keys below child `i`. */
export function childKeys(image: Uint8Array, i: number): number { return u48(image, payloadStart(image, entryStart(image, i)) + 4); }

/** Pages that were found well formed, by their checksums. */
export interface SoundShapes {
  has(pageNo: number, crc: number): boolean;
  add(pageNo: number, crc: number): void;
}

export interface ImageOptions {
  readonly treeId: number;
  readonly pageSizeBytes: number;
  readonly codecCounters: CodecCounters;
  /** The same page with the same checksum need not be looked through again. */
  readonly shapes?: SoundShapes;
}

/** Makes the image of a page that was read: verified, decompressed. Throws CORRUPT_PAGE, VERSION. */
export function imageOf(page: Buffer, pageNo: number, o: ImageOptions): Buffer {
  assertSoundPage(page, pageNo, o.treeId, o.pageSizeBytes);
  const type = page[AT_TYPE];
  if (type !== PAGE_TYPES.leaf && type !== PAGE_TYPES.inner) return page;
  const stored = u32(page, AT_STORED);
  const logical = u32(page, AT_LOGICAL);
  const codecId = page[AT_CODEC] ?? 0;
  const crc = u32(page, AT_CRC);
  if (codecId === 0 && o.shapes?.has(pageNo, crc) === true) return page;
  if (logical > MAX_IMAGE_BYTES - PAGE_HEADER_BYTES) throw corruptPage(pageNo, o.pageSizeBytes, 'its content is too long');
  let image = page;
  if (codecId !== 0) {
    const body = unpackBytes(codecById(codecId).id, page.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + stored), logical, o.codecCounters);
    image = Buffer.allocUnsafeSlow(PAGE_HEADER_BYTES + logical);
    page.copy(image, 0, 0, PAGE_HEADER_BYTES);
    image.set(body, PAGE_HEADER_BYTES);
  } else if (stored !== logical) throw corruptPage(pageNo, o.pageSizeBytes, 'its lengths disagree');
  const why = flawOf(image, PAGE_HEADER_BYTES + logical);
  if (why !== undefined) throw corruptPage(pageNo, o.pageSizeBytes, why);
  if (codecId === 0) o.shapes?.add(pageNo, crc);
  return image;
}

/** Why the image can not be read safely; undefined when every place that it names lies inside it. */
function flawOf(image: Uint8Array, end: number): string | undefined {
  if (end < AT_PREFIX) return 'it is too short';
  const count = u16(image, AT_COUNT);
  const inner = image[AT_TYPE] === PAGE_TYPES.inner;
  const prefix = u16(image, AT_PREFIX_LENGTH);
  const offsets = AT_PREFIX + prefix + count * 4;
  let start = offsets + (count + 1) * 2;
  if (start > end) return 'its entries begin behind its end';
  if (inner !== (image[AT_LEVEL] ?? 0) > 0 || (inner && count === 0)) return 'it is no node of its level';
  if ((u16(image, offsets) || MAX_IMAGE_BYTES) !== start) return 'its first entry is misplaced';
  for (let i = 0; i < count; i++) {
    const next = entryStart(image, i + 1);
    if (next > end || start + 2 > next) return `entry ${i} ends outside`;
    if (prefix + suffixLengthAt(image, start) > MAX_KEY_BYTES) return `the key of entry ${i} is too long`;
    const payload = payloadStart(image, start);
    const kind = valueKindAt(image, start);
    const least = inner ? CHILD_BYTES : PAYLOAD_MIN[kind];
    if (least === undefined || payload + least > next) return `entry ${i} is too short`;
    if (inner && payload + least !== next) return `entry ${i} is too long`;
    start = next;
  }
  return start === end ? undefined : 'its entries do not fill it';
}
