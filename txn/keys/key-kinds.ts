import { KEY_KINDS, type KeyKind } from '#index';

/** How the values of a store are written as bytes. */
export const VALUE_KINDS = ['json', 'utf8', 'binary'] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/** Declared kinds of a store. */
export interface StoreKinds {
  readonly keys: KeyKind;
  readonly values: ValueKind;
}

/** Some value of the store has or had a time of expiry: counting must look at values. */
export const USES_EXPIRY = 0x10;
/** Some value of the store is or was kept in parts: replacing one must look at the old one. */
export const USES_PARTS = 0x20;

/** The kinds as they stand in the tree file and in the log. */
export function flagsOf({ keys, values }: StoreKinds): number { return KEY_KINDS.indexOf(keys) | (VALUE_KINDS.indexOf(values) << 2); }

/** undefined = flags of a newer version. */
export function kindsOf(flags: number): StoreKinds | undefined {
  const keys = KEY_KINDS[flags & 3];
  const values = VALUE_KINDS[(flags >> 2) & 3];
  return keys === undefined || values === undefined ? undefined : { keys, values };
}
