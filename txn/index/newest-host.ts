import type { OrderedSource, SkipList } from '#index';
import type { IndexStore } from './index-store.js';
import { ListSource } from './list-source.js';
import type { MergeHost } from './merged-cursor.js';

/**
 * The entries of an index as of a sequence, with those of a transaction's own rows on top. `keyHash`: only entries of this one key (without record
 * number) are asked for, so the filter of the base may spare looking there.
 */
export function hostAt(index: IndexStore, sequence: number, own?: () => SkipList, keyHash?: number): MergeHost {
  return {
    get epoch() { return index.epoch; },
    openSources: () => {
      const sources: OrderedSource[] = [];
      const list = own?.();
      if (list?.isEmpty === false) sources.push(new ListSource(list, Infinity));
      for (const each of index.listsFor(sequence)) if (!each.isEmpty) sources.push(new ListSource(each, sequence));
      sources.push(...index.sourcesBelow(keyHash));
      return sources;
    },
  };
}

/** The entries of one key as of the newest commits. */
export function newestHost(index: IndexStore, keyHash: number): MergeHost { return hostAt(index, Infinity, undefined, keyHash); }
