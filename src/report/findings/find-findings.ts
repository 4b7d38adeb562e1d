import type { FindingLevel, ProfileData, ProfileFinding } from '../../profile/profile-data.js';
import { cacheFindings } from './cache-findings.js';
import { lockFindings } from './lock-findings.js';
import { logFindings } from './log-findings.js';
import { queryFindings } from './query-findings.js';
import { runtimeFindings } from './runtime-findings.js';

const ORDER: Readonly<Record<FindingLevel, number>> = { problem: 0, advice: 1, note: 2 };

/**
 * What the figures of a profile say, in plain sentences with the evidence and the remedy: what monitors noticed, then what
 * the rules of the report find; problems first. A rule speaks only where the figures are large enough to mean something.
 *
 * @example
 * for (const { title, remedy } of findFindings(data)) console.log(`${title} ${remedy}`);
 */
export function findFindings(data: ProfileData): ProfileFinding[] {
  const all = [
    ...(data.findings ?? []), ...queryFindings(data), ...lockFindings(data), ...cacheFindings(data), ...logFindings(data), ...runtimeFindings(data),
  ];
  return all.map((finding, i) => ({ finding, i })).sort((a, b) => ORDER[a.finding.level] - ORDER[b.finding.level] || a.i - b.i).map(({ finding }) => finding);
}
