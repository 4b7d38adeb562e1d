import { FieldstoneError, readUpTo, recordOffset, type DbfLayout, type VfsFile } from '#storage';

const WINDOW_BYTES = 1 << 20;

/** A stretch of records in memory: record `first` begins at `bytes[0]`. */
export interface RecordWindow {
  readonly bytes: Uint8Array;
  readonly first: number;
  readonly count: number;
}

/**
 * Reads stretches of records of about 1 MiB, forward or backward, into one buffer that it uses again and again.
 */
export class RecordWindows {
  readonly #file: VfsFile;
  readonly #layout: DbfLayout;
  readonly #bytes: Uint8Array;
  readonly #rows: number;

  /** `most` is how many records will be asked for at all: small scans take small buffers. */
  constructor(file: VfsFile, layout: DbfLayout, most: number) {
    this.#file = file;
    this.#layout = layout;
    this.#rows = Math.max(1, Math.min(most, Math.floor(WINDOW_BYTES / layout.recordLength)));
    this.#bytes = new Uint8Array(this.#rows * layout.recordLength);
  }

  /** The window of records from `first` up to at most `last`. */
  forward(first: number, last: number): RecordWindow { return this.#read(first, Math.min(this.#rows, last - first + 1)); }

  /** The window that ends with `last` and begins at `first` or later. */
  backward(first: number, last: number): RecordWindow {
    const count = Math.min(this.#rows, last - first + 1);
    return this.#read(last - count + 1, count);
  }

  #read(first: number, count: number): RecordWindow {
    const bytes = this.#bytes.subarray(0, count * this.#layout.recordLength);
    const offset = recordOffset(this.#layout, first);
    if (readUpTo(this.#file, bytes, offset) < bytes.length) {
      const { path } = this.#file;
      throw new FieldstoneError('EXTERNAL_CHANGE', `${path} became shorter while it was read; open it again`, { file: path, offset });
    }
    return { bytes, first, count };
  }
}
