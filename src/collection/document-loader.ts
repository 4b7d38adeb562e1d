import { FieldstoneError, type PendingMemo } from '#storage';
import type { BulkAppend } from '#txn';
import { shown } from '../arguments.js';
import { assertDocumentId, idColumn, type DocumentId, type IdGenerator } from '../document/document-id.js';
import { DOCUMENT_VALUES } from '../document/document-values.js';
import { DocumentWriter } from '../document/document-writer.js';
import { copyValue, isPlain, ownData } from '../filter/copy-value.js';
import { isFields } from '../filter/value-type.js';
import type { DocumentCodec } from './document-codec.js';
import { DocumentKeys } from './document-keys.js';
import { KnownValues } from './document-place.js';

/** Of all loads: each document is written in one go, and code that was compiled for it stays. */
const writer = new DocumentWriter();

const EMPTY_TEXT_BYTES = '{}'.length;

/**
 * Puts documents into a large load: from the object of the user straight to the bytes of the record and of its memo, the keys of indexes from
 * the values that were read on the way. Every value is read once.
 */
export class DocumentLoader {
  readonly #codec: DocumentCodec;
  readonly #load: BulkAppend;
  readonly #known = new KnownValues();
  readonly #ids: IdGenerator;
  /** Fields that indexes look at. */
  readonly #keyed = new Set<string>();

  constructor(codec: DocumentCodec, load: BulkAppend, ids: IdGenerator) {
    this.#codec = codec;
    this.#load = load;
    this.#ids = ids;
    for (const { keys } of load.store.indexes.stores) if (keys instanceof DocumentKeys) for (const name of keys.tops) this.#keyed.add(name);
  }

  /** Adds a document; returns its id. Throws VALUE, LIMIT. */
  add(given: unknown): DocumentId {
    if (!isFields(given) || !isPlain(given)) throw notADocument(given);
    const names = Object.keys(given);
    const givenId = given['_id'];
    const id = givenId === undefined ? this.#ids.next() : copyValue(givenId, DOCUMENT_VALUES);
    assertDocumentId(id);
    const { text, whole } = idColumn(id);
    const load = this.#load;
    const codec = this.#codec;
    const at = load.slot();
    codec.startRecord(text, load.buffer, at);
    writer.begin();
    writer.step(names.length);
    if (!whole) writer.field('_id', id);
    const columns = this.#fields(given, names, id);
    let memos: readonly PendingMemo[] = columns === undefined ? [] : codec.putColumns(columns, load.buffer, at);
    const length = writer.end();
    if (length > EMPTY_TEXT_BYTES) memos = [...memos, codec.restMemo(writer.bytes.subarray(0, length))];
    load.added(memos, this.#known);
    return id;
  }

  /** Writes the fields of the rest; returns those of columns. */
  #fields(given: Readonly<Record<string, unknown>>, names: readonly string[], id: DocumentId): Record<string, unknown> | undefined {
    const { fields } = this.#known;
    for (const name of this.#keyed) fields[name] = undefined;
    fields['_id'] = id;
    const hasColumns = this.#codec.layout.columns.length > 0;
    const columns: Record<string, unknown> | undefined = hasColumns ? {} : undefined;
    for (const name of names) {
      if (name === '_id') continue;
      if (name === '' || name.startsWith('$')) throw badName(name);
      const isKeyed = this.#keyed.has(name);
      const isColumn = columns !== undefined && this.#codec.hasColumn(name);
      let value = name === '__proto__' ? ownData(given, name, DOCUMENT_VALUES) : given[name];
      // What is used twice is read once.
      if ((isKeyed || isColumn) && typeof value === 'object' && value !== null) value = copyValue(value, DOCUMENT_VALUES);
      if (isKeyed) fields[name] = value;
      // A null of its own stays in the rest: the column alone would say "missing".
      if (isColumn && value !== null && value !== undefined) columns[name] = value;
      else writer.field(name, value);
    }
    return columns;
  }
}

function notADocument(given: unknown): FieldstoneError {
  if (isFields(given)) copyValue(given, DOCUMENT_VALUES); // says what it is
  return new FieldstoneError('VALUE', `a document is an object, got ${shown(given)}`);
}

function badName(name: string): FieldstoneError {
  return new FieldstoneError('VALUE', `a field of a document can not be named ${shown(name)}: names beginning with $ are operators`, { field: name });
}
