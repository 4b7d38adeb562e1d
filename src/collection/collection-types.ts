import type { TableSchema } from '../table/field-types.js';
import type { DocumentId } from '../document/document-id.js';
import type { IndexOptions } from '../indexes/index-options.js';
import type { Param } from '../filter/param.js';

/** The type of a document's `_id`: as declared, else text. */
export type IdOf<Doc> = '_id' extends keyof Doc ? KnownId<Exclude<Doc['_id' & keyof Doc], undefined>> : string;
type KnownId<Id> = unknown extends Id ? string : Extract<Id, DocumentId>;

/** What insert() takes: a document, its `_id` optional. */
export type DocumentInput<Doc> = Omit<Doc, '_id'> & { readonly _id?: IdOf<Doc> };

/** What comes back: a document with its `_id`. */
export type StoredDocument<Doc> = Doc & { _id: IdOf<Doc> };

type Element<Value> = Value extends readonly (infer One)[] ? One : Value;
type Operand<Value> = Value | null | Param;

/** Conditions on one field; see docs/filters.md. */
export interface FieldCondition<Value> {
  readonly $eq?: Operand<Value | Element<Value>>;
  readonly $ne?: Operand<Value | Element<Value>>;
  readonly $gt?: Operand<Value | Element<Value>>;
  readonly $gte?: Operand<Value | Element<Value>>;
  readonly $lt?: Operand<Value | Element<Value>>;
  readonly $lte?: Operand<Value | Element<Value>>;
  readonly $in?: readonly (Operand<Value | Element<Value>> | RegExp)[] | Param;
  readonly $nin?: readonly (Operand<Value | Element<Value>> | RegExp)[] | Param;
  readonly $between?: readonly [Operand<Value | Element<Value>>, Operand<Value | Element<Value>>];
  readonly $exists?: boolean;
  readonly $type?: string | number | readonly (string | number)[];
  readonly $regex?: string | RegExp;
  readonly $options?: string;
  readonly $startsWith?: string | Param;
  readonly $not?: FieldCondition<Value> | RegExp;
  readonly $elemMatch?: object;
  readonly $size?: number | Param;
  readonly $all?: readonly unknown[] | Param;
}

/**
 * A filter of documents. Fields of the document's type are checked; dotted paths and other names take any condition.
 */
export type DocumentFilter<Doc> = { readonly [Name in keyof Doc]?: Operand<Doc[Name] | Element<Doc[Name]>> | RegExp | FieldCondition<Doc[Name]> } & {
  readonly $and?: readonly DocumentFilter<Doc>[];
  readonly $or?: readonly DocumentFilter<Doc>[];
  readonly $nor?: readonly DocumentFilter<Doc>[];
  readonly $not?: DocumentFilter<Doc>;
  readonly [path: `${string}.${string}`]: unknown;
};

type Changes<Doc> = { readonly [Name in keyof Doc]?: Doc[Name] } & { readonly [path: `${string}.${string}`]: unknown };
type AnyChanges = Readonly<Record<string, unknown>>;

/** What update() does: operators, or a whole new document. See docs/documents.md. */
export type DocumentUpdate<Doc> = UpdateOperators<Doc> | DocumentInput<Doc>;

/** Operators of update(). */
export interface UpdateOperators<Doc> {
  readonly $set?: Changes<Doc>;
  readonly $setOnInsert?: Changes<Doc>;
  readonly $unset?: AnyChanges;
  readonly $inc?: Readonly<Record<string, number | bigint>>;
  readonly $mul?: Readonly<Record<string, number | bigint>>;
  readonly $min?: Changes<Doc>;
  readonly $max?: Changes<Doc>;
  readonly $rename?: Readonly<Record<string, string>>;
  readonly $currentDate?: Readonly<Record<string, true | { readonly $type: 'date' }>>;
  readonly $push?: AnyChanges;
  readonly $addToSet?: AnyChanges;
  readonly $pull?: AnyChanges;
  readonly $pullAll?: Readonly<Record<string, readonly unknown[]>>;
  readonly $pop?: Readonly<Record<string, 1 | -1>>;
  readonly $bit?: Readonly<Record<string, object>>;
}

/** Options of update(). */
export interface UpdateOptions {
  /** Inserts a document when none matches: the equal values of the filter, then the update. Default false. */
  readonly upsert?: boolean;
  /** Changes all that match, not only the first one. Default false. */
  readonly multi?: boolean;
}

/** What update() did. */
export interface UpdateResult<Doc> {
  readonly matched: number;
  /** Those that are different now. */
  readonly modified: number;
  /** Of the document that an upsert inserted. */
  readonly upsertedId?: IdOf<Doc>;
}

/** An index of a collection, as asked for. */
export interface DocumentIndexOptions extends Omit<IndexOptions, 'where'> {
  /** Only documents that match this filter are in the index. */
  readonly where?: unknown;
}

/** Options of createCollection(). */
export interface CollectionOptions {
  /** Fields that get columns of their own, which other programs see and may change. */
  readonly columns?: TableSchema;
  /** Indexes to make at once. */
  readonly indexes?: readonly ({ readonly name: string } & DocumentIndexOptions)[];
  /** How the memo text of documents is packed, when that makes it shorter. Default `none`: text that other programs can read. */
  readonly compression?: 'none' | 'lz4' | 'deflate';
  /** An existing collection of that name is fine. Default false. */
  readonly ifNotExists?: boolean;
  /** Code page of the columns. Default the database's `encoding`, else cp1252. The rest of a document is in ASCII in every code page. */
  readonly encoding?: string;
}

/** What names a collection: its handle, or its name. */
export interface CollectionRef<Doc> {
  readonly name: string;
  /** Types only; never set. */
  readonly document?: Doc;
}

/** An index of a collection, as it is. */
export interface DocumentIndexInfo {
  readonly name: string;
  readonly on: readonly { readonly path: string; readonly descending: boolean }[];
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly type: string;
  /** Entries, about. */
  readonly entryCount: number;
}
