import { FieldstoneError, hasCode } from '#storage';
import { MustWait } from '#txn';
import { assertOptions, shown } from '../arguments.js';
import { changeDocument, upsertDocument } from '../document/apply-update.js';
import { assertDocumentId, type DocumentId } from '../document/document-id.js';
import { copyDocument } from '../document/document-values.js';
import { parseUpdate, type Update } from '../document/parse-update.js';
import { equalValues } from '../filter/compare-values.js';
import type { FilterNode } from '../filter/filter-node.js';
import { isFields, ownValue } from '../filter/value-type.js';
import { parseFilter } from '../filter/parse-filter.js';
import type { FindOptions } from '../query/find-options.js';
import type { FoundRows } from '../query/found-rows.js';
import type { PreparedQuery } from '../query/prepared-query.js';
import type { ReadAccess } from '../table/table-reader.js';
import { ID_INDEX } from './collection-layout.js';
import { hasIdIndex, makeIdIndex } from './id-index.js';
import type { CollectionQueries } from './collection-queries.js';
import { CollectionReader, type PlacedDocument } from './collection-reader.js';
import type { DocumentFilter, DocumentInput, DocumentUpdate, IdOf, UpdateOptions, UpdateResult } from './collection-types.js';

/** What a collection needs of its table inside a transaction. */
export interface RowTable {
  readonly name: string;
  readonly access: ReadAccess;
  insert(row: Readonly<Record<string, unknown>>): number;
  update(recno: number, row: Readonly<Record<string, unknown>>): void;
  delete(recno: number): boolean;
}

/** A collection inside a transaction: everything is synchronous and sees the transaction's own writes. */
export class TxCollection<Doc> {
  readonly #table: RowTable;
  readonly #queries: CollectionQueries;
  readonly #reader: CollectionReader<Doc>;

  /** @internal */
  constructor(table: RowTable, queries: CollectionQueries) {
    this.#table = table;
    this.#queries = queries;
    this.#reader = new CollectionReader<Doc>(table.name, table.access, queries);
  }

  get name(): string { return this.#table.name; }

  /** The document, a copy of the caller's own; undefined when there is none. */
  get(id: IdOf<Doc>): Doc | undefined { return this.#reader.get(asId(id)); }
  /** Documents that match. Throws QUERY, LIMIT. */
  find(filter?: DocumentFilter<Doc>, options?: FindOptions): FoundRows<Doc> { return this.#reader.find(filter, options); }
  /** The first document that matches. */
  findOne(filter?: DocumentFilter<Doc>, options?: FindOptions): Doc | undefined { return this.find(filter, options).first(); }
  /** A query with parameters. */
  prepare(filter: DocumentFilter<Doc>, options?: FindOptions): PreparedQuery<Doc> { return this.#reader.prepare(filter, options); }
  /** How many documents match. */
  count(filter?: DocumentFilter<Doc>): number { return this.#reader.count(filter); }

  /** Adds a document; returns its `_id`, which is made when it has none. Throws VALUE, LIMIT, DUPLICATE. */
  insert(document: DocumentInput<Doc>): IdOf<Doc> {
    const id: unknown = this.#insert(copyDocument(document));
    return id as IdOf<Doc>; // given as such, or made: then the type of ids is text
  }

  #insert(document: Record<string, unknown>): DocumentId {
    const id = document['_id'] === undefined ? this.#queries.ids.next() : document['_id'];
    assertDocumentId(id);
    this.#write(id, () => { this.#table.insert(this.#reader.codec.encode(id, document)); });
    return id;
  }

  /** The unique index on ids speaks of records; users speak of documents. */
  #write(id: DocumentId, write: () => void): void {
    const { engine } = this.#table.access;
    if (!hasIdIndex(this.#table.access)) throw new MustWait(`the index of ids of "${this.name}" is made first`, makeIdIndex(engine, this.name));
    try {
      write();
    } catch (e) {
      throw hasCode(e, 'DUPLICATE') ? duplicateDocument(e, this.name, id) : e;
    }
  }

  /** Adds documents; returns their ids in order. */
  insertMany(documents: Iterable<DocumentInput<Doc>>): IdOf<Doc>[] {
    const ids: IdOf<Doc>[] = [];
    for (const document of documents) ids.push(this.insert(document));
    return ids;
  }

  /**
   * Changes the document with this id, or the first one that matches the filter (all with `multi`), by operators or by a
   * replacement. Throws QUERY, VALUE, LIMIT, DUPLICATE.
   */
  update(idOrFilter: IdOf<Doc> | DocumentFilter<Doc>, change: DocumentUpdate<Doc>, options: UpdateOptions = {}): UpdateResult<Doc> {
    assertOptions(options, ['upsert', 'multi'], 'update');
    const update = parseUpdate(change, this.#queries);
    if (options.multi === true && update.kind === 'replacement') {
      throw new FieldstoneError('QUERY', 'a replacement changes one document; with multi use operators such as $set');
    }
    const targets = this.#targets(idOrFilter, options.multi === true);
    let modified = 0;
    for (const target of targets) if (this.#change(target, update)) modified++;
    if (targets.length > 0 || options.upsert !== true) return { matched: targets.length, modified };
    const upserted: unknown = this.#insert(upsertDocument(filterOf(idOrFilter), update));
    return { matched: 0, modified: 0, upsertedId: upserted as IdOf<Doc> }; // as in insert()
  }

  /** All documents that are meant, read before the first one changes. */
  #targets(idOrFilter: unknown, multi: boolean): PlacedDocument[] {
    const id = idMeant(idOrFilter);
    if (id !== undefined) {
      const found = this.#reader.placed(id);
      return found === undefined ? [] : [found];
    }
    const recnos = this.#reader.recnos(filterOf(idOrFilter), multi);
    return recnos.map((recno) => this.#reader.at(recno)).filter((found) => found !== undefined);
  }

  #change({ recno, document }: PlacedDocument, update: Update): boolean {
    const before = copyDocument(document);
    const after = changeDocument(document, update);
    if (equalValues(before, after)) return false;
    const id = after['_id'];
    assertDocumentId(id);
    this.#write(id, () => { this.#table.update(recno, this.#reader.codec.encode(id, after)); });
    return true;
  }

  /** Removes the document with this id, or the first one that matches the filter (all with `multi`); returns how many. */
  delete(idOrFilter: IdOf<Doc> | DocumentFilter<Doc>, options: { readonly multi?: boolean } = {}): number {
    assertOptions(options, ['multi'], 'delete');
    const id = idMeant(idOrFilter);
    const recnos = id !== undefined ? [this.#reader.placed(id)?.recno ?? 0] : this.#reader.recnos(filterOf(idOrFilter), options.multi === true);
    let deleted = 0;
    for (const recno of recnos) if (recno > 0 && this.#table.delete(recno)) deleted++;
    return deleted;
  }
}

/** The error of a unique index, said of documents. */
export function duplicateDocument(e: FieldstoneError, collection: string, id: unknown): FieldstoneError {
  const index = e.details?.['index'];
  const what = index === ID_INDEX ? `a document with the ${id === undefined ? 'same _id' : `_id ${shown(id)}`}` : `another document with the same key of the unique index "${String(index)}"`;
  return new FieldstoneError('DUPLICATE', `collection "${collection}" already holds ${what}`, { table: collection, ...(id === undefined ? {} : { key: id }), cause: e, details: e.details ?? {} });
}

/** What is no filter object is an id. */
export function isId(given: unknown): given is DocumentId { return !isFields(given); }

/** An id, or that of a filter which asks for nothing else: no plan is needed then. Undefined for other filters. */
function idMeant(given: unknown): DocumentId | undefined {
  if (!isFields(given)) return asId(given);
  const id = ownValue(given, '_id');
  if (typeof id !== 'string' && !Number.isFinite(id)) return undefined;
  for (const name in given) if (name !== '_id') return undefined;
  return asId(id);
}

function asId(id: unknown): DocumentId {
  assertDocumentId(id);
  return id;
}

function filterOf(idOrFilter: unknown): FilterNode { return parseFilter(isId(idOrFilter) ? { _id: asId(idOrFilter) } : idOrFilter); }
