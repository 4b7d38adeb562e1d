import { compareBytes } from './bytes.js';
import type { IndexTag } from './index-tag.js';
import type { SortedKeys } from './sorted-key-changes.js';

/** How a tag and the rows of its table differ. */
export interface TagDifference {
  /** `missing`: the row has no such entry; `extra`: no row has the key of the entry. */
  readonly kind: 'missing' | 'extra';
  readonly recno: number;
  readonly key: Buffer;
}

/** More differences than these say nothing more. */
const MAX_DIFFERENCES = 1000;

/**
 * Compares the entries of a tag with those that its table gives, sorted. In a tag with `unique: 'first'` every row counts as present whose key is there. It
 * yields now and then; the caller decides when others run.
 *
 * @throws FieldstoneError CORRUPT_INDEX, IO
 */
export function* compareTag(tag: IndexTag, rows: SortedKeys): Generator<void, readonly TagDifference[], void> {
  const { keyLength, storedDescending, unique } = tag.facts;
  const found: TagDifference[] = [];
  const cursor = tag.cursor();
  const held = Buffer.alloc(keyLength);
  let holds = false;
  let stands = cursor.first();
  let row = rows.next();
  for (let n = 0; (stands || row) && found.length < MAX_DIFFERENCES; n++) {
    const direction = storedDescending ? -1 : 1;
    const byKey = stands && row ? compareBytes(cursor.key, 0, rows.keyBytes, rows.keyStart, keyLength) * direction : stands ? -1 : 1;
    const order = byKey !== 0 || !stands || !row ? byKey : cursor.recno - rows.recno;
    if (order === 0) {
      cursor.key.copy(held);
      holds = true;
    } else if (order < 0) found.push({ kind: 'extra', recno: cursor.recno, key: Buffer.from(cursor.key) });
    else if (unique !== 'first' || (byKey !== 0 && !(holds && compareBytes(held, 0, rows.keyBytes, rows.keyStart, keyLength) === 0))) {
      found.push({ kind: 'missing', recno: rows.recno, key: Buffer.from(rows.keyBytes.subarray(rows.keyStart, rows.keyStart + keyLength)) });
    }
    if (order <= 0) stands = cursor.next();
    if (order >= 0) row = rows.next();
    if (n % 256 === 255) yield;
  }
  return found;
}
