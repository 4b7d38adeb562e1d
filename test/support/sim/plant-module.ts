import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import type { ModuleBug } from './planted-bug.js';

/**
 * Runs `load` (a dynamic import of the engine and its campaign) with the bug in place, then takes it out again. Modules that
 * were imported before keep the original, so everything that is to have the bug must be imported in `load`.
 *
 * @example
 * const { runCampaign, engineSystem } = await plantModule(bug, () => import('./engine-campaign.js'));
 */
export async function plantModule<Loaded>(bug: ModuleBug, load: () => Promise<Loaded>): Promise<Loaded> {
  const path = fileURLToPath(new URL(`../../../${bug.module}`, import.meta.url));
  vi.resetModules();
  vi.doMock(path, async (original) => {
    const real = await original<Record<string, unknown>>();
    return { ...real, ...bug.replace(real) };
  });
  try {
    return await load();
  } finally {
    vi.doUnmock(path);
    vi.resetModules();
  }
}
