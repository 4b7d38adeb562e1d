import { NO_MEMO, type MemoSource } from '#storage';
import type { ItemReader } from '../filter/item-reader.js';
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

  constructor(codec: DocumentCodec) { this.codec = codec; }

  moveTo(bytes: Uint8Array, start: number, memos: MemoSource): void {
    this.bytes = bytes;
    this.start = start;
    this.memos = memos;
    this.known = NOTHING_KNOWN;
    this.#rest = undefined;
  }

  readonly rest = (): Record<string, unknown> => this.#rest ??= this.codec.rest(this);

  /** A document of the caller's own: what was read before goes into it. */
  take(): Record<string, unknown> {
    const rest = this.rest();
    this.#rest = undefined;
    return this.codec.decodeWith(this, rest);
  }
}

/** Filters read documents where they stand; columns are decoded alone, the rest only when a path asks for it. */
export function placeReader(codec: DocumentCodec): ItemReader<DocumentPlace> {
  return {
    nested: true,
    field: (name) => {
      const read = codec.field(name);
      return (place) => (place.known === NOTHING_KNOWN ? read(place, place.rest) : place.known.fields[name]);
    },
  };
}
