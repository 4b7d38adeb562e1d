import type { CrashCounts } from './crash-states.js';
import type { Finding } from './verify-state.js';

/** A finding with all that is needed to see it again. */
export interface Failure extends Finding {
  readonly seed: number;
  /** The command that runs this one crash again. */
  readonly rerun: string;
  /** The operations that led to the first crash. */
  readonly trace: string;
}

export interface CampaignReport extends CrashCounts {
  readonly name: string;
  seeds: number;
  firstSeed: number;
  /** Disks recovered and checked, those inside recoveries included. */
  recoveries: number;
  /** Of these, crashes inside recovery and in the transaction after it. */
  nested: number;
  bad: number;
  unverifiable: number;
  /** Distinct states checked when the first bad one was met. */
  firstBadAt: number | undefined;
  elapsedMs: number;
  /** The first few. */
  readonly failures: Failure[];
}

export function newCampaignReport(name: string, firstSeed: number): CampaignReport {
  return {
    name, firstSeed, seeds: 0, visited: 0, distinct: 0, kills: 0, points: 0, wholePoints: 0, recoveries: 0, nested: 0,
    bad: 0, unverifiable: 0, firstBadAt: undefined, elapsedMs: 0, failures: [],
  };
}

/** One line: `toy: 21,034 states (3,100 process deaths) at 1,800 points (1,700 whole), 4,100 more in recovery, seeds 1-12: 0 bad, 0 unverifiable, 3.1 s`. */
export function reportLine(report: CampaignReport): string {
  const n = (value: number): string => value.toLocaleString('en');
  const seeds = report.seeds === 1 ? `seed ${report.firstSeed}` : `seeds ${report.firstSeed}-${report.firstSeed + report.seeds - 1}`;
  const first = report.firstBadAt === undefined ? '' : `, first at state ${n(report.firstBadAt)}`;
  return `${report.name}: ${n(report.distinct)} states (${n(report.kills)} process deaths) at ${n(report.points)} points`
    + ` (${n(report.wholePoints)} whole), ${n(report.nested)} more in recovery, ${seeds}: ${n(report.bad)} bad, ${n(report.unverifiable)} unverifiable${first}, ${(report.elapsedMs / 1000).toFixed(1)} s`;
}

/** The report line and the first failures, for an assertion message. */
export function reportText(report: CampaignReport): string {
  const failures = report.failures.map((failure) => [
    `${failure.verdict} after ${failure.crashes.join(' > ')} (seed ${failure.seed})`,
    `  ${failure.what}`, `  operations before the crash:\n${failure.trace}`, `  again: ${failure.rerun}`,
  ].join('\n'));
  return [reportLine(report), ...failures].join('\n');
}
