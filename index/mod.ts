// The door of the second floor: ordered and probabilistic structures over pages or memory.

// Keys.
export { KEY_KINDS, MAX_KEY_BYTES, type KeyKind, type KeyTypes, type TupleElement, type TupleKey } from './key/key-types.js';
export { KeyBuffer } from './key/key-buffer.js';
export { keyCodec, type KeyCodec } from './key/key-codec.js';
export { afterPrefix, byteRange, isEmptyRange, isInRange, WHOLE_RANGE, type ByteRange, type KeyRange } from './key/key-range.js';
export { compareKeys, head32, head48, sharedPrefix } from './key/compare-keys.js';
export { hashKey } from './key/hash-key.js';

// The delta.
export { SkipList } from './skiplist/skip-list.js';
export { SkipCursor } from './skiplist/skip-cursor.js';

// Filters.
export { BloomFilter } from './bloom/bloom-filter.js';
