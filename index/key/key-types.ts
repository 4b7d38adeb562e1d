/** How the keys of a store are written as bytes. */
export const KEY_KINDS = ['utf8', 'binary', 'number', 'tuple'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** One element of a tuple key. Elements of different types sort in this order; numbers before bigints. */
export type TupleElement = null | boolean | number | bigint | string | Uint8Array | Date | readonly TupleElement[];

/** A key of several elements, compared one after the other; a shorter tuple sorts before its continuations. */
export type TupleKey = readonly TupleElement[];

/** The type of the keys of each kind. */
export interface KeyTypes {
  readonly utf8: string;
  readonly binary: Uint8Array;
  readonly number: number;
  readonly tuple: TupleKey;
}

/** Longest encoded key, in bytes. */
export const MAX_KEY_BYTES = 4096;
