import type { IndexStore } from './index-store.js';
import { RECNO_BYTES } from './index-keys.js';

/** The keys that rows of a transaction have in unique indexes, as long as it has inserted rows and done nothing else. */
export class InsertedKeys {
  readonly #indexes: { readonly index: IndexStore; readonly recnos: Map<string, number> }[] = [];

  /** Notes the key of an entry; returns the record that has it already, 0 when there is none. */
  take(index: IndexStore, entry: Buffer, recno: number): number {
    let known = this.#indexes.find((each) => each.index === index);
    if (known === undefined) this.#indexes.push(known = { index, recnos: new Map() });
    const key = entry.toString('latin1', 0, entry.length - RECNO_BYTES);
    const holder = known.recnos.get(key) ?? 0;
    if (holder === 0) known.recnos.set(key, recno);
    return holder === recno ? 0 : holder;
  }
}
