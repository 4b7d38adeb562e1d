import {
  createRowDecoder, createRowEncoder, fieldDecoder, FieldIndex, FieldstoneError, lruMap, type DbfField, type DbfLayout, type FieldDecoder, type NumberForm,
  type RowDecoder, type RowEncoder, type TextInterner,
} from '#storage';
import type { RecordStore, TableEntry } from '#txn';
import type { TableSchema } from './field-types.js';
import { namesOf, resultTypes } from './table-schema.js';

/** Decoders of different field lists that are kept. */
const PROJECTIONS = 32;

/** A field of a table, ready to be read from records. */
export interface TableField {
  readonly field: DbfField;
  /** How numbers come back; undefined = as numbers. */
  readonly form: NumberForm | undefined;
  readonly decode: FieldDecoder;
}

/** Decoders and encoders of one generation of a table, built once. */
export class TableCodec {
  readonly store: RecordStore;
  readonly names: readonly string[];
  readonly decoder: RowDecoder;
  /** What the catalog remembers of fields, by their names in the header. */
  readonly declared: Readonly<Record<string, string>>;
  readonly types: ReadonlyMap<string, 'bigint' | 'string'>;
  readonly #fields: FieldIndex;
  readonly #interner: TextInterner | undefined;
  #encoder: RowEncoder | undefined;
  readonly #read = new Map<number, TableField>();
  readonly #projections = lruMap<string, RowDecoder>(PROJECTIONS);

  constructor(store: RecordStore, entry: TableEntry, schema: TableSchema | undefined, interner: TextInterner | undefined) {
    this.#interner = interner;
    this.store = store;
    this.names = namesOf(store.layout, entry);
    this.declared = entry.facts?.fieldTypes ?? {};
    this.types = resultTypes(store.layout, entry, schema);
    this.#fields = new FieldIndex(store.layout, this.names);
    this.decoder = createRowDecoder(store.layout, { names: this.names, as: this.types, interner });
  }

  get layout(): DbfLayout { return this.store.layout; }

  /** Made when it is needed: some dialects are only read. Throws UNSUPPORTED for those. */
  get encoder(): RowEncoder { return this.#encoder ??= createRowEncoder(this.store.layout, { names: this.names, as: this.types }); }

  /** The field as this table spells it, by any of its names. Throws NOT_FOUND with the nearest ones. */
  spelled(name: string): string { return this.names[this.#fields.place(name)] ?? name; }

  /** One field: where it stands, in which form its values come back, and what reads them. Throws NOT_FOUND. */
  field(name: string): TableField {
    const place = this.#fields.place(name);
    const known = this.#read.get(place);
    if (known !== undefined) return known;
    const field = this.#fields.fields[place];
    if (field === undefined) throw new FieldstoneError('NOT_FOUND', `no field "${name.slice(0, 64)}"`, { field: name });
    const form = [...this.types].find(([typed]) => this.#fields.place(typed) === place)?.[1];
    const made: TableField = { field, form, decode: fieldDecoder(this.layout, field, form, this.#interner) };
    this.#read.set(place, made);
    return made;
  }

  /** A decoder of the named fields alone. */
  decoderFor(fields: readonly string[] | undefined): RowDecoder {
    if (fields === undefined) return this.decoder;
    const key = fields.join('\0');
    let decoder = this.#projections.get(key);
    if (decoder === undefined) {
      decoder = createRowDecoder(this.store.layout, { fields, names: this.names, as: this.types, interner: this.#interner });
      this.#projections.set(key, decoder);
    }
    return decoder;
  }
}
