import type { IndexCursor, IndexTag, OrderedSource, SortedKeyChanges, SortedRun, SortedKeys } from '#index';
import { appendRecno, recnoOf } from './entry.js';
import type { FrozenChanges } from './frozen-changes.js';
import { RECNO_BYTES } from './index-keys.js';
import { MAX_RECNO } from './index-store.js';

/**
 * The entries of a tag as the engine has them: the key, then the record number, in ascending order of these bytes. The keys of a tag that stands
 * in its file with the highest first are complemented, in both directions.
 */
export class XbaseEntries implements OrderedSource {
  readonly #cursor: IndexCursor;
  readonly #keyLength: number;
  readonly #turned: boolean;
  readonly #sought: Buffer;
  readonly isTombstone = false;
  readonly keyBytes: Buffer;
  readonly keyStart = 0;
  readonly keyLength: number;

  constructor({ facts, cursor }: Pick<IndexTag, 'facts'> & { readonly cursor: IndexCursor }) {
    this.#cursor = cursor;
    this.#keyLength = facts.keyLength;
    this.#turned = facts.storedDescending;
    this.keyLength = facts.keyLength + RECNO_BYTES;
    this.keyBytes = Buffer.allocUnsafe(this.keyLength);
    this.#sought = Buffer.allocUnsafe(facts.keyLength);
  }

  get isValid(): boolean { return this.#cursor.isValid; }

  seek(key?: Uint8Array, keyLength = key?.length ?? 0): boolean {
    if (key === undefined) return this.#stand(this.#cursor.first());
    return this.#stand(this.#toFirstNotBelow(key, keyLength));
  }

  seekBefore(key?: Uint8Array, keyLength = key?.length ?? 0): boolean {
    if (key === undefined) return this.#stand(this.#cursor.last());
    return this.#stand(this.#toFirstNotBelow(key, keyLength) ? this.#cursor.previous() : this.#cursor.last());
  }

  #toFirstNotBelow(key: Uint8Array, keyLength: number): boolean {
    const length = Math.min(keyLength, this.#keyLength);
    for (let i = 0; i < length; i++) this.#sought[i] = this.#turned ? ~(key[i] ?? 0) : key[i] ?? 0;
    if (keyLength <= this.#keyLength) return this.#cursor.seek(this.#sought.subarray(0, length));
    // A whole key and the first bytes of a record number; one byte more stands behind that record.
    const number = Buffer.alloc(RECNO_BYTES);
    number.set(key.subarray(this.#keyLength, Math.min(keyLength, this.keyLength)));
    const recno = recnoOf(number, 0, RECNO_BYTES);
    const isBehind = keyLength > this.keyLength;
    if (isBehind && recno === MAX_RECNO) return this.#cursor.seek(this.#sought, recno) && this.#cursor.next();
    return this.#cursor.seek(this.#sought, isBehind ? recno + 1 : recno);
  }

  next(): boolean { return this.#stand(this.#cursor.next()); }
  previous(): boolean { return this.#stand(this.#cursor.previous()); }

  #stand(stands: boolean): boolean {
    if (!stands) return false;
    const { key, recno } = this.#cursor;
    for (let i = 0; i < this.#keyLength; i++) this.keyBytes[i] = this.#turned ? ~(key[i] ?? 0) : key[i] ?? 0;
    appendRecno(this.keyBytes, this.#keyLength, recno);
    return true;
  }
}

/** Frozen changes as a file of xBase takes them. */
export class XbaseChanges implements SortedKeyChanges {
  readonly #changes: FrozenChanges;
  readonly #keyLength: number;
  readonly #turned: Buffer | undefined;

  constructor(changes: FrozenChanges, keyLength: number, storedDescending: boolean) {
    this.#changes = changes;
    this.#keyLength = keyLength;
    this.#turned = storedDescending ? Buffer.allocUnsafe(keyLength) : undefined;
  }

  next(): boolean {
    if (!this.#changes.next()) return false;
    if (this.#turned !== undefined) turn(this.#changes.keyBytes, this.#changes.keyStart, this.#turned);
    return true;
  }

  get keyBytes(): Uint8Array { return this.#turned ?? this.#changes.keyBytes; }
  get keyStart(): number { return this.#turned === undefined ? this.#changes.keyStart : 0; }
  get recno(): number { return recnoOf(this.#changes.keyBytes, this.#changes.keyStart, this.#keyLength + RECNO_BYTES); }
  get isRemoval(): boolean { return this.#changes.isRemoval; }
}

/** A sorted run as the entries of a new tag. */
export class XbaseKeysOfRun implements SortedKeys {
  readonly #run: SortedRun;
  readonly #turned: Buffer | undefined;
  #i = -1;

  constructor(run: SortedRun, keyLength: number, storedDescending: boolean) {
    this.#run = run;
    this.#turned = storedDescending ? Buffer.allocUnsafe(keyLength) : undefined;
  }

  next(): boolean {
    if (++this.#i >= this.#run.count) return false;
    if (this.#turned !== undefined) turn(this.#run.bytesAt(this.#i), this.#run.startAt(this.#i), this.#turned);
    return true;
  }

  get keyBytes(): Uint8Array { return this.#turned ?? this.#run.bytesAt(this.#i); }
  get keyStart(): number { return this.#turned === undefined ? this.#run.startAt(this.#i) : 0; }
  get recno(): number { return recnoOf(this.#run.bytesAt(this.#i), this.#run.startAt(this.#i), this.#run.lengthAt(this.#i)); }
}

function turn(bytes: Buffer, start: number, target: Buffer): void {
  for (let i = 0; i < target.length; i++) target[i] = ~(bytes[start + i] ?? 0);
}
