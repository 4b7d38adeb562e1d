import type { TagFacts, TagSpec } from '#index';
import type { ByteMemory, DbfLayout, MemoSource } from '#storage';

/** What an index is, as the catalog remembers it. Which keys a row has is known to the floor above alone. */
export interface CatalogIndex {
  readonly name: string;
  readonly kind: 'btree' | 'skiplist' | 'cdx' | 'idx' | 'ntx' | 'ndx' | 'mdx';
  /** Fields or dotted paths, in their order in the key. */
  readonly fields?: readonly { readonly path: string; readonly descending?: boolean }[];
  /** Key expression of xBase, instead of fields. */
  readonly expression?: string;
  /** Expression of xBase: other rows are not in the index. */
  readonly forExpression?: string;
  /** Filter as JSON text: other rows are not in the index. */
  readonly where?: string;
  readonly unique?: boolean;
  readonly sparse?: boolean;
  readonly descending?: boolean;
  /** Of a tag in a file of xBase programs: what its file says. */
  readonly tag?: TagFacts;
  /** File name in the folder; kinds in memory have none. */
  readonly file?: string;
  /** Of a file of ours: which tree it is, and the last commit in it. */
  readonly treeId?: number;
  readonly sequence?: number;
}

/** Makes the keys of rows for one index. */
export interface IndexKeys {
  /** Why no keys can be made: the index is only read, and its table is not written to. */
  readonly readOnlyReason?: string | undefined;
  /** Whether keysOf() says what stands in the index, though it may be only read. Default: unless it is only read. */
  readonly isComparable?: boolean;
  /** How the tag of an xBase file is to be made. */
  readonly tagSpec?: TagSpec | undefined;
  /**
   * Hands each key of a row to `emit` (none: the row is not in the index) as key[0 .. length), valid during the call.
   *
   * @param image the record is image[start ..]
   * @param made what the record was made of, when whoever made it gave that along: then its memos may be missing. Who does not know what it is refuses it
   * @throws FieldstoneError VALUE when no key can be made of the row
   */
  keysOf(image: Uint8Array, start: number, recno: number, memos: MemoSource, emit: EmitKey, made?: unknown): void;
  /** The same for indexes with at most one key for a row, into memory of the caller: for very many rows. */
  readonly putKey?: PutKey | undefined;
}

/**
 * Writes the key of the record image[start ..] to target[at ..], which has room for MAX_KEY_BYTES; returns where it ends, or -1 when the row is not
 * in the index. Throws VALUE when no key can be made of it.
 */
export type PutKey = (image: Uint8Array, start: number, recno: number, memos: MemoSource, target: ByteMemory, at: number) => number;

export type EmitKey = (key: Buffer, length: number) => void;

/** What the catalog says of a table whose rows get keys. */
export interface IndexedTable {
  readonly name: string;
  readonly fieldNames?: readonly string[];
  readonly fieldTypes?: Readonly<Record<string, string>>;
}

/** Made by the floor above, which knows fields, documents and expressions. Throws when the definition does not fit the table. */
export type IndexKeysFactory = (layout: DbfLayout, table: IndexedTable, index: CatalogIndex) => IndexKeys;

/** Bytes of the record number behind a key. */
export const RECNO_BYTES = 4;

/** True for an index of ours, which only the catalog knows of; false for a tag in a file of xBase programs. */
export function isOwnIndex(index: CatalogIndex): boolean { return index.tag === undefined; }
