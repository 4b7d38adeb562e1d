import { DELETED_MARK, FieldstoneError } from '#storage';
import type { RecordView } from '#txn';
import { assertDocumentId, type DocumentId } from '../document/document-id.js';
import { KeyLookup } from '../indexes/key-lookup.js';
import { parseFilter } from '../filter/parse-filter.js';
import type { FilterNode } from '../filter/filter-node.js';
import { findSpec, type FindOptions } from '../query/find-options.js';
import { FoundRows } from '../query/found-rows.js';
import { KeptShapes, type GivenFilter } from '../query/kept-shapes.js';
import { NO_PARAMS } from '../query/params.js';
import { paramsOf } from '../filter/bind-filter.js';
import { PreparedQuery } from '../query/prepared-query.js';
import { Shape } from '../query/shape.js';
import type { ReadAccess } from '../table/table-reader.js';
import { ID_INDEX } from './collection-layout.js';
import type { CollectionQueries } from './collection-queries.js';
import { CollectionRows } from './collection-rows.js';
import type { DocumentCodec } from './document-codec.js';
import { DocumentPlace } from './document-place.js';

/** A document by its place. */
export interface PlacedDocument {
  readonly recno: number;
  readonly document: Record<string, unknown>;
}

/** Reading of documents, the same for every kind of handle. */
export class CollectionReader<Doc> {
  readonly #access: ReadAccess;
  readonly #queries: CollectionQueries;
  readonly #rows: CollectionRows<Doc>;
  #place: DocumentPlace | undefined;
  readonly #lookup = new KeyLookup();
  readonly #shapes = new KeptShapes();

  constructor(name: string, access: ReadAccess, queries: CollectionQueries) {
    this.#access = access;
    this.#queries = queries;
    this.#rows = new CollectionRows<Doc>(name, access, queries.codecs);
  }

  get name(): string { return this.#rows.name; }

  /** How documents are kept. Throws SCHEMA when the table is no collection. */
  get codec(): DocumentCodec { return this.#queries.codecs.of(this.#access.view().codec); }

  get(id: DocumentId): Doc | undefined {
    const found: unknown = this.placed(id)?.document;
    return found as Doc | undefined; // documents are typed by who opens the collection
  }

  /** The document with its record number. Throws VALUE for what can be no id. */
  placed(id: DocumentId): PlacedDocument | undefined {
    assertDocumentId(id);
    const { codec: table, view } = this.#access.view();
    this.#access.engine.reads.gets++;
    const index = view.store.indexes.find(ID_INDEX);
    // A folder that lost its catalog has no index until the first write.
    if (index === undefined || view.sequence < index.validFrom) return this.#byFilter(parseFilter({ _id: id }));
    const recno = this.#lookup.first(index, [id], view);
    return recno === 0 || !view.find(recno) || view.bytes[view.start] === DELETED_MARK ? undefined : this.#taken(recno, this.#queries.codecs.of(table), view);
  }

  #byFilter(filter: FilterNode): PlacedDocument | undefined {
    const [recno] = this.#found(filter, { limit: 1 }).recnos();
    return recno === undefined ? undefined : this.at(recno);
  }

  #taken(recno: number, codec: DocumentCodec, view: RecordView): PlacedDocument {
    if (this.#place?.codec !== codec) this.#place = new DocumentPlace(codec);
    this.#place.moveTo(view.bytes, view.start, view.memoSource);
    return { recno, document: this.#place.take() };
  }

  /** The document in a record; undefined when there is none. */
  at(recno: number): PlacedDocument | undefined {
    const { codec, view } = this.#access.view();
    if (!view.find(recno) || view.bytes[view.start] === DELETED_MARK) return undefined;
    return this.#taken(recno, this.#queries.codecs.of(codec), view);
  }

  find(filter: unknown, options: FindOptions | undefined): FoundRows<Doc> {
    const { shape, params } = (options === undefined ? this.#shapes.find(filter) : undefined) ?? this.#parsed(filter, options);
    return new FoundRows<Doc>(this.#rows, this.#queries.context, shape, params);
  }

  #parsed(filter: unknown, options: FindOptions | undefined): GivenFilter {
    const node = parseFilter(filter ?? {});
    const [open] = paramsOf(node);
    if (open !== undefined) throw new FieldstoneError('QUERY', `the filter has a parameter "${open}": prepare() the query and run it with values`);
    const kept = options === undefined ? this.#shapes.keep(filter, node, (given) => this.#shape(given, options)) : undefined;
    return kept ?? { shape: this.#shape(node, options), params: NO_PARAMS };
  }

  #shape(filter: FilterNode, options: FindOptions | undefined): Shape { return new Shape(this.name, filter, findSpec(options, asGiven)); }

  prepare(filter: unknown, options: FindOptions | undefined): PreparedQuery<Doc> {
    return new PreparedQuery<Doc>(this.#rows, this.#queries.context, this.#shape(parseFilter(filter ?? {}), options));
  }

  #found(filter: FilterNode, options: FindOptions | undefined): FoundRows<Doc> {
    return new FoundRows<Doc>(this.#rows, this.#queries.context, this.#shape(filter, options), NO_PARAMS);
  }

  /** Record numbers of the documents that match, all or the first. */
  recnos(filter: FilterNode, multi: boolean): number[] { return this.#found(filter, multi ? undefined : { limit: 1 }).recnos(); }

  count(filter: unknown): number { return this.find(filter, undefined).count(); }
}

function asGiven(path: string): string { return path; }
