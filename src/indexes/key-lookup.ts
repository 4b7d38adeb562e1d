import { FieldstoneError } from '#storage';
import { KeyBuffer } from '#index';
import { SameKeyCursor, type IndexStore, type RecordView } from '#txn';
import type { KeyPlace } from '../query/row-source.js';
import { isIndexForm } from './index-form.js';
import { TableIndexSource } from './table-index-source.js';

/** The key that is looked up: between goTo() and the last next() nothing else is. */
const key = new KeyBuffer();

/** Finds the records with given values in all fields of an index. Used again and again: it allocates what a cursor takes, and no more. */
export class KeyLookup {
  readonly #cursor = new SameKeyCursor();
  #index: IndexStore | undefined;

  /** False when it takes more than the entries of one key to find them: another set of indexes, a key that does not tell the values. */
  goTo({ index: source, epoch }: KeyPlace, values: readonly unknown[], view: RecordView): boolean {
    if (!(source instanceof TableIndexSource) || view.store.indexes.stores !== epoch) return false;
    const { index, form } = source.facts;
    if (form.putEqual === undefined || view.sequence < index.validFrom) return false;
    this.#index = index;
    key.reset();
    try {
      return form.putEqual(values, key);
    } catch (e) {
      if (e instanceof FieldstoneError) return false; // too long for a key
      throw e;
    }
  }

  /** The first record with these values in an index of ours; 0 = there is none. */
  first(index: IndexStore, values: readonly unknown[], view: RecordView): number {
    const form = index.keys;
    if (!isIndexForm(form) || form.putEqual === undefined) throw new FieldstoneError('VERSION', `index "${index.name}" can not be read by this version`);
    key.reset();
    form.putEqual(values, key);
    const cursor = this.#cursor;
    cursor.seek(index, view, key.bytes, key.length);
    const recno = cursor.next() ? cursor.recno : 0;
    cursor.close();
    return recno;
  }

  /** Before the first of them, after goTo(). */
  start(view: RecordView): void { if (this.#index !== undefined) this.#cursor.seek(this.#index, view, key.bytes, key.length); }
  next(): boolean { return this.#cursor.next(); }
  get recno(): number { return this.#cursor.recno; }

  close(): void {
    this.#index = undefined;
    this.#cursor.close();
  }
}
