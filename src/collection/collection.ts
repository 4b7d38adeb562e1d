import { hasCode } from '#storage';
import { RecordView } from '#txn';
import type { FindOptions } from '../query/find-options.js';
import type { FoundRows } from '../query/found-rows.js';
import type { PreparedQuery } from '../query/prepared-query.js';
import { assertDocumentId, idColumn, type DocumentId } from '../document/document-id.js';
import { copyDocument } from '../document/document-values.js';
import { insertRows, type InsertManyOptions, type RowMaker } from '../table/insert-many.js';
import type { TableCodec } from '../table/table-codec.js';
import type { TableHost } from '../table/table-host.js';
import type { ReadAccess } from '../table/table-reader.js';
import type { Tx } from '../transaction/tx.js';
import { ID_INDEX } from './collection-layout.js';
import { CollectionReader } from './collection-reader.js';
import type { CollectionRef, DocumentFilter, DocumentIndexInfo, DocumentIndexOptions, DocumentInput, DocumentUpdate, IdOf, UpdateOptions, UpdateResult } from './collection-types.js';
import { documentIndexList, dropDocumentIndex, makeDocumentIndex } from './document-index.js';
import type { DocumentCodec } from './document-codec.js';
import { DocumentLoader } from './document-loader.js';
import { hasIdIndex, makeIdIndex } from './id-index.js';
import { duplicateDocument, type TxCollection } from './tx-collection.js';

/** An upsert that meets others runs again so often: each time one of them has got through. */
const UPSERT_RETRIES = 100;

/**
 * A collection of documents: plain objects with an `_id`, kept in a DBF table. Reads are synchronous and see the newest committed state; what
 * they return is the caller's own. Each write is a transaction of its own.
 *
 * @example
 * const users = await db.createCollection('users', { columns: { email: char(80) } });
 * const id = await users.insert({ email: 'ada@example.org', tags: ['admin'] });
 * await users.update(id, { $push: { tags: 'author' } });
 * users.find({ tags: 'author' }).toArray();
 */
export class Collection<Doc> implements CollectionRef<Doc> {
  readonly name: string;
  readonly document?: Doc;
  readonly #host: TableHost;
  readonly #access: ReadAccess;
  readonly #reader: CollectionReader<Doc>;
  /** One view serves all single reads: they decode before anything else runs. */
  #newest: { readonly codec: TableCodec; readonly view: RecordView } | undefined;

  /** @internal */
  constructor(host: TableHost, name: string) {
    this.#host = host;
    this.name = name;
    const { engine } = host;
    this.#access = {
      engine,
      view: () => {
        const codec = this.#codec();
        if (this.#newest?.codec !== codec) this.#newest = { codec, view: new RecordView(codec.store, 0) };
        this.#newest.view.sequence = engine.sequence;
        return this.#newest;
      },
      hold: () => {
        const codec = this.#codec();
        const hold = engine.takeSnapshot(`find in ${name}`);
        const view = new RecordView(codec.store, hold.sequence);
        return { codec, view, close: () => engine.releaseSnapshot(hold), hold, assertAlive: () => engine.assertAlive(hold) };
      },
    };
    this.#reader = new CollectionReader<Doc>(name, this.#access, host.collections);
    void this.#reader.codec; // SCHEMA when the table is no collection
  }

  #codec(): TableCodec {
    const { engine } = this.#host;
    engine.assertReadable();
    return this.#host.codecOf(engine.entry(this.name));
  }

  /** The document with this id; undefined when there is none. Throws VALUE for what can be no id. */
  get(id: IdOf<Doc>): Doc | undefined {
    assertDocumentId(id);
    return this.#reader.get(id);
  }

  /** Documents that match the filter; all without one. Throws QUERY, OPTION, LIMIT. */
  find(filter?: DocumentFilter<Doc>, options?: FindOptions): FoundRows<Doc> { return this.#reader.find(filter, options); }
  /** The first document that matches; undefined when there is none. */
  findOne(filter?: DocumentFilter<Doc>, options?: FindOptions): Doc | undefined { return this.#reader.find(filter, options).first(); }
  /** How many documents match the filter; all without one. */
  count(filter?: DocumentFilter<Doc>): number { return this.#reader.count(filter); }
  /** A query whose filter has parameters: planned once, run with values. */
  prepare(filter: DocumentFilter<Doc>, options?: FindOptions): PreparedQuery<Doc> { return this.#reader.prepare(filter, options); }

  /**
   * Adds a document; resolves to its `_id`: the given one, or a text that sorts by time. Throws VALUE (what is no document, or does not fit
   * a column), LIMIT (over 16 MB or 100 levels), DUPLICATE.
   */
  async insert(document: DocumentInput<Doc>): Promise<IdOf<Doc>> { return this.#write((c) => c.insert(document)); }

  /**
   * Adds any number of documents in bounded memory, as one atomic commit; resolves to their ids in order. `onProgress`, `signal` and `direct` are those of
   * insertMany() of tables. Throws VALUE, LIMIT, DUPLICATE, ABORTED.
   */
  async insertMany(
    documents: Iterable<DocumentInput<Doc>> | AsyncIterable<DocumentInput<Doc>>, options: InsertManyOptions = {},
  ): Promise<IdOf<Doc>[]> {
    const { engine } = this.#host;
    engine.writeSide.assertWritable();
    if (!hasIdIndex(this.#access)) await makeIdIndex(engine, this.name);
    const ids: DocumentId[] = [];
    try {
      await insertRows(this.#host, this.name, 'refuse', documents, options, this.#rowMaker(ids));
    } catch (e) {
      throw hasCode(e, 'DUPLICATE') ? duplicateDocument(e, this.name, e.details?.['index'] === ID_INDEX ? this.#repeated(ids) : undefined) : e;
    }
    const made: unknown = ids;
    return made as IdOf<Doc>[]; // given as such, or made: then the type of ids is text
  }

  #rowMaker(ids: DocumentId[]): RowMaker {
    return {
      row: (document) => this.#encoded(document, ids),
      loader: (load, table) => new DocumentLoader(this.#host.collections.codecs.of(table), load, this.#host.collections.ids, ids),
    };
  }

  /** The first id that was given twice, or is there already. */
  #repeated(ids: readonly DocumentId[]): DocumentId | undefined {
    const seen = new Set<string>();
    for (const id of ids) {
      const { text } = idColumn(id);
      if (seen.has(text) || this.#reader.placed(id) !== undefined) return id;
      seen.add(text);
    }
    return undefined;
  }

  #encoded(given: unknown, ids: DocumentId[]): Readonly<Record<string, unknown>> {
    const document = copyDocument(given);
    const id = document['_id'] === undefined ? this.#host.collections.ids.next() : document['_id'];
    assertDocumentId(id);
    ids.push(id);
    return this.#documents.encode(id, document);
  }

  get #documents(): DocumentCodec { return this.#reader.codec; }

  /**
   * Changes the document with this id, or the first one that matches the filter (all with `multi`): by operators, or by a replacement,
   * which keeps the `_id`. With `upsert` a document is inserted when none matches; of upserts at the same time with the same filter only one
   * inserts. Throws QUERY, VALUE, LIMIT, DUPLICATE, CONFLICT.
   *
   * @example
   * await users.update({ email: 'ada@example.org' }, { $inc: { visits: 1 } }, { upsert: true });
   */
  async update(idOrFilter: IdOf<Doc> | DocumentFilter<Doc>, change: DocumentUpdate<Doc>, options: UpdateOptions = {}): Promise<UpdateResult<Doc>> {
    const body = (c: TxCollection<Doc>): UpdateResult<Doc> => c.update(idOrFilter, change, options);
    // What was looked for and not found must not come meanwhile: the commit proves it.
    return options.upsert === true ? this.#write(body, { isolation: 'serializable', retries: UPSERT_RETRIES }) : this.#write(body);
  }

  /** Removes the document with this id, or the first one that matches the filter (all with `multi`); resolves to how many. */
  async delete(idOrFilter: IdOf<Doc> | DocumentFilter<Doc>, options: { readonly multi?: boolean } = {}): Promise<number> {
    return this.#write((c) => c.delete(idOrFilter, options));
  }

  #write<Result>(body: (c: TxCollection<Doc>) => Result, options?: { readonly isolation: 'serializable'; readonly retries: number }): Promise<Result> {
    return this.#host.transaction((tx: Tx): Result => body(tx.collection<Doc>(this)), options);
  }

  /**
   * Makes an index on paths of documents. Of lists each element has its key. `unique`: no two documents share a key, missing values
   * count as null; `sparse` leaves out documents without a value. Throws EXISTS, NAME, OPTION, DUPLICATE, ABORTED.
   *
   * @example
   * await users.createIndex('email', { on: ['profile.email'], unique: true, sparse: true });
   */
  async createIndex(name: string, options: DocumentIndexOptions): Promise<void> { await makeDocumentIndex(this.#host.engine, this.name, name, options); }

  /** Takes an index away. Throws NOT_FOUND, OPTION for the index of ids. */
  async dropIndex(name: string): Promise<void> { await dropDocumentIndex(this.#host.engine, this.name, name); }

  /** The indexes, in the order in which they were made; the first one is that of ids. */
  indexes(): DocumentIndexInfo[] { return documentIndexList(this.#host.engine, this.name); }
}
