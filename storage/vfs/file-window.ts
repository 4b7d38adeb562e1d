import { assert } from '../base/assert.js';
import { readUpTo } from './full-io.js';
import type { VfsFile } from './vfs.js';

/** How much is read at once. */
export const WINDOW_BYTES = 1 << 20;

/**
 * Sequential reading of a file in large pieces and bounded memory: one piece is kept, views into it are
 * handed out. The file is as long as it was when the window was made; what is appended later is not seen.
 */
export class FileWindow {
  readonly file: VfsFile;
  readonly sizeBytes: number;
  readonly #capacity: number;
  #buffer: Uint8Array | undefined;
  #start = 0;
  #filled = 0;

  constructor(file: VfsFile, capacityBytes = WINDOW_BYTES) {
    this.file = file;
    this.sizeBytes = file.stat().sizeBytes;
    this.#capacity = Math.min(capacityBytes, this.sizeBytes);
  }

  /**
   * The bytes [offset, offset + length), valid until the next call; undefined when the file does not
   * hold them all. `length` must not exceed the capacity that the window was made with.
   */
  view(offset: number, length: number): Uint8Array | undefined {
    if (offset + length > this.sizeBytes) return undefined;
    assert(length <= this.#capacity, 'a view fits the window');
    if (offset < this.#start || offset + length > this.#start + this.#filled) this.#fill(offset);
    const at = offset - this.#start;
    return at + length > this.#filled ? undefined : this.#buffer?.subarray(at, at + length);
  }

  /** The same bytes as a copy that the caller owns; of any length up to what the file holds. */
  copy(offset: number, length: number): Uint8Array | undefined {
    if (offset + length > this.sizeBytes) return undefined;
    if (length <= this.#capacity / 2) return this.view(offset, length)?.slice();
    const copy = new Uint8Array(length);
    return readUpTo(this.file, copy, offset) < length ? undefined : copy;
  }

  /** As many bytes from `offset` on as the window holds, at least `leastBytes` unless the file ends before. */
  rest(offset: number, leastBytes: number): Uint8Array {
    if (offset < this.#start || offset + leastBytes > this.#start + this.#filled) this.#fill(offset);
    return this.#buffer?.subarray(offset - this.#start, this.#filled) ?? new Uint8Array(0);
  }

  #fill(offset: number): void {
    const buffer = this.#buffer ??= new Uint8Array(this.#capacity);
    this.#start = offset;
    this.#filled = readUpTo(this.file, buffer.subarray(0, Math.max(0, Math.min(this.#capacity, this.sizeBytes - offset))), offset);
  }
}
