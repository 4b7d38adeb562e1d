import type { OrderedSource, SkipList } from '#index';
import type { IndexStore } from './index-store.js';
import { ListSource } from './list-source.js';
import type { MergeHost } from './merged-cursor.js';

/** The entries of an index as of a sequence, with those of a transaction's own rows on top. */
export function hostAt(index: IndexStore, sequence: number, own?: () => SkipList): MergeHost {
  return {
    get epoch() { return index.epoch; },
    openSources: () => {
      const sources: OrderedSource[] = [];
      const list = own?.();
      if (list?.isEmpty === false) sources.push(new ListSource(list, Infinity));
      for (const each of index.listsFor(sequence)) if (!each.isEmpty) sources.push(new ListSource(each, sequence));
      sources.push(...index.sourcesBelow());
      return sources;
    },
  };
}

/** The entries of the newest commits. */
export function newestHost(index: IndexStore): MergeHost { return hostAt(index, Infinity); }
