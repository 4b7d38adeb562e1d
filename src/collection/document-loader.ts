import { FieldstoneError, type PendingMemo } from '#storage';
import type { BulkAppend } from '#txn';
import { shown } from '../arguments.js';
import { assertDocumentId, type DocumentId, type IdGenerator } from '../document/document-id.js';
import { DOCUMENT_VALUES } from '../document/document-values.js';
import { DocumentWriter } from '../document/document-writer.js';
import type { NameChain } from '../document/name-chain.js';
import { copyValue, isPlain, ownData } from '../filter/copy-value.js';
import { isFields } from '../filter/value-type.js';
import type { ItemLoader } from '../table/insert-many.js';
import type { DocumentCodec, IdForm } from './document-codec.js';
import { DocumentKeys } from './document-keys.js';
import { KnownValues } from './document-place.js';
import { loadFields, type LoadField } from './load-fields.js';
import { LoadKeys } from './load-keys.js';

/** Of all loads: each document is written in one go, and code that was compiled for it stays. */
const writer = new DocumentWriter();

const EMPTY_TEXT_BYTES = '{}'.length;
const NO_MEMOS: readonly PendingMemo[] = [];
const { hasOwnProperty: hasOwn } = Object.prototype;

/**
 * Puts documents into a large load: from the object of the user straight to the bytes of the record and of its memo, where these will stand; the keys of
 * indexes from these bytes, or from the values that were read on the way. Every value is read once.
 */
export class DocumentLoader implements ItemLoader {
  readonly #codec: DocumentCodec;
  readonly #load: BulkAppend;
  #known = new KnownValues();
  readonly #ids: IdGenerator;
  #added: DocumentId[];
  readonly #fields: NameChain<LoadField>;
  /** Stands before the first field of a document. */
  readonly #before: LoadField;
  /** Indexes on one field at the top. */
  readonly #keys: readonly LoadKeys[];
  readonly #idKeys: readonly LoadKeys[];
  /** Fields whose values other indexes look at. */
  readonly #others = new Set<string>();

  /** `added`: the ids of the documents are added to it. */
  constructor(codec: DocumentCodec, load: BulkAppend, ids: IdGenerator, added: DocumentId[]) {
    this.#added = added;
    this.#codec = codec;
    this.#load = load;
    this.#ids = ids;
    const simple: LoadKeys[] = [];
    for (const index of load.store.indexes.stores) {
      const { keys } = index;
      if (!(keys instanceof DocumentKeys)) continue;
      const sink = keys.onlyField === undefined ? undefined : load.takeKeys(index);
      if (sink !== undefined) simple.push(new LoadKeys(keys, sink, load));
      else for (const name of keys.tops) this.#others.add(name);
    }
    load.beginRowsAs(codec.emptyRecord);
    this.#keys = simple;
    this.#idKeys = simple.filter(({ field }) => field === '_id');
    this.#fields = loadFields({ codec, names: writer.names, keys: simple, others: this.#others });
    this.#before = this.#fields.of('');
  }

  /** Adds a document. Throws VALUE, LIMIT. */
  add(given: unknown): void {
    if (typeof given !== 'object' || given === null || !isPlain(given)) throw notADocument(given);
    const givenId = given['_id'];
    const id = givenId === undefined ? this.#ids.next() : typeof givenId === 'string' ? givenId : copyValue(givenId, DOCUMENT_VALUES);
    assertDocumentId(id);
    const load = this.#load;
    const codec = this.#codec;
    const at = load.slot();
    const form = codec.putId(id, load.buffer, at);
    const room = codec.layout.packed ? undefined : load.openMemo();
    writer.begin(room, room === undefined ? 0 : load.memoAt);
    if (form === 'cut') writer.field('_id', id);
    this.#putIdKeys(id, at, form);
    const columns = this.#putFields(given, id);
    let memos = columns === undefined ? NO_MEMOS : codec.putColumns(columns, load.buffer, at);
    const length = writer.finish();
    if (length > EMPTY_TEXT_BYTES) {
      if (writer.memory === room) load.closeMemo(codec.restField, length);
      else memos = [...memos, codec.restMemo(writer.memory.bytes.subarray(writer.start, writer.end))];
    }
    for (const keys of this.#keys) keys.end();
    load.added(memos, this.#known);
    this.#added.push(id);
  }

  release(): void {
    this.#added = [];
    this.#known = new KnownValues();
  }

  #putIdKeys(id: DocumentId, at: number, form: IdForm): void {
    const { memory } = this.#load;
    const start = at + this.#codec.idStart;
    for (const keys of this.#idKeys) {
      if (form === 'plain' && typeof id === 'string') keys.putText(memory, start, start + id.length);
      else keys.putValue(id);
    }
  }

  /** Writes the fields of the rest; returns those of columns. */
  #putFields(given: Readonly<Record<string, unknown>>, id: DocumentId): Record<string, unknown> | undefined {
    const known = this.#known.fields;
    for (const name of this.#others) known[name] = undefined;
    if (this.#others.has('_id')) known['_id'] = id;
    const columns: Record<string, unknown> | undefined = this.#codec.layout.columns.length > 0 ? {} : undefined;
    let field = this.#before;
    let count = 0;
    for (const name in given) {
      if (!hasOwn.call(given, name)) continue;
      count++;
      field = this.#fields.after(field, name);
      if (field.isId) continue;
      if (field.isRefused) throw badName(name);
      const value = name === '__proto__' ? ownData(given, name, DOCUMENT_VALUES) : given[name];
      if (field.isPlain) writer.named(field.written, value);
      else this.#putNoted(field, value, columns);
    }
    writer.step(count);
    return columns;
  }

  /** A field that a column or an index holds too. */
  #putNoted(field: LoadField, given: unknown, columns: Record<string, unknown> | undefined): void {
    // What is used twice is read once.
    const value = typeof given === 'object' && given !== null ? copyValue(given, DOCUMENT_VALUES) : given;
    if (field.isOther) this.#known.fields[field.name] = value;
    // A null of its own stays in the rest: the column alone would say "missing".
    const inColumn = field.isColumn && value !== null && value !== undefined;
    if (inColumn && columns !== undefined) columns[field.name] = value;
    else writer.named(field.written, value);
    for (const keys of field.keys) {
      if (!inColumn && typeof value === 'string' && writer.plainStart >= 0) keys.putText(writer.memory, writer.plainStart, writer.end - 1);
      else keys.putValue(value);
    }
  }
}

function notADocument(given: unknown): FieldstoneError {
  if (isFields(given)) copyValue(given, DOCUMENT_VALUES); // says what it is
  return new FieldstoneError('VALUE', `a document is an object, got ${shown(given)}`);
}

function badName(name: string): FieldstoneError {
  return new FieldstoneError('VALUE', `a field of a document can not be named ${shown(name)}: names beginning with $ are operators`, { field: name });
}
