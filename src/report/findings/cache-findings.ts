import type { ProfileData, ProfileFinding } from '../../profile/profile-data.js';
import { cacheCurve } from '../cache-curve.js';
import { bytesText, countOf, countText, ratio, shareText } from '../format/units.js';

const LEAST_LOOKUPS = 1000;
/** Misses of pages that had to leave, as a share of all lookups, from which a larger cache is advised. */
const EVICTED_SHARE = 0.03;
const INVALIDATED_SHARE = 0.05;
const FULL_SHARE = 0.85;
/** The curve is read where it comes this close to its end. */
const GOOD_ENOUGH = 0.98;

/** What the page cache says: too small, or emptied by writes. */
export function cacheFindings(data: ProfileData): ProfileFinding[] {
  const { cache } = data;
  if (cache === undefined) return [];
  const sum = { lookups: 0, misses: 0, evicted: 0, invalidated: 0, cold: 0, bytes: 0 };
  for (const kind of cache.kinds) {
    sum.lookups += kind.hits + kind.misses;
    sum.misses += kind.misses;
    sum.evicted += kind.missesEvicted ?? 0;
    sum.invalidated += kind.missesInvalidated ?? 0;
    sum.cold += kind.missesCold ?? 0;
    sum.bytes += kind.bytes;
  }
  if (sum.lookups < LEAST_LOOKUPS) return [];
  const found: ProfileFinding[] = [];
  const rate = `${shareText(ratio(sum.misses, sum.lookups))} of ${countText(sum.lookups)} lookups missed`;
  if (ratio(sum.evicted, sum.lookups) >= EVICTED_SHARE && ratio(sum.bytes, cache.limitBytes) >= FULL_SHARE) {
    found.push({
      id: 'cache-too-small', level: 'problem', section: 'cache', title: 'The page cache is too small for what is read again and again.',
      evidence: `${rate}; ${shareText(ratio(sum.evicted, sum.misses))} of the misses were pages that had been in the cache and had to leave. `
        + `It holds ${bytesText(sum.bytes)} of ${bytesText(cache.limitBytes)}.${curveSentence(data)}`,
      remedy: 'Raise the option cacheSize. If memory is short, read fewer fields or add an index, so that fewer pages are read.',
    });
  }
  if (ratio(sum.invalidated, sum.lookups) >= INVALIDATED_SHARE) {
    found.push({
      id: 'cache-invalidated', level: 'advice', section: 'cache', title: 'Pages are read again because they were replaced while in the cache.',
      evidence: `${rate}; ${shareText(ratio(sum.invalidated, sum.misses))} of the misses were pages whose content had been replaced.`,
      remedy: 'Make checkpoints rarer with a larger checkpointSize, or write in larger transactions.',
    });
  }
  return found;
}

/** What a larger cache would have done, when a trace was taken. */
function curveSentence({ cacheTrace }: ProfileData): string {
  const curve = cacheTrace === undefined ? undefined : cacheCurve(cacheTrace);
  const best = curve?.points.at(-1)?.hitRate ?? 0;
  const enough = curve?.points.find((point) => point.hitRate >= best * GOOD_ENOUGH);
  if (curve === undefined || enough === undefined || best === 0) return '';
  const size = cacheTrace?.pageBytes === undefined ? countOf(enough.pages, 'page') : bytesText(enough.pages * cacheTrace.pageBytes);
  return ` By the trace, a cache of ${size} would have answered ${shareText(enough.hitRate)}.`;
}
