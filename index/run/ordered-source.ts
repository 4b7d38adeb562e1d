/**
 * Something that is walked in key order, in both directions. It stands on an entry or, before it is moved and at the
 * ends, on none.
 */
export interface OrderedSource {
  readonly isValid: boolean;
  /** The entry says that its key is absent, whatever older sources say. */
  readonly isTombstone: boolean;
  /** The key stands in keyBytes[keyStart .. keyStart + keyLength), until the next step. */
  readonly keyBytes: Buffer;
  readonly keyStart: number;
  readonly keyLength: number;
  /** To the first key that is not below the given one; without a key to the first of all. */
  seek(key?: Uint8Array, keyLength?: number): boolean;
  /** To the last key that is below the given one; without a key to the last of all. */
  seekBefore(key?: Uint8Array, keyLength?: number): boolean;
  next(): boolean;
  previous(): boolean;
}
