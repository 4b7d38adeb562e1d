import type { ByteMemory } from '#storage';
import type { BulkAppend, KeySink } from '#txn';
import { MOST_TEXT_BYTES, type DocumentKeys } from './document-keys.js';
import { KnownValues } from './document-place.js';

/** The keys of a load in an index on one field at the top of documents: made of the bytes of the text where they stand. */
export class LoadKeys {
  readonly field: string;
  readonly #keys: DocumentKeys;
  readonly #sink: KeySink;
  readonly #load: BulkAppend;
  /** The document at hand had the field. */
  #isPut = false;

  constructor(keys: DocumentKeys, sink: KeySink, load: BulkAppend) {
    this.field = keys.onlyField ?? '';
    this.#keys = keys;
    this.#sink = sink;
    this.#load = load;
  }

  /** The value is the text source.bytes[from .. to), ASCII without a zero byte. */
  putText(source: ByteMemory, from: number, to: number): void {
    if (to - from > MOST_TEXT_BYTES) {
      this.putValue(source.bytes.toString('latin1', from, to));
      return;
    }
    this.#isPut = true;
    const { builder } = this.#sink;
    builder.room();
    this.#sink.put(this.#keys.putText(source, from, to, builder.memory, builder.position), this.#load.recno);
  }

  /** The value is this one, which nobody changes any more. Throws VALUE. */
  putValue(value: unknown): void {
    this.#isPut = true;
    if (Array.isArray(value)) {
      this.#putEach(value);
      return;
    }
    const { builder } = this.#sink;
    builder.room();
    const { recno } = this.#load;
    const end = this.#keys.putValue(value, recno, builder.memory, builder.position);
    if (end >= 0) this.#sink.put(end, recno);
  }

  /** A list has a key for each element. */
  #putEach(value: readonly unknown[]): void {
    const known = new KnownValues();
    known.fields[this.field] = value;
    this.#load.putKeys(this.#sink, known);
  }

  /** The document is complete: one without the field counts as null. */
  end(): void {
    if (!this.#isPut) this.putValue(undefined);
    this.#isPut = false;
  }
}
