import { FieldstoneError } from '#storage';
import type { KeyBuffer } from './key-buffer.js';
import type { KeyKind, KeyTypes } from './key-types.js';
import { readNumber, writeNumber } from './number-bytes.js';
import { writeText } from './text-bytes.js';
import { readTuple, writeTuple } from './tuple-key.js';

/**
 * Turns keys of one kind into bytes whose memcmp order is the order of the keys, and back exactly.
 * The encodings are in docs/formats/keys.md.
 */
export interface KeyCodec<Key> {
  readonly kind: KeyKind;
  /** Replaces the content of `target`. Throws VALUE, LIMIT; then the content is undefined. */
  encode(key: Key, target: KeyBuffer): void;
  /** The key in `bytes[start .. end)`. Throws CORRUPT_PAGE when the bytes are no key of this kind. */
  decode(bytes: Buffer, start: number, end: number): Key;
}

const utf8: KeyCodec<string> = {
  kind: 'utf8',
  encode(key, target) {
    if (typeof key !== 'string') throw wrongType('utf8', 'a string', key);
    target.length = 0;
    writeText(key, target);
  },
  decode: (bytes, start, end) => bytes.toString('utf8', start, end),
};

const binary: KeyCodec<Uint8Array> = {
  kind: 'binary',
  encode(key, target) {
    if (!(key instanceof Uint8Array)) throw wrongType('binary', 'a Uint8Array', key);
    target.length = 0;
    target.append(key);
  },
  decode: (bytes, start, end) => new Uint8Array(bytes.subarray(start, end)),
};

const number: KeyCodec<number> = {
  kind: 'number',
  encode(key, target) {
    if (typeof key !== 'number') throw wrongType('number', 'a number', key);
    target.length = 0;
    writeNumber(key, target);
  },
  decode(bytes, start, end) {
    if (end - start !== 8) throw new FieldstoneError('CORRUPT_PAGE', 'a stored key is no number', { offset: start });
    return readNumber(bytes, start);
  },
};

const tuple: KeyCodec<KeyTypes['tuple']> = {
  kind: 'tuple',
  encode(key, target) {
    target.length = 0;
    writeTuple(key, target);
  },
  decode: readTuple,
};

const CODECS: { readonly [Kind in KeyKind]: KeyCodec<KeyTypes[Kind]> } = { utf8, binary, number, tuple };

/**
 * The codec of a kind of keys.
 *
 * @example
 * const buffer = new KeyBuffer();
 * const codec = keyCodec('tuple');
 * codec.encode(['user', 17], buffer);
 * codec.decode(buffer.bytes, 0, buffer.length); // ['user', 17]
 */
export function keyCodec<Kind extends KeyKind>(kind: Kind): KeyCodec<KeyTypes[Kind]> { return CODECS[kind]; }

function wrongType(kind: KeyKind, wanted: string, key: unknown): FieldstoneError {
  return new FieldstoneError('VALUE', `the keys of this store are '${kind}': a key is ${wanted}, got ${key === null ? 'null' : typeof key}`);
}
