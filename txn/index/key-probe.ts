import { hashKey, type OrderedSource } from '#index';
import { isEntryOf } from './entry.js';
import type { IndexBase } from './index-base.js';
import type { IndexStore } from './index-store.js';
import { ListSource } from './list-source.js';

/** Tells of many keys, one after another, which ones an index surely does not hold. Good until anything else runs. */
export class KeyProbe {
  readonly #sources: OrderedSource[] = [];
  readonly #base: IndexBase;
  readonly #baseSource: OrderedSource | undefined;

  constructor(index: IndexStore) {
    for (const list of index.listsFor(Infinity)) if (!list.isEmpty) this.#sources.push(new ListSource(list, Infinity));
    this.#sources.push(...index.runSources());
    this.#base = index.base;
    this.#baseSource = index.base.entryCount > 0 ? index.base.source() : undefined;
  }

  /** False: no committed row has the key[0 .. length). True: an entry of it is there, which may be one that was removed since. */
  mayHold(key: Uint8Array, length: number): boolean {
    for (const source of this.#sources) if (source.seek(key, length) && isEntryOf(source, key, length)) return true;
    const base = this.#baseSource;
    return base !== undefined && this.#base.mayHold(hashKey(key, length)) && base.seek(key, length) && isEntryOf(base, key, length);
  }
}
