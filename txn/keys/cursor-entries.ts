import type { SortedChanges } from '#index';
import type { KeyCursor } from './key-cursor.js';

/** What a cursor walks over, as entries to be written elsewhere. */
export class CursorEntries implements SortedChanges {
  readonly #cursor: KeyCursor;
  value: Uint8Array | undefined;

  constructor(cursor: KeyCursor) { this.#cursor = cursor; }

  get keyBytes(): Uint8Array { return this.#cursor.keyBytes; }
  get keyStart(): number { return this.#cursor.keyStart; }
  get keyLength(): number { return this.#cursor.keyLength; }

  next(): boolean {
    const cursor = this.#cursor;
    if (!cursor.next()) return false;
    cursor.readValue();
    this.value = cursor.valueBytes.subarray(cursor.valueStart, cursor.valueEnd);
    return true;
  }
}
