import { FieldstoneError } from '#storage';
import { KeyBuffer } from './key-buffer.js';
import type { KeyCodec } from './key-codec.js';
import { compareKeys } from './compare-keys.js';

/** Which keys, in which order. Bounds of both kinds may stand together: the narrower one counts. */
export interface KeyRange<Key> {
  readonly gt?: Key | undefined;
  readonly gte?: Key | undefined;
  readonly lt?: Key | undefined;
  readonly lte?: Key | undefined;
  /** Keys that begin so: text, bytes, or the first elements of a tuple. Not for number keys. */
  readonly prefix?: Key | undefined;
  /** From the last key to the first. Default false. */
  readonly reverse?: boolean | undefined;
  /** At most so many. Default: all. */
  readonly limit?: number | undefined;
}

/** A range of encoded keys: lower <= key < upper. Undefined = no bound on that side. */
export interface ByteRange {
  readonly lower: Buffer | undefined;
  readonly upper: Buffer | undefined;
}

/** Every key. */
export const WHOLE_RANGE: ByteRange = { lower: undefined, upper: undefined };

const scratch = new KeyBuffer();

/**
 * The bytes of a range. `key > k` is `key >= k 00` and `key <= k` is `key < k 00`: nothing lies between k and k 00.
 * Throws VALUE, LIMIT for a bound that is no key, OPTION for what the range may not hold.
 */
export function byteRange<Key>(range: KeyRange<Key>, codec: KeyCodec<Key>): ByteRange {
  let lower: Buffer | undefined;
  let upper: Buffer | undefined;
  if (range.gte !== undefined) lower = encode(range.gte, codec, false);
  if (range.gt !== undefined) lower = larger(lower, encode(range.gt, codec, true));
  if (range.lt !== undefined) upper = encode(range.lt, codec, false);
  if (range.lte !== undefined) upper = smaller(upper, encode(range.lte, codec, true));
  if (range.prefix !== undefined) {
    if (codec.kind === 'number') throw new FieldstoneError('OPTION', 'number keys have no prefix; use gte and lt', { option: 'prefix' });
    const prefix = encode(range.prefix, codec, false);
    lower = larger(lower, prefix);
    const end = afterPrefix(prefix);
    if (end !== undefined) upper = smaller(upper, end);
  }
  return { lower, upper };
}

function encode<Key>(key: Key, codec: KeyCodec<Key>, next: boolean): Buffer {
  codec.encode(key, scratch);
  const bytes = Buffer.alloc(scratch.length + (next ? 1 : 0));
  scratch.bytes.copy(bytes, 0, 0, scratch.length);
  return bytes;
}

function larger(a: Buffer | undefined, b: Buffer): Buffer { return a === undefined || Buffer.compare(a, b) < 0 ? b : a; }
function smaller(a: Buffer | undefined, b: Buffer): Buffer { return a === undefined || Buffer.compare(a, b) > 0 ? b : a; }

/** The smallest key above all that begin with `prefix`; undefined when there is none (empty, or all FF). */
export function afterPrefix(prefix: Uint8Array): Buffer | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const end = Buffer.from(prefix.subarray(0, length));
  end[length - 1] = (end[length - 1] ?? 0) + 1;
  return end;
}

/** True when the range holds no key at all, whatever the store holds. */
export function isEmptyRange({ lower, upper }: ByteRange): boolean {
  return upper !== undefined && (upper.length === 0 || (lower !== undefined && Buffer.compare(lower, upper) >= 0));
}

export function isInRange({ lower, upper }: ByteRange, key: Uint8Array, keyLength = key.length): boolean {
  return (lower === undefined || compareKeys(key, keyLength, lower, 0, lower.length) >= 0)
    && (upper === undefined || compareKeys(key, keyLength, upper, 0, upper.length) < 0);
}
