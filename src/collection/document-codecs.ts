import { codecByName, codecCounters, FieldstoneError, type CodecCounters } from '#storage';
import type { Engine } from '#txn';
import type { TableCodec } from '../table/table-codec.js';
import { collectionLayout, REST_COLUMN } from './collection-layout.js';
import { DocumentCodec } from './document-codec.js';

/** The document codecs of a database, one for each generation of a collection. */
export class DocumentCodecs {
  readonly #counters: CodecCounters;
  readonly #known = new WeakMap<TableCodec, DocumentCodec>();

  constructor(engine: Engine) {
    this.#counters = codecCounters(engine.options.probe);
  }

  /** Throws SCHEMA when the table is no collection. */
  of(table: TableCodec): DocumentCodec {
    const known = this.#known.get(table);
    if (known !== undefined) return known;
    const { layout, names, types } = table;
    const collection = collectionLayout(layout, names);
    if (collection === undefined) throw new FieldstoneError('SCHEMA', `table "${table.store.name}" is no collection: it lacks the columns _ID and _DOC`, { table: table.store.name });
    // A folder that lost its catalog no longer tells with what it was packed; any codec will do.
    const codec = codecByName(table.declared[REST_COLUMN] === 'deflate' ? 'deflate' : 'lz4');
    const made = new DocumentCodec(layout, collection, { names, as: types, compression: { codec, counters: this.#counters } });
    this.#known.set(table, made);
    return made;
  }
}
