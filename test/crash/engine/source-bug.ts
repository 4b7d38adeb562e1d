import type { SourcePatch } from '../../support/sim/plant-source.js';

/** Which campaign must see it: power losses, power losses amid loads, failing calls, promises after failing calls, transactions side by side,
 * stores amid power losses, histories of a store beside a sorted map, transactions side by side in a store, histories
 * of a table with indexes, indexes amid power losses, the same with tables that another program changed, promises after failing calls with indexes and
 * documents, keys and texts made of stored bytes beside those made of values, collections amid power losses, or small cases of what indexes promise, and of one
 * long work amid another. */
export type SourceCampaign = 'crash' | 'load' | 'fault' | 'contract' | 'race' | 'kv' | 'kv-model' | 'kv-race'
  | 'documents' | 'index-model' | 'index' | 'index-stale' | 'index-contract' | 'index-claims' | 'amid-claims' | 'values';

/** A mistake in the engine's own source, put in by rewriting a few words of it when a test loads it. */
export interface SourceBug {
  readonly id: string;
  readonly description: string;
  readonly caughtBy: SourceCampaign;
  readonly patches: readonly SourcePatch[];
}

export function sourceBug(id: string, caughtBy: SourceCampaign, description: string, file: string, ...pairs: readonly (readonly [from: string, to: string])[]): SourceBug {
  return { id, caughtBy, description, patches: pairs.map(([from, to]) => ({ file, from, to })) };
}
