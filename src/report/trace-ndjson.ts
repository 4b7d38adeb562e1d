import type { CacheTraceData } from '../profile/data/storage-data.js';
import type { ProfileData } from '../profile/profile-data.js';
import { scriptJson } from './format/escape.js';

/** One lookup in the page cache, names instead of numbers. */
export interface CacheAccess {
  readonly atUs: number;
  readonly file: string;
  readonly kind: string;
  readonly page: number;
  readonly outcome: string;
}

/** The lookups of a trace, one by one; rows that lack a column are left out. */
export function* cacheAccesses(trace: CacheTraceData): Generator<CacheAccess> {
  for (let i = 0; i < trace.atUs.length; i++) {
    const atUs = trace.atUs[i];
    const file = trace.files[trace.file[i] ?? -1];
    const kind = trace.kinds[trace.kind[i] ?? -1];
    const page = trace.page[i];
    const outcome = trace.outcomes[trace.outcome[i] ?? -1];
    if (atUs === undefined || file === undefined || kind === undefined || page === undefined || outcome === undefined) continue;
    yield { atUs, file, kind, page, outcome };
  }
}

/** The trace of the page cache, one JSON object a line: `{"atUs":12,"file":"people.dbf","kind":"table","page":7,"outcome":"hit"}`. */
export function traceNdjsonReport(data: ProfileData): string {
  if (data.cacheTrace === undefined) return '';
  const lines: string[] = [];
  for (const access of cacheAccesses(data.cacheTrace)) lines.push(`${scriptJson(access)}\n`);
  return lines.join('');
}
