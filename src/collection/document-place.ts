import { NO_MEMO, type MemoSource, type MemoSpan } from '#storage';
import { TextScanner } from '../document/text-scanner.js';
import { IN_LIST, type ItemReader } from '../filter/item-reader.js';
import { isFields, ownValue } from '../filter/value-type.js';
import type { DocumentCodec, RecordBytes } from './document-codec.js';

const NOTHING = new Uint8Array(0);

/** Values of the fields that are read of a document, by name: own properties, undefined for missing ones. */
export class KnownValues {
  readonly fields: Record<string, unknown> = {};
}

const NOTHING_KNOWN = new KnownValues();

/** A record at which a reader stands; what has been read of it is kept until it moves on. */
export class DocumentPlace implements RecordBytes {
  readonly codec: DocumentCodec;
  bytes: Uint8Array = NOTHING;
  start = 0;
  memos: MemoSource = NO_MEMO;
  /** Values of the document, when they are at hand; they must not be changed. */
  known = NOTHING_KNOWN;
  #rest: Record<string, unknown> | undefined;
  readonly #span: MemoSpan = { bytes: NOTHING, start: 0, end: 0 };
  /** What has found values in the text of this record; it found none when it did not understand. */
  #scannedBy: TextScanner | undefined;
  #isUnderstood = false;

  constructor(codec: DocumentCodec) { this.codec = codec; }

  moveTo(bytes: Uint8Array, start: number, memos: MemoSource): void {
    this.bytes = bytes;
    this.start = start;
    this.memos = memos;
    this.known = NOTHING_KNOWN;
    this.#rest = undefined;
    this.#scannedBy = undefined;
  }

  get isKnown(): boolean { return this.known !== NOTHING_KNOWN; }

  readonly rest = (): Record<string, unknown> => this.#rest ??= this.codec.rest(this);

  /** A value of the rest: by scanning its text, or of the parsed rest. */
  restValue(scanner: TextScanner, slot: number, names: readonly string[]): unknown {
    if (this.#rest === undefined) {
      if (this.#scannedBy !== scanner) this.#scan(scanner);
      if (this.#isUnderstood) return scanner.value(slot);
    }
    return valueIn(this.rest(), names);
  }

  #scan(scanner: TextScanner): void {
    const { codec } = this;
    const span = this.#span;
    this.#scannedBy = scanner;
    this.#isUnderstood = codec.locateText(this, span) && scanner.scan(span.bytes, span.start, span.end);
  }

  /** A document of the caller's own: what was read before goes into it. */
  take(): Record<string, unknown> {
    const rest = this.#rest;
    this.#rest = undefined;
    return rest === undefined ? this.codec.decode(this) : this.codec.decodeWith(this, rest);
  }
}

/** Field by field, as the filter would go; IN_LIST when it meets a list before the end. */
function valueIn(fields: Readonly<Record<string, unknown>>, names: readonly string[]): unknown {
  let here: unknown = fields;
  for (const name of names) {
    if (Array.isArray(here)) return IN_LIST;
    here = isFields(here) ? ownValue(here, name) : undefined;
  }
  return here;
}

/** Filters read documents where they stand: columns are decoded alone, of the rest only what a path asks for is made. */
export function placeReader(codec: DocumentCodec): ItemReader<DocumentPlace> {
  const scanner = new TextScanner();
  const inRest = (names: readonly string[]): ((place: DocumentPlace) => unknown) => {
    const slot = scanner.add(names);
    return slot === undefined ? (place) => valueIn(place.rest(), names) : (place) => place.restValue(scanner, slot, names);
  };
  return {
    nested: true,
    field: (name) => {
      const rest = inRest([name]);
      const read = codec.field(name, rest);
      return (place) => (place.isKnown ? place.known.fields[name] : read(place));
    },
    direct: (names) => {
      const [first] = names;
      if (first === undefined || first === '_id' || codec.hasColumn(first)) return undefined;
      const rest = inRest(names);
      return (place) => (place.isKnown ? valueIn(place.known.fields, names) : rest(place));
    },
  };
}
