import { parseFilter } from '../filter/parse-filter.js';
import { aggregateSpec, RowGroups } from '../query/aggregate-rows.js';
import { KeptShapes, type GivenFilter } from '../query/kept-shapes.js';
import { findSpec, type FindOptions, type FindSpec } from '../query/find-options.js';
import { FoundRows } from '../query/found-rows.js';
import { assertNoParams, NO_PARAMS } from '../query/params.js';
import { PreparedQuery } from '../query/prepared-query.js';
import type { QueryContext } from '../query/query-context.js';
import { Shape } from '../query/shape.js';
import type { TableCodec } from './table-codec.js';
import type { ReadAccess } from './table-reader.js';
import { TableRows, type IndexesOf } from './table-rows.js';

/** What the tables of a database share for their queries. */
export interface TableQueries {
  readonly context: QueryContext;
  readonly indexesOf: IndexesOf;
}

/** Queries on a table, the same for every kind of handle. */
export class TableFinder<Row> {
  readonly #access: ReadAccess;
  readonly #context: QueryContext;
  readonly #rows: TableRows<Row>;
  readonly #shapes = new KeptShapes();
  #shapesOf: TableCodec | undefined;

  /** `isNewest`: the handle sees the newest state, not one of its own. */
  constructor(name: string, access: ReadAccess, { context, indexesOf }: TableQueries, isNewest: boolean) {
    this.#access = access;
    this.#context = context;
    this.#rows = new TableRows<Row>(name, access, indexesOf, isNewest);
  }

  #shape(filter: unknown, spec: FindSpec): Shape {
    const { codec } = this.#access.view();
    return new Shape(this.#rows.name, parseFilter(filter ?? {}, { resolvePath: (path) => codec.spelled(path) }), spec);
  }

  /** The shape of the filter when it is kept. Fields may have other names in another generation of the table. */
  #kept(filter: unknown): GivenFilter | undefined {
    const { codec } = this.#access.view();
    if (this.#shapesOf !== codec) {
      this.#shapesOf = codec;
      this.#shapes.clear();
    }
    return this.#shapes.find(filter);
  }

  #spec(options: FindOptions | undefined): FindSpec {
    if (options === undefined) return findSpec(options, (path) => path);
    const { codec } = this.#access.view();
    return findSpec(options, (path) => codec.spelled(path));
  }

  #parsed(filter: unknown, options: FindOptions | undefined): GivenFilter {
    const spec = this.#spec(options);
    const shape = this.#shape(filter, spec);
    assertNoParams(shape.filter);
    const kept = options === undefined ? this.#shapes.keep(filter, shape.filter, (node) => new Shape(this.#rows.name, node, spec)) : undefined;
    return kept ?? { shape, params: NO_PARAMS };
  }

  find(filter: unknown, options: FindOptions | undefined): FoundRows<Row> {
    const { shape, params } = (options === undefined ? this.#kept(filter) : undefined) ?? this.#parsed(filter, options);
    return new FoundRows<Row>(this.#rows, this.#context, shape, params);
  }

  prepare(filter: unknown, options: FindOptions | undefined): PreparedQuery<Row> {
    return new PreparedQuery<Row>(this.#rows, this.#context, this.#shape(filter, this.#spec(options)));
  }

  aggregate(spec: unknown): Record<string, unknown>[] {
    const { codec } = this.#access.view();
    const wanted = aggregateSpec(spec, (path) => codec.spelled(path));
    const where: unknown = typeof spec === 'object' && spec !== null && 'where' in spec ? spec.where : {};
    const groups = new RowGroups(wanted, this.#context.limits);
    const found = this.find(where, { fields: wanted.paths });
    found.forEachNow((row) => { groups.add(row); });
    return groups.results();
  }
}
