import {
  codePage, createRowDecoder, createRowEncoder, FieldstoneError, isMemoField, keepLayout, latin1Text, locateMemo, newCodecCounters, packBytes, PHASE, phases,
  readPointer, unpackBytes, wholeSpan,
  type Codec, type CodecCounters, type CodePage, type DbfField, type DbfLayout, type MemoSource, type MemoSpan, type PendingMemo,
  type RowDecoder, type RowEncoder,
} from '#storage';
import { equalValues } from '../filter/compare-values.js';
import { ID_COLUMN_BYTES, idColumn, idFromColumn, putPlainId, type DocumentId } from '../document/document-id.js';
import { DocumentReader } from '../document/document-reader.js';
import { documentText, MAX_DOCUMENT_BYTES, parseDocumentText } from '../document/document-text.js';
import { ID_COLUMN, REST_COLUMN, type CollectionLayout } from './collection-layout.js';

type Fields = Readonly<Record<string, unknown>>;

/** A record as the bytes stand somewhere. */
export interface RecordBytes {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly memos: MemoSource;
}

export interface DocumentCodecOptions {
  readonly names: readonly string[];
  readonly as: ReadonlyMap<string, 'bigint' | 'string'>;
  /** Of collections that compress; undefined where documents are only read. */
  readonly compression?: { readonly codec: Codec; readonly counters: CodecCounters } | undefined;
}

/** How the column of a record shows its id: a text as it is, spelled so that it can be read again, or in part. */
export type IdForm = 'plain' | 'spelled' | 'cut';

const SPACE = 0x20;
const PACKED_HEAD_BYTES = 5;
const reader = new DocumentReader();
/** Where the text that is being read stands. */
const NO_BYTES = new Uint8Array(0);
const span: MemoSpan = { bytes: NO_BYTES, start: 0, end: 0 };
keepLayout({ _id: '' });
/** Shorter texts do not get shorter. */
const PACK_FROM_BYTES = 128;

/**
 * Documents as records: the id and the declared columns in columns of their own, the rest as text in the memo file. What another program wrote into
 * a column counts; a column that is null stands for a field that is missing, or null when the rest says so.
 */
export class DocumentCodec {
  readonly layout: CollectionLayout;
  readonly #options: DocumentCodecOptions;
  readonly #columns: RowDecoder;
  readonly #ids: RowDecoder;
  readonly #fields: ReadonlyMap<string, RowDecoder>;
  readonly #encoder: RowEncoder;
  /** A record without a value. */
  readonly #empty: Buffer;
  /** A record to try values on. */
  readonly #trial: Buffer;
  readonly #tried: RowDecoder;
  readonly #idStart: number;
  readonly #restField: DbfField;
  readonly #dbf: DbfLayout;
  readonly #page: CodePage;

  constructor(dbf: DbfLayout, layout: CollectionLayout, options: DocumentCodecOptions) {
    this.layout = layout;
    this.#options = options;
    const { names, as } = options;
    const decoderOf = (fields: readonly string[]): RowDecoder => createRowDecoder(dbf, { fields, names, as });
    const columnNames = layout.columns.map(({ name }) => name);
    this.#columns = decoderOf(columnNames);
    this.#ids = decoderOf([ID_COLUMN]);
    this.#fields = new Map(columnNames.map((name) => [name, decoderOf([name])]));
    this.#encoder = createRowEncoder(dbf, { names, as });
    this.#empty = Buffer.alloc(dbf.recordLength);
    this.#encoder.encodeInsert(Object.fromEntries(columnNames.map((name) => [name, null])), this.#empty, 0);
    this.#trial = Buffer.alloc(dbf.recordLength);
    this.#idStart = layout.id.offset;
    this.#restField = layout.rest;
    this.#dbf = dbf;
    this.#page = codePage(layout.packed || layout.rest.binary ? 'latin1' : dbf.encoding);
    this.#tried = decoderOf(layout.columns.filter(({ field }) => !isMemoField(field)).map(({ name }) => name));
  }

  /** The row of a checked document. Throws VALUE when a value does not fit its column, LIMIT above 16 MB. */
  encode(id: DocumentId, document: Fields): Fields {
    return phases.active ? phases.measure(PHASE.serialization, () => this.#encode(id, document)) : this.#encode(id, document);
  }

  #encode(id: DocumentId, document: Fields): Fields {
    const { text, whole } = idColumn(id);
    const row: Record<string, unknown> = { [ID_COLUMN]: text };
    const { columns, packed } = this.layout;
    const rest: Record<string, unknown> = whole ? {} : { _id: id };
    for (const { name } of columns) row[name] = null;
    for (const name of Object.keys(document)) {
      const value = document[name];
      // A null of its own stays in the rest: the column alone would say "missing".
      if (value !== null && this.#fields.has(name)) row[name] = value;
      else if (name !== '_id') rest[name] = value;
    }
    if (columns.length > 0) this.#assertExact(row);
    const restText = documentText(rest);
    row[REST_COLUMN] = packed ? this.#packed(Buffer.from(restText, 'latin1')) : restText === '{}' ? '' : restText;
    return row;
  }

  /** A column gives back exactly what it was given, or refuses it. */
  #assertExact(row: Fields): void {
    const values: Record<string, unknown> = {};
    for (const name of this.#tried.names) values[name] = row[name];
    this.#encoder.encodeInsert(values, this.#trial, 0);
    this.#assertStored(row, this.#trial, 0);
  }

  #assertStored(row: Fields, record: Uint8Array, start: number): void {
    const back = this.#tried.decode(record, start, 1);
    for (const name of this.#tried.names) {
      if (equalValues(back[name], row[name] ?? null)) continue;
      throw new FieldstoneError('VALUE', `column "${name}" can not hold this value as it is (it would give back another one)`, { field: name });
    }
  }

  hasColumn(name: string): boolean { return this.#fields.has(name); }

  /** A record without a value. */
  get emptyRecord(): Uint8Array { return this.#empty; }

  /** Writes an id into such a record at target[at]; tells how it stands there. */
  putId(id: DocumentId, target: Uint8Array, at: number): IdForm {
    const start = at + this.#idStart;
    if (typeof id === 'string' && putPlainId(id, target, start)) return 'plain';
    const { text, whole } = idColumn(id);
    for (let i = 0; i < ID_COLUMN_BYTES; i++) target[start + i] = i < text.length ? text.charCodeAt(i) : SPACE;
    return whole ? 'spelled' : 'cut';
  }

  /** Where the id stands in a record. */
  get idStart(): number { return this.#idStart; }
  get restField(): DbfField { return this.#restField; }

  /** The values of columns, none of them null, into such a record; memos that need a place come back. Throws VALUE. */
  putColumns(values: Fields, target: Uint8Array, at: number): readonly PendingMemo[] {
    const memos = this.#encoder.encodeUpdate(values, target, at);
    this.#assertStored(values, target, at);
    return memos;
  }

  /** The text of the rest (ASCII) as the value of its column, which refers to it. */
  restMemo(text: Buffer): PendingMemo { return { field: this.#restField, content: 'text', bytes: this.layout.packed ? this.#packed(text) : text }; }

  #packed(bytes: Buffer): Uint8Array {
    const { compression } = this.#options;
    if (compression === undefined) throw new FieldstoneError('READ_ONLY', 'this reader of documents does not write');
    const packed = packBytes(bytes, compression.codec, PACK_FROM_BYTES, compression.counters);
    const result = Buffer.allocUnsafe(PACKED_HEAD_BYTES + packed.bytes.length);
    result[0] = packed.codecId;
    result.writeUInt32LE(bytes.length, 1);
    result.set(packed.bytes, PACKED_HEAD_BYTES);
    return result;
  }

  id(record: RecordBytes): DocumentId {
    const text = this.#plainId(record.bytes, record.start) ?? this.#ids.decode(record.bytes, record.start, 1)[ID_COLUMN];
    const id = typeof text === 'string' ? idFromColumn(text) : undefined;
    if (id !== undefined) return id;
    const inRest = this.rest(record)['_id'];
    // A record that another program appended without an id has an empty one.
    return typeof inRest === 'string' || typeof inRest === 'bigint' || inRest instanceof Uint8Array ? inRest : String(text ?? '');
  }

  /** An id column in ASCII without trailing blanks, as almost all are; undefined for others. */
  #plainId(bytes: Uint8Array, start: number): string | undefined {
    const from = start + this.#idStart;
    let end = from + ID_COLUMN_BYTES;
    while (end > from && bytes[end - 1] === 0x20) end--;
    for (let i = from; i < end; i++) {
      const byte = bytes[i] ?? 0;
      if (byte < 0x20 || byte > 0x7e) return undefined;
    }
    return latin1Text(bytes, from, end);
  }

  /** The fields that have no column. */
  rest(record: RecordBytes): Record<string, unknown> {
    return this.#readRest(record, {});
  }

  /** Puts the fields of the rest into an object; when they are to be parsed in another way they come in one of their own. */
  #readRest(record: RecordBytes, into: Record<string, unknown>): Record<string, unknown> {
    if (!this.locateText(record, span)) return into;
    const { bytes, start, end } = span;
    span.bytes = NO_BYTES; // the page may go
    if (reader.read(bytes, start, end, into)) return into;
    const text = this.#page.decode(bytes, start, end);
    return text === '' ? {} : parseDocumentText(text);
  }

  /** Where the text of the rest stands, good until anything else is read; false without one. */
  locateText(record: RecordBytes, into: MemoSpan): boolean {
    const pointer = readPointer(this.#dbf, this.#restField, record.bytes, record.start);
    if (typeof pointer === 'string' || !locateMemo(record.memos, pointer, into)) return false;
    if (!this.layout.packed) return into.end > into.start;
    return wholeSpan(this.#unpacked(into.bytes.subarray(into.start, into.end)), into);
  }

  #unpacked(value: Uint8Array): Uint8Array {
    if (value.length < PACKED_HEAD_BYTES) throw new FieldstoneError('CORRUPT_MEMO', 'a packed document is cut off');
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
    const length = bytes.readUInt32LE(1);
    if (length > MAX_DOCUMENT_BYTES) throw new FieldstoneError('CORRUPT_MEMO', `a packed document claims ${length} bytes; at most ${MAX_DOCUMENT_BYTES} are allowed`);
    return unpackBytes(bytes[0] ?? 0, bytes.subarray(PACKED_HEAD_BYTES), length, this.#options.compression?.counters ?? newCodecCounters());
  }

  /** A fresh document; `_id` comes first, then the columns. */
  decode(record: RecordBytes): Record<string, unknown> {
    if (this.layout.columns.length > 0) return this.decodeWith(record, this.rest(record));
    const id = this.id(record);
    const document: Record<string, unknown> = { _id: id };
    const rest = this.#readRest(record, document);
    if (rest !== document) return this.decodeWith(record, rest);
    document['_id'] = id;
    return document;
  }

  /** The same when the rest is at hand, which becomes part of it. */
  decodeWith(record: RecordBytes, rest: Record<string, unknown>): Record<string, unknown> {
    const id = this.id(record);
    if (this.layout.columns.length === 0) {
      const document = { _id: id, ...rest };
      // Without need not even looked at: documents have many layouts.
      if (Object.hasOwn(rest, '_id')) document._id = id;
      return document;
    }
    const row = this.#columns.decode(record.bytes, record.start, 1, record.memos);
    const document: Record<string, unknown> = { _id: id };
    for (const { name } of this.layout.columns) {
      const value = row[name];
      if (value !== null) document[name] = value;
    }
    for (const name of Object.keys(rest)) {
      if (!this.#fields.has(name)) document[name] = rest[name];
      else if (rest[name] === null && !Object.hasOwn(document, name)) document[name] = null;
    }
    document['_id'] = id;
    return document;
  }

  /** Reads one top-level field; undefined when missing. `inRest` reads it of the rest; it is called only when the columns do not tell. */
  field<Place extends RecordBytes>(name: string, inRest: (place: Place) => unknown): (place: Place) => unknown {
    if (name === '_id') return (place) => this.id(place);
    const decoder = this.#fields.get(name);
    if (decoder === undefined) return inRest;
    return (place) => decoder.decode(place.bytes, place.start, 1, place.memos)[name] ?? (inRest(place) === null ? null : undefined);
  }
}

