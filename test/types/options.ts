// Checked by `npm run typecheck` alone: nothing here runs.
import type { KnobName } from '../../src/config/knobs.js';
import type { OpenOptions, Options } from '../../src/config/open-options.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const holds = <Fact extends true>(..._fact: Fact[]): void => undefined;

// The hand-written options and the table name the same knobs.
holds<Same<keyof OpenOptions, KnobName>>();
// Resolved values: sizes and times are numbers, words are closed lists, only unset things are undefined.
holds<Same<Options['cacheSize'], number>>();
holds<Same<Options['readOnly'], boolean>>();
holds<Same<Options['durability'], 'commit' | 'interval' | 'none'>>();
holds<Same<Options['preset'], 'development' | 'staging' | 'production' | undefined>>();
holds<Same<Options['encoding'], string | undefined>>();
// What is resolved can be given again.
holds<Options extends OpenOptions ? true : false>();

export const good: readonly OpenOptions[] = [{}, { cacheSize: '64mb', pageSize: 4096 }, { preset: 'staging', readOnly: undefined }, { cacheSize: '1.5gb' }];

// @ts-expect-error no such unit
export const badUnit: OpenOptions = { cacheSize: '64 parsecs' };
// @ts-expect-error no such durability
export const badWord: OpenOptions = { durability: 'fsync' };
// @ts-expect-error a slip in the name
export const badName: OpenOptions = { cachesize: 1 };
