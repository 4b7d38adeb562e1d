import type { SourcePatch } from '../../support/sim/plant-source.js';

/** Which campaign must see it: power losses, power losses amid loads, failing calls, promises after failing calls, or transactions side by side. */
export type SourceCampaign = 'crash' | 'load' | 'fault' | 'contract' | 'race';

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
