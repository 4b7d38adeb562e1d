import { createRowDecoder, createRowEncoder, lruMap, type DbfLayout, type RowDecoder, type RowEncoder } from '#storage';
import type { RecordStore, TableEntry } from '#txn';
import type { TableSchema } from './field-types.js';
import { namesOf, resultTypes } from './table-schema.js';

/** Decoders of different field lists that are kept. */
const PROJECTIONS = 32;

/** Decoders and encoders of one generation of a table, built once. */
export class TableCodec {
  readonly store: RecordStore;
  readonly names: readonly string[];
  readonly decoder: RowDecoder;
  readonly encoder: RowEncoder;
  /** What the catalog remembers of fields, by their names in the header. */
  readonly declared: Readonly<Record<string, string>>;
  readonly types: ReadonlyMap<string, 'bigint' | 'string'>;
  readonly #projections = lruMap<string, RowDecoder>(PROJECTIONS);

  constructor(store: RecordStore, entry: TableEntry, schema: TableSchema | undefined) {
    this.store = store;
    this.names = namesOf(store.layout, entry);
    this.declared = entry.facts?.fieldTypes ?? {};
    this.types = resultTypes(store.layout, entry, schema);
    this.decoder = createRowDecoder(store.layout, { names: this.names, as: this.types });
    this.encoder = createRowEncoder(store.layout, { names: this.names, as: this.types });
  }

  get layout(): DbfLayout { return this.store.layout; }

  /** True when values of the field come as bigint. */
  isBigint(field: { readonly name: string }): boolean { return this.types.get(field.name) === 'bigint'; }

  /** A decoder of the named fields alone. */
  decoderFor(fields: readonly string[] | undefined): RowDecoder {
    if (fields === undefined) return this.decoder;
    const key = fields.join('\0');
    let decoder = this.#projections.get(key);
    if (decoder === undefined) {
      decoder = createRowDecoder(this.store.layout, { fields, names: this.names, as: this.types });
      this.#projections.set(key, decoder);
    }
    return decoder;
  }
}
