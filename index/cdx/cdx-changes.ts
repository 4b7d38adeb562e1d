import { compareBytes } from '../xbase/bytes.js';
import type { SortedKeyChanges, TagApplied } from '../xbase/sorted-key-changes.js';

/** The change at hand, and how many there were of which kind. */
export class ChangeReader {
  readonly #changes: SortedKeyChanges;
  readonly #keyLength: number;
  /** The key of the change. */
  readonly key: Buffer;
  recno = 0;
  isRemoval = false;
  /** False behind the last change. */
  stands = false;
  added = 0;
  removed = 0;
  alreadyThere = 0;
  notThere = 0;

  constructor(changes: SortedKeyChanges, keyLength: number) {
    this.#changes = changes;
    this.#keyLength = keyLength;
    this.key = Buffer.alloc(keyLength);
    this.advance();
  }

  advance(): void {
    const changes = this.#changes;
    this.stands = changes.next();
    if (!this.stands) return;
    const { keyBytes, keyStart } = changes;
    for (let i = 0; i < this.#keyLength; i++) this.key[i] = keyBytes[keyStart + i] ?? 0;
    this.recno = changes.recno;
    this.isRemoval = changes.isRemoval;
  }

  /** memcmp order of the change against an entry. */
  compare(key: Uint8Array, start: number, recno: number): number {
    const order = compareBytes(this.key, 0, key, start, this.#keyLength);
    return order !== 0 ? order : this.recno - recno;
  }

  counts(): TagApplied {
    const { added, removed, alreadyThere, notThere } = this;
    return { added, removed, alreadyThere, notThere };
  }
}
