import type { KeyKind, KeyRange } from '#index';
import type { ValueKind } from '#txn';

/** How keys and values of a store are kept. Fixed when the store is first written to. */
export interface KvOptions {
  /** Default `utf8`. */
  readonly keys?: KeyKind;
  /** Default `json`. */
  readonly values?: ValueKind;
}

/** Options of one put. */
export interface PutOptions {
  /** From this moment on (milliseconds since 1970, or a Date) the key reads as absent. Default: never. */
  readonly expiresAt?: number | Date | undefined;
}

/** One step of a batch. */
export type KvOperation<Key, Value> =
  | { readonly type: 'put'; readonly key: Key; readonly value: Value; readonly expiresAt?: number | Date | undefined }
  | { readonly type: 'del'; readonly key: Key };

/** A range of keys, and whether a walk may be cancelled. */
export interface KvRange<Key> extends KeyRange<Key> {
  /** Ends the walk with ABORTED. */
  readonly signal?: AbortSignal | undefined;
}

/** What a store is, and how large. */
export interface KvInfo {
  readonly name: string;
  /** Its file in the folder. */
  readonly file: string;
  readonly keys: KeyKind;
  readonly values: ValueKind;
  /** Keys as committed now. */
  readonly entries: number;
  /** Bytes of the file. */
  readonly sizeBytes: number;
  /** Bytes of the file that holds the parts of large values; 0 when there is none. */
  readonly partsBytes: number;
}

/** Keys, values or pairs that can be walked with `for ... of` and with `for await ... of`, in constant memory. */
export interface KvScan<Item> extends Iterable<Item>, AsyncIterable<Item> {
  toArray(): Item[];
}
